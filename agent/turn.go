package agent

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"time"

	"drover/agent/inventory"
	"drover/agent/schedule"
	"drover/agent/store"
	"drover/agent/talk"
	"drover/agent/watch"
	"drover/api/agentv1"
	"drover/internal/base/logfield"
)

const (
	batchResults = 100
	batchEvents  = 200
	maxBatches   = 20 // of each in one turn: a queue of a month must not hold up what is new
)

// Turn asks for what is wanted, obeys, and tells. A part that fails stops none of the others; what was not told is told at
// the next turn. The error is the first that the server's absence or a refusal made.
func (a *Agent) Turn(ctx context.Context) error {
	scan, renewal := a.take()
	var first error
	note := func(err error) {
		if err != nil && first == nil {
			first = err
		}
	}
	note(a.renewKey(ctx, renewal))
	fetched := a.fetch(ctx)
	note(fetched)
	for _, r := range a.desired.Refusals() {
		a.Log.Warn("a document was refused", logfield.Kind, r.Kind, logfield.Reason, r.Reason)
	}
	a.obey(ctx)
	note(a.watch(ctx))
	note(a.orders.Orders(ctx, a.desired.Assignments.Orders))
	if reached(fetched) { // else each of these would wait for the server in vain
		note(a.takeStock(ctx, scan))
		note(a.deliver(ctx))
	}
	note(a.prune())
	a.keepSummary(first)
	return first
}

// watch keeps what happened since the last look, of the kinds that the zone asks for.
func (a *Agent) watch(ctx context.Context) error {
	st, err := a.Store.State()
	if err != nil {
		return err
	}
	events, next, err := watch.Take(ctx, a.Machine, a.desired.Settings.Events, st.Journal)
	if err != nil {
		a.Log.Warn("the journal of the system cannot be read", logfield.Error, err)
	}
	for _, e := range events {
		if err := a.Store.AddEvent(e, a.now()); err != nil {
			return err
		}
	}
	if next == st.Journal {
		return nil
	}
	return a.Store.Change(func(st *store.State) { st.Journal = next })
}

// obey puts the settings and policies in force.
func (a *Agent) obey(ctx context.Context) {
	if err := (logLevel{a.Level}).SetLevel(a.desired.Settings.LogLevel); err != nil {
		a.Log.Warn("the settings name no level of the log", logfield.Error, err)
	}
	states := a.policy().Check(ctx, a.desired.Policies.Settings, a.now())
	a.mu.Lock()
	before := a.states
	a.states = states
	a.mu.Unlock()
	for _, x := range states {
		a.logState(x, before)
	}
	if err := a.keepMended(states); err != nil {
		a.Log.Error("what was mended cannot be kept until it is told", logfield.Error, err)
	}
}

// keepMended keeps what was mended until the zone knows: at the next look it is as asked, and nobody would hear that it was not.
func (a *Agent) keepMended(states []agentv1.SettingState) error {
	mended := slices.DeleteFunc(slices.Clone(states), func(x agentv1.SettingState) bool { return x.State != agentv1.StateRepaired })
	if len(mended) == 0 {
		return nil
	}
	return a.Store.Change(func(st *store.State) {
		for _, x := range mended {
			st.Mended = slices.DeleteFunc(st.Mended, func(old agentv1.SettingState) bool { return old.Setting == x.Setting })
		}
		st.Mended = append(st.Mended, mended...)
	})
}

// logState logs how a setting stands, where that is not as it was. What was found may name people and is not logged.
func (a *Agent) logState(x agentv1.SettingState, before []agentv1.SettingState) {
	as := func(old agentv1.SettingState) bool { return old.Setting == x.Setting && old.State == x.State }
	switch {
	case x.State == agentv1.StateRepaired:
		a.Log.Info("a setting was found otherwise and mended", logfield.Kind, x.Setting)
	case slices.ContainsFunc(before, as):
	case x.State == agentv1.StateMet:
		a.Log.Info("a setting is as asked", logfield.Kind, x.Setting)
	default:
		a.Log.Warn("a setting is not as asked", logfield.Kind, x.Setting, logfield.Reason, x.State)
	}
}

// current is the client that signs with the key that counts.
func (a *Agent) current() *talk.Client {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.client
}

func (a *Agent) setClient(c *talk.Client) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.client = c
}

