// The tables that publications carry, as part of a query.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/strings/string_view.h"

namespace storefront::migrator {

// Two tables for `with recursive`; the second is published (oid, publication): tables named, by
// schema, by all tables, and the partitions of all these. Unlike the view pg_publication_tables it
// takes no lock on them.
inline constexpr absl::string_view kPgPublished =
    "direct as (select prrelid as oid, prpubid as publication from pg_catalog.pg_publication_rel "
    "union select c.oid, pn.pnpubid from pg_catalog.pg_publication_namespace pn "
    "join pg_catalog.pg_class c on c.relnamespace = pn.pnnspid "
    "where c.relkind in ('r', 'p') and c.relpersistence = 'p' "
    "union select c.oid, p.oid from pg_catalog.pg_publication p "
    "join pg_catalog.pg_class c on c.relkind in ('r', 'p') and c.relpersistence = 'p' "
    "where p.puballtables and c.oid >= 16384), "
    "published as (select oid, publication from direct "
    "union select i.inhrelid, p.publication from published p "
    "join pg_catalog.pg_inherits i on i.inhparent = p.oid "
    "join pg_catalog.pg_class c on c.oid = i.inhrelid and c.relispartition)";

}  // namespace storefront::migrator
