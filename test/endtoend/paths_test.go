package endtoend

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/door/doortest"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
	"drover/internal/gate"
	"drover/internal/gate/gatetest"
	"drover/internal/server/zonetest"
)

// lookout is a gate with every route of the whole server, whose handlers tell that they were reached and do nothing.
type lookout struct {
	*gate.Gate
	guarded []gate.Route // that ask for proof

	mu      sync.Mutex
	reached []string
}

func newLookout(t *testing.T) *lookout {
	t.Helper()
	x := &lookout{}
	routes := zonetest.New(t, sqldb.SQLite).Gate.Routes()
	for i, r := range routes {
		guarded := r.Who.Audience() != gate.AudienceAnyone && r.Who.Audience() != gate.AudienceProtocol
		routes[i].Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			if guarded {
				x.mu.Lock()
				defer x.mu.Unlock()
				x.reached = append(x.reached, r.Method+" "+r.Pattern)
			}
		})
		if guarded {
			x.guarded = append(x.guarded, r)
		}
	}
	proven := map[gate.Audience]gate.Authenticator{}
	for audience, kind := range map[gate.Audience]scope.Kind{
		gate.AudienceAdmin: scope.Token, gate.AudienceUser: scope.User, gate.AudienceAgent: scope.Device, gate.AudienceDevice: scope.Device,
	} {
		proven[audience] = func(r *http.Request) (scope.Caller, error) {
			if r.Header.Get("Authorization") != "Bearer right" {
				return scope.Caller{}, problem.New(problem.Unauthenticated, "signin", "Sign in.")
			}
			return scope.Caller{Kind: kind, ID: "x", Session: "x", Grants: scope.System("test").Grants}, nil
		}
	}
	var err error
	x.Gate, err = gate.New(gate.Options{
		Routes: routes, Doors: doortest.Doors{}, Authenticators: proven, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(x.guarded) < 300 {
		t.Fatalf("only %d routes ask for proof", len(x.guarded))
	}
	return x
}

// since returns the guarded routes that were reached since the last call.
func (x *lookout) since() []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	list := x.reached
	x.reached = nil
	return list
}

// TestS1S8EveryRouteByMutatedPaths asks for each route of the whole server that wants proof by more than 2,000 other ways to write
// its path, without proof and at both listeners: none of their handlers is reached. The right path with the right proof reaches it.
func TestS1S8EveryRouteByMutatedPaths(t *testing.T) {
	x := newLookout(t)
	for _, route := range x.guarded {
		own, other := gatetest.Door(x.Gate, route)
		path := gatetest.Path(route.Pattern)
		r := httptest.NewRequest(route.Method, path, nil)
		r.Header.Set("Authorization", "Bearer right")
		own.ServeHTTP(httptest.NewRecorder(), r)
		if got := x.since(); len(got) != 1 || got[0] != route.Method+" "+route.Pattern {
			t.Fatalf("%s %s with the right proof reached %v", route.Method, path, got)
		}
		stranger := httptest.NewRequest(route.Method, path, nil)
		for i, mutated := range gatetest.Mutations(path, 2100) {
			door := own
			if i%8 == 0 {
				door = other
			}
			stranger.RequestURI = mutated
			w := &unread{header: http.Header{}}
			door.ServeHTTP(w, stranger.WithContext(t.Context()))
			if w.status >= 500 {
				t.Fatalf("%s %q: %d", route.Method, mutated, w.status)
			}
		}
		if got := x.since(); len(got) != 0 {
			t.Fatalf("a mutated path of %s %s reached %v", route.Method, path, got)
		}
	}
}

// unread is an answer of which only the status is looked at.
type unread struct {
	header http.Header
	status int
}

func (w *unread) Header() http.Header         { return w.header }
func (w *unread) Write(p []byte) (int, error) { return len(p), nil }
func (w *unread) WriteHeader(status int)      { w.status = status }

// TestS1S8EveryRouteBehindProxies does the same through nginx, twice, and HAProxy, each route by its share of the mutations.
func TestS1S8EveryRouteBehindProxies(t *testing.T) {
	x := newLookout(t)
	const share = 7
	for name, start := range gatetest.Proxies {
		t.Run(name, func(t *testing.T) {
			for surface, door := range map[zone.Surface]http.Handler{zone.SurfaceAdmin: x.Admin(), zone.SurfaceDevice: x.Device()} {
				backend := httptest.NewServer(door)
				defer backend.Close()
				c := &gatetest.Raw{Address: start(t, backend.Listener.Addr().String())}
				defer c.Close()
				x.throughProxy(t, c, surface == zone.SurfaceAdmin, share)
			}
		})
	}
}

// throughProxy asks for the routes of one listener.
func (x *lookout) throughProxy(t *testing.T, c *gatetest.Raw, admin bool, share int) {
	t.Helper()
	for i, route := range x.guarded {
		own, _ := gatetest.Door(x.Gate, route)
		if (own == x.Admin()) != admin {
			continue
		}
		path := gatetest.Path(route.Pattern)
		c.Ask(t, route.Method, path, "Authorization: Bearer right\r\n")
		if got := x.since(); !slices.Equal(got, []string{route.Method + " " + route.Pattern}) {
			t.Fatalf("with the right proof %s %s reached %v", route.Method, path, got)
		}
		list := gatetest.Mutations(path, 2100)
		for n := range share {
			mutated := list[(i*share+n*149)%len(list)]
			c.Ask(t, route.Method, mutated, "")
			if got := x.since(); len(got) != 0 {
				t.Fatalf("%s %q reached %v", route.Method, mutated, got)
			}
		}
	}
}
