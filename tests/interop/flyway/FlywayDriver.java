// Runs Flyway commands and prints what came of each, one line per fact; tests/flyway.py calls it.
// SPDX-License-Identifier: Apache-2.0
//
//   java -cp JARS:CLASSES FlywayDriver COMMAND URL USER PASSWORD LOCATION SCHEMAS [WORD ...]
//   java -cp JARS:CLASSES FlywayDriver serve
//
// COMMAND is migrate, validate, info, repair or baseline. A WORD is a placeholder, name=value, or an
// option of Flyway, -name=value. Output: "migrated N", "valid true|false", "finding CODE VERSION",
// "info VERSION|DESCRIPTION|STATE", "repaired REMOVED|DELETED|ALIGNED", "baselined VERSION". An error
// of Flyway goes to stderr and ends the process with code 1.
//
// serve takes a command per line of stdin, its words in base64 and parted by blanks, and ends the
// output of each with "end", or "failed MESSAGE" with the message in base64.
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.MigrationInfo;
import org.flywaydb.core.api.configuration.FluentConfiguration;

public final class FlywayDriver {
  public static void main(String[] words) throws Exception {
    if (words[0].equals("serve")) {
      serve();
      return;
    }
    try {
      run(words);
    } catch (FlywayException error) {
      System.err.println(error.getMessage());
      System.exit(1);
    }
  }

  private static void serve() throws Exception {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] words =
          Arrays.stream(line.split(" "))
              .map(word -> new String(Base64.getDecoder().decode(word), UTF_8))
              .toArray(String[]::new);
      try {
        run(words);
        System.out.println("end");
      } catch (FlywayException error) {
        byte[] text = String.valueOf(error.getMessage()).getBytes(UTF_8);
        System.out.println("failed " + Base64.getEncoder().encodeToString(text));
      }
      System.out.flush();
    }
  }

  private static void run(String[] words) {
    Map<String, String> placeholders = new HashMap<>();
    FluentConfiguration settings =
        Flyway.configure()
            .dataSource(words[1], words[2], words[3])
            .locations("filesystem:" + words[4])
            .schemas(words[5].split(","));
    for (int i = 6; i < words.length; i++) {
      int equals = words[i].indexOf('=');
      String name = words[i].substring(0, equals);
      String value = words[i].substring(equals + 1);
      if (name.startsWith("-")) {
        set(settings, name.substring(1), value);
      } else {
        placeholders.put(name, value);
      }
    }
    command(settings.placeholders(placeholders).load(), words[0]);
  }

  private static void set(FluentConfiguration settings, String name, String value) {
    switch (name) {
      case "target" -> settings.target(value);
      case "outOfOrder" -> settings.outOfOrder(Boolean.parseBoolean(value));
      case "group" -> settings.group(Boolean.parseBoolean(value));
      case "mixed" -> settings.mixed(Boolean.parseBoolean(value));
      case "baselineVersion" -> settings.baselineVersion(value);
      case "baselineDescription" -> settings.baselineDescription(value);
      case "baselineOnMigrate" -> settings.baselineOnMigrate(Boolean.parseBoolean(value));
      case "ignoreMigrationPatterns" -> settings.ignoreMigrationPatterns(value.split(","));
      case "lockRetryCount" -> settings.lockRetryCount(Integer.parseInt(value));
      case "table" -> settings.table(value);
      default -> throw new IllegalArgumentException(name);
    }
  }

  private static void command(Flyway flyway, String name) {
    switch (name) {
      case "migrate" -> System.out.println("migrated " + flyway.migrate().migrationsExecuted);
      case "validate" -> {
        var result = flyway.validateWithResult();
        System.out.println("valid " + result.validationSuccessful);
        for (var each : result.invalidMigrations) {
          System.out.println("finding " + each.errorDetails.errorCode + " " + each.version);
        }
      }
      case "info" -> {
        for (MigrationInfo each : flyway.info().all()) {
          System.out.println(
              "info "
                  + (each.getVersion() == null ? "" : each.getVersion())
                  + "|"
                  + each.getDescription()
                  + "|"
                  + each.getState().getDisplayName());
        }
      }
      case "repair" -> {
        var result = flyway.repair();
        System.out.println(
            "repaired "
                + result.migrationsRemoved.size()
                + "|"
                + result.migrationsDeleted.size()
                + "|"
                + result.migrationsAligned.size());
      }
      case "baseline" -> System.out.println("baselined " + flyway.baseline().baselineVersion);
      default -> throw new IllegalArgumentException(name);
    }
  }
}
