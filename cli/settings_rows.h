// The settings of storefrontctl, one row each: flag, variable, default, sentence.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "libs/config/settings.h"

namespace storefront::cli {

// Setting `seeder_address`: flag --seeder-address, variable STOREFRONT_CTL_SEEDER_ADDRESS.
const std::vector<config::Setting>& SettingRows();

// "seeder-address" for "seeder_address".
std::string FlagName(absl::string_view setting);

// What the flag's value is called in help: "ADDRESS".
std::string ValueName(const config::Setting& row);

}  // namespace storefront::cli
