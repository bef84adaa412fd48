package safety

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/schema/schematest"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// staff stands in for the administrators: everybody is established, and any code is right. Those who prove at once wait
// a moment for each other, so that their transactions overlap where nothing keeps them apart.
type staff struct{ meet *meeting }

func (staff) Try(_ context.Context, _ scope.Caller, fn func() error) error { return fn() }

func (s staff) Prove(context.Context, *sqldb.Tx, string, Proof, []byte) error {
	s.meet.wait()
	return nil
}

func (staff) Established(context.Context, sqldb.Querier, string) (time.Time, error) {
	return time.Time{}, nil
}

func (staff) Approvers(context.Context, sqldb.Querier) (int, error) { return 10, nil }

// meeting lets those who come wait until all are there, or until it is clear that somebody is kept out.
type meeting struct {
	mu   sync.Mutex
	left int
	all  chan struct{}
}

func newMeeting(n int) *meeting { return &meeting{left: n, all: make(chan struct{})} }

func (m *meeting) wait() {
	m.mu.Lock()
	if m.left--; m.left == 0 {
		close(m.all)
	}
	m.mu.Unlock()
	select {
	case <-m.all:
	case <-time.After(200 * time.Millisecond):
	}
}

// acts counts how often the executor was told.
type acts struct{ approved, ended int }

func (a *acts) Approved(context.Context, *sqldb.Tx, Approval) error { a.approved++; return nil }
func (a *acts) Ended(context.Context, *sqldb.Tx, Approval) error    { a.ended++; return nil }

type fixture struct {
	*Safety
	acts *acts
	told []string
}

func newFixture(t *testing.T, db *sqldb.DB) *fixture {
	t.Helper()
	c, b := clock.NewFake(start), bus.New()
	log := audit.New(db, c, nil, b)
	f := &fixture{acts: &acts{}}
	f.Safety = New(Parts{
		DB: db, Clock: c, Log: log, Zone: zone.New(db, log, b), Bus: b,
		Tell: func(subject, _ string) { f.told = append(f.told, subject) },
	})
	f.SetAdministrators(staff{newMeeting(1)})
	f.Register("act", f.acts)
	return f
}

func admin(id string) scope.Caller {
	c := scope.System("x")
	c.Kind, c.ID = scope.Admin, id
	return c
}

func (f *fixture) quorum(t *testing.T, n int) {
	t.Helper()
	if err := f.db.Write(t.Context(), func(tx *sqldb.Tx) error { return f.RaiseQuorum(t.Context(), tx, n) }); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) ask(t *testing.T, by string) (a Approval) {
	t.Helper()
	err := f.db.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
		a, err = f.Ask(t.Context(), tx, admin(by), Ask{Class: WipeFull, Kind: "act", Words: "w", Devices: []string{"d"}})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// together runs fn for each name at once and returns what each got.
func together(names []string, fn func(name string) error) []error {
	errs := make([]error, len(names))
	var wg sync.WaitGroup
	for i, name := range names {
		wg.Go(func() { errs[i] = fn(name) })
	}
	wg.Wait()
	return errs
}

func TestTwoVotesAtOnceAreTwoVotes(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		f.quorum(t, 2)
		a := f.ask(t, "ann")
		f.SetAdministrators(staff{newMeeting(2)})
		errs := together([]string{"bob", "casey"}, func(who string) error {
			_, err := f.Decide(context.Background(), admin(who), a.ID, true, Proof{Method: "totp", Code: "1"})
			return err
		})
		got, err := f.Get(t.Context(), admin("ann"), a.ID)
		if err != nil || errors.Join(errs...) != nil || got.State != Approved || got.Given != 2 || f.acts.approved != 1 {
			t.Fatalf("state %s with %d votes, carried out %d times (%v, %v): want approved, 2, once", got.State, got.Given, f.acts.approved, errs, err)
		}
	})
}

