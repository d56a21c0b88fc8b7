// SPDX-License-Identifier: Apache-2.0
#include "cli/run_wait.h"

#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "cli/exit_code.h"
#include "cli/session_fixture.h"
#include "libs/status/error.h"
#include "libs/testing/status_matchers.h"
#include "storefront/migrator/v1/migrator.pb.h"
#include "storefront/seeder/v1/seeder.pb.h"

namespace storefront::cli {
namespace {

using status::Reason;
using testing::HasReason;
using ::testing::HasSubstr;
using testing::IsOk;

constexpr char kWatch[] = "SeederService.WatchSeedRun";

std::string State(const std::string& state, int sequence, double percent = 0,
                  const std::string& more = "") {
  return absl::StrCat(R"({"seedRun": {"name": "seedRuns/full-1", "state": ")", state,
                      R"(", "progress": {"sequence": ")", sequence, R"(", "percent": )", percent,
                      "}", more, "}}");
}

absl::Status Away() {
  return status::Error({.code = absl::StatusCode::kUnavailable,
                        .reason = Reason::kBackendUnavailable,
                        .message = "The seeder cannot be reached."});
}

absl::StatusOr<Document> Follow(SessionFixture& f, const FollowOptions& options = {}) {
  const auto kind = RunKindOf(*storefront::seeder::v1::SeedRun::descriptor());
  return FollowRun(f.session, *kind, "seedRuns/full-1", options);
}

TEST(RunWait, EndsWithTheRun) {
  SessionFixture f;
  f.rpc.Add(kWatch, {.messages = {State("RUNNING", 1, 10), State("SUCCEEDED", 2, 100)}});
  const auto run = Follow(f);
  ASSERT_THAT(run, IsOk());
  EXPECT_EQ(TextAt(*run, "state"), "SUCCEEDED");
  EXPECT_THAT(OutcomeOf(*run), IsOk());
  EXPECT_THAT(f.err.str(), HasSubstr("seedRuns/full-1: RUNNING, 10 %"));
}

TEST(RunWait, OpensALostStreamAgainAndSaysSo) {
  SessionFixture f;
  f.rpc.Add(kWatch, {.status = Away(), .messages = {State("RUNNING", 7)}});
  f.rpc.Add(kWatch, {.status = Away()});
  f.rpc.Add(kWatch, {.messages = {State("SUCCEEDED", 9)}});
  ASSERT_THAT(Follow(f), IsOk());
  EXPECT_EQ(f.rpc.seen.size(), 3);
  EXPECT_THAT(f.err.str(), HasSubstr("Waiting for it"));
}

TEST(RunWait, ReattachesAfterTheLastSequenceWhenAStreamJustEnds) {
  SessionFixture f;
  f.rpc.Add(kWatch, {.messages = {State("RUNNING", 7)}});
  f.rpc.Add(kWatch, {.messages = {State("SUCCEEDED", 9)}});
  ASSERT_THAT(Follow(f), IsOk());
  EXPECT_EQ(f.rpc.seen[1].request["afterSequence"], "7");
}

TEST(RunWait, GivesUpOnAServiceThatStaysAway) {
  SessionFixture f;
  f.rpc.Add(kWatch, {.status = Away()});
  EXPECT_THAT(Follow(f), HasReason(absl::StatusCode::kUnavailable, Reason::kBackendUnavailable));
}

TEST(RunWait, CtrlCLeavesTheRunGoingAndSaysHowToComeBack) {
  SessionFixture f;
  f.rpc.before = [&](const std::string&) { f.stop.request_stop(); };
  f.rpc.Add(kWatch, {.status = absl::CancelledError(), .messages = {State("RUNNING", 1)}});
  const auto run = Follow(f);
  EXPECT_EQ(ExitCodeOf(run.status()), ExitCode::kInterrupted);
  EXPECT_THAT(std::string(run.status().message()),
              HasSubstr("goes on. Follow it with: storefrontctl seed-runs watch full-1"));
  EXPECT_EQ(f.rpc.seen.size(), 1) << "nothing was cancelled";
}

TEST(RunWait, CtrlCCancelsWhenThatWasAskedFor) {
  SessionFixture f;
  f.rpc.before = [&](const std::string&) { f.stop.request_stop(); };
  f.rpc.Add(kWatch, {.status = absl::CancelledError(), .messages = {State("RUNNING", 1)}});
  f.rpc.Add("SeederService.CancelSeedRun", {.messages = {R"({"name": "seedRuns/full-1"})"}});
  const auto run = Follow(f, {.cancel_on_interrupt = true});
  EXPECT_THAT(std::string(run.status().message()), HasSubstr("is being cancelled"));
  EXPECT_EQ(f.rpc.seen.back().request["name"], "seedRuns/full-1");
}

TEST(RunWait, TellsTheLastStateWhenItIsTooLate) {
  SessionFixture f;
  f.rpc.Add(kWatch, {.messages = {State("RUNNING", 1)}});
  const auto run = Follow(f, {.timeout = absl::Seconds(3)});
  EXPECT_EQ(ExitCodeOf(run.status()), ExitCode::kTimeout);
  EXPECT_THAT(std::string(run.status().message()), HasSubstr("its last state is RUNNING"));
}

TEST(RunWait, AnInterruptedRunMayGoOnByItself) {
  SessionFixture f;
  f.rpc.Add(kWatch, {.messages = {State("INTERRUPTED", 1)}});
  f.rpc.Add(kWatch, {.messages = {State("RUNNING", 2), State("SUCCEEDED", 3)}});
  const auto run = Follow(f);
  ASSERT_THAT(run, IsOk());
  EXPECT_EQ(TextAt(*run, "state"), "SUCCEEDED");
}

absl::StatusOr<Document> FollowMigration(SessionFixture& f) {
  const auto kind = RunKindOf(*storefront::migrator::v1::MigrationRun::descriptor());
  return FollowRun(f.session, *kind, "migrationRuns/m", {});
}

TEST(RunWait, AnInterruptedRunThatNobodyCanResumeIsTheEndAtOnce) {
  SessionFixture f;
  f.rpc.Add("MigratorService.WatchMigrationRun",
            {.messages = {R"({"run": {"name": "migrationRuns/m", "state": "INTERRUPTED"}})"}});
  const clock::SteadyTime before = f.clock.Steady();
  const auto run = FollowMigration(f);
  ASSERT_THAT(run, IsOk());
  EXPECT_EQ(TextAt(*run, "state"), "INTERRUPTED");
  EXPECT_EQ(f.clock.Steady() - before, absl::ZeroDuration());
}

TEST(RunWait, TellsEachEventOnceAndTheStepsOfTheEnd) {
  SessionFixture f;
  const std::string events = R"("events": [
      {"sequence": "1", "type": "lock_waiting", "message": "pid 7 holds the lock"},
      {"sequence": "2", "type": "statement_started", "message": ""})";
  const std::string steps = R"("steps": [{"script": "V1__a.sql"}])";
  f.rpc.Add("MigratorService.WatchMigrationRun",
            {.messages = {
                 absl::StrCat(R"({"run": {"state": "RUNNING", )", steps, "}, ", events, R"(]})"),
                 absl::StrCat(R"({"run": {"state": "SUCCEEDED", )", steps, "}, ", events,
                              R"(, {"sequence": "3", "type": "notice", "message": "hello"}]})")}});
  const auto run = FollowMigration(f);
  ASSERT_THAT(run, IsOk());
  EXPECT_EQ((*run)["steps"].size(), 1);
  const std::string err = f.err.str();
  EXPECT_EQ(err.find("lock_waiting: pid 7"), err.rfind("lock_waiting: pid 7"));
  EXPECT_THAT(err, HasSubstr("notice: hello\n"));
  EXPECT_EQ(err.find("statement_started"), std::string::npos);
}

TEST(RunWait, AnInterruptedRunThatStaysSoIsTheEnd) {
  SessionFixture f;
  f.rpc.Add(kWatch, {.messages = {State("INTERRUPTED", 1)}});
  const auto run = Follow(f);
  ASSERT_THAT(run, IsOk());
  EXPECT_THAT(OutcomeOf(*run), HasReason(absl::StatusCode::kAborted, Reason::kRunState));
}

TEST(RunWait, TheErrorOfARunIsTheErrorOfTheCommand) {
  const Document run = {{"name", "seedRuns/full-1"},
                        {"state", "FAILED"},
                        {"error",
                         {{"code", 8},
                          {"message", "No space."},
                          {"details",
                           {{{"@type", "type.googleapis.com/google.rpc.ErrorInfo"},
                             {"reason", "DISK_FULL"},
                             {"domain", "storefront-cdc"}}}}}}};
  EXPECT_THAT(OutcomeOf(run), HasReason(absl::StatusCode::kResourceExhausted, Reason::kDiskFull));
}

}  // namespace
}  // namespace storefront::cli
