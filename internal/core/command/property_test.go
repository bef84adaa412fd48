package command

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"drover/internal/base/sqldb"
	"drover/internal/core/platform"
	"drover/internal/core/safety"
	"drover/internal/core/schema/schematest"
)

// model is what must hold, kept beside the real thing by the test alone.
type model struct {
	t *rapid.T
	f *fixture

	waiting   map[string]*request // by approval
	approved  map[string]bool     // commands that somebody else has approved
	cancelled map[string]bool
	delivered map[string]time.Time // by command
	actor     map[string]string    // by command
	commands  []string
	devices   []string // that somebody wanted wiped
}

type request struct {
	by       string
	commands []string
}

var errCrash = errors.New("the machine went down before the commit")

// TestWipedIsNeverMoreThanApprovedOrBudgeted runs random sequences of requests, approvals, cancellations, deliveries,
// crashes and clock jumps, and holds after each step: wiped <= approved, wiped <= budget, none after cancel, none twice.
func TestWipedIsNeverMoreThanApprovedOrBudgeted(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		delivered := 0
		rapid.Check(t, func(rt *rapid.T) {
			empty(t, db)
			f := newFixture(t, db, 30)
			f.quorum(t, 1)
			m := &model{
				t: rt, f: f, waiting: map[string]*request{}, approved: map[string]bool{}, cancelled: map[string]bool{},
				delivered: map[string]time.Time{}, actor: map[string]string{},
			}
			rt.Repeat(map[string]func(*rapid.T){
				"request": m.request, "through": m.through, "through2": m.through, "decide": m.decide, "cancel": m.cancel, "deliver": m.deliver, "deliver2": m.deliver,
				"answer": m.answer, "tick": m.tick, "crash": m.crash, "time": m.jump, "breaker": m.closeBreaker, "": m.hold,
			})
			delivered += len(m.delivered)
		})
		if delivered == 0 {
			t.Fatal("no sequence delivered anything: the property was not tried")
		}
	})
}

