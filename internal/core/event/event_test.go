package event_test

import (
	"fmt"
	"testing"
	"time"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/event"
	"drover/internal/core/scope"
)

type fixture struct {
	*coretest.Ground
	store *event.Store
	id    string
	self  scope.Caller
}

var reader = coretest.Admin([]scope.Right{scope.DeviceRead})

func each(t *testing.T, fn func(t *testing.T, f *fixture)) {
	t.Helper()
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		users := directory.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision, g.Keys, g.Safety)
		devices := device.New(device.Parts{
			DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Bus: g.Bus, Keys: g.Keys, Owners: users, Safety: g.Safety,
		})
		ann, err := users.Admit(t.Context(), scope.System("activesync"), "ann", "", true)
		if err != nil {
			t.Fatal(err)
		}
		k, err := devices.Contact(t.Context(), scope.System("activesync"), device.Hello{Owner: ann, EASID: "dev1", Enrol: true})
		if err != nil {
			t.Fatal(err)
		}
		f := &fixture{Ground: g, store: event.New(event.Parts{DB: g.DB, Clock: g.Clock, Bus: g.Bus}), id: k.Device.ID}
		f.self = scope.Caller{Kind: scope.Device, ID: f.id}
		fn(t, f)
	})
}

func (f *fixture) event(id string, l event.Level) event.Event {
	return event.Event{ID: id, At: f.Clock.Now(), Kind: event.Message, Level: l, Words: "message " + id}
}

func (f *fixture) list(t *testing.T, q event.Query) (words []string, next string) {
	t.Helper()
	p, err := f.store.List(t.Context(), reader, q)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range p.Items {
		words = append(words, e.Words)
	}
	return words, p.Next
}

func TestAnEventIsKeptOnce(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		list := []event.Event{f.event("a", event.Info), f.event("b", event.Error)}
		for i, want := range []int{2, 0} {
			if n, err := f.store.Keep(t.Context(), f.self, list); err != nil || n != want {
				t.Errorf("time %d: %d are new, %v", i, n, err)
			}
		}
		if words, _ := f.list(t, event.Query{Device: f.id, Least: event.Warn}); len(words) != 1 || words[0] != "message b" {
			t.Errorf("%q", words)
		}
		if _, err := f.store.Keep(t.Context(), reader, list); !problem.Is(err, problem.Forbidden) {
			t.Error("somebody else tells what a device says:", err)
		}
		list[1].Kind = "login"
		if _, err := f.store.Keep(t.Context(), f.self, list); !problem.Is(err, problem.Invalid) {
			t.Error("what tells of people is kept here:", err)
		}
		elsewhere := coretest.Admin([]scope.Right{scope.DeviceRead}, "another-group")
		if p, err := f.store.List(t.Context(), elsewhere, event.Query{}); err != nil || len(p.Items) != 0 {
			t.Error("it is shown to who may not see the device:", p, err)
		}
	})
}

func TestEventsAreBoundedAndGo(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		for batch := range 11 {
			var list []event.Event
			for i := range event.MaxAtOnce {
				list = append(list, f.event(fmt.Sprint(batch, "-", i), event.Info))
			}
			f.Clock.Advance(time.Minute)
			if _, err := f.store.Keep(t.Context(), f.self, list); err != nil {
				t.Fatal(err)
			}
		}
		n, after := 0, ""
		for {
			words, next := f.list(t, event.Query{Request: page.Request{Limit: page.MaxLimit, After: after}})
			n += len(words)
			if after = next; after == "" {
				break
			}
		}
		if n != 5000 {
			t.Error(n, "events of a device are kept")
		}
		f.Clock.Advance(event.Kept + time.Hour)
		if err := f.store.Purge(t.Context()); err != nil {
			t.Fatal(err)
		}
		if words, _ := f.list(t, event.Query{}); len(words) != 0 {
			t.Error("old events are still there")
		}
		if _, err := f.store.Keep(t.Context(), f.self, []event.Event{f.event("last", event.Info)}); err != nil {
			t.Fatal(err)
		}
		err := f.DB.Write(t.Context(), func(tx *sqldb.Tx) error { return f.store.DeviceMoved(t.Context(), tx, f.id, device.Removed) })
		if words, _ := f.list(t, event.Query{}); err != nil || len(words) != 0 {
			t.Error(words, err)
		}
	})
}
