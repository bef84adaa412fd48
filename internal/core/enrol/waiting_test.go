package enrol

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/problem"
	"drover/internal/core/coretest"
	"drover/internal/core/scope"
)

// told gathers what the bus tells of registrations.
type told struct {
	mu   sync.Mutex
	list []string
}

func (x *told) put(m bus.Message) {
	if id, ok := strings.CutPrefix(m.Body, "registration "); ok {
		x.mu.Lock()
		defer x.mu.Unlock()
		x.list = append(x.list, id)
	}
}

func TestWhoLooksAtTheReviewsIsToldAtOnce(t *testing.T) {
	eachSite(t, func(t *testing.T, w *site) {
		var heard told
		defer w.Bus.Subscribe("event", heard.put)()
		must[Rule](t)(w.enrol.AddRule(t.Context(), admin, Rule{Name: "All", Enabled: true, Verdict: ToReview}))
		m, secret := newMachine(t, "A1"), w.key(t, Place{})
		w.registers(t, m, secret)
		w.registers(t, m, secret) // asks again: nothing is new
		id := w.waiting(t)[0].ID
		if n := must[int](t)(w.enrol.Waiting(t.Context(), admin)); n != 1 {
			t.Errorf("%d wait", n)
		}
		if err := w.enrol.Resolve(t.Context(), admin, id, Resolution{State: DecideNew}); err != nil {
			t.Fatal(err)
		}
		if n := must[int](t)(w.enrol.Waiting(t.Context(), admin)); n != 0 {
			t.Errorf("%d wait for what was decided", n)
		}
		w.registers(t, m, "")
		heard.mu.Lock()
		defer heard.mu.Unlock()
		if strings.Join(heard.list, " ") != strings.Join([]string{id, id, id}, " ") {
			t.Errorf("opened, decided and done were told as %q", heard.list)
		}
		limited := coretest.Admin(scope.System("x").Grants[0].Rights, "g")
		if _, err := w.enrol.Waiting(t.Context(), limited); !problem.Is(err, problem.Forbidden) {
			t.Errorf("who sees some devices alone counts them: %v", err)
		}
	})
}

func TestAdministratorsAreWrittenToWhenComputersWait(t *testing.T) {
	eachSite(t, func(t *testing.T, w *site) {
		must[Rule](t)(w.enrol.AddRule(t.Context(), admin, Rule{Name: "All", Enabled: true, Verdict: ToReview}))
		secret := w.key(t, Place{})
		var mails []string
		down := true
		tell := func() {
			t.Helper()
			err := w.enrol.TellWaiting(t.Context(), func(_ context.Context, r scope.Right, subject, words string) error {
				if down {
					return errors.New("no mail today")
				}
				if r != scope.RegistrationEdit || strings.Contains(words, "pc-") {
					t.Errorf("those with %s are told %q", r, words)
				}
				mails = append(mails, subject)
				return nil
			})
			if down != (err != nil) {
				t.Fatal(err)
			}
		}
		w.registers(t, newMachine(t, "A1"), secret)
		tell()
		down = false
		tell() // what failed is told again
		tell()
		w.registers(t, newMachine(t, "A2"), secret)
		w.registers(t, newMachine(t, "A3"), secret)
		tell() // not within the hour
		w.Clock.Advance(tellEvery + time.Second)
		tell()
		w.Clock.Advance(2 * tellEvery)
		tell() // of these they know
		want := "A computer waits for your decision, 3 computers wait for your decision"
		if got := strings.Join(mails, ", "); got != want {
			t.Errorf("the mails were %q", got)
		}
	})
}