func empty(t *testing.T, db *sqldb.DB) {
	t.Helper()
	err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
		for _, text := range []string{
			"DELETE FROM command_step", "DELETE FROM command", "DELETE FROM approval_vote", "DELETE FROM approval_device",
			"DELETE FROM approval", "DELETE FROM safety_spend", "DELETE FROM zone_setting", "DELETE FROM audit_pending",
			"DELETE FROM audit_record", "UPDATE safety_breaker SET open = FALSE",
		} {
			if _, err := tx.Exec(t.Context(), text); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

var people = []string{"a", "b", "c"}

func (m *model) request(t *rapid.T) {
	who := rapid.SampledFrom(people).Draw(t, "who")
	first, n := rapid.IntRange(0, 29).Draw(t, "first"), rapid.IntRange(1, 3).Draw(t, "n")
	var devices []string
	for i := range n {
		devices = append(devices, fmt.Sprintf("d%03d", (first+i)%30))
	}
	b, err := m.f.commands.Request(context.Background(), admin(who), Request{Kind: platform.FullWipe, Devices: devices, Reason: "r"})
	if err != nil {
		return // a refusal is always allowed
	}
	r := &request{by: who}
	for _, c := range b.Commands {
		r.commands = append(r.commands, c.ID)
		m.commands = append(m.commands, c.ID)
		m.devices = append(m.devices, c.Device)
		m.actor[c.ID] = who
	}
	m.waiting[b.Approval] = r
}

func (m *model) decide(t *rapid.T) {
	if len(m.waiting) == 0 {
		return
	}
	id := rapid.SampledFrom(keys(m.waiting)).Draw(t, "approval")
	who, yes := rapid.SampledFrom(people).Draw(t, "who"), rapid.IntRange(0, 3).Draw(t, "approve") > 0
	r := m.waiting[id]
	_, err := m.f.safety.Decide(context.Background(), admin(who), id, yes, code)
	if err != nil {
		return
	}
	if yes && who == r.by {
		t.Fatalf("%s approved what %s asked for", who, r.by)
	}
	delete(m.waiting, id)
	for _, c := range r.commands {
		m.approved[c] = yes
	}
}

// through asks for a wipe and takes everything that waits most of its way, as a working day does.
func (m *model) through(t *rapid.T) {
	m.request(t)
	for len(m.waiting) > 0 && rapid.IntRange(0, 9).Draw(t, "on") > 0 {
		m.decide(t)
	}
	m.f.clock.Advance(time.Duration(rapid.IntRange(5, 15).Draw(t, "minutes")) * time.Minute)
	if rapid.Bool().Draw(t, "now") {
		m.deliver(t)
	}
}

func (m *model) cancel(t *rapid.T) {
	if len(m.commands) == 0 {
		return
	}
	id := rapid.SampledFrom(m.commands).Draw(t, "command")
	if _, err := m.f.commands.Cancel(context.Background(), admin("a"), id); err == nil {
		if _, gone := m.delivered[id]; gone {
			t.Fatalf("command %s was cancelled after its delivery", id)
		}
		m.cancelled[id] = true
	}
}

// deliver has some of the devices ask that somebody wanted wiped, the latest first.
func (m *model) deliver(t *rapid.T) {
	if err := m.f.commands.Refresh(context.Background()); err != nil {
		t.Fatal(err)
	}
	n := min(len(m.devices), rapid.IntRange(1, 8).Draw(t, "devices"))
	for _, device := range m.devices[len(m.devices)-n:] {
		m.ask(t, device)
	}
}

func (m *model) ask(t *rapid.T, device string) {
	c, err := m.f.commands.Next(context.Background(), device, platform.ActiveSync)
	if err != nil {
		t.Fatal(err)
	}
	if c == nil {
		return
	}
	if c.Device != device || !m.approved[c.ID] || m.cancelled[c.ID] {
		t.Fatalf("%s was told to wipe by %s: approved %v, cancelled %v", device, c.ID, m.approved[c.ID], m.cancelled[c.ID])
	}
	if _, again := m.delivered[c.ID]; !again {
		m.delivered[c.ID] = m.f.clock.Now()
		m.checkBudgets(t)
	}
}

// checkBudgets counts at the moment of a delivery, as the budgets do. Deliveries that lie ahead because the clock was set
// back count, too; but what was right when it happened does not become wrong by setting the clock.
func (m *model) checkBudgets(t *rapid.T) {
	now, rules := m.f.clock.Now(), safety.DefaultRules
	within := func(d time.Duration, who string) (n int) {
		for id, at := range m.delivered {
			if at.After(now.Add(-d)) && (who == "" || m.actor[id] == who) {
				n++
			}
		}
		return n
	}
	check := func(what string, n, bound int) {
		if n > bound {
			t.Fatalf("%d devices wiped %s, the budget is %d", n, what, bound)
		}
	}
	check("in an hour", within(time.Hour, ""), rules.Zone.Hour)
	check("in a day", within(24*time.Hour, ""), rules.Zone.Day)
	for _, who := range people {
		check("in an hour by "+who, within(time.Hour, who), rules.Actor.Hour)
		check("in a day by "+who, within(24*time.Hour, who), rules.Actor.Day)
	}
}

func (m *model) answer(t *rapid.T) {
	if len(m.delivered) == 0 {
		return
	}
	id := rapid.SampledFrom(keys(m.delivered)).Draw(t, "command")
	state := rapid.SampledFrom([]State{Acknowledged, Done, Failed, Postponed}).Draw(t, "state")
	_ = m.f.commands.Report(context.Background(), id, Answer{State: state}) // a late answer may be refused
}

func (m *model) tick(t *rapid.T) {
	if _, err := m.f.commands.Tick(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := m.f.safety.Expire(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// crash makes a request whose transaction is lost, and starts anew from the database alone.
func (m *model) crash(t *rapid.T) {
	err := m.f.db.Write(context.Background(), func(tx *sqldb.Tx) error {
		_, err := m.f.safety.Ask(context.Background(), tx, admin("a"), safety.Ask{
			Class: safety.WipeFull, Kind: executorKind, Words: "lost", Devices: []string{"d000"},
		})
		return errors.Join(errCrash, err)
	})
	if !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
	m.f.restart()
}

func (m *model) jump(t *rapid.T) {
	m.f.clock.Advance(time.Duration(rapid.IntRange(-120, 600).Draw(t, "minutes")) * time.Minute)
}

func (m *model) closeBreaker(t *rapid.T) {
	a, err := m.f.safety.CloseBreaker(context.Background(), admin("a"), "looked")
	if err != nil {
		return
	}
	if a.State != safety.Awaiting {
		t.Fatalf("one administrator closed the breaker alone: %+v", a)
	}
	if _, err := m.f.safety.Decide(context.Background(), admin("b"), a.ID, true, code); err != nil {
		t.Fatal(err)
	}
}

// hold checks what must be true at any time.
func (m *model) hold(t *rapid.T) {
	approved := 0
	for _, yes := range m.approved {
		if yes {
			approved++
		}
	}
	if len(m.delivered) > approved {
		t.Fatalf("%d devices wiped, %d approved", len(m.delivered), approved)
	}
	spent, err := sqldb.One(context.Background(), m.f.db, sqldb.Scan1[int], "SELECT count(*) FROM safety_spend")
	if err != nil || spent != len(m.delivered) {
		t.Fatalf("%d were counted (%v), %d were told to wipe", spent, err, len(m.delivered))
	}
}

func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
