package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/platform"
	"drover/internal/core/safety"
	"drover/internal/core/schema/schematest"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// plainKeys stands in for the keys: what is sealed is tested where sealing lives.
type plainKeys struct{}

func (plainKeys) Seal(_ context.Context, _ *sqldb.Tx, _ seal.Field, _ seal.Owner, plain []byte) (seal.Sealed, error) {
	return append([]byte("x"), plain...), nil
}

func (plainKeys) Open(_ context.Context, _ sqldb.Querier, _ seal.Field, _ seal.Owner, s seal.Sealed) ([]byte, error) {
	return s[1:], nil
}

// fleet is a set of devices, iPhones by default, all in the group "g" when their number is even.
type fleet struct {
	devices  map[string]Target
	wiped    map[string]bool
	switches map[platform.Setting]bool // of every policy
}

func (f *fleet) Targets(_ context.Context, _ sqldb.Querier, s scope.Scope, ids []string) ([]Target, error) {
	var out []Target
	for _, id := range ids {
		t, there := f.devices[id]
		if !there || (!s.All() && !slices.Contains(s.Groups(), "g"+id)) {
			continue
		}
		t.Wiped = f.wiped[id]
		out = append(out, t)
	}
	return out, nil
}

func (f *fleet) Switches(context.Context, string) (map[platform.Setting]bool, error) {
	return f.switches, nil
}

func (f *fleet) MarkWiped(_ context.Context, _ *sqldb.Tx, _ scope.Caller, id string) error {
	f.wiped[id] = true
	return nil
}

// staff stands in for the administrators: everybody is established, and "right" is everybody's code.
type staff struct{ since map[string]time.Time }

func (staff) Try(_ context.Context, _ scope.Caller, fn func() error) error { return fn() }

func (staff) Prove(_ context.Context, _ *sqldb.Tx, _ string, p safety.Proof, _ []byte) error {
	if p.Code != "right" {
		return problem.New(problem.Forbidden, "factor.wrong", "This code is wrong.")
	}
	return nil
}

func (s staff) Established(_ context.Context, _ sqldb.Querier, admin string) (time.Time, error) {
	return s.since[admin], nil
}

func (staff) Approvers(context.Context, sqldb.Querier) (int, error) { return 10, nil }

type fixture struct {
	db    *sqldb.DB
	clock *clock.Fake
	fleet *fleet
	staff staff
	bus   *bus.Bus
	*world
}

// world is what a restart makes anew.
type world struct {
	safety   *safety.Safety
	commands *Commands
}

func newFixture(t testing.TB, db *sqldb.DB, devices int) *fixture {
	t.Helper()
	f := &fixture{
		db: db, clock: clock.NewFake(start), bus: bus.New(), staff: staff{map[string]time.Time{}},
		fleet: &fleet{map[string]Target{}, map[string]bool{}, nil},
	}
	for i := range devices {
		id := fmt.Sprintf("d%03d", i)
		f.fleet.devices[id] = Target{
			ID: id, Owner: "u-" + id, Name: "Phone " + id, Facts: platform.Facts{Platform: platform.IOS},
			Reach: platform.Reach{Channels: []platform.Channel{platform.ActiveSync}, ActiveSync: platform.V(14, 1)},
		}
	}
	f.restart()
	return f
}

// restart drops everything that lives in memory, as a crash does.
func (f *fixture) restart() {
	log := audit.New(f.db, f.clock, plainKeys{}, f.bus)
	s := safety.New(safety.Parts{
		DB: f.db, Clock: f.clock, Log: log, Zone: zone.New(f.db, log, f.bus), Keys: plainKeys{}, Bus: f.bus, Tell: func(string, string) {},
	})
	s.SetAdministrators(f.staff)
	f.world = &world{s, New(f.db, f.clock, log, s, f.fleet, plainKeys{}, f.bus)}
}

func admin(id string) scope.Caller {
	c := scope.System("x")
	c.Kind, c.ID = scope.Admin, id
	c.Grants[0].Role = "owner"
	return c
}

