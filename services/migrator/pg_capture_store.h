// Captures in the table storefront_migrator.schema_capture.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "services/migrator/pg_side_schema.h"
#include "services/migrator/schema_reader.h"

namespace storefront::migrator {

class PgCaptureStore final : public CaptureStore {
 public:
  explicit PgCaptureStore(PgSideSession& session) : session_(session) {}

  absl::Status KeepCapture(const SchemaCapture& capture) override;
  absl::StatusOr<bool> HasCapture() override;
  absl::StatusOr<std::optional<SchemaCapture>> LastCapture() override;

 private:
  PgSideSession& session_;
};

}  // namespace storefront::migrator
