package gate_test

import (
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"drover/internal/base/addrrule"
	"drover/internal/base/problem"
	"drover/internal/core/door/doortest"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
	"drover/internal/gate"
	"drover/internal/gate/gatetest"
)

// mutations is how often each path is mutated (incident S1 asks for more than 2,000).
const mutations = 2100

// target is a gate in the manner of the real one, whose handlers tell when they are reached.
type target struct {
	gate *gate.Gate

	mu      sync.Mutex
	reached []string
	client  netip.Addr
}

var reviewed = []string{"GET /healthz", "GET /{path...}", "POST /autodiscover/autodiscover.xml"}

func newTarget(t *testing.T) *target {
	t.Helper()
	x := &target{}
	var routes []gate.Route
	add := func(s zone.Service, method, pattern string, who gate.Who, anyCase bool) {
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			x.mu.Lock()
			defer x.mu.Unlock()
			x.reached, x.client = append(x.reached, method+" "+pattern), gate.ClientAddr(r.Context())
			if who.Audience() == gate.AudienceProtocol && r.Header.Get("Authorization") == "" {
				gate.WriteProblem(w, r, problem.New(problem.Unauthenticated, "signin", "Sign in."))
			}
		})
		routes = append(routes, gate.Route{Service: s, Method: method, Pattern: pattern, Who: who, AnyCase: anyCase, Handler: h})
	}
	add(zone.ServiceAdminAPI, "GET", "/api/v1/devices", gate.Admin(scope.DeviceRead), false)
	add(zone.ServiceAdminAPI, "GET", "/api/v1/devices/{id}", gate.Admin(scope.DeviceRead), false)
	add(zone.ServiceAdminAPI, "POST", "/api/v1/devices/{id}/commands", gate.Admin(scope.DeviceWipeFull), false)
	add(zone.ServiceAdminAPI, "GET", "/api/v1/me", gate.AnyAdmin("one's own session"), false)
	add(zone.ServiceAdminAPI, "GET", "/api/v1/files/{rest...}", gate.Admin(scope.LogServerRead), false)
	add(zone.ServiceMonitoring, "GET", "/metrics", gate.Admin(scope.ServiceRead), false)
	add(zone.ServiceMonitoring, "GET", "/healthz", gate.Anyone("tells one bit"), false)
	add(zone.ServiceDashboard, "GET", "/{path...}", gate.Anyone("the pages themselves hold no data"), false)
	add(zone.ServiceActiveSync, "POST", "/Microsoft-Server-ActiveSync", gate.ByProtocol("the mail server proves the user"), true)
	add(zone.ServiceAutodiscover, "POST", "/autodiscover/autodiscover.xml", gate.Anyone("for the test"), true)
	var err error
	x.gate, err = gate.New(gate.Options{
		Routes: routes, Doors: doortest.Doors{}, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(),
		Authenticators: map[gate.Audience]gate.Authenticator{gate.AudienceAdmin: authenticate},
	})
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func authenticate(r *http.Request) (scope.Caller, error) {
	if r.Header.Get("Authorization") != "Bearer right" {
		return scope.Caller{}, problem.New(problem.Unauthenticated, "signin", "Sign in.")
	}
	return scope.Caller{Kind: scope.Token, Grants: scope.System("test").Grants}, nil
}

// guarded returns the routes that ask for proof and were reached since the last call.
func (x *target) guarded() (names []string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, name := range x.reached {
		if !slices.Contains(reviewed, name) && !strings.Contains(name, "ActiveSync") {
			names = append(names, name)
		}
	}
	x.reached = nil
	return names
}

// Every route of the sample, as a stranger.
func TestS2AnonymousWalk(t *testing.T) {
	x := newTarget(t)
	gatetest.AnonymousWalk(t, x.gate, reviewed...)
	if got := x.guarded(); len(got) != 0 {
		t.Errorf("strangers reached %v", got)
	}
}

