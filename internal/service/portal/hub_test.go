package portal

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/page"
	"drover/internal/core/scope"
)

// belongs is a fleet in which the device "1-ann" is ann's.
func belongs(_ context.Context, _ scope.Caller, devices ...string) (map[string]string, error) {
	owners := map[string]string{}
	for _, d := range devices {
		_, owners[d], _ = strings.Cut(d, "-")
	}
	return owners, nil
}

func told(t *testing.T, f *follower) string {
	t.Helper()
	text, err := f.take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestOneQuestionForAllWhoFollow: what changes in one moment is asked about once, and not at all while nobody follows.
func TestOneQuestionForAllWhoFollow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		h := newHub(func(ctx context.Context, c scope.Caller, devices ...string) (map[string]string, error) {
			asked++
			return belongs(ctx, c, devices...)
		})
		h.hear(bus.Message{Body: "device 1-ann"})
		time.Sleep(time.Minute)
		synctest.Wait()
		ann, leave, err := h.follow("ann")
		if err != nil || asked > 0 {
			t.Fatal(asked, err)
		}
		bob, _, err := h.follow("bob")
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			h.hear(bus.Message{Body: "device 1-bob"})
			h.hear(bus.Message{Body: "command 7 2-bob"})
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if text := told(t, ann); text != "" || asked != 1 {
			t.Errorf("ann is told %q, after %d questions", text, asked)
		}
		if text := told(t, bob); strings.Count(text, "event") != 2 {
			t.Errorf("bob is told %q", text)
		}
		leave()
		if len(h.follows) != 1 || h.count != 1 {
			t.Errorf("%d follow", h.count)
		}
	})
}

func TestWhereOwnersAreNotKnownEverybodyLooksAgain(t *testing.T) {
	for what, owners := range map[string]func(context.Context, scope.Caller, ...string) (map[string]string, error){
		"too many": belongs,
		"out of reach": func(context.Context, scope.Caller, ...string) (map[string]string, error) {
			return nil, errors.New("away")
		},
	} {
		h := newHub(owners)
		f, _, err := h.follow("ann")
		if err != nil {
			t.Fatal(err)
		}
		h.due = true // the test tells, not the clock
		for i := range page.MaxLimit + 1 {
			h.hear(bus.Message{Body: fmt.Sprintf("device %d-bob", i)})
		}
		h.tell()
		if text := told(t, f); text != "event: device\ndata: {}\n\n" {
			t.Errorf("%s: %q", what, text)
		}
	}
}

func TestWhatASlowPageIsToldIsBounded(t *testing.T) {
	f := &follower{full: make(chan struct{}, 1)}
	for i := range 3 * maxDevices {
		f.put(fmt.Sprint(i))
	}
	if len(f.devices) > maxDevices {
		t.Errorf("%d devices are kept", len(f.devices))
	}
}
