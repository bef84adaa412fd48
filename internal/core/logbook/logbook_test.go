package logbook_test

import (
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"drover/internal/base/logfield"
	"drover/internal/base/logfile"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/journal"
	"drover/internal/core/logbook"
	"drover/internal/core/scope"
)

type lines []logfile.Line

// Walk visits the lines in their order.
func (l lines) Walk(visit func(logfile.Line) bool) error {
	for _, x := range l {
		fields := map[string]string{}
		for name, value := range x.Fields {
			fields[name] = value
		}
		x.Fields = fields
		if !visit(x) {
			return nil
		}
	}
	return nil
}

type broken struct{}

// Walk fails.
func (broken) Walk(func(logfile.Line) bool) error { return errors.New("no disk") }

func TestTheServersLogLeadsToNobody(t *testing.T) {
	at := coretest.Start
	s := logbook.New(logbook.Parts{Lines: lines{
		{At: at.Add(3), Level: slog.LevelInfo, Message: "request", Fields: map[string]string{logfield.Client: "192.0.2.7", logfield.Route: "/x", logfield.Device: "d1"}},
		{At: at.Add(2), Level: slog.LevelError, Message: "the database is away", Fields: map[string]string{logfield.Error: "no route"}},
		{At: at.Add(2), Level: slog.LevelWarn, Message: "a listener was cut", Fields: map[string]string{logfield.Actor: "a1"}},
		{At: at.Add(1), Level: slog.LevelDebug, Message: "request", Fields: map[string]string{}},
	}})
	reader := coretest.Admin([]scope.Right{scope.LogServerRead})
	list, more, err := s.Server(reader, logbook.ServerFilter{}, 10)
	if err != nil || more || len(list) != 3 {
		t.Fatalf("%v %v %v", list, more, err)
	}
	if len(list[0].Fields) != 1 || list[0].Fields[logfield.Route] != "/x" || len(list[2].Fields) != 0 {
		t.Fatalf("what leads to a person is shown: %+v", list)
	}
	if list, _, _ := s.Server(reader, logbook.ServerFilter{Search: "192.0.2.7"}, 10); len(list) != 0 {
		t.Fatalf("what is not shown was found: %+v", list)
	}
	if list, _, _ := s.Server(reader, logbook.ServerFilter{Search: "ROUTE", Level: slog.LevelWarn}, 10); len(list) != 1 || list[0].Level != slog.LevelError {
		t.Fatalf("found %+v", list)
	}
	// A page ends between two moments, so that the next one begins where it ended.
	list, more, err = s.Server(reader, logbook.ServerFilter{Level: slog.LevelDebug}, 2)
	if err != nil || !more || len(list) != 3 {
		t.Fatalf("%+v %v %v", list, more, err)
	}
	list, more, err = s.Server(reader, logbook.ServerFilter{Level: slog.LevelDebug, Until: list[2].At}, 2)
	if err != nil || more || len(list) != 1 || list[0].Level != slog.LevelDebug {
		t.Fatalf("%+v %v %v", list, more, err)
	}
	for _, c := range []scope.Caller{coretest.Admin(nil), coretest.Admin([]scope.Right{scope.LogServerRead}, "g1")} {
		if _, _, err := s.Server(c, logbook.ServerFilter{}, 10); !problem.Is(err, problem.Forbidden) {
			t.Errorf("%+v reads it: %v", c, err)
		}
	}
	for _, l := range []logbook.Lines{nil, broken{}} {
		if _, _, err := logbook.New(logbook.Parts{Lines: l}).Server(reader, logbook.ServerFilter{}, 10); !problem.Is(err, problem.Unavailable) {
			t.Errorf("got %v", err)
		}
	}
}

type fixture struct {
	*coretest.Ground
	*logbook.Store
	users   *directory.Store
	devices *device.Store
}

func newFixture(t *testing.T, g *coretest.Ground) *fixture {
	t.Helper()
	f := &fixture{Ground: g}
	f.users = directory.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision, g.Keys, g.Safety)
	f.devices = device.New(device.Parts{
		DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Bus: g.Bus, Keys: g.Keys, Owners: f.users, Safety: g.Safety,
	})
	f.users.Follow(f.devices)
	f.Store = logbook.New(logbook.Parts{DB: g.DB, Clock: g.Clock, Zone: g.Zone, Bus: g.Bus, Owners: f.devices})
	f.users.Follow(f.Store)
	f.devices.Follow(f.Store)
	return f
}

var system = scope.System("test")