// At the gate itself.
func TestS1S8MutatedPathsDirect(t *testing.T) {
	x := newTarget(t)
	for _, route := range x.gate.Routes() {
		own, other := gatetest.Door(x.gate, route)
		for _, path := range gatetest.Mutations(gatetest.Path(route.Pattern), mutations) {
			for _, door := range []http.Handler{own, other} {
				r := httptest.NewRequest(route.Method, "/", nil)
				r.RequestURI = path
				w := httptest.NewRecorder()
				door.ServeHTTP(w, r)
				if got := x.guarded(); len(got) != 0 {
					t.Fatalf("%s %q reached %v", route.Method, path, got)
				}
				if w.Code >= 500 {
					t.Fatalf("%s %q: %d", route.Method, path, w.Code)
				}
			}
		}
	}
}

// Behind proxies that read paths in their own ways.
func TestS1S8MutatedPathsBehindProxies(t *testing.T) {
	x := newTarget(t)
	backend := httptest.NewServer(x.gate.Admin())
	defer backend.Close()
	trust(t, x.gate, "127.0.0.1")
	ways := maps.Clone(gatetest.Proxies)
	ways["no proxy"] = func(_ *testing.T, backend string) string { return backend }
	for name, start := range ways {
		t.Run(name, func(t *testing.T) {
			c := &gatetest.Raw{Address: start(t, backend.Listener.Addr().String())}
			defer c.Close()
			for _, route := range x.gate.Routes() {
				if !strings.HasPrefix(route.Pattern, "/api/") && route.Pattern != "/metrics" {
					continue
				}
				plain := gatetest.Path(route.Pattern)
				c.Ask(t, route.Method, plain, "Authorization: Bearer right\r\nX-Forwarded-For: 192.0.2.66\r\n")
				if got := x.guarded(); len(got) != 1 {
					t.Fatalf("with the right proof %s reached %v", plain, got)
				}
				for _, path := range gatetest.Mutations(plain, mutations) {
					c.Ask(t, route.Method, path, "")
					if got := x.guarded(); len(got) != 0 {
						t.Fatalf("%s %q reached %v", route.Method, path, got)
					}
				}
			}
		})
	}
}

// Through a real proxy, what the client claims is not believed, and the proxy only where it is trusted.
func TestS12ClientAddressBehindProxies(t *testing.T) {
	for name, start := range gatetest.Proxies {
		for trusted, want := range map[string]string{"127.0.0.1": "192.0.2.66", "198.51.100.1": "127.0.0.1"} {
			x := newTarget(t)
			trust(t, x.gate, trusted)
			backend := httptest.NewServer(x.gate.Admin())
			c := &gatetest.Raw{Address: start(t, backend.Listener.Addr().String())}
			claims := "True-Client-IP: 10.9.9.9\r\nX-Real-IP: 10.9.9.9\r\nForwarded: for=10.9.9.9\r\nX_Forwarded_For: 10.9.9.9\r\n"
			// The test's own address is that of the trusted proxy, so that its claim stands for one of an inner proxy.
			c.Ask(t, "GET", "/healthz", claims+"X-Forwarded-For: 10.9.9.9, 192.0.2.66\r\n")
			if x.client.String() != want {
				t.Errorf("%s, trusting %s: %s, want %s", name, trusted, x.client, want)
			}
			c.Ask(t, "GET", "/healthz", claims)
			if x.client.String() != "127.0.0.1" {
				t.Errorf("%s, trusting %s, without a forwarding header: %s", name, trusted, x.client)
			}
			c.Close()
			backend.Close()
		}
	}
}

func trust(t *testing.T, g *gate.Gate, address string) {
	t.Helper()
	list, err := addrrule.ParseList([]string{address})
	if err != nil {
		t.Fatal(err)
	}
	p, err := addrrule.NewProxies(list, addrrule.XForwardedFor)
	if err != nil {
		t.Fatal(err)
	}
	g.TrustProxies(p)
}
