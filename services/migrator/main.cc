// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/process.h"
#include "services/migrator/app.h"
#include "services/migrator/config.h"

int main(int argc, char** argv) {
  return storefront::grpcserver::ServeMain(
      {.service = "migrator",
       .summary =
           "Applies SQL migrations to one Postgres database, with Flyway's files and history.",
       .settings = storefront::migrator::SettingRows(),
       .default_listen = "127.0.0.1:50052",
       .default_metrics_listen = "127.0.0.1:9462",
       .make_app = storefront::migrator::MakeApp},
      argc, argv);
}
