// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/process.h"
#include "services/seeder/app.h"
#include "services/seeder/config.h"

int main(int argc, char** argv) {
  return storefront::grpcserver::ServeMain(
      {.service = "seeder",
       .summary = "Fills the storefront database and keeps changing it, with a ledger of what was "
                  "committed.",
       .settings = storefront::seeder::SettingRows(),
       .default_listen = "127.0.0.1:50051",
       .default_metrics_listen = "127.0.0.1:9461",
       .make_app = storefront::seeder::MakeApp},
      argc, argv);
}
