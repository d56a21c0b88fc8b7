// SourceCatalog, SlotAdmin and MarkerStore on Postgres, over one connection that is made anew when
// it is lost.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "libs/clock/clock.h"
#include "libs/pg/connection.h"
#include "services/connector-manager/marker_store.h"
#include "services/connector-manager/source_catalog.h"

namespace storefront::connectors {

class PgSession;

// Shared by the adapters below: one connection each, used by one call at a time.
std::shared_ptr<PgSession> MakePgSession(pg::ConnectionOptions options, clock::Clock& clock);

std::unique_ptr<SourceCatalog> MakePgSourceCatalog(std::shared_ptr<PgSession> session);
std::unique_ptr<SlotAdmin> MakePgSlotAdmin(std::shared_ptr<PgSession> session, clock::Clock& clock);
std::unique_ptr<MarkerStore> MakePgMarkerStore(std::shared_ptr<PgSession> session);

}  // namespace storefront::connectors