// ask tells the server that a destructive order is about to begin.
func (a *Agent) ask(ctx context.Context, o agentv1.Order) (bool, error) {
	taken, err := a.tell(ctx, []agentv1.Result{{
		ID: rand.Text(), Order: o.ID, State: agentv1.ResultBegun, Challenge: o.Challenge, Made: a.now().Format(time.RFC3339),
	}})
	for _, id := range taken.Go {
		if id == o.ID {
			return true, err
		}
	}
	return false, err
}

func (a *Agent) tell(ctx context.Context, list []agentv1.Result) (agentv1.ResultsTaken, error) {
	var taken agentv1.ResultsTaken
	_, err := a.current().Do(ctx, talk.Request{
		Service: agentv1.ServiceStatus, Method: http.MethodPost, Path: agentv1.PathResults, Body: agentv1.Results{Results: list},
	}, &taken)
	return taken, err
}

// deliver tells what waits: results, uploads, events, and how the computer stands.
func (a *Agent) deliver(ctx context.Context) error {
	return errors.Join(a.deliverResults(ctx), a.deliverUploads(ctx), a.deliverEvents(ctx), a.deliverStatus(ctx))
}

func (a *Agent) deliverResults(ctx context.Context) error {
	for range maxBatches {
		list, err := a.Store.Results(batchResults)
		if err != nil || len(list) == 0 {
			return err
		}
		taken, err := a.tell(ctx, list)
		if err != nil {
			return off(err)
		}
		for _, r := range list {
			if r.Order != "" && slices.Contains(taken.Taken, r.ID) {
				a.Log.Info("what became of an order is told", logfield.Command, r.Order, logfield.Reason, r.State)
			}
		}
		if err := a.Store.Told(taken.Taken); err != nil || len(taken.Taken) == 0 {
			return err
		}
	}
	return nil
}

func (a *Agent) deliverEvents(ctx context.Context) error {
	for range maxBatches {
		list, err := a.Store.Events(batchEvents)
		if err != nil || len(list) == 0 {
			return err
		}
		err = a.collect(ctx, talk.Request{
			Method: http.MethodPost, Path: agentv1.PathEvents, Body: agentv1.Events{ID: list[0].ID, Events: list},
		}, nil)
		if err != nil {
			return off(err)
		}
		if err := a.Store.TookEvents(list); err != nil {
			return err
		}
	}
	return nil
}

// off takes it for no failure that the server does not offer a service: what waits goes on waiting.
func off(err error) error {
	if talk.IsOff(err) {
		return nil
	}
	return err
}

// daily is how old the last status may grow while nothing changes.
const daily = 20 * time.Hour

// deliverStatus tells how the computer stands when that changed, and once a day at least; then also what it is, as at the first
// time after a start: this may be the copy of a disk, on another machine.
func (a *Agent) deliverStatus(ctx context.Context) error {
	st, err := a.Store.State()
	if err != nil {
		return err
	}
	s, err := a.status(st.Mended)
	if err != nil {
		return err
	}
	print := fingerprint(s)
	due := st.Status == "" || a.now().Sub(st.Reported) >= daily || !a.introduced
	if st.Status == print && !due {
		return nil
	}
	if due {
		facts, err := inventory.Facts(ctx, a.Machine, a.Version)
		if err == nil {
			s.Facts = &facts
		} else {
			a.Log.Warn("what this computer is cannot be read", logfield.Error, err)
		}
	}
	s.ID, s.Made = rand.Text(), a.now().Format(time.RFC3339)
	var taken agentv1.StatusTaken
	_, err = a.current().Do(ctx, talk.Request{Service: agentv1.ServiceStatus, Method: http.MethodPost, Path: agentv1.PathStatus, Body: s}, &taken)
	if err != nil {
		return off(err)
	}
	a.introduced = a.introduced || s.Facts != nil
	if taken.Renew {
		a.mu.Lock()
		a.renew = true
		a.mu.Unlock()
		a.Wake()
	}
	return a.Store.Change(func(st *store.State) { st.Status, st.Reported, st.Mended = print, a.now(), nil })
}

// status is how the computer stands; of what is as asked by now, that it was mended, where that was not told.
func (a *Agent) status(mended []agentv1.SettingState) (agentv1.Status, error) {
	waiting, lost, err := a.Store.Waiting()
	a.mu.Lock()
	defer a.mu.Unlock()
	settings := slices.Clone(a.states)
	for i, x := range settings {
		of := func(y agentv1.SettingState) bool { return y.Setting == x.Setting }
		if n := slices.IndexFunc(mended, of); n >= 0 && x.State == agentv1.StateMet {
			settings[i] = mended[n]
		}
	}
	return agentv1.Status{
		Agent: a.Version, Documents: a.desired.Held(a.client.Now()), Refused: a.desired.Refusals(),
		Revision: a.desired.Policies.Revision, Settings: settings, Waiting: waiting, Lost: lost,
	}, err
}

