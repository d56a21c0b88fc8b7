// storefrontctl doctor: walks the hops and names the first broken one.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/doctor/hop.h"
#include "cli/doctor/port_probe.h"
#include "cli/session.h"

namespace storefront::cli {

// ProbePort, or a test's.
using PortProbe = std::function<PortAnswer(const std::string& address, Protocol protocol,
                                           const std::string& path)>;

// Walks the hops in the order of the pipeline. After the first that fails the others are
// "not checked": what depends on a broken hop only confuses.
std::vector<HopReport> WalkHops(Session& session, const PortProbe& ports, bool with_probe);

Command DoctorCommand();

}  // namespace storefront::cli
