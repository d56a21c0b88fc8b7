// SPDX-License-Identifier: Apache-2.0
#include "services/migrator/drift_convert.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "services/migrator/convert_budget.h"
#include "services/migrator/utf8.h"

namespace storefront::migrator {
namespace {

constexpr int kChangesShown = 1000;
constexpr size_t kDefinitionShown = size_t{64} << 10;

std::string Shown(const std::string& definition, v1::SchemaChange& change) {
  if (definition.size() <= kDefinitionShown) return definition;
  change.set_definitions_truncated(true);
  const std::string cut = definition.substr(0, kDefinitionShown);
  return cut.substr(0, FindInvalidUtf8(cut).value_or(cut.size()));
}

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
  AnswerBudget budget;
  for (const CatalogChange& change : report.changes) {
    if (out.changes_size() >= kChangesShown) break;
    v1::SchemaChange& made = *out.add_changes();
    made.set_action(ActionOf(change.action));
    made.set_object_kind(change.object.kind);
    made.set_object(change.object.name);
    made.set_captured_definition(Shown(change.captured_definition, made));
    if (change.action != CatalogChange::Action::kRemoved) {
      made.set_current_definition(Shown(change.object.definition, made));
    }
    if (!budget.KeepLast(*out.mutable_changes())) break;
  }
}

}  // namespace storefront::migrator
