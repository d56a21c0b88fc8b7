// SPDX-License-Identifier: Apache-2.0

package observe

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Metrics of the gateway. The label `route` is a pattern, never a path, so that clients cannot make
// new series.
type Metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	rejected *prometheus.CounterVec
	backends *prometheus.GaugeVec

	StreamsOpen    *prometheus.GaugeVec
	InFlight       prometheus.Gauge
	DroppedDetails prometheus.Counter
}

// NewMetrics registers them; droppedLines is asked at each scrape.
func NewMetrics(droppedLines func() int64) *Metrics {
	name := func(n string) string { return "storefront_gateway_" + n }
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: name("http_requests_total"),
			Help: "Requests answered."}, []string{"method", "route", "code"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name("http_request_seconds"),
			Help: "Time from request to end of answer; streams are not in it.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 17)}, []string{"route"}),
		rejected: prometheus.NewCounterVec(prometheus.CounterOpts{Name: name("rejected_total"),
			Help: "Requests that the gateway itself refused, by reason."}, []string{"reason"}),
		backends: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name("backend_up"),
			Help: "1 when the service said SERVING for readiness at the last check."}, []string{"service"}),
		StreamsOpen: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: name("streams_open"),
			Help: "Streams under way."}, []string{"route"}),
		InFlight: prometheus.NewGauge(prometheus.GaugeOpts{Name: name("in_flight"),
			Help: "Unary calls under way."}),
		DroppedDetails: prometheus.NewCounter(prometheus.CounterOpts{Name: name("dropped_details_total"),
			Help: "Error details of types that the gateway does not know."}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.rejected, m.backends, m.StreamsOpen, m.InFlight, m.DroppedDetails,
		prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name("log_lines_dropped_total"),
			Help: "Log lines that stderr did not take."}, func() float64 { return float64(droppedLines()) }),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// Answered counts a request; `took` is 0 for a stream.
func (m *Metrics) Answered(method, route string, code int, took time.Duration) {
	m.requests.WithLabelValues(method, route, strconv.Itoa(code)).Inc()
	if took > 0 {
		m.seconds.WithLabelValues(route).Observe(took.Seconds())
	}
}

// Rejected counts a refusal by the gateway itself.
func (m *Metrics) Rejected(reason string) { m.rejected.WithLabelValues(reason).Inc() }

// Backend notes what a service last said.
func (m *Metrics) Backend(service string, up bool) {
	value := 0.0
	if up {
		value = 1
	}
	m.backends.WithLabelValues(service).Set(value)
}

// Handler serves /metrics.
func (m *Metrics) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	return mux
}
