// The settings of topic-admin.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "libs/config/settings.h"

namespace storefront::topics {

std::vector<config::Setting> SettingRows();

}  // namespace storefront::topics
