package gate

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"drover/internal/core/zone"
)

// metrics are the gate's counters. Their labels are names from the catalogue and constants of this package, so that no
// client can make new series.
type metrics struct {
	requests *prometheus.CounterVec
	refused  *prometheus.CounterVec
	octets   *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	running  *prometheus.GaugeVec
	meters   map[zone.Service]*meter
}

// meter is the share of one service, resolved once.
type meter struct {
	service zone.Service
	classes [len(classNames)]prometheus.Counter
	refused map[string]prometheus.Counter
	in, out prometheus.Counter
	seconds prometheus.Observer
	running prometheus.Gauge
}

var classNames = [...]string{"other", "1xx", "2xx", "3xx", "4xx", "5xx"}

func newMetrics() *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "drover_gate_" + name, Help: help}, labels)
	}
	return &metrics{
		requests: counter("requests_total", "Requests by service and class of status.", "service", "status"),
		refused:  counter("refused_total", "Requests that the gate refused, by service and reason.", "service", "reason"),
		octets:   counter("octets_total", "Octets of bodies, by service and direction.", "service", "direction"),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "drover_gate_seconds",
			Help: "How long exchanges took that are not held.", Buckets: []float64{.001, .005, .02, .1, .5, 2, 10, 60},
		}, []string{"service"}),
		running: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "drover_gate_running",
			Help: "Exchanges that run or are held now.",
		}, []string{"service"}),
		meters: map[zone.Service]*meter{},
	}
}

func (m *metrics) register(r prometheus.Registerer) error {
	var faults []error
	for _, c := range []prometheus.Collector{m.requests, m.refused, m.octets, m.seconds, m.running} {
		faults = append(faults, r.Register(c))
	}
	return errors.Join(faults...)
}

// service returns the meter of a service; "" is for requests that found no route, under the name "none".
func (m *metrics) service(name zone.Service) *meter {
	if known, ok := m.meters[name]; ok {
		return known
	}
	label := string(name)
	if label == "" {
		label = "none"
	}
	t := &meter{
		service: name, refused: map[string]prometheus.Counter{},
		in: m.octets.WithLabelValues(label, "in"), out: m.octets.WithLabelValues(label, "out"),
		seconds: m.seconds.WithLabelValues(label), running: m.running.WithLabelValues(label),
	}
	for i, class := range classNames {
		t.classes[i] = m.requests.WithLabelValues(label, class)
	}
	for _, reason := range reasons {
		t.refused[reason] = m.refused.WithLabelValues(label, reason)
	}
	m.meters[name] = t
	return t
}

func (t *meter) count(x *exchange, took time.Duration) {
	class := x.response.status / 100
	if class >= len(t.classes) {
		class = 0
	}
	t.classes[class].Inc()
	if x.refused != "" {
		t.refused[x.refused].Inc()
	}
	if n := x.body.n.Load(); n > 0 {
		t.in.Add(float64(n))
	}
	if x.response.n > 0 {
		t.out.Add(float64(x.response.n))
	}
	if x.route != nil && x.time != Held {
		t.seconds.Observe(took.Seconds())
	}
}