func (f *fixture) quorum(t testing.TB, n int) {
	t.Helper()
	if err := f.db.Write(t.Context(), func(tx *sqldb.Tx) error { return f.safety.RaiseQuorum(t.Context(), tx, n) }); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) rules(t testing.TB, change func(*safety.Rules)) {
	t.Helper()
	r, v, err := f.safety.Rules(t.Context(), admin("a"))
	if err != nil {
		t.Fatal(err)
	}
	change(&r)
	if _, err := f.safety.ChangeRules(t.Context(), admin("a"), r, v); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) wipe(t testing.TB, who scope.Caller, devices ...string) (Batch, error) {
	t.Helper()
	return f.commands.Request(t.Context(), who, Request{Kind: platform.FullWipe, Devices: devices, Reason: "lost"})
}

func (f *fixture) next(t testing.TB, device string) *Command {
	t.Helper()
	if err := f.commands.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	c, err := f.commands.Next(t.Context(), device, platform.ActiveSync)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var code = safety.Proof{Method: "totp", Code: "right"}

func TestAWipeGoesItsWholeWay(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db, 2)
		f.quorum(t, 1)
		var woken []string
		defer f.bus.Subscribe("device:d000", func(m bus.Message) { woken = append(woken, m.Body) })()
		b, err := f.wipe(t, admin("a"), "d000")
		if err != nil || b.Approval == "" || b.Needed != 1 || len(b.Commands) != 1 {
			t.Fatalf("got %+v (%v), want it to wait for one approver", b, err)
		}
		if c := f.next(t, "d000"); c != nil {
			t.Fatalf("delivered %+v without approval", c)
		}
		for who, want := range map[string]string{"a": "approval.self", "b": "approval.proof"} {
			_, err := f.safety.Decide(t.Context(), admin(who), b.Approval, true, safety.Proof{})
			if err == nil || !strings.HasPrefix(err.Error(), want) {
				t.Fatalf("%s approves without proof: %v, want %s", who, err, want)
			}
		}
		if _, err := f.safety.Decide(t.Context(), admin("b"), b.Approval, true, safety.Proof{Method: "totp", Code: "wrong"}); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("a wrong code: %v", err)
		}
		if _, err := f.safety.Decide(t.Context(), admin("b"), b.Approval, true, code); err != nil {
			t.Fatal(err)
		}
		if len(woken) != 1 {
			t.Fatalf("the device was woken %d times, want once", len(woken))
		}
		c := f.next(t, "d000")
		if c == nil || c.Kind != platform.FullWipe || c.State != Delivered {
			t.Fatalf("delivered %+v", c)
		}
		if again := f.next(t, "d000"); again == nil || again.ID != c.ID {
			t.Fatalf("asked again it got %+v, want the same command", again)
		}
		if _, err := f.commands.Cancel(t.Context(), admin("a"), c.ID); !problem.Is(err, problem.Conflict) {
			t.Fatalf("cancelled after delivery: %v", err)
		}
		for range 2 {
			if err := f.commands.Report(t.Context(), c.ID, Answer{State: Acknowledged}); err != nil {
				t.Fatal(err)
			}
		}
		if err := f.commands.Report(t.Context(), c.ID, Answer{State: Done}); err != nil {
			t.Fatal(err)
		}
		got, err := f.commands.Get(t.Context(), admin("a"), c.ID)
		if err != nil || got.State != Done || got.Reason != "lost" || !f.fleet.wiped["d000"] {
			t.Fatalf("got %+v (%v)", got, err)
		}
		var states []State
		for _, s := range got.Steps {
			states = append(states, s.State)
		}
		if want := []State{Awaiting, Queued, Delivered, Acknowledged, Done}; !slices.Equal(states, want) {
			t.Fatalf("steps %v, want %v", states, want)
		}
		if c := f.next(t, "d000"); c != nil {
			t.Fatalf("delivered again: %+v", c)
		}
		if _, err := f.wipe(t, admin("a"), "d000"); !problem.Is(err, problem.Conflict) {
			t.Fatalf("a wiped device was wiped again: %v", err)
		}
		records, err := sqldb.All(t.Context(), db, sqldb.Scan1[string], "SELECT action FROM audit_record WHERE subject = $1 ORDER BY id", c.ID)
		want := []string{"command.requested", "command.queued", "command.delivered", "command.acknowledged", "command.done"}
		if err != nil || !slices.Equal(records, want) {
			t.Fatalf("audit %v (%v), want %v", records, err, want)
		}
	})
}

