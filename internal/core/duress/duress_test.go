package duress

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/audit"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

// desk is where the mails go, while the mail server is well.
type desk struct {
	mu    sync.Mutex
	ill   bool
	mails []string
}

func (d *desk) tell(_ context.Context, to, subject, words string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.ill {
		return errors.New("the mail server is away")
	}
	d.mails = append(d.mails, to+" "+subject+" "+words)
	return nil
}

func (d *desk) told() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.mails)
}

type world struct {
	*coretest.Ground
	*desk
	*Store
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		w := &world{Ground: g, desk: &desk{}}
		w.restart()
		fn(t, w)
	})
}

// restart makes the store anew, as a server that starts does.
func (w *world) restart() {
	w.Store = New(Parts{DB: w.DB, Clock: w.Clock, Log: w.Log, Keys: w.Keys, Slog: slog.New(slog.DiscardHandler), Tell: w.tell})
}

func (w *world) raise(t *testing.T, d device.Device) {
	t.Helper()
	if err := w.Raise(t.Context(), d, "guard@example.org"); err != nil {
		t.Fatal(err)
	}
}

func (w *world) due(t *testing.T) {
	t.Helper()
	if err := w.send(t.Context(), make(chan struct{}, senders)); err != nil {
		t.Fatal(err)
	}
}

func (w *world) waiting(t *testing.T) int {
	t.Helper()
	n, err := sqldb.One(t.Context(), w.DB, sqldb.Scan1[int], "SELECT count(*) FROM duress_call")
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// records returns how each call in the audit log ended, oldest first.
func (w *world) records(t *testing.T) []audit.Entry {
	t.Helper()
	officer := coretest.Admin([]scope.Right{scope.AuditRead, scope.DuressRead})
	list, _, err := w.Log.List(t.Context(), officer, audit.Filter{Action: audit.Duress}, audit.Page{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

var lost = device.Device{ID: "d-1", Name: "phone", Owner: "u-1", OwnerName: "ann"}

func TestACallForHelpIsSentOnceAMinute(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range 10 {
			w.raise(t, lost)
		}
		w.raise(t, device.Device{ID: "d-2", Owner: "u-2", OwnerName: "bob"})
		w.due(t)
		w.due(t)
		if w.told() != 2 || len(w.records(t)) != 2 || w.waiting(t) != 0 {
			t.Errorf("%d mails, %d records, %d wait", w.told(), len(w.records(t)), w.waiting(t))
		}
		w.Clock.Advance(Quiet)
		w.raise(t, lost)
		w.due(t)
		if w.told() != 3 || len(w.raised) != 1 {
			t.Errorf("after a minute: %d mails, and %d devices are remembered", w.told(), len(w.raised))
		}
		for _, r := range w.records(t) {
			if r.Device != "" || r.Owner != "" || r.Subject.ID != "" {
				t.Errorf("the record is found by its device or its owner: %+v", r)
			}
		}
		if !strings.HasPrefix(w.mails[0]+w.mails[1], "guard@example.org Duress: ") {
			t.Errorf("%q", w.mails)
		}
	})
}

// TestACallForHelpOutlivesTheServer: the mail server is away when the call is raised, and Drover is restarted before it is back.
func TestACallForHelpOutlivesTheServer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.ill = true
		w.raise(t, lost)
		w.due(t)
		w.restart()
		w.ill = false
		w.due(t) // not due again yet
		if w.told() != 0 || w.waiting(t) != 1 {
			t.Fatalf("%d mails, %d wait", w.told(), w.waiting(t))
		}
		w.Clock.Advance(Retry)
		w.due(t)
		if w.told() != 1 || w.waiting(t) != 0 {
			t.Errorf("when the mail server is back: %d mails, %d wait", w.told(), w.waiting(t))
		}
	})
}

// TestACallForHelpThatWasTakenAndNotSentIsSentAgain: the server was killed between the two.
func TestACallForHelpThatWasTakenAndNotSentIsSentAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.raise(t, lost)
		if list, err := w.take(t.Context()); err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		w.restart()
		w.due(t)
		if w.told() != 0 {
			t.Error("another server sends what the first has taken")
		}
		w.Clock.Advance(held)
		w.due(t)
		if w.told() != 1 {
			t.Errorf("%d mails", w.told())
		}
	})
}

