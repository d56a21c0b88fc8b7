// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/schema_drift.h"

#include <algorithm>
#include <utility>

#include "libs/status/error.h"
#include "libs/status/macros.h"

namespace storefront::migrator {

namespace {

// What is only recorded was done by hand, and is meant as well.
bool MayChangeSchemas(StepAction action) {
  switch (action) {
    case StepAction::kApply:
    case StepAction::kRecord:
    case StepAction::kUndo:
    case StepAction::kDropIndex:
    case StepAction::kCleanSchema:
      return true;
    case StepAction::kRemoveFailed:
    case StepAction::kMarkDeleted:
    case StepAction::kAlign:
      return false;
  }
  return false;
}

}  // namespace

absl::StatusOr<Catalog> SchemaDrift::ReadMasked() {
  ASSIGN_OR_RETURN(Catalog objects, reader_.ReadObjects());
  for (CatalogObject& object : objects) {
    object.name = placeholders_.Mask(object.name);
    object.definition = placeholders_.Mask(object.definition);
  }
  return Normalized(std::move(objects));
}

absl::StatusOr<SchemaCapture> SchemaDrift::Capture(const std::string& run_id) {
  sync::MutexLock lock(mutex_);
  SchemaCapture capture{.time = clock_.Now(), .run_id = run_id};
  ASSIGN_OR_RETURN(capture.objects, ReadMasked());
  capture.digest = CatalogDigest(capture.objects);
  RETURN_IF_ERROR(store_.KeepCapture(capture));
  is_captured_ = true;
  return capture;
}

absl::Status SchemaDrift::CaptureAfter(const Run& run) {
  if (run.state != RunState::kSucceeded || run.dry_run) return absl::OkStatus();
  const bool changed = std::any_of(run.steps.begin(), run.steps.end(), [](const RunStep& step) {
    return step.state == StepState::kApplied && MayChangeSchemas(step.action);
  });
  if (!changed) {
    if (is_captured_) return absl::OkStatus();
    ASSIGN_OR_RETURN(is_captured_, store_.HasCapture());
    if (is_captured_) return absl::OkStatus();
  }
  return Capture(run.id).status();
}

absl::StatusOr<DriftReport> SchemaDrift::Compare() {
  sync::MutexLock lock(mutex_);
  ASSIGN_OR_RETURN(auto last, store_.LastCapture());
  if (!last) {
    return status::Error({.code = absl::StatusCode::kFailedPrecondition,
                          .reason = status::Reason::kNotCaptured,
                          .message = "The schemas were never captured, so there is nothing to "
                                     "compare with. Each successful run captures them; so does "
                                     "CaptureSchema."});
  }
  ASSIGN_OR_RETURN(const Catalog now, ReadMasked());
  DriftReport report{.capture = *std::move(last), .changes = {}};
  report.changes = DiffCatalogs(report.capture.objects, now);
  return report;
}

}  // namespace storefront::migrator
