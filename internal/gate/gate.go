package gate

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"drover/internal/base/addrrule"
	"drover/internal/core/door"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Doors tells what stands before a service at this moment; nil while that is not known, and then the service answers that
// it cannot tell now, instead of as if it did not exist. It is asked at every request and must answer from memory.
type Doors interface {
	Door(zone.Service) *door.Door
}

// Authenticator finds out who calls, from the headers alone: the body is withheld from it. Its error is a problem; one of
// kind Unauthenticated when there is no proof or a wrong one.
type Authenticator func(*http.Request) (scope.Caller, error)

// Visit is one request as the traffic record sees it: no path, no query, no names.
type Visit struct {
	At       time.Time
	Service  zone.Service // "" when the request found no route
	Route    string       // the pattern, or ""
	Refused  string       // why the gate refused it, or ""
	Client   netip.Addr
	Kind     scope.Kind // the caller, or ""
	Caller   string
	Status   int
	BytesIn  int64
	BytesOut int64
	Duration time.Duration
	Held     bool // it was held open, as its service does
	Sync     Sync
	Unproven bool // it was let through without the proof that the service asks others for
}

// Sync is what a service knows of an exchange with a device, for the log of synchronisations.
type Sync struct {
	Device  string // its id
	Command string // in the protocol's own word
	Reason  string // a constant: what the device was asked for or refused with; "" for nothing
	Proven  bool   // the user's credentials were taken
}

// Traffic takes the record of every request. It must not block.
type Traffic interface {
	Record(Visit)
}

// Options are the parts of a gate. All are required but Traffic.
type Options struct {
	Routes         []Route
	Doors          Doors
	Authenticators map[Audience]Authenticator // for every audience that the routes name and that proves itself to the gate
	Log            *slog.Logger
	Metrics        prometheus.Registerer
	Traffic        Traffic
}

// Gate stands before all services of a server.
type Gate struct {
	device, admin entrance
	doors         Doors
	rates         rates
	authenticate  map[Audience]Authenticator
	proxies       atomic.Pointer[addrrule.Proxies]
	origins       *http.CrossOriginProtection
	log           *slog.Logger
	traffic       Traffic
	stray         *meter // for requests that find no route
	routes        []Route
	stopping      chan struct{}
	stop          sync.Once
}

// New builds the gate. It returns every fault of every route at once, and no gate: a route that does not state its
// service and who may call it never serves.
func New(o Options) (*Gate, error) {
	m := newMetrics()
	g := &Gate{
		doors: o.Doors, authenticate: o.Authenticators, log: o.Log, traffic: o.Traffic, routes: o.Routes,
		origins: http.NewCrossOriginProtection(), stray: m.service(""), stopping: make(chan struct{}),
	}
	g.device.gate, g.admin.gate = g, g
	g.proxies.Store(&addrrule.Proxies{})
	faults := []error{m.register(o.Metrics)}
	for _, r := range o.Routes {
		faults = append(faults, g.add(r, m))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return g, nil
}

func (g *Gate) add(r Route, m *metrics) error {
	if err := r.check(); err != nil {
		return err
	}
	if _, proves := kinds[r.Who.audience]; proves && g.authenticate[r.Who.audience] == nil {
		return fmt.Errorf("route %s %s: nothing authenticates the audience %q", r.Method, r.Pattern, r.Who.audience)
	}
	if r.Time == 0 {
		r.Time = DefaultTime
	}
	row, _ := door.Lookup(r.Service)
	e := &entry{Route: r, meter: m.service(r.Service), browser: row.Surface != zone.SurfaceDevice && row.Surface != zone.SurfaceZone}
	if row.Surface == zone.SurfaceAdmin {
		return g.admin.router.add(e)
	}
	return g.device.router.add(e)
}

// Device returns the handler of the listener for devices, users and technicians. No admin route can be reached by it.
func (g *Gate) Device() http.Handler { return &g.device }

// Admin returns the handler of the listener for administrators.
func (g *Gate) Admin() http.Handler { return &g.admin }

// Routes returns what the gate was built from, for the exposure report.
func (g *Gate) Routes() []Route { return append([]Route(nil), g.routes...) }

// Unserved returns the services that the catalogue calls built and that have no route.
func (g *Gate) Unserved() []zone.Service {
	served := map[zone.Service]bool{}
	for _, r := range g.routes {
		served[r.Service] = true
	}
	var missing []zone.Service
	for _, s := range door.Catalogue() {
		if s.Built && !served[s.Name] {
			missing = append(missing, s.Name)
		}
	}
	return missing
}

// TrustProxies replaces the proxies that are believed about the client's address; none are at first.
func (g *Gate) TrustProxies(p addrrule.Proxies) { g.proxies.Store(&p) }

// TrustsProxy tells whether a is the address of a trusted proxy.
func (g *Gate) TrustsProxy(a netip.Addr) bool { return g.proxies.Load().Trusts(a) }

// Stop tells every held exchange to end; see [Stopping]. It may be called more than once.
func (g *Gate) Stop() { g.stop.Do(func() { close(g.stopping) }) }
