// SPDX-License-Identifier: Apache-2.0
#include "libs/grpcserver/process.h"
#include "services/topic-admin/app.h"
#include "services/topic-admin/config.h"

int main(int argc, char** argv) {
  return storefront::grpcserver::ServeMain(
      {.service = "topic-admin",
       .summary = "Topic policy as code: compares a policy with a live Kafka cluster and applies "
                  "the difference as a plan.",
       .settings = storefront::topics::SettingRows(),
       .default_listen = "127.0.0.1:50054",
       .default_metrics_listen = "127.0.0.1:9464",
       .make_app = storefront::topics::MakeApp},
      argc, argv);
}
