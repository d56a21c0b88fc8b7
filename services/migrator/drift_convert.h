// Drift between protobuf and the domain.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "services/migrator/schema_drift.h"
#include "storefront/migrator/v1/migrator.pb.h"

namespace storefront::migrator {

void ToProto(const SchemaCapture& capture, v1::SchemaCapture& out);
// The first 1000 changes.
void ToProto(const DriftReport& report, v1::Drift& out);

}  // namespace storefront::migrator
