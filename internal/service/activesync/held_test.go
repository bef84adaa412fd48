package activesync

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/wbxml"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
)

func TestQuarantineAndTheWayOut(t *testing.T) {
	forms(t, func(t *testing.T, w *world, p *phone) {
		w.zone.access = Quarantined
		w.zone.values = strictValues
		g := p.folderSync()
		root, err := wbxml.Parse(g.body)
		if err != nil {
			t.Fatal(err)
		}
		key := root.Child(wbxml.FolderHierarchySyncKey).Value()
		if !strings.HasPrefix(key, quarantineKey) {
			t.Fatalf("the key is %q", key)
		}
		g = p.send(Sync, syncRequest(quarantineFirst, "1"))
		if !bytes.Contains(g.body, []byte(notice.Subject)) {
			t.Errorf("the message did not come: HTTP %d %q", g.status, g.body)
		}
		w.zone.set(func() { w.zone.access = Allowed })
		p.enrol()
		folders := wbxml.Elem(wbxml.FolderHierarchyFolderSync, wbxml.Leaf(wbxml.FolderHierarchySyncKey, key))
		if got, err := wbxml.Parse(p.send(FolderSync, folders).body); err != nil || got.Child(wbxml.FolderHierarchyStatus).Value() != "9" {
			t.Errorf("the folders of the quarantine: %v, %v", got, err)
		}
		if got, err := wbxml.Parse(p.send(Sync, syncRequest(quarantineLast, "1")).body); err != nil || collection(got).Child(wbxml.AirSyncStatus).Value() != "3" {
			t.Errorf("the items of the quarantine: %v, %v", got, err)
		}
		p.passes()
		if n := len(w.mail.seen("FolderSync")) + len(w.mail.seen("Sync")); n != 1 {
			t.Errorf("the mail server saw %d requests", n)
		}
	})
}

func TestAHeldPingOfTheQuarantineEndsWithIt(t *testing.T) {
	w := newWorld(t)
	w.zone.access = Quarantined
	p := w.phone(V141)
	p.folderSync()
	answer := make(chan got, 1)
	ping := wbxml.Elem(wbxml.PingPing, wbxml.Leaf(wbxml.PingHeartbeatInterval, "900"), wbxml.Elem(wbxml.PingFolders))
	go func() { answer <- do(p.request(Ping, ping.Encode())) }()
	eventually(t, "the Ping is held", func() bool { return len(w.g.holding.all()) == 1 })
	w.zone.set(func() { w.zone.access = Allowed })
	w.bus.Publish(bus.Message{Topic: "zone"})
	p.expect("after the release", <-answer, pingFolderSync)
}

func TestAHeldRequestEndsWhenSomethingChanges(t *testing.T) {
	for name, c := range map[string]struct {
		change func(w *world)
		want   func(v Version) int
	}{
		"wipe": {func(w *world) {
			w.zone.set(func() { w.zone.orders["id-DEV1"] = FullWipe })
			w.bus.Publish(bus.Message{Topic: "device:id-DEV1"})
		}, func(v Version) int { return either(v, statusWipeRequested) }},
		"policy": {func(w *world) {
			w.zone.set(func() { w.zone.values = policy.Values{platform.PasswordRequired: policy.Bool(true)} })
			w.bus.Publish(bus.Message{Topic: "zone"})
		}, func(v Version) int { return either(v, statusRefresh) }},
		"block": {func(w *world) {
			w.zone.set(func() { w.zone.access = Blocked })
			w.bus.Publish(bus.Message{Topic: "zone"})
		}, func(v Version) int { return either(v, statusDeviceBlocked) }},
		"nothing": {
			func(w *world) { w.bus.Publish(bus.Message{Topic: "device:id-DEV1"}) },
			func(v Version) int {
				if v < V140 {
					return http.StatusOK
				}
				return pingExpired
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			forms(t, func(t *testing.T, w *world, p *phone) {
				w.zone.values = strictValues
				p.enrol()
				held, gone := make(chan struct{}), make(chan struct{})
				w.mail.on(func(_ http.ResponseWriter, r *http.Request, cmd string, _ []byte) bool {
					if cmd == "Ping" {
						close(held)
						<-r.Context().Done()
						close(gone)
					}
					return false
				})
				answer := make(chan got, 1)
				go func() { answer <- do(p.request(Ping, nil)) }()
				<-held
				c.change(w)
				p.expect(name, <-answer, c.want(p.version))
				<-gone // the mail server was let go
				if n := len(w.g.holding.all()); n != 0 {
					t.Errorf("%d exchanges are still held", n)
				}
			})
		})
	}
}

