package agent

import (
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"drover/agent/desired"
	"drover/agent/order"
	"drover/agent/policy"
	"drover/agent/schedule"
	"drover/agent/store"
	"drover/agent/system"
	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/clock"
	"drover/internal/base/logfield"
)

// Options are what an agent stands on. All are needed.
type Options struct {
	Store   *store.Store
	Machine system.Machine
	Clock   clock.Clock
	Log     *slog.Logger
	Level   *slog.LevelVar // of the log
	Version string
}

// Agent is one that runs.
type Agent struct {
	Options
	client  *talk.Client
	desired *desired.State
	orders  *order.Runner

	device string
	since  time.Time     // when it came into the zone
	wake   chan struct{} // something is to be done now

	mu      sync.Mutex
	scan    bool
	renew   bool
	summary store.Summary
	states  []agentv1.SettingState

	home  string          // the server that it registered with
	aside map[string]rest // servers that did not answer
	// introduced is whether the zone was told what this machine is since the agent began.
	introduced bool
}

// ErrStranger is returned when the computer belongs to no zone.
var ErrStranger = errors.New("this computer belongs to no zone; run: drover-agent register")

// ErrAnew is returned when the computer was registered anew while the agent ran: another must be made of what is kept now.
var ErrAnew = errors.New("this computer has been registered anew")

// New makes an agent of a computer that is registered.
func New(o Options) (*Agent, error) {
	id, member, err := o.Store.Identity()
	if err != nil {
		return nil, err
	}
	if !member {
		return nil, ErrStranger
	}
	if _, left, err := o.Store.Join(); err != nil || left { // it was killed at the very moment when it was let in
		if err := errors.Join(err, o.Store.DropJoin()); err != nil {
			return nil, err
		}
	}
	a := &Agent{Options: o, wake: make(chan struct{}, 1), device: id.Device, since: id.Since, home: strings.TrimSuffix(id.URL, "/"), aside: map[string]rest{}}
	if a.client, err = Client(o.Store, id, o.Clock); err != nil {
		return nil, err
	}
	if a.desired, err = desired.Open(o.Store, id); err != nil {
		return nil, err
	}
	a.orders = &order.Runner{
		Machine: o.Machine, Store: o.Store, Host: a, Scratch: o.Store.Dir() + "/run", Ask: a.ask, Now: a.now,
	}
	old, _, err := o.Store.Summary()
	if err != nil {
		return nil, err
	}
	a.summary = store.Summary{
		Zone: id.Zone, Name: id.Name, Server: id.URL, Since: id.Since, Reached: old.Reached, Scanned: old.Scanned,
	}
	return a, a.orders.Recover()
}

func (a *Agent) now() time.Time { return a.current().Now() }

// same tells whether the computer still is the one that the agent was made of.
func (a *Agent) same() error {
	id, member, err := a.Store.Identity()
	switch {
	case err != nil:
		return err
	case !member:
		return ErrStranger
	case id.Device != a.device || !id.Since.Equal(a.since):
		return ErrAnew
	}
	return nil
}

// Run keeps the turns until ctx ends; or until the computer is registered anew ([ErrAnew]) or belongs to no zone any more
// ([ErrStranger]).
func (a *Agent) Run(ctx context.Context) error {
	a.event(agentv1.EventStart, "info", "The agent began.")
	var parts sync.WaitGroup
	ctx, end := context.WithCancel(ctx)
	defer parts.Wait()
	defer end()
	scripts := make(chan []agentv1.Script, 1)
	parts.Go(func() { a.runScripts(ctx, scripts) })
	held := holder{hold: func(ctx context.Context) { parts.Go(func() { a.hold(ctx) }) }}
	failures := 0
	for {
		if err := a.same(); err != nil {
			return err
		}
		err := a.Turn(ctx)
		if ctx.Err() != nil {
			a.event(agentv1.EventStop, "info", "The agent ended as it was told to.")
			return nil
		}
		handScripts(scripts, a.desired.Assignments.Scripts)
		held.set(ctx, a.desired.Settings.Hold, a.current().Server())
		wait := a.next()
		if failures++; err == nil {
			failures = 0
		} else {
			a.Log.Warn("a turn failed", logfield.Error, err)
			wait = min(wait, schedule.Retry(failures))
		}
		a.rest(ctx, wait)
	}
}

// rest waits, and gives the memory back that the turn has used: most of the time an agent only waits.
func (a *Agent) rest(ctx context.Context, d time.Duration) {
	debug.FreeOSMemory()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-a.wake:
	}
}