// fingerprint tells one status from another, but for the times at which things were looked at. What was repaired is a change
// of its own.
func fingerprint(s agentv1.Status) string {
	settings := make([]agentv1.SettingState, len(s.Settings))
	for i, x := range s.Settings {
		if x.State != agentv1.StateRepaired {
			x.At = ""
		}
		settings[i] = x
	}
	s.Settings, s.Waiting = settings, 0
	raw, err := json.Marshal(s)
	if err != nil {
		return "" // told anew
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// takeStock takes the inventory when it is due, and tells what changed.
func (a *Agent) takeStock(ctx context.Context, now bool) error {
	want := a.desired.Settings.Inventory
	if len(want.Sections) == 0 {
		return nil
	}
	st, err := a.Store.State()
	if err != nil || !now && !schedule.Due(a.current().KeyID(), st.Scanned, a.now(), want.Every) {
		return err
	}
	found, sections, failed := inventory.Take(ctx, a.Machine, want.Sections, want.Extra)
	if failed != nil {
		a.Log.Warn("part of the inventory could not be taken", logfield.Error, failed)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	sections = inventory.Fill(&found, sections, st.Inventory, st.Sections, want.Sections)
	hash := found.Hash()
	// Also when nothing changed: the zone may have lost what it held.
	err = a.sendInventory(ctx, st, found, hash, sections)
	if talk.IsOff(err) { // taken anew when it is due again, not at each turn
		return a.Store.Change(func(st *store.State) { st.Scanned = a.now() })
	}
	if err != nil {
		return err
	}
	return a.Store.Change(func(st *store.State) {
		st.Inventory, st.Hash, st.Sections, st.Scanned = found, hash, sections, a.now()
	})
}

// sendInventory sends what changed, and all of it where the server holds another than we think.
func (a *Agent) sendInventory(ctx context.Context, st store.State, found agentv1.Inventory, hash string, sections []string) error {
	r := agentv1.InventoryReport{
		ID: rand.Text(), Made: a.now().Format(time.RFC3339), Base: st.Hash, Hash: hash, Sections: sections, Inventory: found,
	}
	if st.Hash != "" {
		r.Inventory, r.Gone = agentv1.Changes(st.Inventory, found)
	}
	send := func() error {
		return a.collect(ctx, talk.Request{Method: http.MethodPost, Path: agentv1.PathInventory, Body: r}, nil)
	}
	err := send()
	if talk.IsRefused(err, "inventory.base") {
		r.ID, r.Base, r.Gone, r.Inventory = rand.Text(), "", nil, found
		err = send()
	}
	return err
}

func (a *Agent) prune() error {
	if !a.desired.Has(agentv1.KindAssignments) {
		return nil // which scripts are assigned is not known
	}
	var scripts []string
	for _, s := range a.desired.Assignments.Scripts {
		scripts = append(scripts, s.ID)
	}
	return a.Store.Prune(a.now(), scripts)
}

// keepSummary writes down what the person at the machine may read.
func (a *Agent) keepSummary(problem error) {
	st, err := a.Store.State()
	if err != nil {
		a.Log.Error("the agent's state cannot be read", logfield.Error, err)
	}
	if offset := a.current().Offset(); offset != st.Offset {
		err = errors.Join(err, a.Store.Change(func(st *store.State) { st.Offset = offset }))
	}
	waiting, _, _ := a.Store.Waiting()
	s := a.summary
	want := a.desired.Settings
	s.Contact, s.Collected, s.Scanned, s.Waiting = want.Contact, want.Inventory.Sections, st.Scanned, waiting
	s.Watched = want.Events
	s.Refused, s.Free, s.Settings, s.Tried = a.desired.Refusals(), want.Uninstall.Free, a.states, a.Clock.Now()
	if want.Name != "" {
		s.Name, s.Zone = want.Name, want.Zone
	}
	if heard := a.current().Heard(); !heard.IsZero() {
		s.Reached = heard
	}
	s.Problem, s.Server, s.Location = "", a.current().Server(), a.desired.Locations.Location
	if problem != nil {
		s.Problem = problem.Error()
	}
	a.summary = s
	if err := errors.Join(err, a.Store.SetSummary(s)); err != nil {
		a.Log.Error("the summary cannot be written", logfield.Error, err)
	}
}
