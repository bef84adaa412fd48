package gatetest

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"drover/internal/core/door"
	"drover/internal/core/zone"
	"drover/internal/gate"
)

// Path returns a path that the pattern of a route matches.
func Path(pattern string) string {
	segments := strings.Split(pattern, "/")
	for i, s := range segments {
		switch {
		case strings.HasSuffix(s, "...}"):
			segments[i] = "a/b"
		case strings.HasPrefix(s, "{"):
			segments[i] = "7"
		}
	}
	return strings.Join(segments, "/")
}

// Door returns the handler of the listener that a route is reached by, and the other one.
func Door(g *gate.Gate, r gate.Route) (own, other http.Handler) {
	row, _ := door.Lookup(r.Service)
	if row.Surface == zone.SurfaceAdmin {
		return g.Admin(), g.Device()
	}
	return g.Device(), g.Admin()
}

// AnonymousWalk calls every route of the gate without credentials (incident S2). Each must answer 401, 403 or 404, but
// for those on the reviewed list ("GET /healthz"), which must all exist and ask for no proof. Handlers that ask for
// proof must not answer on the other listener either.
func AnonymousWalk(t *testing.T, g *gate.Gate, reviewed ...string) {
	t.Helper()
	left := slices.Clone(reviewed)
	for _, r := range g.Routes() {
		name := r.Method + " " + r.Pattern
		own, other := Door(g, r)
		if i := slices.Index(left, name); i >= 0 {
			left = slices.Delete(left, i, i+1)
			if a := r.Who.Audience(); a != gate.AudienceAnyone && a != gate.AudienceProtocol {
				t.Errorf("%s is on the reviewed list and asks for proof; take it off", name)
			}
			continue
		}
		for _, door := range []http.Handler{own, other} {
			w := httptest.NewRecorder()
			door.ServeHTTP(w, httptest.NewRequest(r.Method, Path(r.Pattern), nil))
			refused := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound}
			if door == other { // where another route may stand at the same path
				refused = append(refused, http.StatusMethodNotAllowed)
			}
			if !slices.Contains(refused, w.Code) && (door == own || !otherRoute(g, r)) {
				t.Errorf("%s answers strangers with %d", name, w.Code)
			}
		}
	}
	if len(left) > 0 {
		t.Errorf("on the reviewed list and not there: %v", left)
	}
}

// otherRoute tells whether the other listener has an open route of its own at the path of r.
func otherRoute(g *gate.Gate, r gate.Route) bool {
	own, _ := Door(g, r)
	return slices.ContainsFunc(g.Routes(), func(o gate.Route) bool {
		door, _ := Door(g, o)
		return door != own && o.Method == r.Method && (o.Pattern == r.Pattern || strings.HasSuffix(o.Pattern, "...}"))
	})
}
