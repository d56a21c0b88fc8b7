// Commands made from RPCs: flags from the request, call, pages, waiting, printing.
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <memory>

#include "absl/status/statusor.h"
#include "cli/command.h"
#include "cli/command_table.h"
#include "cli/session.h"

namespace storefront::cli {

// The command of a row. With docs, the comments of the proto are its help; reading them takes some
// milliseconds that a plain call need not pay.
Command MakeRpcCommand(const RpcRow& row, bool with_docs);

// The request that the inputs describe:
//   the resource argument becomes its name ("full-12" and "seedRuns/full-12" are the same);
//   request_id is made if it was not given; --dry-run sets validate_only; update_mask is what was
//   set; a confirmation comes from --confirm, or is asked for on a terminal.
// A destructive call off a terminal without --confirm is kUsage: nothing is sent.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> MakeRequest(Session& session,
                                                                       const RpcRow& row,
                                                                       const Inputs& inputs);

// Calls a unary method; of a list it gathers all pages, or --limit items.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> CallGathered(
    Session& session, const google::protobuf::MethodDescriptor& method,
    google::protobuf::Message& request, const Inputs& inputs);

// Flags --wait, --wait-timeout and --cancel-on-interrupt, for a command that starts a run.
std::vector<Flag> WaitFlags();

// Follows the run to its end as those flags ask, prints it and gives its outcome.
absl::StatusOr<ExitCode> WaitForRun(Session& session, const google::protobuf::Descriptor& run_type,
                                    const std::string& name, const Inputs& inputs);

}  // namespace storefront::cli
