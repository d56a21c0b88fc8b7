// SPDX-License-Identifier: Apache-2.0

// Command gateway serves REST, OpenAPI and pages in front of the gRPC services.
package main

import (
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"storefront-cdc/gateway/internal/config"
	"storefront-cdc/gateway/internal/observe"
	"storefront-cdc/gateway/internal/server"
	"storefront-cdc/gateway/web"
)

// Set by gateway/build.
var version, commit = "unknown", "unknown"

// Exit codes are those of all servers here.
const (
	exitFailed = 1
	exitUsage  = 2
)

func main() { os.Exit(run(os.Args[1:], os.Environ())) }

func run(arguments, environment []string) int {
	switch {
	case slices.Contains(arguments, "--help"), slices.Contains(arguments, "-h"):
		fmt.Print(config.Help())
		return 0
	case slices.Contains(arguments, "--version"):
		fmt.Println("gateway", version, commit)
		return 0
	case slices.Contains(arguments, "--settings_markdown"):
		fmt.Print(config.Markdown())
		return 0
	}
	settings, err := config.Parse(arguments, environment)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return exitUsage
	}
	return serve(settings)
}

func serve(settings *config.Settings) int {
	signal.Ignore(syscall.SIGPIPE) // a closed stderr must not end the process
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	lines := server.LogWriter()
	defer lines.Close(time.Second)
	logger := observe.NewLogger(lines, settings.LogLevel, observe.IsTerminal(os.Stderr))
	observe.RedirectGRPC(logger)
	effective := make([]any, 0, 2*len(settings.Effective()))
	for _, value := range settings.Effective() {
		effective = append(effective, value.Name, value.Text)
	}
	logger.Info("starting", effective...)
	process, err := server.Start(settings, server.Parts{
		Services: services, Files: web.Files, Logger: logger, Metrics: observe.NewMetrics(lines.Dropped),
		Version: server.Version{Version: version, Commit: commit, API: "v1", AuthMode: settings.AuthMode},
	})
	if err != nil {
		logger.Error("start_failed", "internal_error", err.Error())
		fmt.Fprintln(os.Stderr, "gateway cannot start:", err)
		return exitFailed
	}
	select {
	case err := <-process.Failed():
		logger.Error("listener_failed", "internal_error", err.Error())
		return exitFailed
	case received := <-signals:
		logger.Info("stopping", "signal", received.String())
	}
	go func() { // a second signal ends it now
		<-signals
		os.Exit(exitFailed)
	}()
	process.Stop()
	return 0
}