func TestAnUnprovenAnswerNeverMeansDone(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db, 1)
		if _, err := f.wipe(t, admin("a"), "d000"); err != nil {
			t.Fatal(err)
		}
		c := f.next(t, "d000")
		if err := f.commands.Report(t.Context(), c.ID, Answer{State: Done, Unproven: true}); err != nil {
			t.Fatal(err)
		}
		got, err := f.commands.Get(t.Context(), admin("a"), c.ID)
		if err != nil || got.State != Acknowledged || !got.Unproven {
			t.Fatalf("got %+v (%v), want acknowledged and unproven", got, err)
		}
	})
}

func TestRequestsThatAreRefused(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db, 20)
		helpdesk := scope.Caller{Kind: scope.Admin, ID: "h", Grants: []scope.Grant{
			{Rights: []scope.Right{scope.DeviceWipeFull, scope.CommandRead, scope.CommandCancel}, Groups: []string{"gd001"}},
		}}
		cases := []struct {
			name string
			who  scope.Caller
			r    Request
			want problem.Kind
		}{
			{"no reason", admin("a"), Request{Kind: platform.FullWipe, Devices: []string{"d000"}}, problem.Invalid},
			{"no device", admin("a"), Request{Kind: platform.FullWipe, Reason: "r"}, problem.Invalid},
			{"unknown kind", admin("a"), Request{Kind: "explode", Devices: []string{"d000"}, Reason: "r"}, problem.Invalid},
			{"unknown device", admin("a"), Request{Kind: platform.FullWipe, Devices: []string{"d000", "none"}, Reason: "r"}, problem.NotFound},
			{"foreign group", helpdesk, Request{Kind: platform.FullWipe, Devices: []string{"d000"}, Reason: "r"}, problem.NotFound},
			{"no right", helpdesk, Request{Kind: platform.SelectiveWipe, Devices: []string{"d001"}, Reason: "r"}, problem.Forbidden},
			{"a platform that cannot", admin("a"), Request{Kind: platform.Lock, Devices: []string{"d000"}, Reason: "r"}, problem.Conflict},
			{"over the budget", admin("a"), Request{Kind: platform.FullWipe, Devices: []string{"d000", "d001", "d002", "d003", "d004", "d005"}, Reason: "r"}, problem.Throttled},
		}
		for _, c := range cases {
			if _, err := f.commands.Request(t.Context(), c.who, c.r); !problem.Is(err, c.want) {
				t.Errorf("%s: %v, want kind %d", c.name, err, c.want)
			}
		}
		n, err := sqldb.One(t.Context(), db, sqldb.Scan1[int], "SELECT count(*) FROM command")
		if err != nil || n != 0 {
			t.Fatalf("%d commands (%v) of refused requests", n, err)
		}
		b, err := f.wipe(t, helpdesk, "d001")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.wipe(t, admin("a"), "d001"); !problem.Is(err, problem.Conflict) {
			t.Fatalf("a second open wipe: %v", err)
		}
		stranger := scope.Caller{Kind: scope.Admin, ID: "s", Grants: []scope.Grant{
			{Rights: []scope.Right{scope.CommandRead, scope.CommandCancel}, Groups: []string{"other"}},
		}}
		if _, err := f.commands.Get(t.Context(), stranger, b.Commands[0].ID); !problem.Is(err, problem.NotFound) {
			t.Errorf("a foreign command was shown: %v", err)
		}
		if _, err := f.commands.Cancel(t.Context(), stranger, b.Commands[0].ID); !problem.Is(err, problem.NotFound) {
			t.Errorf("a foreign command was cancelled: %v", err)
		}
		if list, _, err := f.commands.List(t.Context(), stranger, Filter{}, 10, ""); err != nil || len(list) != 0 {
			t.Errorf("foreign commands were listed: %v (%v)", list, err)
		}
	})
}

