// The statements of batches: prepared SQL and binary parameters for each kind of change.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/seeder/business_change.h"

namespace storefront::seeder {

struct Statement {
  const char* name;
  const char* sql;
};

// To prepare once per session. The first one writes the ledger row.
const std::vector<Statement>& DeltaStatements();

// Parameters of one execution, in binary format.
class BinaryParameters {
 public:
  void Clear() {
    bytes_.clear();
    ends_.clear();
  }
  void Int2(int16_t value);
  void Int4(int32_t value);
  void Int8(int64_t value);
  void Text(absl::string_view value);
  void Bytes(absl::string_view value) { Text(value); }
  void Timestamp(Micros value);
  void Numeric(int64_t cents);
  void Null();
  void Int2Array(const std::vector<int16_t>& values);
  void Int4Array(const std::vector<int32_t>& values);
  void NumericArray(const std::vector<int64_t>& cents);

  // As libpq takes them; valid until the next change.
  int count() const { return static_cast<int>(ends_.size()); }
  void Fill(std::vector<const char*>& values, std::vector<int>& lengths) const;

 private:
  struct End {
    size_t start = 0, end = 0;
    bool null = false;
  };
  void Close(size_t start) { ends_.push_back({start, bytes_.size(), false}); }
  std::string bytes_;
  std::vector<End> ends_;
};

// Calls `execute(name, parameters)` for the ledger row, then for each change, in order.
template <typename Execute>
bool ForEachStatement(const Batch& batch, BinaryParameters& parameters, const Execute& execute);

// The parts of ForEachStatement.
const char* LedgerParameters(const Batch& batch, BinaryParameters& parameters);
const char* ChangeParameters(const Change& change, BinaryParameters& parameters);

template <typename Execute>
bool ForEachStatement(const Batch& batch, BinaryParameters& parameters, const Execute& execute) {
  if (!execute(LedgerParameters(batch, parameters), parameters)) return false;
  for (const Change& change : batch.changes) {
    if (!execute(ChangeParameters(change, parameters), parameters)) return false;
  }
  return true;
}

}  // namespace storefront::seeder
