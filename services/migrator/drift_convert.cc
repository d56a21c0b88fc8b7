// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/drift_convert.h"

#include "absl/strings/str_cat.h"

namespace storefront::migrator {
namespace {

constexpr int kChangesShown = 1000;

v1::SchemaChange::Action ActionOf(CatalogChange::Action action) {
  switch (action) {
    case CatalogChange::Action::kAdded:
      return v1::SchemaChange::ADDED;
    case CatalogChange::Action::kRemoved:
      return v1::SchemaChange::REMOVED;
    case CatalogChange::Action::kChanged:
      return v1::SchemaChange::CHANGED;
  }
  return v1::SchemaChange::ACTION_UNSPECIFIED;
}

}  // namespace

void ToProto(const SchemaCapture& capture, v1::SchemaCapture& out) {
  const int64_t micros = absl::ToUnixMicros(capture.time);
  out.mutable_capture_time()->set_seconds(micros / 1'000'000);
  out.mutable_capture_time()->set_nanos(static_cast<int32_t>(micros % 1'000'000) * 1000);
  if (!capture.run_id.empty()) {
    out.set_migration_run(absl::StrCat("migrationRuns/", capture.run_id));
  }
  out.set_object_count(static_cast<int32_t>(capture.objects.size()));
  out.set_digest(capture.digest);
}

void ToProto(const DriftReport& report, v1::Drift& out) {
  out.set_drifted(!report.changes.empty());
  ToProto(report.capture, *out.mutable_capture());
  out.set_change_count(static_cast<int32_t>(report.changes.size()));
  for (const CatalogChange& change : report.changes) {
    if (out.changes_size() >= kChangesShown) break;
    v1::SchemaChange& made = *out.add_changes();
    made.set_action(ActionOf(change.action));
    made.set_object_kind(change.object.kind);
    made.set_object(change.object.name);
    made.set_captured_definition(change.captured_definition);
    if (change.action != CatalogChange::Action::kRemoved) {
      made.set_current_definition(change.object.definition);
    }
  }
}

}  // namespace storefront::migrator