func TestOthersSleepOnWhenTheZoneChanges(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	p.passes()
	release := make(chan struct{})
	w.mail.on(func(_ http.ResponseWriter, r *http.Request, cmd string, _ []byte) bool {
		if cmd == "Ping" {
			select {
			case <-release:
			case <-r.Context().Done():
			}
		}
		return false
	})
	answer := make(chan got, 1)
	go func() { answer <- do(p.request(Ping, nil)) }()
	eventually(t, "the Ping is held", func() bool { return len(w.g.holding.all()) == 1 })
	before := read(w.zone, func() int { return w.zone.asked })
	w.zone.set(func() {})
	w.bus.Publish(bus.Message{Topic: "zone"})
	eventually(t, "the device is looked at again", func() bool { return read(w.zone, func() int { return w.zone.asked }) > before })
	close(release)
	if g := <-answer; string(g.body) != answerTo("Ping") {
		t.Errorf("HTTP %d %q", g.status, g.body)
	}
}

// A held Ping outlives the proof of its password. What is said when it ends is said to the proven alone.
func TestAHeldPingIsProvenAnewBeforeItIsToldAnything(t *testing.T) {
	for _, password := range []string{"secret", "another"} {
		w := newWorld(t)
		w.zone.values = strictValues
		p := w.phone(V141)
		p.enrol()
		p.passes()
		w.clock.Advance(time.Hour)
		w.mail.on(func(_ http.ResponseWriter, r *http.Request, cmd string, _ []byte) bool {
			if cmd == "Ping" {
				<-r.Context().Done()
			}
			return false
		})
		answer := make(chan got, 1)
		go func() { answer <- do(p.request(Ping, nil)) }()
		eventually(t, "the Ping is held", func() bool { return len(w.g.holding.all()) == 1 })
		w.mail.setPassword(password)
		w.zone.set(func() { w.zone.access = Blocked })
		w.bus.Publish(bus.Message{Topic: "zone"})
		want := int(statusDeviceBlocked)
		if password != "secret" {
			want = http.StatusUnauthorized
		}
		p.expect("at the end", <-answer, want)
	}
}

func TestAnOrderThatIsNotDueDoesNotDisturb(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	p.passes()
	w.zone.set(func() { w.zone.later = map[string]bool{"id-DEV1": true} })
	p.passes()
	w.mail.on(func(_ http.ResponseWriter, r *http.Request, cmd string, _ []byte) bool {
		if cmd == "Ping" {
			<-r.Context().Done()
		}
		return false
	})
	answer := make(chan got, 1)
	go func() { answer <- do(p.request(Ping, nil)) }()
	eventually(t, "the Ping is held", func() bool { return len(w.g.holding.all()) == 1 })
	before := read(w.zone, func() int { return w.zone.asked })
	w.zone.set(func() {})
	w.bus.Publish(bus.Message{Topic: "zone"})
	eventually(t, "the device is looked at again", func() bool { return read(w.zone, func() int { return w.zone.asked }) > before })
	if n := len(w.g.holding.all()); n != 1 {
		t.Errorf("%d are held", n)
	}
	w.zone.set(func() { w.zone.orders["id-DEV1"] = FullWipe })
	w.bus.Publish(bus.Message{Topic: "device:id-DEV1"})
	p.expect("when it is due", <-answer, int(statusWipeRequested))
}

// A change may come at the very moment at which the mail server begins to answer. Whatever wins, the client gets a whole
// answer or none.
func TestAChangeWhileTheMailServerBeginsToAnswer(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	p.passes()
	w.mail.on(func(rw http.ResponseWriter, r *http.Request, cmd string, _ []byte) bool {
		if cmd != "Ping" {
			return false
		}
		whole := answerTo("Ping")
		rw.Header().Set("Content-Type", wbxml.ContentType)
		rw.Header().Set("Content-Length", strconv.Itoa(len(whole)))
		_, _ = io.WriteString(rw, whole[:5])
		_ = http.NewResponseController(rw).Flush()
		w.bus.Publish(bus.Message{Topic: "device:id-DEV1"})
		select {
		case <-r.Context().Done():
		case <-time.After(time.Millisecond):
			_, _ = io.WriteString(rw, whole[5:])
		}
		return true
	})
	for range 200 {
		g := do(p.request(Ping, nil))
		if g.err == nil && string(g.body) != answerTo("Ping") && g.code(t, p.version) != pingExpired {
			t.Fatalf("HTTP %d %q", g.status, g.body)
		}
	}
}
