package companion

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"drover/api/companionv1"
	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/core/audit"
	"drover/internal/core/device"
)

func TestAPieceIsReadToItsLimitAndNoFurther(t *testing.T) {
	for size, fits := range map[int]bool{0: true, 9: true, 10: true, 11: false, 100_000: false} {
		read, err := io.ReadAll(&limited{bytes.NewReader(make([]byte, size)), 10})
		if (err == nil) != fits || fits && len(read) != size {
			t.Errorf("%d octets: %d were read, %v", size, len(read), err)
		}
		if !fits && !problem.Is(err, problem.TooLarge) {
			t.Errorf("%d octets: %v", size, err)
		}
	}
}

func TestASecondWaitEndsTheFirst(t *testing.T) {
	h := newHolding()
	first, other := h.add("1"), h.add("2")
	second := h.add("1")
	select {
	case <-first.replaced:
	default:
		t.Error("the first wait goes on")
	}
	h.remove("1", first) // as it ends, it must not take the second along
	for what, p := range map[string]*poll{"second": second, "another's": other} {
		select {
		case <-p.replaced:
			t.Errorf("the %s wait was ended", what)
		default:
		}
	}
	if len(h.all()) != 2 {
		t.Errorf("%d are held", len(h.all()))
	}
	second.ring()
	second.ring() // it does not block
	h.remove("1", second)
	h.remove("2", other)
	if len(h.list) != 0 {
		t.Errorf("%d are held", len(h.list))
	}
}

func TestSoManyAreHeldAndNoMore(t *testing.T) {
	h := newHolding()
	for i := range maxHeld {
		h.list[fmt.Sprint(i)] = &poll{replaced: make(chan struct{})}
	}
	if h.add("one more") != nil {
		t.Error("there is no bound")
	}
	if h.add("7") == nil {
		t.Error("who waits already cannot wait anew")
	}
}

func TestWhatBecameOfThePolicy(t *testing.T) {
	for states, want := range map[string]device.PolicyState{
		"applied applied": device.PolicyAcknowledged, "unsupported applied": device.PolicyAcknowledged, "refused": device.PolicyRefused,
		"refused unsupported": device.PolicyRefused, "refused applied": device.PolicyPartial,
	} {
		var list []companionv1.SettingReport
		for _, s := range strings.Fields(states) {
			list = append(list, companionv1.SettingReport{State: s})
		}
		if got := outcome(list); got != want {
			t.Errorf("%s is %s, want %s", states, got, want)
		}
	}
}

func TestWhenARequestWasMade(t *testing.T) {
	const tag = "drover-1"
	at := time.Unix(1_700_000_000, 0)
	input := `other=("@method");created=1;keyid="k";tag="x", sig=("@method");created=1700000000;keyid="k";tag="drover-1"`
	x := Signed{Input: input, Signature: "other=:AAAA:, sig=:AAAA:"}
	if got := x.made(tag); !got.Equal(at) {
		t.Errorf("%v", got)
	}
	for _, bad := range []Signed{{}, {Input: "nonsense", Signature: "nonsense"}} {
		if got := bad.made(tag); !got.IsZero() {
			t.Errorf("%+v: %v", bad, got)
		}
	}
}

// desk is where alarms go: it takes a mail when it is well, and keeps records.
type desk struct {
	mu      sync.Mutex
	ill     bool
	mails   []string
	records []audit.Record
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

func (d *desk) record(_ context.Context, r audit.Record) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.records = append(d.records, r)
	return nil
}

func (d *desk) told() (mails, records int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.mails), len(d.records)
}

func startAlarm(t *testing.T, d *desk) *alarm {
	t.Helper()
	a := newAlarm(Deps{Log: slog.New(slog.DiscardHandler), Clock: clock.System{}, Tell: d.tell, Record: d.record})
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { a.run(ctx) })
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	return a
}

var lost = device.Device{ID: "d-1", Name: "phone", Owner: "u-1", OwnerName: "ann"}

func TestACallForHelpIsSentOnceAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{}
		a := startAlarm(t, d)
		raise := func(x device.Device) {
			if err := a.raise(t.Context(), x, "guard@example.org"); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		for range 10 {
			raise(lost)
		}
		raise(device.Device{ID: "d-2", OwnerName: "bob"})
		if mails, records := d.told(); mails != 2 || records != 2 {
			t.Errorf("%d mails, %d records", mails, records)
		}
		time.Sleep(quiet)
		raise(lost)
		if mails, _ := d.told(); mails != 3 || len(a.raised) != 1 {
			t.Errorf("after a minute: %d mails, and %d devices are remembered", mails, len(a.raised))
		}
		r := d.records[0]
		if r.Device != "" || r.Owner != "" || r.Subject.ID != "" || r.Action != audit.Duress {
			t.Errorf("the record is found by its device or its owner: %+v", r)
		}
		if !strings.HasPrefix(d.mails[0], "guard@example.org Duress: ann ") {
			t.Errorf("%q", d.mails[0])
		}
	})
}

func TestACallForHelpIsTriedUntilItIsTakenOrSixHoursArePast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &desk{ill: true}
		a := startAlarm(t, d)
		if err := a.raise(t.Context(), lost, "guard@example.org"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		d.mu.Lock()
		d.ill = false
		d.mu.Unlock()
		time.Sleep(retryAlarm)
		synctest.Wait() // the next try is due at this very moment
		if mails, _ := d.told(); mails != 1 {
			t.Errorf("%d mails when the mail server is back", mails)
		}
		d.mu.Lock()
		d.ill = true
		d.mu.Unlock()
		if err := a.raise(t.Context(), lost, "guard@example.org"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(giveUp + time.Minute)
		synctest.Wait()
		if _, records := d.told(); records != 3 || d.records[2].Outcome != audit.Failed {
			t.Errorf("that nobody was told is not recorded: %+v", d.records)
		}
	})
}

// TestCallsForHelpAreBounded hangs the mail server: what does not fit is recorded as failed, and nothing waits.
func TestCallsForHelpAreBounded(t *testing.T) {
	d := &desk{}
	a := newAlarm(Deps{Log: slog.New(slog.DiscardHandler), Clock: clock.System{}, Tell: d.tell, Record: d.record}) // nobody sends
	for i := range maxAlarms + 10 {
		x := lost
		x.ID = string(rune('a' + i))
		if err := a.raise(t.Context(), x, "guard@example.org"); err != nil {
			t.Fatal(err)
		}
	}
	failed := 0
	for _, r := range d.records {
		if r.Outcome == audit.Failed {
			failed++
		}
	}
	if len(a.queue) != maxAlarms || failed != 10 {
		t.Errorf("%d wait, %d have failed", len(a.queue), failed)
	}
}
