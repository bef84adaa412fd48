package management

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"drover/api/agentv1"
	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/core/command"
	"drover/internal/core/computer"
	"drover/internal/core/device"
	"drover/internal/core/enrol"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
	"drover/internal/gate"
	"drover/internal/gate/agents"
)

// Deps are what the service stands on. All are needed.
type Deps struct {
	Log       *slog.Logger
	Clock     clock.Clock
	Bus       *bus.Bus
	Enrol     *enrol.Store
	Devices   *device.Store
	Commands  *command.Commands
	Computers *computer.Store
	// Effective returns what a device must obey.
	Effective func(context.Context, device.Device) (*policy.Effective, error)
	// EffectiveOf does so of a device that has been read with its partnership.
	EffectiveOf func(context.Context, device.Known) (*policy.Effective, error)
	// Learn takes over what a computer says it is.
	Learn func(context.Context, scope.Caller, enrol.Proof, agentv1.Facts) error
	// Scripts returns the scripts that a computer is to run.
	Scripts func(context.Context, device.Device) ([]agentv1.Script, error)
	// Locations tells a computer that asks from an address where it is, and which servers are close.
	Locations func(context.Context, device.Device, netip.Addr) (agentv1.Locations, error)
	// Advertised numbers what computers are told of servers: it is another when that may have changed.
	Advertised func() int64
	// Zone returns the zone's name for people.
	Zone func(context.Context) (string, error)
}

// Service is the management of computers.
type Service struct {
	Deps
	held    *holding
	hinting chan struct{} // one for each hint that is under way
}

// New makes the service. Run [Service.Run] beside it.
func New(d Deps) *Service {
	return &Service{Deps: d, held: newHolding(), hinting: make(chan struct{}, maxHinting)}
}

const (
	// maxStatus bounds a status: 200 settings, each with a value of a list or of files.
	maxStatus = 1 << 20
	// maxResults bounds results: 100 of them, of which few hold the most that a script may write.
	maxResults = 4 << 20
)

// Routes returns the ways into the service.
func (s *Service) Routes() []gate.Route {
	get := func(service zone.Service, path string, h http.Handler) gate.Route {
		return gate.Route{Service: service, Method: http.MethodGet, Pattern: path, Who: gate.Agent(), Handler: h}
	}
	post := func(path string, most int64, h http.Handler) gate.Route {
		return gate.Route{Service: zone.ServiceStatus, Method: http.MethodPost, Pattern: path, Who: gate.Agent(), Body: most, Handler: h}
	}
	wait := get(zone.ServiceStatus, agentv1.PathWait, http.HandlerFunc(s.wait))
	wait.Time = gate.Held
	return []gate.Route{
		get(zone.ServiceSettings, agentv1.PathSettings, s.document(agentv1.KindSettings, s.settings)),
		get(zone.ServicePolicies, agentv1.PathPolicies, s.document(agentv1.KindPolicies, s.policies)),
		get(zone.ServiceAssignments, agentv1.PathAssignments, s.document(agentv1.KindAssignments, s.assignments)),
		get(zone.ServiceLocations, agentv1.PathLocations, s.document(agentv1.KindLocations, s.locations)),
		post(agentv1.PathStatus, maxStatus, agents.Handle(s.status)),
		post(agentv1.PathResults, maxResults, agents.Handle(s.results)),
		wait,
	}
}

// caller is the computer that calls, as the gate has proven it.
func caller(ctx context.Context) scope.Caller { return gate.Caller(ctx) }

// proof returns what the computer's key proves now; a problem when the computer must stay out.
func (s *Service) proof(ctx context.Context) (enrol.Proof, error) {
	p, err := s.stays(ctx, caller(ctx).Session)
	if err == nil {
		s.Devices.Touch(caller(ctx), p.Device)
	}
	return p, err
}

// stays returns what a key proves now; a problem when its computer must stay out.
func (s *Service) stays(ctx context.Context, key string) (enrol.Proof, error) {
	p, err := s.Enrol.Proof(ctx, key)
	if err == nil && p.Refusal != nil {
		err = p.Refusal
	}
	if err == nil && p.State != enrol.Good {
		err = errEnded
	}
	return p, err
}

var errEnded = problem.New(problem.Unauthenticated, "key.ended", "This key can only report the erasing of its computer any more.")

// device reads the computer that calls.
func (s *Service) device(ctx context.Context) (device.Device, error) {
	k, err := s.Devices.Fresh(ctx, caller(ctx), caller(ctx).ID)
	return k.Device, err
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
