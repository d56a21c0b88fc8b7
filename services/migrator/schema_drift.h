// Drift: how the live catalog differs from its last capture.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/clock/clock.h"
#include "libs/sync/mutex.h"
#include "services/migrator/catalog_diff.h"
#include "services/migrator/placeholders.h"
#include "services/migrator/run.h"
#include "services/migrator/schema_reader.h"

namespace storefront::migrator {

struct DriftReport {
  SchemaCapture capture;
  std::vector<CatalogChange> changes;  // by kind and name
};

// A run that changed no schema captures nothing: it would make what others changed meanwhile look
// meant. Secrets in definitions are masked before they are kept or shown.
//
// Thread-safety: all methods. Lifetime: the references outlive it.
class SchemaDrift {
 public:
  SchemaDrift(SchemaReader& reader, CaptureStore& store, const Placeholders& placeholders,
              clock::Clock& clock)
      : reader_(reader), store_(store), placeholders_(placeholders), clock_(clock) {}

  // Takes the catalog as it is for what it should be. Repeat: replaces the last capture.
  absl::StatusOr<SchemaCapture> Capture(const std::string& run_id);

  // Captures after a run that succeeded and applied something, or when there is no capture yet.
  absl::Status CaptureAfter(const Run& run);

  // FAILED_PRECONDITION NOT_CAPTURED before the first capture.
  absl::StatusOr<DriftReport> Compare();

 private:
  absl::StatusOr<Catalog> ReadMasked();

  SchemaReader& reader_;
  CaptureStore& store_;
  const Placeholders& placeholders_;
  clock::Clock& clock_;
  sync::Mutex mutex_;                      // one capture or comparison at a time
  std::atomic<bool> is_captured_ = false;  // known to be; spares each run the question
};

}  // namespace storefront::migrator
