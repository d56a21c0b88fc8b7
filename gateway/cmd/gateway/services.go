// SPDX-License-Identifier: Apache-2.0

package main

import (
	connectorsv1 "storefront-cdc/gateway/gen/storefront/connectors/v1"
	migratorv1 "storefront-cdc/gateway/gen/storefront/migrator/v1"
	seederv1 "storefront-cdc/gateway/gen/storefront/seeder/v1"
	topicsv1 "storefront-cdc/gateway/gen/storefront/topics/v1"
	"storefront-cdc/gateway/internal/server"
)

// services behind the gateway, one line each: whose address, which file, which handlers.
var services = []server.Service{
	{Backend: "seeder", File: seederv1.File_storefront_seeder_v1_seeder_proto, Register: seederv1.RegisterSeederServiceHandler},
	{Backend: "migrator", File: migratorv1.File_storefront_migrator_v1_migrator_proto, Register: migratorv1.RegisterMigratorServiceHandler},
	{Backend: "connector-manager", File: connectorsv1.File_storefront_connectors_v1_connectors_proto, Register: connectorsv1.RegisterConnectorServiceHandler},
	{Backend: "topic-admin", File: topicsv1.File_storefront_topics_v1_topics_proto, Register: topicsv1.RegisterTopicServiceHandler},
}
