// The migrator's settings.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "libs/config/settings.h"

namespace storefront::migrator {

std::vector<config::Setting> SettingRows();

}  // namespace storefront::migrator
