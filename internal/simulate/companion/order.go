package companion

import (
	"context"
	"errors"
	"net/http"

	"drover/internal/simulate/handset"
)

// order is one order as it comes.
type order struct {
	ID        string        `json:"id"`
	Kind      handset.Order `json:"kind"`
	Text      string        `json:"text"`
	Challenge *struct {
		Token string `json:"token"`
	} `json:"challenge"`
}

// Taken is what the application made of an order.
type Taken struct {
	ID    string
	Kind  handset.Order
	State string // acknowledged, done, failed, postponed, or "" where it said nothing
}

// ErrHalted is returned by an application that is not heard of again.
var ErrHalted = errors.New("the device is not heard of again")

// Take carries out the next order: one that was put off before, else the one that the zone hands out. Nil where there is
// none.
func (a *App) Take(ctx context.Context) (*Taken, error) {
	if len(a.later) > 0 {
		o := a.later[0]
		a.later = a.later[1:]
		t, err := a.finish(ctx, o)
		return &t, err
	}
	var next struct {
		Command *order `json:"command"`
	}
	if err := a.wire.call(ctx, http.MethodPost, "/commands/next", nil, nil, &next); err != nil || next.Command == nil {
		return nil, err
	}
	t, err := a.carry(ctx, *next.Command)
	return &t, err
}

// carry confirms an order that erases something before anything else.
func (a *App) carry(ctx context.Context, o order) (Taken, error) {
	h := a.o.Handset
	quiet := Taken{ID: o.ID, Kind: o.Kind}
	switch {
	case o.Challenge != nil && h.Manner() == handset.IgnoreWipe:
		return quiet, nil
	case !h.Can(o.Kind):
		return a.report(ctx, o, "failed", "not-supported")
	}
	if o.Challenge != nil {
		if err := a.confirm(ctx, o); err != nil {
			return quiet, err
		}
	}
	if h.Manner() == handset.Halt {
		return quiet, ErrHalted
	}
	if h.PutsOff(o.Kind) {
		a.later = append(a.later, o)
		return a.report(ctx, o, "postponed", "busy")
	}
	return a.finish(ctx, o)
}

// confirm says that it is about to erase, and is told to go; who replays says so twice.
func (a *App) confirm(ctx context.Context, o order) error {
	for range a.times() {
		err := a.wire.call(ctx, http.MethodPost, "/commands/"+o.ID+"/confirm", nil, map[string]string{"token": o.Challenge.Token}, nil)
		if err != nil {
			return err
		}
	}
	return nil
}

// finish does what the order says and reports it.
func (a *App) finish(ctx context.Context, o order) (Taken, error) {
	switch o.Kind {
	case handset.RequestLog:
		return a.tell(ctx, o, "device-log")
	case handset.Locate:
		return a.tell(ctx, o, "location")
	case handset.UpdateInventory:
		if err := a.CheckIn(ctx); err != nil {
			return Taken{ID: o.ID, Kind: o.Kind}, err
		}
	case handset.Message:
		a.shown = append(a.shown, o.Text)
	}
	a.o.Handset.Carry(o.Kind)
	return a.report(ctx, o, "done", "")
}

// tell answers an order by data; without the data, where the policy does not ask for it.
func (a *App) tell(ctx context.Context, o order, kind string) (Taken, error) {
	err := a.Tell(ctx, kind, o.ID)
	switch {
	case notThis(err):
		return a.report(ctx, o, "failed", "not-collected")
	case err != nil:
		return Taken{ID: o.ID, Kind: o.Kind}, err
	}
	return a.report(ctx, o, "done", "")
}

func (a *App) report(ctx context.Context, o order, state, reason string) (Taken, error) {
	t := Taken{o.ID, o.Kind, state}
	body := struct {
		State  string `json:"state"`
		Reason string `json:"reason,omitempty"`
	}{state, reason}
	for n := range a.times() {
		err := a.wire.call(ctx, http.MethodPost, "/commands/"+o.ID+"/report", nil, body, nil)
		if n > 0 && IsRefused(err, "key.unknown") { // with the first report of a wipe the key has ended
			return t, nil
		}
		if err != nil {
			return t, err
		}
	}
	return t, nil
}

// times is how often the application sends what ends an order.
func (a *App) times() int {
	if a.o.Handset.Manner() == handset.Replay {
		return 2
	}
	return 1
}