// next is how long until something is due that nobody hints at.
func (a *Agent) next() time.Duration {
	now := a.now()
	at := schedule.Next(now, now, a.desired.Settings.Refresh)
	if s := a.orders.NextScript(a.desired.Assignments.Scripts); !s.IsZero() && s.Before(at) {
		at = s
	}
	return max(at.Sub(now), time.Second)
}

// Wake has a turn come now.
func (a *Agent) Wake() {
	select {
	case a.wake <- struct{}{}:
	default: // one is about to come
	}
}

// Refresh has everything asked for and checked now.
func (a *Agent) Refresh() { a.Wake() }

// Scan has the inventory taken now.
func (a *Agent) Scan() {
	a.mu.Lock()
	a.scan = true
	a.mu.Unlock()
	a.Wake()
}

// Consent keeps the order by which the zone lets the agent be removed.
func (a *Agent) Consent(order string) error {
	return a.Store.Change(func(st *store.State) { st.Consent = order })
}

// take returns what was asked for since the last turn, and forgets it.
func (a *Agent) take() (scan, renewal bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	scan, renewal = a.scan, a.renew
	a.scan, a.renew = false, false
	return scan, renewal
}

// handScripts hands the list to the goroutine that runs scripts; a newer list takes the place of one that waits.
func handScripts(to chan []agentv1.Script, list []agentv1.Script) {
	select {
	case <-to:
	default:
	}
	to <- list
}

// runScripts runs scripts beside the turns, because one may take an hour.
func (a *Agent) runScripts(ctx context.Context, lists <-chan []agentv1.Script) {
	for {
		select {
		case <-ctx.Done():
			return
		case list := <-lists:
			before, _, _ := a.Store.Waiting()
			if err := a.orders.Scripts(ctx, list); err != nil {
				a.Log.Error("the journal of scripts cannot be written", logfield.Error, err)
			}
			if after, _, _ := a.Store.Waiting(); after > before {
				a.Wake()
			}
		}
	}
}

// holder begins and ends the holding of a connection.
type holder struct {
	hold   func(context.Context)
	server string             // to which it is held
	stop   context.CancelFunc // nil while none is held
}

func (h *holder) set(ctx context.Context, on bool, server string) {
	if h.stop != nil && (!on || h.server != server) {
		h.stop()
		h.stop = nil
	}
	if on && h.stop == nil {
		ctx, h.stop = context.WithCancel(ctx)
		h.server = server
		h.hold(ctx)
	}
}

// hold keeps a connection for hints.
func (a *Agent) hold(ctx context.Context) {
	failures := 0
	for ctx.Err() == nil {
		began := a.Clock.Now()
		err := a.current().Wait(ctx, a.hear)
		if errors.Is(err, talk.ErrDrained) || a.Clock.Now().Sub(began) > time.Hour {
			failures = 0
		}
		failures++
		if ctx.Err() == nil {
			a.Log.Debug("the connection for hints ended", logfield.Error, err)
		}
		timer := time.NewTimer(schedule.Retry(failures))
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (a *Agent) hear(h agentv1.Hint) {
	if h.Hint != agentv1.HintCheck {
		return
	}
	if h.Seconds <= 0 {
		a.Wake()
		return
	}
	within := time.Duration(min(h.Seconds, 3600)) * time.Second
	time.AfterFunc(schedule.Part(a.current().KeyID(), within), a.Wake)
}

func (a *Agent) event(kind, level, words string) {
	if err := a.Store.AddEvent(agentv1.Event{Kind: kind, Level: level, Words: words}, a.now()); err != nil {
		a.Log.Error("an event cannot be kept", logfield.Error, err)
	}
}

// levels are those of the log by the protocol's names.
var levels = map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}

type logLevel struct{ v *slog.LevelVar }

// Level names the level by which the agent logs.
func (l logLevel) Level() string {
	for name, level := range levels {
		if level == l.v.Level() {
			return name
		}
	}
	return "info"
}

// SetLevel changes it until the next start or the next settings.
func (l logLevel) SetLevel(name string) error {
	level, ok := levels[name]
	if !ok {
		return errors.New("the level must be debug, info, warn or error")
	}
	l.v.Set(level)
	return nil
}

func (a *Agent) policy() policy.Policy {
	return policy.Policy{Machine: a.Machine, Level: logLevel{a.Level}}
}