// TestWhatThePolicyDoesNotCollectIsNotOrdered: it is refused when it is ordered, and its preview says so.
func TestWhatThePolicyDoesNotCollectIsNotOrdered(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db, 2*pieceSize)
		var all []string
		for id, d := range f.fleet.devices {
			d.Facts.Platform, d.Reach.Channels = platform.AndroidTouchDown, []platform.Channel{platform.ActiveSync, platform.Companion}
			f.fleet.devices[id] = d
			all = append(all, id)
		}
		locate := Request{Kind: platform.Locate, Devices: []string{"d000"}, Reason: "r"}
		f.fleet.switches = map[platform.Setting]bool{platform.AuditLocation: false}
		list, err := f.commands.Preview(t.Context(), admin("a"), locate)
		if err != nil || list[0].Verdict.Possible || !strings.Contains(list[0].Verdict.Reason, "audit.location") {
			t.Errorf("the preview is %+v (%v)", list, err)
		}
		for _, devices := range [][]string{{"d000"}, all} {
			locate.Devices = devices
			_, err := f.commands.Request(t.Context(), admin("a"), locate)
			if p := problem.From(err); !problem.Is(err, problem.Conflict) || p.Code != "command.refused" || !strings.Contains(fmt.Sprint(p.Message, p.Fields), "audit.location") ||
				len(devices) == 1 && len(p.Fields) > 0 {
				t.Errorf("ordered from %d: %v", len(devices), err)
			}
		}
		f.fleet.switches = map[platform.Setting]bool{platform.AuditLocation: true, platform.TouchDownCleanCard: true}
		if b, err := f.commands.Request(t.Context(), admin("a"), locate); err != nil || b.Left != 0 || !b.Complete() {
			t.Errorf("what is collected: %+v (%v)", b.LeftOut, err)
		}
		f.quorum(t, 1)
		if _, err := f.wipe(t, admin("a"), "d000"); err != nil {
			t.Fatal(err)
		}
		waiting, _, err := f.safety.List(t.Context(), admin("b"), safety.Awaiting, 10, "")
		if err != nil || len(waiting) != 1 || !strings.Contains(waiting[0].Words, "storage card is erased too") {
			t.Errorf("what others are to approve is %+v (%v)", waiting, err)
		}
	})
}

func TestTheSameKeyIsTheSameRequest(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db, 3)
		r := Request{Kind: platform.FullWipe, Devices: []string{"d001", "d000"}, Reason: "lost", Key: "k1"}
		one, err := f.commands.Request(t.Context(), admin("a"), r)
		if err != nil {
			t.Fatal(err)
		}
		two, err := f.commands.Request(t.Context(), admin("a"), r)
		if err != nil || len(two.Commands) != 2 || two.Commands[0].ID != one.Commands[0].ID {
			t.Fatalf("got %+v (%v), want the first request again", two, err)
		}
		r.Devices = []string{"d002"}
		if _, err := f.commands.Request(t.Context(), admin("a"), r); !problem.Is(err, problem.Conflict) {
			t.Fatalf("another request under the same key: %v", err)
		}
	})
}

func TestDelayGivesTimeToCancel(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db, 3)
		b, err := f.wipe(t, admin("a"), "d000", "d001", "d002") // more than one device waits ten minutes
		if err != nil || b.Commands[0].State != Delayed {
			t.Fatalf("got %+v (%v)", b, err)
		}
		f.clock.Advance(9 * time.Minute)
		if c := f.next(t, "d000"); c != nil {
			t.Fatalf("delivered %+v before its time", c)
		}
		if _, err := f.commands.Cancel(t.Context(), admin("b"), b.Commands[0].ID); err != nil {
			t.Fatal(err)
		}
		overdue := func(want bool) {
			t.Helper()
			if got, err := f.commands.Overdue(t.Context()); err != nil || got != want {
				t.Fatalf("overdue: %v (%v), want %v", got, err, want)
			}
		}
		overdue(false)
		f.clock.Advance(2 * time.Minute)
		overdue(true)
		if n, err := f.commands.Tick(t.Context()); err != nil || n != 2 {
			t.Fatalf("%d queued (%v), want 2", n, err)
		}
		overdue(false)
		if c := f.next(t, "d000"); c != nil {
			t.Fatalf("delivered %+v after it was cancelled", c)
		}
		if c := f.next(t, "d001"); c == nil {
			t.Fatal("not delivered after its delay")
		}
		f.clock.Advance(lifetime)
		overdue(true)
		if n, err := f.commands.Tick(t.Context()); err != nil || n != 1 {
			t.Fatalf("%d expired (%v), want 1", n, err)
		}
		if c := f.next(t, "d002"); c != nil {
			t.Fatalf("delivered %+v after it expired", c)
		}
	})
}

