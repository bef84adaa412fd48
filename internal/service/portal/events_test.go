package portal_test

import (
	"bufio"
	"net/http"
	"strings"
	"testing"
	"time"

	"drover/api/portalv1"
	"drover/internal/base/bus"
	"drover/internal/core/device"
	"drover/internal/server/zonetest"
	"drover/internal/service/portal"
)

// follow opens a user's stream of events and returns its lines.
func (b *browser) follow(t *testing.T) <-chan string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.w.Device+portal.Base+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.AddCookie(&http.Cookie{Name: portal.CookieName, Value: b.cookie})
	answer, err := b.w.Client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = answer.Body.Close() })
	if answer.StatusCode != http.StatusOK || answer.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("the stream answers %d %s", answer.StatusCode, answer.Header.Get("Content-Type"))
	}
	lines := make(chan string, 1000)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(answer.Body); s.Scan(); {
			lines <- s.Text()
		}
	}()
	await(t, lines, ": hello")
	return lines
}

// await reads on until a line begins so, and returns all lines up to it.
func await(t *testing.T, lines <-chan string, begin string) (read []string) {
	t.Helper()
	limit := time.After(time.Minute)
	for {
		select {
		case l, more := <-lines:
			if !more {
				t.Fatalf("the stream ended before a line %q", begin)
			}
			if read = append(read, l); strings.HasPrefix(l, begin) {
				return read
			}
		case <-limit:
			t.Fatalf("no line %q", begin)
		}
	}
}

// TestNobodyIsToldOfAnothersDevice has ann and bob follow while both have something changed, by name and by order. Each is told
// of the own device, and of nothing else.
func TestNobodyIsToldOfAnothersDevice(t *testing.T) { onBoth(t, nobodyIsToldOfAnothersDevice) }

func nobodyIsToldOfAnothersDevice(t *testing.T, w *world) {
	t.Helper()
	ann, bob := w.signIn(t, "ann"), w.signIn(t, "bob")
	hers, his := ann.follow(t), bob.follow(t)
	name := func(who string) {
		w.Bus.Publish(bus.Message{Topic: "event", Body: "device " + w.devices[who].ID})
	}
	order := func(who string, b *browser) {
		b.prove(t)
		b.do(t, "POST", w.path(who, "/commands"), portalv1.Order{Command: "full-wipe"}).want(http.StatusOK)
	}
	var told []string
	for range 3 { // bob's device changes before ann's each time: ann's line comes after all that might be told of his
		name("bob")
		name("ann")
		told = append(told, await(t, hers, `data: {"id":"`+w.devices["ann"].ID)...)
	}
	order("bob", bob)
	await(t, his, `data: {"id":"`+w.devices["bob"].ID)
	order("ann", ann)
	told = append(told, await(t, hers, `data: {"id":"`+w.devices["ann"].ID)...)
	// What belongs to nobody, or is no device at all.
	for _, body := range []string{"device x", "device", "command", "command x", "command x y", "audit 1", "user 1", ""} {
		w.Bus.Publish(bus.Message{Topic: "event", Body: body})
	}
	name("ann")
	told = append(told, await(t, hers, `data: {"id":"`+w.devices["ann"].ID)...)
	for _, l := range told {
		if strings.HasPrefix(l, "data") && l != `data: {"id":"`+w.devices["ann"].ID+`"}` || strings.HasPrefix(l, "event") && l != "event: device" {
			t.Errorf("ann is told %q", l)
		}
	}
}

// TestADeviceThatIsHandedOverIsToldToItsNewOwner has a device change hands while both follow.
func TestADeviceThatIsHandedOverIsToldToItsNewOwner(t *testing.T) {
	w := newWorld(t)
	hers, his := w.signIn(t, "ann").follow(t), w.signIn(t, "bob").follow(t)
	d, err := w.Zone.Devices.Get(t.Context(), zonetest.System, w.devices["ann"].ID)
	if err != nil {
		t.Fatal(err)
	}
	bob := w.users["bob"].ID
	if _, err := w.Zone.Devices.Edit(t.Context(), zonetest.System, d.ID, d.Version, device.Change{Owner: &bob}); err != nil {
		t.Fatal(err)
	}
	await(t, his, `data: {"id":"`+d.ID)
	other := w.phone(t, w.users["ann"], "another")
	w.Bus.Publish(bus.Message{Topic: "event", Body: "device " + d.ID})
	w.Bus.Publish(bus.Message{Topic: "event", Body: "device " + other.ID})
	for _, l := range await(t, hers, `data: {"id":"`+other.ID) {
		if strings.Contains(l, d.ID) {
			t.Errorf("ann is told of what was hers: %q", l)
		}
	}
}

// TestAUserHasSoManyStreams: the fifth is refused, and comes when another has gone.
func TestAUserHasSoManyStreams(t *testing.T) {
	w := newWorld(t)
	ann := w.signIn(t, "ann")
	for range 4 {
		ann.follow(t)
	}
	ann.do(t, "GET", "/events", nil).refused(http.StatusTooManyRequests, "portal.streams")
	w.signIn(t, "bob").follow(t)
}

// TestAStreamEndsWithItsSession signs out while a stream is open: what is told next ends it.
func TestAStreamEndsWithItsSession(t *testing.T) {
	w := newWorld(t)
	ann := w.signIn(t, "ann")
	lines := ann.follow(t)
	ann.do(t, "DELETE", "/session", nil).want(http.StatusOK)
	w.Bus.Publish(bus.Message{Topic: "event", Body: "device " + w.devices["ann"].ID})
	for l := range lines {
		if strings.HasPrefix(l, "data") {
			t.Errorf("it is told %q", l)
		}
	}
}