func TestApprovalAndRejectionAtOnceAreOneOfThem(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		f.quorum(t, 1)
		a := f.ask(t, "ann")
		f.SetAdministrators(staff{newMeeting(2)})
		errs := together([]string{"yes", "no"}, func(who string) error {
			_, err := f.Decide(context.Background(), admin(who), a.ID, who == "yes", Proof{Method: "totp", Code: "1"})
			return err
		})
		if f.acts.approved+f.acts.ended != 1 || (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("carried out %d times, ended %d times (%v): want one of them", f.acts.approved, f.acts.ended, errs)
		}
	})
}

// TestS17BudgetsHoldUnderManyServers has many deliveries come at once: no more of them pass than the budget allows.
func TestS17BudgetsHoldUnderManyServers(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		var names []string
		for i := range 12 {
			names = append(names, fmt.Sprintf("c%02d", i))
		}
		meet := newMeeting(len(names))
		spent := make(chan string, len(names))
		errs := together(names, func(id string) error {
			return db.Write(context.Background(), func(tx *sqldb.Tx) error {
				if db.Engine() == sqldb.PostgreSQL {
					meet.wait()
				}
				ok, err := f.Spend(context.Background(), tx, Actor{ID: "ann"}, WipeFull, id)
				if ok {
					spent <- id
				}
				return err
			})
		})
		if err := errors.Join(errs...); err != nil || len(spent) != DefaultRules.Actor.Hour {
			t.Fatalf("%d acts were let through (%v), the budget is %d", len(spent), err, DefaultRules.Actor.Hour)
		}
		b, err := f.Breaker(t.Context(), admin("ann"))
		if err != nil || !b.Open {
			t.Fatalf("the breaker: %+v (%v), want it open", b, err)
		}
	})
}

func TestRulesAreCheckedAndLoosenedByQuorumAlone(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		f.quorum(t, 1)
		loosen := map[string]func(*Rules){
			"quorum":    func(r *Rules) { r.Quorum = 0 },
			"delay":     func(r *Rules) { r.BatchDelay = 0 },
			"expiry":    func(r *Rules) { r.Expiry *= 2 },
			"probation": func(r *Rules) { r.Probation = 0 },
			"actor":     func(r *Rules) { r.Actor.Day++ },
			"role":      func(r *Rules) { r.Role.Hour++ },
			"zone":      func(r *Rules) { r.Zone.Hour++ },
			"self":      func(r *Rules) { r.Self.Day++ },
			"upstream":  func(r *Rules) { r.PassUpstream = true },
		}
		for name, change := range loosen {
			rules, version, err := f.Rules(t.Context(), admin("ann"))
			if err != nil {
				t.Fatal(err)
			}
			n := rules
			change(&n)
			a, err := f.ChangeRules(t.Context(), admin("ann"), n, version)
			if err != nil || a.State != Awaiting {
				t.Errorf("%s: %s (%v), want it to wait", name, a.State, err)
			}
			if now, _, err := f.Rules(t.Context(), admin("ann")); err != nil || now != rules {
				t.Fatalf("%s: the rules have changed (%v)", name, err)
			}
		}
		rules, version, err := f.Rules(t.Context(), admin("ann"))
		if err != nil {
			t.Fatal(err)
		}
		rules.Quorum = 6
		if _, err := f.ChangeRules(t.Context(), admin("ann"), rules, version); !problem.Is(err, problem.Invalid) {
			t.Fatalf("a quorum of 6: %v", err)
		}
		// A role that is limited to device groups changes nothing of the zone's.
		limited := admin("ann")
		limited.Grants[0].Groups = []string{"g"}
		rules.Quorum = 2
		if _, err := f.ChangeRules(t.Context(), limited, rules, version); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("a limited administrator changed the rules: %v", err)
		}
	})
}

