// What the live catalog holds in the managed schemas, and the last picture of it.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "services/migrator/catalog_diff.h"

namespace storefront::migrator {

// Thread-safety: all methods.
class SchemaReader {
 public:
  virtual ~SchemaReader() = default;

  // Every object of the managed schemas: schemas, tables (with partitions and foreign ones),
  // columns, constraints, indexes, views, materialized views, functions, triggers, rules, types,
  // sequences, policies, statistics, grants, replica identities; of the database its extensions,
  // and the publications that carry a managed table, everything, or nothing. Seen at one moment,
  // normalized. Members of extensions, values of sequences, statistics and the order of columns are
  // no part of it. Takes only the locks of a reader of the catalog. UNAVAILABLE
  // BACKEND_UNAVAILABLE.
  virtual absl::StatusOr<Catalog> ReadObjects() = 0;
};

struct SchemaCapture {
  absl::Time time;
  std::string run_id;  // empty when it was asked for
  std::string digest;
  Catalog objects;
};

// Thread-safety: all methods. Errors as those of RunStore.
class CaptureStore {
 public:
  virtual ~CaptureStore() = default;

  // Replaces the capture before. Makes the tables if they are missing.
  virtual absl::Status KeepCapture(const SchemaCapture& capture) = 0;

  virtual absl::StatusOr<bool> HasCapture() = 0;

  // Nothing before the first one.
  virtual absl::StatusOr<std::optional<SchemaCapture>> LastCapture() = 0;
};

}  // namespace storefront::migrator