// TestS18MassWipeStopsAtTheBreaker writes a thousand approved wipes straight into the database, as whoever has taken the
// platform over would, and lets every device ask.
func TestS18MassWipeStopsAtTheBreaker(t *testing.T) {
	massWipe(t, scope.Admin, func(string) string { return "intruder" }, safety.DefaultRules.Actor.Hour)
}

// TestS18MassWipeInTheNameOfUsersStopsAtTheBreaker has every device wiped as if by its own owner.
func TestS18MassWipeInTheNameOfUsersStopsAtTheBreaker(t *testing.T) {
	massWipe(t, scope.User, func(device string) string { return "u-" + device }, safety.DefaultRules.Zone.Hour)
}

// massWipe writes 1,000 approved orders past every rule and lets every device ask: the budget must hold.
func massWipe(t *testing.T, kind scope.Kind, requester func(device string) string, budget int) {
	t.Helper()
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		const n = 1000
		f := newFixture(t, db, n)
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			var devices []string
			for id := range f.fleet.devices {
				devices = append(devices, id)
			}
			a, err := f.safety.Ask(t.Context(), tx, scope.System("intruder"), safety.Ask{
				Class: safety.WipeFull, Kind: executorKind, Subject: "full-wipe", Words: "all", Devices: devices,
			})
			if err != nil {
				return err
			}
			if _, err := tx.Exec(t.Context(), `INSERT INTO command_batch (id, kind, requester_kind, requester, request_key, digest, total,
				written, left_out, left_words, created, changed) VALUES ('b', 'full-wipe', 'x', 'x', 'x', $1, 0, 0, 0, '[]', 0, 0)`, []byte("x")); err != nil {
				return err
			}
			for _, id := range devices {
				_, err := tx.Exec(t.Context(), `INSERT INTO command (id, batch, device, owner, kind, destructive, channel, state, unproven,
					requester_kind, requester, roles, approval, words, created, not_before, expires, changed)
					VALUES ($1, 'b', $2, $3, 'full-wipe', FALSE, 'activesync', 'queued', FALSE, $4, $5, '', $6, '', 0, 0, $7, 0)`,
					sqldb.NewID(), id, "u-"+id, string(kind), requester(id), a.ID, sqldb.Micros(start.Add(time.Hour)))
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.commands.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		wiped := 0
		for id := range f.fleet.devices {
			c, err := f.commands.Next(t.Context(), id, platform.ActiveSync)
			if err != nil {
				t.Fatal(err)
			}
			if c != nil {
				wiped++
			}
		}
		if wiped != budget {
			t.Fatalf("%d devices were told to wipe, want the budget of %d", wiped, budget)
		}
		b, err := f.safety.Breaker(t.Context(), admin("a"))
		if err != nil || !b.Open {
			t.Fatalf("the breaker is %+v (%v), want it open", b, err)
		}
		f.clock.Advance(25 * time.Hour) // budgets refill; the breaker stays
		if _, err := f.wipe(t, admin("a"), "d000"); !problem.Is(err, problem.Conflict) {
			t.Fatalf("a wipe was taken while the breaker is open: %v", err)
		}
	})
}

