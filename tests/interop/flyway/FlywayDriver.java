// Runs one Flyway command and prints what came of it, one line per fact.
// SPDX-License-Identifier: Apache-2.0
//
//   java -cp JARS FlywayDriver.java COMMAND URL USER PASSWORD LOCATION SCHEMAS [name=value ...]
//
// COMMAND is migrate, validate, info, repair or baseline. Output: "migrated N", "valid true|false",
// "finding CODE VERSION", "info VERSION|DESCRIPTION|STATE". A Flyway error ends it with code 1.
import java.util.HashMap;
import java.util.Map;
import org.flywaydb.core.Flyway;

public final class FlywayDriver {
  public static void main(String[] words) {
    Map<String, String> placeholders = new HashMap<>();
    for (int i = 6; i < words.length; i++) {
      int equals = words[i].indexOf('=');
      placeholders.put(words[i].substring(0, equals), words[i].substring(equals + 1));
    }
    Flyway flyway =
        Flyway.configure()
            .dataSource(words[1], words[2], words[3])
            .locations("filesystem:" + words[4])
            .schemas(words[5].split(","))
            .placeholders(placeholders)
            .load();
    switch (words[0]) {
      case "migrate" -> System.out.println("migrated " + flyway.migrate().migrationsExecuted);
      case "validate" -> {
        var result = flyway.validateWithResult();
        System.out.println("valid " + result.validationSuccessful);
        for (var each : result.invalidMigrations) {
          System.out.println("finding " + each.errorDetails.errorCode + " " + each.version);
        }
      }
      case "info" -> {
        for (var each : flyway.info().all()) {
          System.out.println(
              "info "
                  + (each.getVersion() == null ? "" : each.getVersion())
                  + "|"
                  + each.getDescription()
                  + "|"
                  + each.getState().getDisplayName());
        }
      }
      case "repair" -> flyway.repair();
      case "baseline" -> flyway.baseline();
      default -> throw new IllegalArgumentException(words[0]);
    }
  }
}
