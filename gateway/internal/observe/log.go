// SPDX-License-Identifier: Apache-2.0

// Package observe has the gateway's logs and metrics.
package observe

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/grpclog"
)

// NewLogger writes one JSON object per line with the keys of all services, or text on a terminal.
func NewLogger(out io.Writer, level string, text bool) *slog.Logger {
	options := &slog.HandlerOptions{Level: levelOf(level), ReplaceAttr: func(groups []string, attr slog.Attr) slog.Attr {
		if len(groups) > 0 {
			return attr
		}
		switch attr.Key {
		case slog.TimeKey:
			return slog.String("ts", attr.Value.Time().UTC().Format("2006-01-02T15:04:05.000000Z"))
		case slog.LevelKey:
			return slog.String("level", levelName(attr.Value))
		case slog.MessageKey:
			attr.Key = "event"
		}
		return attr
	}}
	if text {
		return slog.New(slog.NewTextHandler(out, options))
	}
	return slog.New(slog.NewJSONHandler(out, options)).With("service", "gateway")
}

// IsTerminal tells whether a person reads this file.
func IsTerminal(file *os.File) bool {
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func levelOf(name string) slog.Level {
	switch name {
	case "debug":
		return slog.LevelDebug
	case "warning":
		return slog.LevelWarn
	case "error":
		return slog.LevelError
	}
	return slog.LevelInfo
}

func levelName(value slog.Value) string {
	level, _ := value.Any().(slog.Level)
	if level == slog.LevelWarn {
		return "warning"
	}
	return strings.ToLower(level.String())
}

// LossyWriter writes whole lines to a file that may be closed, full, or a pipe that nobody reads:
// what does not fit into its queue is dropped and counted, and the caller never waits.
type LossyWriter struct {
	lines   chan []byte
	dropped atomic.Int64
	done    chan struct{}
	close   sync.Once
}

// NewLossyWriter starts the one goroutine that writes to out.
func NewLossyWriter(out io.Writer, queue int) *LossyWriter {
	w := &LossyWriter{lines: make(chan []byte, queue), done: make(chan struct{})}
	go func() {
		defer close(w.done)
		for line := range w.lines {
			if line == nil {
				return
			}
			if _, err := out.Write(line); err != nil {
				w.dropped.Add(1)
			}
		}
	}()
	return w
}

func (w *LossyWriter) Write(line []byte) (int, error) {
	select {
	case w.lines <- append([]byte(nil), line...):
	default:
		w.dropped.Add(1)
	}
	return len(line), nil
}

// Dropped counts lines that were not written.
func (w *LossyWriter) Dropped() int64 { return w.dropped.Load() }

// Close writes what waits, for at most the given time.
func (w *LossyWriter) Close(patience time.Duration) {
	w.close.Do(func() {
		limit := time.After(patience)
		select {
		case w.lines <- nil:
		case <-limit:
			return
		}
		select {
		case <-w.done:
		case <-limit:
		}
	})
}

// RedirectGRPC sends the gRPC library's own log to ours, at debug: it calls normal ends errors.
func RedirectGRPC(logger *slog.Logger) { grpclog.SetLoggerV2(grpcLog{logger}) }

type grpcLog struct{ logger *slog.Logger }

func (g grpcLog) log(level string, text string) {
	if g.logger.Enabled(context.Background(), slog.LevelDebug) {
		g.logger.Debug("grpc", "grpc_level", level, "text", strings.TrimSpace(text))
	}
}

func (g grpcLog) Info(args ...any)                    { g.log("info", fmt.Sprint(args...)) }
func (g grpcLog) Infoln(args ...any)                  { g.log("info", fmt.Sprintln(args...)) }
func (g grpcLog) Infof(format string, args ...any)    { g.log("info", fmt.Sprintf(format, args...)) }
func (g grpcLog) Warning(args ...any)                 { g.log("warning", fmt.Sprint(args...)) }
func (g grpcLog) Warningln(args ...any)               { g.log("warning", fmt.Sprintln(args...)) }
func (g grpcLog) Warningf(format string, args ...any) { g.log("warning", fmt.Sprintf(format, args...)) }
func (g grpcLog) Error(args ...any)                   { g.log("error", fmt.Sprint(args...)) }
func (g grpcLog) Errorln(args ...any)                 { g.log("error", fmt.Sprintln(args...)) }
func (g grpcLog) Errorf(format string, args ...any)   { g.log("error", fmt.Sprintf(format, args...)) }
func (g grpcLog) Fatal(args ...any)                   { g.fatal(fmt.Sprint(args...)) }
func (g grpcLog) Fatalln(args ...any)                 { g.fatal(fmt.Sprintln(args...)) }
func (g grpcLog) Fatalf(format string, args ...any)   { g.fatal(fmt.Sprintf(format, args...)) }
func (g grpcLog) V(int) bool                          { return false }
func (g grpcLog) fatal(text string) {
	g.logger.Error("grpc", "text", text)
	os.Exit(1)
}
