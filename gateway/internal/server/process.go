// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"io/fs"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"google.golang.org/grpc"

	"storefront-cdc/gateway/internal/config"
	"storefront-cdc/gateway/internal/health"
	"storefront-cdc/gateway/internal/observe"
	"storefront-cdc/gateway/internal/pages"
	"storefront-cdc/gateway/internal/status"
	"storefront-cdc/gateway/internal/strict"
)

// Process is a gateway that listens.
type Process struct {
	settings *config.Settings
	logger   *slog.Logger
	conns    map[string]*grpc.ClientConn
	checker  *health.Checker
	public   *http.Server
	metrics  *http.Server
	listener net.Listener
	scraped  net.Listener
	stopping chan struct{}
	failed   chan error
}

// Parts is what a Process is made of besides its settings.
type Parts struct {
	Services []Service
	Files    fs.FS
	Version  Version
	Logger   *slog.Logger
	Metrics  *observe.Metrics
}

// Start takes the ports and serves. A service that is away is no failure.
func Start(settings *config.Settings, parts Parts) (*Process, error) {
	p := &Process{settings: settings, logger: parts.Logger, conns: map[string]*grpc.ClientConn{},
		stopping: make(chan struct{}), failed: make(chan error, 2)}
	edge, err := p.build(parts)
	if err != nil {
		p.closeAll()
		return nil, err
	}
	if p.listener, err = net.Listen("tcp", settings.Listen); err == nil {
		p.scraped, err = net.Listen("tcp", settings.MetricsListen)
	}
	if err != nil {
		p.closeAll()
		return nil, err
	}
	p.public, p.metrics = p.httpServer(edge), p.httpServer(parts.Metrics.Handler())
	p.metrics.WriteTimeout = settings.StreamWriteTimeout
	p.serve(p.public, p.listener)
	p.serve(p.metrics, p.scraped)
	p.logger.Info("listening", "address", p.Address(), "metrics_address", p.MetricsAddress())
	return p, nil
}

func (p *Process) build(parts Parts) (*Edge, error) {
	s := p.settings
	probes := map[string]grpc.ClientConnInterface{}
	for backend, address := range s.Addresses {
		conn, err := Dial(backend, address, Deadlines{Default: s.DefaultDeadline, Max: s.DeadlineMax}, deadPeer)
		if err != nil {
			return nil, err
		}
		p.conns[backend], probes[backend] = conn, conn
	}
	render := &status.Renderer{Dropped: parts.Metrics.DroppedDetails.Inc}
	api, err := NewAPI(context.Background(), parts.Services, p.conns, APIOptions{
		Strict:   strict.Limits{BodyBytes: s.BodyBytesMax, JSONDepth: s.JSONDepthMax},
		UnaryMax: s.UnaryInFlightMax, StreamsMax: s.StreamsMax, StreamWriteTimeout: s.StreamWriteTimeout,
		Metrics: parts.Metrics, Render: render, Stopping: p.stopping,
	})
	if err != nil {
		return nil, err
	}
	site, err := pages.New(parts.Files, s.Docs)
	if err != nil {
		return nil, err
	}
	p.checker = &health.Checker{Conns: probes, Required: s.ReadyServices, Seen: parts.Metrics.Backend}
	return &Edge{API: api, Pages: site, Health: p.checker, Version: parts.Version, AllowedHosts: s.AllowedHosts,
		AnswerTime: s.ReadTimeout + s.DeadlineMax + s.StreamWriteTimeout,
		Logger:     p.logger, Metrics: parts.Metrics, Render: render}, nil
}

// httpServer speaks HTTP/1.1 only; TLS and HTTP/2 belong to a proxy in front.
func (p *Process) httpServer(handler http.Handler) *http.Server {
	const slack = 4 << 10 // net/http adds this to MaxHeaderBytes
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Server{Handler: handler, Protocols: protocols, DisableGeneralOptionsHandler: true,
		ReadHeaderTimeout: p.settings.HeaderReadTimeout, ReadTimeout: p.settings.ReadTimeout, IdleTimeout: p.settings.IdleTimeout,
		MaxHeaderBytes: max(1, int(p.settings.HeaderBytesMax)-slack),
		ErrorLog:       log.New(errorLog{p.logger}, "", 0)}
}

func (p *Process) serve(server *http.Server, listener net.Listener) {
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			p.failed <- err
		}
	}()
}

// Address of REST and pages, with the port that was taken.
func (p *Process) Address() string { return p.listener.Addr().String() }

// MetricsAddress is where /metrics is.
func (p *Process) MetricsAddress() string { return p.scraped.Addr().String() }

// Failed gets an error if a listener dies.
func (p *Process) Failed() <-chan error { return p.failed }

// Stop ends in order: /readyz turns 503, after drain_wait the listener closes and streams get their
// last chunk, calls under way end within shutdown_timeout.
func (p *Process) Stop() {
	started := time.Now()
	p.checker.Stop()
	time.Sleep(p.settings.DrainWait)
	close(p.stopping)
	ctx, cancel := context.WithTimeout(context.Background(), p.settings.ShutdownTimeout)
	defer cancel()
	cut := p.public.Shutdown(ctx) != nil
	p.closeAll()
	p.logger.Info("stopped", "duration_ms", float64(time.Since(started).Microseconds())/1000, "calls_cut", cut)
}

func (p *Process) closeAll() {
	for _, server := range []*http.Server{p.public, p.metrics} {
		if server != nil {
			_ = server.Close()
		}
	}
	for _, listener := range []net.Listener{p.listener, p.scraped} {
		if listener != nil {
			_ = listener.Close()
		}
	}
	for _, conn := range p.conns {
		_ = conn.Close()
	}
}

// errorLog takes what net/http says about connections.
type errorLog struct{ logger *slog.Logger }

func (e errorLog) Write(line []byte) (int, error) {
	e.logger.Debug("http", "text", string(line))
	return len(line), nil
}

// LogWriter is where log lines go: stderr, without ever waiting for it.
func LogWriter() *observe.LossyWriter {
	const lines = 4096
	return observe.NewLossyWriter(os.Stderr, lines)
}