func TestACommandWithoutApprovalIsNotDelivered(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db, 2)
		f.quorum(t, 1)
		b, err := f.wipe(t, admin("a"), "d000")
		if err != nil {
			t.Fatal(err)
		}
		forge := func(text string, args ...any) {
			t.Helper()
			err := db.Write(t.Context(), func(tx *sqldb.Tx) error { _, err := tx.Exec(t.Context(), text, args...); return err })
			if err != nil {
				t.Fatal(err)
			}
		}
		forge("UPDATE command SET state = 'queued'")
		if c := f.next(t, "d000"); c != nil {
			t.Fatalf("delivered %+v though its approval awaits", c)
		}
		forge("UPDATE approval SET state = 'approved'")
		forge("UPDATE command SET state = 'queued'")
		if c := f.next(t, "d000"); c != nil {
			t.Fatalf("delivered %+v though nobody voted", c)
		}
		forge("UPDATE command SET state = 'queued', device = 'd001' WHERE id = $1", b.Commands[0].ID)
		forge("INSERT INTO approval_vote (approval, admin, approved, method, at) VALUES ($1, 'b', TRUE, 'totp', 0)", b.Approval)
		if c := f.next(t, "d001"); c != nil {
			t.Fatalf("delivered %+v to a device that the approval does not name", c)
		}
	})
}

// TestS17OneStolenOwnerSession gives an intruder one owner's session and token in a zone with two owners, and has them
// try what there is: nothing that belongs to others is wiped.
func TestS17OneStolenOwnerSession(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db, 5)
		f.quorum(t, 1)
		thief := admin("a")
		token := thief
		token.Kind, token.Token = scope.Token, "t1"
		for _, c := range []scope.Caller{thief, token} {
			b, err := f.wipe(t, c, "d000")
			if err == nil {
				_, err = f.safety.Decide(t.Context(), c, b.Approval, true, code)
			}
			if err == nil {
				t.Fatalf("%s approved its own request", c.Kind)
			}
			r, v, err := f.safety.Rules(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			for name, change := range map[string]func(*safety.Rules){
				"quorum": func(r *safety.Rules) { r.Quorum = 0 }, "budget": func(r *safety.Rules) { r.Actor.Hour, r.Actor.Day = 20, 9999 },
				"probation": func(r *safety.Rules) { r.Probation = 0 }, "upstream": func(r *safety.Rules) { r.PassUpstream = true },
			} {
				n := r
				change(&n)
				a, err := f.safety.ChangeRules(t.Context(), c, n, v)
				if err != nil || a.State != safety.Awaiting {
					t.Errorf("%s loosened the %s: %+v (%v)", c.Kind, name, a.State, err)
				}
			}
		}
		upstream := scope.System("x")
		upstream.Kind, upstream.ID = scope.Upstream, "m1"
		if b, err := f.wipe(t, upstream, "d001"); err != nil || b.Approval == "" {
			t.Fatalf("a mail server's order: %+v (%v), want it held", b, err)
		}
		f.staff.since["new"] = f.clock.Now().Add(-23 * time.Hour)
		pending, _, err := f.safety.List(t.Context(), thief, safety.Awaiting, 50, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range pending {
			if _, err := f.safety.Decide(t.Context(), admin("new"), a.ID, true, code); !problem.Is(err, problem.Forbidden) {
				t.Errorf("an administrator made an hour ago approved %s: %v", a.Words, err)
			}
		}
		for id := range f.fleet.devices {
			if c := f.next(t, id); c != nil {
				t.Errorf("%s was told to %s", id, c.Kind)
			}
		}
	})
}

func TestAMissingWordIsNoCommand(t *testing.T) {
	f := newFixture(t, schematest.New(t, sqldb.SQLite), 1)
	if _, err := f.wipe(t, admin("a"), "d000"); err != nil {
		t.Fatal(err)
	}
	if c := f.next(t, "d000"); c == nil {
		t.Fatal("nothing was delivered")
	}
	if err := f.commands.Report(t.Context(), "none", Answer{State: Done}); !problem.Is(err, problem.NotFound) {
		t.Fatalf("an answer to nothing: %v", err)
	}
	if err := f.commands.Report(t.Context(), "none", Answer{State: Queued}); err == nil || errors.Is(err, errMoved) {
		t.Fatalf("a state that no device reports: %v", err)
	}
}
