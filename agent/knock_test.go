package agent_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"drover/agent"
	"drover/agent/store"
	"drover/api/agentv1"
	"drover/internal/base/problem"
)

var (
	underReview = problem.New(problem.Forbidden, "registration.review", "An administrator decides first whether this computer comes in.")
	nobody      = problem.New(problem.Forbidden, "registration.closed", "New computers are not taken in at present.")
	keptOut     = problem.New(problem.Forbidden, "registration.refused", "This computer is not let into the zone: ask your administrator.")
)

// asks registers once.
func (w *world) asks() error {
	_, err := agent.Register(w.t.Context(), w.store(), w.machine, w.clock, "1.2.3", agent.Join{Server: w.zone.Server.URL, Pin: w.zone.Pin(), Key: "key"})
	return err
}

func (w *world) resume() error {
	return agent.Resume(w.t.Context(), w.store(), w.machine, w.clock, "1.2.3", slog.New(slog.DiscardHandler))
}

// waiting returns the registration that waits.
func (w *world) waiting() (store.Join, bool) {
	w.t.Helper()
	j, ok, err := w.store().Join()
	if err != nil {
		w.t.Fatal(err)
	}
	return j, ok
}

func (w *world) says() string {
	w.t.Helper()
	var b strings.Builder
	if err := agent.Explain(&b, w.summary(), w.clock.Now()); err != nil {
		w.t.Fatal(err)
	}
	return b.String()
}

func TestWhatTheZoneHasNotDecidedIsAskedAgain(t *testing.T) {
	w := newWorld(t)
	w.zone.Bar(nobody)
	if err := w.asks(); !agent.Waits(err) {
		t.Fatal(err)
	}
	if j, ok := w.waiting(); !ok || j.Key != "key" {
		t.Fatalf("what it asked with is kept as %+v", j)
	}
	w.zone.Bar(underReview)
	if err := w.asks(); !agent.Waits(err) {
		t.Fatal(err)
	}
	if j, ok := w.waiting(); !ok || j.Key != "" {
		t.Errorf("a key that the zone has counted lies about: %+v", j)
	}
	if text := w.says(); !strings.Contains(text, "An administrator decides first") || !strings.Contains(text, "asks again by itself") {
		t.Errorf("the person at the machine reads %s", text)
	}
	w.zone.Bar(nil)
	if err := w.resume(); err != nil {
		t.Fatal(err)
	}
	if _, ok := w.waiting(); ok {
		t.Error("it is in, and would ask again")
	}
	w.zone.Publish(agentv1.KindPolicies, agentv1.Policies{Revision: "r1"})
	w.turn(w.start())
	told := w.zone.Told()
	if len(told.Registrations) != 1 || len(told.Knocks) != 3 {
		t.Errorf("%d asked, %d came in", len(told.Knocks), len(told.Registrations))
	}
	for _, k := range told.Knocks {
		if k.Own != told.Knocks[0].Own {
			t.Error("it has made another key meanwhile")
		}
	}
	if err := w.resume(); !errors.Is(err, agent.ErrStranger) && !errors.Is(err, agent.ErrMember) {
		t.Errorf("nothing waits, and it asks: %v", err)
	}
}

func TestARefusalEndsTheAsking(t *testing.T) {
	w := newWorld(t)
	w.zone.Bar(underReview)
	if err := w.asks(); !agent.Waits(err) {
		t.Fatal(err)
	}
	w.zone.Bar(keptOut)
	if err := w.resume(); err == nil || !strings.Contains(err.Error(), "not let into the zone") {
		t.Errorf("refused, it says %v", err)
	}
	if _, ok := w.waiting(); ok {
		t.Error("it goes on asking")
	}
	if text := w.says(); !strings.Contains(text, "not let into the zone") || !strings.Contains(text, "does not ask again") {
		t.Errorf("the person at the machine reads %s", text)
	}
	if err := w.resume(); !errors.Is(err, agent.ErrStranger) {
		t.Errorf("started again, it says %v", err)
	}
	w.zone.Bar(nil)
	if err := w.asks(); err != nil { // somebody tries again
		t.Fatal(err)
	}
}

// A zone that is away, or has switched registration off, says nothing of how it ends; a first try that does not reach it is
// told to whoever tries.
func TestAZoneThatIsAwayEndsNoWait(t *testing.T) {
	w := newWorld(t)
	w.zone.Bar(problem.New(problem.Unavailable, "busy", "Later."))
	if err := w.asks(); err == nil || agent.Waits(err) {
		t.Fatal(err)
	}
	if _, ok := w.waiting(); ok {
		t.Error("a first try that failed is kept")
	}
	w.zone.Bar(underReview)
	if err := w.asks(); !agent.Waits(err) {
		t.Fatal(err)
	}
	w.zone.Bar(problem.New(problem.NotFound, "route.unknown", "There is nothing here."))
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	before := len(w.zone.Told().Knocks)
	go func() {
		ended <- agent.Resume(ctx, w.store(), w.machine, w.clock, "1.2.3", slog.New(slog.DiscardHandler))
	}()
	for end := time.Now().Add(time.Minute); len(w.zone.Told().Knocks) == before && time.Now().Before(end); {
		time.Sleep(10 * time.Millisecond)
	}
	stop()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("told to end, it says %v", err)
	}
	if _, ok := w.waiting(); !ok || len(w.zone.Told().Knocks) == before {
		t.Error("the wait is over")
	}
}

// A copied disk leaves its zone once the other one lets it in, not while that thinks.
func TestAMemberStaysWhileAnotherZoneThinks(t *testing.T) {
	w := newWorld(t)
	first := w.register()
	w.zone.Bar(underReview)
	again := agent.Join{Server: w.zone.Server.URL, Pin: w.zone.Pin(), Key: "key", Again: true}
	if _, err := agent.Register(t.Context(), w.store(), w.machine, w.clock, "1.2.3", again); !agent.Waits(err) {
		t.Fatal(err)
	}
	if now, member, err := w.store().Identity(); !member || err != nil || now.Key != first.Key {
		t.Errorf("it is %+v, %v", now, err)
	}
	if _, ok := w.waiting(); ok {
		t.Error("its agent would leave the zone")
	}
	w.zone.Bar(nil)
	id, err := agent.Knock(t.Context(), w.store(), w.machine, w.clock, "1.2.3", again)
	if err != nil || id.Key == first.Key {
		t.Errorf("let in it is %+v, %v", id, err)
	}
}