func (f *fixture) phone(t *testing.T, owner string) (directory.User, device.Device) {
	t.Helper()
	u, err := f.users.Add(t.Context(), system, directory.Draft{Name: owner, Mail: owner + "@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	k, err := f.devices.Contact(t.Context(), scope.System("gateway"), device.Hello{
		Owner: u, EASID: "EAS" + owner, Facts: device.Facts{DeviceType: "SmartPhone", Protocol: "14.1"}, Enrol: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return u, k.Device
}

func (f *fixture) keep(t *testing.T, days int) {
	t.Helper()
	_, version, err := f.Days(t.Context(), system)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Keep(t.Context(), system, days, version); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) note(t *testing.T, d device.Device, at time.Time, command string) {
	t.Helper()
	f.Note(logbook.Sync{
		At: at, Device: d.ID, Channel: logbook.ActiveSync, Command: command, Outcome: logbook.OK, Status: 200,
		Duration: 1500 * time.Microsecond, Received: 10, Sent: 20,
	})
	if err := f.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) commands(t *testing.T, c scope.Caller, filter logbook.SyncFilter) (out []string) {
	t.Helper()
	after := ""
	for {
		list, next, err := f.Syncs(t.Context(), c, filter, 2, after)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			out = append(out, x.Command)
		}
		if after = next; next == "" {
			return out
		}
	}
}

func TestSynchronisationsAreKeptWhereTheZoneSaysSo(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		f := newFixture(t, g)
		ann, phone := f.phone(t, "ann")
		_, other := f.phone(t, "bob")
		f.note(t, phone, g.Clock.Now(), "Sync")
		if got := f.commands(t, system, logbook.SyncFilter{}); len(got) != 0 {
			t.Fatalf("kept %v while it is off", got)
		}
		f.keep(t, 2)
		for i, command := range []string{"Sync", "Ping", "FolderSync"} {
			f.note(t, phone, g.Clock.Now().Add(time.Duration(i)*time.Second), command)
		}
		f.note(t, other, g.Clock.Now().Add(time.Minute), "Search")
		f.note(t, device.Device{ID: "nobody"}, g.Clock.Now(), "Sync")
		if got := f.commands(t, system, logbook.SyncFilter{}); !slices.Equal(got, []string{"Search", "FolderSync", "Ping", "Sync"}) {
			t.Fatalf("kept %v", got)
		}
		if got := f.commands(t, system, logbook.SyncFilter{Owner: ann.ID, Command: "Ping"}); !slices.Equal(got, []string{"Ping"}) {
			t.Fatalf("found %v", got)
		}
		f.scoped(t, other)
		g.Clock.Advance(24 * time.Hour)
		f.note(t, phone, g.Clock.Now(), "Settings")
		g.Clock.Advance(24*time.Hour + 2*time.Minute)
		if n, err := f.Purge(t.Context()); n != 4 || err != nil {
			t.Fatalf("deleted %d (%v)", n, err)
		}
		if _, err := f.users.Erase(t.Context(), system, ann.ID, "left"); err != nil {
			t.Fatal(err)
		}
		if got := f.commands(t, system, logbook.SyncFilter{}); len(got) != 0 {
			t.Fatalf("an erased user has left %v", got)
		}
		f.note(t, other, g.Clock.Now(), "Ping")
		f.keep(t, 0)
		if got := f.commands(t, system, logbook.SyncFilter{}); len(got) != 0 || f.On() {
			t.Fatalf("switched off, there are %v", got)
		}
	})
}

// scoped checks that a caller sees the devices within reach, and that only few may change what is kept.
func (f *fixture) scoped(t *testing.T, d device.Device) {
	t.Helper()
	g, err := f.devices.AddGroup(t.Context(), system, "some", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.devices.AddMembers(t.Context(), system, g.ID, d.ID); err != nil {
		t.Fatal(err)
	}
	if got := f.commands(t, coretest.Admin([]scope.Right{scope.LogSyncRead}, g.ID), logbook.SyncFilter{}); !slices.Equal(got, []string{"Search"}) {
		t.Fatalf("within the group are %v", got)
	}
	nobody := coretest.Admin([]scope.Right{scope.LogServerRead})
	if _, _, err := f.Syncs(t.Context(), nobody, logbook.SyncFilter{}, 2, ""); !problem.Is(err, problem.Forbidden) {
		t.Fatalf("got %v", err)
	}
	if _, _, err := f.Days(t.Context(), nobody); !problem.Is(err, problem.Forbidden) {
		t.Fatalf("got %v", err)
	}
	for days, c := range map[int]scope.Caller{3: coretest.Admin([]scope.Right{scope.LogSyncRead}), 91: system, -1: system} {
		if err := f.Keep(t.Context(), c, days, 1); err == nil {
			t.Fatalf("%d days were taken from %s", days, c.ID)
		}
	}
}

func TestRemovedDevicesAreForgotten(t *testing.T) {
	g := coretest.New(t, sqldb.SQLite)
	f := newFixture(t, g)
	_, phone := f.phone(t, "ann")
	f.keep(t, 7)
	f.note(t, phone, g.Clock.Now(), "Sync")
	if _, err := f.devices.Remove(t.Context(), system, phone.ID, "sold"); err != nil {
		t.Fatal(err)
	}
	if got := f.commands(t, system, logbook.SyncFilter{}); len(got) != 0 {
		t.Fatalf("a removed device has left %v", got)
	}
}

func TestAHoldKeepsWhatWasSynchronised(t *testing.T) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		f := newFixture(t, g)
		ann, phone := f.phone(t, "ann")
		_, other := f.phone(t, "bob")
		f.keep(t, 2)
		f.note(t, phone, g.Clock.Now(), "Sync")
		f.note(t, other, g.Clock.Now(), "Search")
		holds := journal.New(journal.Parts{DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Keys: g.Keys})
		hold, err := holds.PlaceHold(t.Context(), system, ann.ID, "a court")
		if err != nil {
			t.Fatal(err)
		}
		g.Clock.Advance(3 * 24 * time.Hour)
		if n, err := f.Purge(t.Context()); n != 1 || err != nil {
			t.Fatalf("deleted %d (%v)", n, err)
		}
		if _, err := f.devices.Remove(t.Context(), system, phone.ID, "sold"); err != nil {
			t.Fatal(err)
		}
		f.keep(t, 0)
		if got := f.commands(t, system, logbook.SyncFilter{}); !slices.Equal(got, []string{"Sync"}) {
			t.Fatalf("in spite of the hold there are %v", got)
		}
		if err := holds.LiftHold(t.Context(), system, hold.ID); err != nil {
			t.Fatal(err)
		}
		if n, err := f.Purge(t.Context()); n != 1 || err != nil {
			t.Fatalf("without the hold deleted %d (%v)", n, err)
		}
	})
}
