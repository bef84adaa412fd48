package server

import (
	"context"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"drover/internal/base/sqldb"
	"drover/internal/core/zone"
	"drover/internal/gate"
)

// readiness is whether requests are served.
type readiness struct{ serving atomic.Bool }

func (r *readiness) set(serving bool) { r.serving.Store(serving) }

// probeTime bounds a look at the database.
const probeTime = 2 * time.Second

// monitoring returns the routes for those who watch the server. They lie on the admin listener alone.
func (s *Server) monitoring() []gate.Route {
	const reason = "tells whether the server works, in figures without names, to whoever reaches the admin listener"
	route := func(pattern string, h http.Handler) gate.Route {
		return gate.Route{Service: zone.ServiceMonitoring, Method: http.MethodGet, Pattern: pattern, Who: gate.Anyone(reason), Handler: h}
	}
	return []gate.Route{
		route("/healthz", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { plain(w, http.StatusOK, "ok") })),
		route("/readyz", http.HandlerFunc(s.readyz)),
		route("/metrics", promhttp.HandlerFor(s.metrics, promhttp.HandlerOpts{})),
	}
}

func (s *Server) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), probeTime)
	defer cancel()
	if !s.ready.serving.Load() {
		plain(w, http.StatusServiceUnavailable, "starting or stopping")
		return
	}
	if _, err := s.zone.Revision.Current(); err != nil {
		plain(w, http.StatusServiceUnavailable, "the zone's revision is not known")
		return
	}
	if !s.zone.Doors.Known() {
		plain(w, http.StatusServiceUnavailable, "it is not known which services are on")
		return
	}
	if _, err := sqldb.One(ctx, s.zone.DB, sqldb.Scan1[int], "SELECT 1"); err != nil {
		plain(w, http.StatusServiceUnavailable, "the database does not answer")
		return
	}
	plain(w, http.StatusOK, "ready")
}

func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text + "\n")) // a client that left
}
