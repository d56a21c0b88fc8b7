// The service's settings, one row each.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "libs/config/settings.h"

namespace storefront::connectors {

std::vector<config::Setting> SettingRows();

}  // namespace storefront::connectors
