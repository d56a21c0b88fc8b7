// Flyway's migrate for tests/load/bench_migrator.py: once and out, or again and again in one JVM.
// SPDX-License-Identifier: Apache-2.0
//
//   java -cp JARS:CLASSES FlywayBench URL USER PASSWORD LOCATION [warm]
//
// Once: prints "migrated N". Warm: each line on stdin is one migrate() of the same Flyway object;
// prints "migrated N NANOSECONDS" for it, and ends with the end of stdin.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import org.flywaydb.core.Flyway;

public final class FlywayBench {
  public static void main(String[] words) throws Exception {
    Flyway flyway =
        Flyway.configure()
            .dataSource(words[0], words[1], words[2])
            .locations("filesystem:" + words[3])
            .load();
    if (words.length < 5) {
      System.out.println("migrated " + flyway.migrate().migrationsExecuted);
      return;
    }
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    while (lines.readLine() != null) {
      long began = System.nanoTime();
      int applied = flyway.migrate().migrationsExecuted;
      System.out.println("migrated " + applied + " " + (System.nanoTime() - began));
    }
  }
}
