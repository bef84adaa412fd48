package companion

import (
	"context"
	"net/http"
	"sync"
	"time"

	"drover/api/companionv1"
	"drover/internal/base/bus"
	"drover/internal/base/problem"
	"drover/internal/core/device"
	"drover/internal/core/enrol"
	"drover/internal/core/platform"
	"drover/internal/core/zone"
	"drover/internal/gate"
	"drover/internal/gate/openapi"
)

func (s *Service) addWait() {
	openapi.Add(s.API, byDevice(openapi.Operation{
		ID: "wait", Method: http.MethodGet, Path: "/wait", Tag: "state", Time: gate.Held,
		Summary: "Wait until there is something to do, and learn what",
		Words: "Answers at once when an order waits, the policy or the schedule is another than the one named, or newer terms of use " +
			"must be agreed to; otherwise when that happens, when the device is to come for news in another way, or when the " +
			"time is over. A second wait of the same device ends the first. Where contact says interval or manual, a device does " +
			"not wait: it asks with seconds=1 when it is its turn.",
	}), s.wait)
	openapi.Add(s.API, byDevice(openapi.Operation{
		ID: "raiseDuress", Method: http.MethodPost, Path: DuressPath, Tag: "state", Summary: "Tell that the user was forced to unlock the device",
		Words: "For applications that know the altered form of the password. Always answers the same, and leaves no trace on the " +
			"device or in the user's pages.",
	}), s.duress)
}

// maxHeld bounds the long polls of a server.
const maxHeld = 100_000

// holding knows the long poll of each device.
type holding struct {
	mu   sync.Mutex
	list map[string]*poll
}

// poll is one long poll. A word on wake has it look at the state again.
type poll struct {
	wake     chan struct{}
	replaced chan struct{}
}

func newHolding() *holding { return &holding{list: map[string]*poll{}} }

// add holds a poll of a device in place of the one that is held; nil when there are too many.
func (h *holding) add(device string) *poll {
	h.mu.Lock()
	defer h.mu.Unlock()
	if old := h.list[device]; old != nil {
		close(old.replaced)
	} else if len(h.list) >= maxHeld {
		return nil
	}
	p := &poll{wake: make(chan struct{}, 1), replaced: make(chan struct{})}
	h.list[device] = p
	return p
}

func (h *holding) remove(device string, p *poll) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.list[device] == p {
		delete(h.list, device)
	}
}

func (h *holding) all() []*poll {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*poll, 0, len(h.list))
	for _, p := range h.list {
		list = append(list, p)
	}
	return list
}

// ring has the poll look again; it does not block.
func (p *poll) ring() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

const (
	// pace spreads what a change of the zone sets off among all that wait: 4,000 devices a second.
	pace      = 250 * time.Microsecond
	paceGroup = 40
)

// Run has every poll look again when the zone has changed, until ctx ends.
func (s *Service) Run(ctx context.Context) {
	changed := make(chan struct{}, 1)
	cancel := s.Bus.Subscribe(zone.Topic, func(bus.Message) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	defer cancel()
	rest := time.NewTimer(0)
	defer rest.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-changed:
		}
		for i, p := range s.held.all() {
			p.ring()
			if i%paceGroup != paceGroup-1 {
				continue
			}
			rest.Reset(paceGroup * pace)
			select {
			case <-ctx.Done():
				return
			case <-rest.C:
			}
		}
	}
}

func (s *Service) wait(ctx context.Context, in *struct {
	Signed
	Seconds int    `query:"seconds" minimum:"1" maximum:"900" default:"300" doc:"How long to wait at most. Networks cut silent connections; a device finds out how long its own lets it."`
	Policy  string `query:"policy" maxLength:"64" doc:"The revision that the device has."`

	Schedule string `query:"schedule" maxLength:"64" doc:"The revision of the schedule that the device has; none where it has none. Left out, another schedule does not end the wait."`
},
) (*answer[companionv1.State], error) {
	p, err := s.proof(ctx)
	if err != nil {
		return nil, err
	}
	held := s.held.add(p.Device)
	if held == nil {
		return nil, problem.New(problem.Unavailable, "wait.full", "This server holds as many devices as it can: poll instead.").WithRetry(time.Minute)
	}
	defer s.held.remove(p.Device, held)
	cancel := s.Bus.Subscribe(device.Topic(p.Device), func(bus.Message) { held.ring() })
	defer cancel()
	first, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	over := time.NewTimer(s.longest(first.Contact, in.Seconds))
	defer over.Stop()
	for state := first; ; {
		news := state.Commands || state.Terms > 0 || state.Policy != in.Policy || state.Contact != first.Contact ||
			in.Schedule != "" && state.Schedule != in.Schedule
		if news || !gate.Served(ctx) {
			return reply(state, nil)
		}
		select {
		case <-held.wake:
			if state, err = s.look(ctx); err != nil {
				return nil, err
			}
			continue
		case <-over.C:
			return reply(s.look(ctx)) // it may be told to come otherwise from now on
		case <-held.replaced:
		case <-gate.Stopping(ctx):
		case <-ctx.Done():
		}
		return reply(state, nil)
	}
}

// longest is how long a wait is held: until the device comes for news in another way at most.
func (s *Service) longest(c companionv1.Contact, seconds int) time.Duration {
	asked := time.Duration(seconds) * time.Second
	until, err := time.Parse(time.RFC3339, c.Until)
	if err != nil { // it never does
		return asked
	}
	return max(min(asked, until.Sub(s.Clock.Now())), time.Second)
}

// look finds out what there is to do, with the key proven anew: it may have ended meanwhile.
func (s *Service) look(ctx context.Context) (companionv1.State, error) {
	p, err := s.proof(ctx)
	if err != nil {
		return companionv1.State{}, err
	}
	d, err := s.device(ctx, p.Device)
	if err != nil {
		return companionv1.State{}, err
	}
	return s.state(ctx, p, d)
}

func (s *Service) state(ctx context.Context, p enrol.Proof, d device.Device) (companionv1.State, error) {
	now := s.Clock.Now()
	out := companionv1.State{Time: stamp(now), Renew: !now.Before(p.RenewFrom)}
	e, err := s.Effective(ctx, d)
	if err != nil {
		return out, err
	}
	out.Policy = revision(e)
	times, err := s.times(ctx, d)
	if err != nil {
		return out, err
	}
	out.Schedule, out.Contact = timesRevision(times), contact(times, d.ID, now)
	if out.Commands, err = s.Commands.Due(ctx, p.Device, platform.Companion); err != nil {
		return out, err
	}
	t, err := s.Enrol.Terms(ctx)
	if err != nil || t.Version == 0 {
		return out, err
	}
	agreed, err := s.Enrol.Agreed(ctx, p)
	if agreed < t.Version {
		out.Terms = t.Version
	}
	return out, err
}