func TestThatNobodyCouldBeToldIsRecorded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.ill = true
		w.raise(t, lost)
		w.due(t)
		w.Clock.Advance(GiveUp + time.Minute)
		w.due(t)
		ended := map[audit.Outcome]int{}
		for _, r := range w.records(t) {
			ended[r.Outcome]++
		}
		if ended[audit.OK] != 1 || ended[audit.Failed] != 1 || w.waiting(t) != 0 {
			t.Errorf("%v, %d wait", ended, w.waiting(t))
		}
	})
}

func TestTwoServersSendACallOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i := range 20 {
			w.raise(t, device.Device{ID: fmt.Sprint(i), Owner: "u-1", OwnerName: "ann"})
		}
		var servers sync.WaitGroup
		for range 4 {
			servers.Go(func() {
				if err := w.send(t.Context(), make(chan struct{}, senders)); err != nil {
					t.Error(err)
				}
			})
		}
		servers.Wait()
		if w.told() != 20 {
			t.Errorf("%d mails of 20 calls", w.told())
		}
	})
}

// TestCallsForHelpAreBounded while the mail server is away: what does not fit is recorded as failed.
func TestCallsForHelpAreBounded(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for i := range maxWaiting + 3 {
			w.raise(t, device.Device{ID: fmt.Sprint(i), Owner: "u-1", OwnerName: "ann"})
		}
		failed, err := sqldb.One(t.Context(), w.DB, sqldb.Scan1[int],
			"SELECT count(*) FROM audit_record WHERE action = $1 AND outcome = $2", audit.Duress, string(audit.Failed))
		if err != nil || w.waiting(t) != maxWaiting || failed != 3 {
			t.Errorf("%d wait, %d have failed (%v)", w.waiting(t), failed, err)
		}
	})
}

// TestNothingOfACallStandsInClear, and what is left of a user who was erased goes unsent.
func TestNothingOfACallStandsInClear(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.raise(t, lost)
		words, err := sqldb.One(t.Context(), w.DB, sqldb.Scan1[[]byte], "SELECT words FROM duress_call")
		if err != nil || strings.Contains(string(words), "ann") || strings.Contains(string(words), "guard@") {
			t.Fatalf("%q (%v)", words, err)
		}
		err = w.DB.Write(t.Context(), func(tx *sqldb.Tx) error { return w.Keys.Erase(t.Context(), tx, "u-1") })
		if err != nil {
			t.Fatal(err)
		}
		w.due(t)
		if w.told() != 0 || w.waiting(t) != 0 {
			t.Errorf("%d mails, %d wait", w.told(), w.waiting(t))
		}
	})
}

// TestAMailThatHangsKeepsNoOther: the mail server answers one call never and the next at once.
func TestAMailThatHangsKeepsNoOther(t *testing.T) {
	g := coretest.New(t, sqldbtest.Engines[0])
	ctx, stop := context.WithCancel(t.Context())
	hangs, arrived := make(chan struct{}), make(chan struct{})
	s := New(Parts{DB: g.DB, Clock: g.Clock, Log: g.Log, Keys: g.Keys, Slog: slog.New(slog.DiscardHandler), Tell: func(ctx context.Context, _, subject, _ string) error {
		if strings.Contains(subject, "ann") {
			close(hangs)
			<-ctx.Done()
			return ctx.Err()
		}
		close(arrived)
		return nil
	}})
	var running sync.WaitGroup
	running.Go(func() { s.Run(ctx) })
	if err := s.Raise(ctx, lost, "guard@example.org"); err != nil {
		t.Fatal(err)
	}
	<-hangs
	if err := s.Raise(ctx, device.Device{ID: "d-2", Owner: "u-2", OwnerName: "bob"}, "guard@example.org"); err != nil {
		t.Fatal(err)
	}
	<-arrived
	stop()
	running.Wait()
	if n, err := sqldb.One(t.Context(), g.DB, sqldb.Scan1[int], "SELECT count(*) FROM duress_call"); err != nil || n != 1 {
		t.Errorf("%d wait after the stop (%v), want the one that was not taken", n, err)
	}
}