// TestS17ActsThatCannotBeUndoneHaveBudgets: what was approved, or needs no approval, still ends at the budget of who asked,
// at the budget of their role, and at the breaker; the refusal opens no breaker.
func TestS17ActsThatCannotBeUndoneHaveBudgets(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		erase := func(ctx context.Context, tx *sqldb.Tx, a Approval) error { return f.Use(ctx, tx, a) }
		f.Register("erase", Act{Do: erase})
		order := func(c scope.Caller) error {
			return db.Write(t.Context(), func(tx *sqldb.Tx) error {
				_, err := f.Order(t.Context(), tx, c, Ask{Class: UserErase, Kind: "erase", Words: "w"})
				return err
			})
		}
		as := func(who, role string) scope.Caller {
			c := admin(who)
			c.Grants[0].Role = role
			return c
		}
		for range DefaultRules.Actor.Hour {
			if err := order(as("ann", "owner")); err != nil {
				t.Fatal(err)
			}
		}
		if err := order(as("ann", "owner")); !problem.Is(err, problem.Throttled) {
			t.Fatalf("past the budget: %v", err)
		}
		for range DefaultRules.Role.Hour - DefaultRules.Actor.Hour {
			if err := order(as("bob", "owner")); err != nil {
				t.Fatalf("another administrator, with the breaker closed: %v", err)
			}
		}
		if err := order(as("casey", "owner")); !problem.Is(err, problem.Throttled) {
			t.Fatalf("past the budget of the role: %v", err)
		}
		if err := order(scope.System("shell")); err != nil {
			t.Fatal(err)
		}
		if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return f.trip(t.Context(), tx, "test") }); err != nil {
			t.Fatal(err)
		}
		if err := order(as("dora", "other")); !problem.Is(err, problem.Conflict) {
			t.Fatalf("with the breaker open: %v", err)
		}
		if want := []string{"The breaker is open"}; !slices.Equal(f.told, want) {
			t.Fatalf("the owners were told %q, want %q", f.told, want)
		}
	})
}

// TestTheOwnersAreToldBeforeTheRulesAreLooser: whoever loosens them is seen while it can still be rejected.
func TestTheOwnersAreToldBeforeTheRulesAreLooser(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		f.quorum(t, 1)
		rules, version, err := f.Rules(t.Context(), admin("ann"))
		if err != nil {
			t.Fatal(err)
		}
		rules.Quorum, rules.BatchDelay, rules.Probation, rules.Actor, rules.PassUpstream = 0, 0, 90*60, Budget{6, 20}, true
		a, err := f.ChangeRules(t.Context(), admin("ann"), rules, version)
		if err != nil || a.State != Awaiting {
			t.Fatalf("%s (%v)", a.State, err)
		}
		want := "Loosen the rules for destructive acts: administrators who must approve, besides the one who asks: 0 (now 1); " +
			"time to cancel, several devices: none (now 10 minutes); a new administrator waits: 90 minutes (now 1 day); " +
			"budget of one administrator: 6 an hour, 20 a day (now 5 an hour, 20 a day); a mail server's own wipe is carried out unasked: yes (now no)"
		if a.Words != want {
			t.Fatalf("who approves reads %q, want %q", a.Words, want)
		}
		if len(f.told) != 1 {
			t.Fatalf("the owners were told %q", f.told)
		}
	})
}

// TestNobodyHidesARequestAmongHundreds: approvers must be able to read what waits.
func TestNobodyHidesARequestAmongHundreds(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		f.quorum(t, 1)
		first := f.ask(t, "ann")
		for range maxAwaiting - 1 {
			f.ask(t, "ann")
		}
		again := func() error {
			return f.db.Write(t.Context(), func(tx *sqldb.Tx) error {
				_, err := f.Ask(t.Context(), tx, admin("ann"), Ask{Class: WipeFull, Kind: "act", Words: "w"})
				return err
			})
		}
		if err := again(); !problem.Is(err, problem.Conflict) {
			t.Fatalf("one more: %v", err)
		}
		f.ask(t, "bob")
		if _, err := f.Withdraw(t.Context(), admin("ann"), first.ID); err != nil {
			t.Fatal(err)
		}
		if err := again(); err != nil {
			t.Fatalf("after one was taken back: %v", err)
		}
	})
}
