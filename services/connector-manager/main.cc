// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/process.h"
#include "services/connector-manager/app.h"
#include "services/connector-manager/config.h"

int main(int argc, char** argv) {
  return storefront::grpcserver::ServeMain(
      {
          .service = "connector-manager",
          .summary = "Renders, applies and judges Kafka Connect connectors.",
          .settings = storefront::connectors::SettingRows(),
          .default_listen = "127.0.0.1:50053",
          .default_metrics_listen = "127.0.0.1:9463",
          .make_app = storefront::connectors::MakeApp,
      },
      argc, argv);
}
