package activesync

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/problem"
	"drover/internal/base/wbxml"
	"drover/internal/core/platform"
	"drover/internal/core/policy"

	"github.com/google/go-cmp/cmp"
)

func TestADeviceProvisionsBeforeItGetsMail(t *testing.T) {
	forms(t, func(t *testing.T, w *world, p *phone) {
		w.zone.values = strictValues
		p.expect("without a key", p.folderSync(), either(p.version, statusNotProvisioned))
		p.key = 77
		p.expect("with a key of nobody", p.folderSync(), either(p.version, statusNotProvisioned))

		p.key = 0
		first := p.provision(policies(p.kind()))
		if p.version == V25 {
			if text := policyOf(first).Child(wbxml.ProvisionData).Value(); !strings.Contains(text, "wap-provisioningdoc") {
				t.Errorf("the policy is %q", text)
			}
		} else if got := policyOf(first).Child(wbxml.ProvisionData).Child(wbxml.ProvisionEASProvisionDoc).Child(wbxml.ProvisionMinDevicePasswordLength).Value(); got != "6" {
			t.Errorf("the least length is %q", got)
		}
		temporary := p.keyOf(first)
		p.key = temporary
		p.expect("with the temporary key", p.folderSync(), either(p.version, statusNotProvisioned))

		if got := policyOf(p.acknowledge(temporary+1, "1")).Child(wbxml.ProvisionStatus).Value(); got != "5" {
			t.Errorf("acknowledging another key: Policy status %s", got)
		}
		final := p.keyOf(p.acknowledge(temporary, "1"))
		if final == temporary {
			t.Error("the final key is the temporary one")
		}
		if again := p.keyOf(p.acknowledge(temporary, "1")); again != final {
			t.Error("the same acknowledgement got another key")
		}
		p.expect("with the temporary key again", p.folderSync(), either(p.version, statusInvalidKey))
		p.key = final
		p.passes()
		if n := len(w.mail.seen("FolderSync")); n != 1 {
			t.Errorf("the mail server saw %d FolderSyncs", n)
		}
		if n := len(w.mail.seen("Provision")); n != 0 {
			t.Errorf("the mail server saw %d Provisions", n)
		}
	})
}

func TestAPingNeedNotCarryTheKey(t *testing.T) {
	w := newWorld(t)
	w.zone.values = strictValues
	p := w.phone(V121)
	p.expect("a Ping before provisioning", p.post(Ping, nil), 449)
	p.enrol()
	p.key = 0
	if g := p.post(Ping, nil); string(g.body) != "answer to Ping" {
		t.Errorf("HTTP %d %q", g.status, g.body)
	}
	p.expect("another command without the key", p.folderSync(), 449)
	p.key = 77
	p.expect("a Ping with a wrong key", p.post(Ping, nil), 449)
}

func TestAnEditedPolicyAsksOnceAndThenStops(t *testing.T) {
	forms(t, func(t *testing.T, w *world, p *phone) {
		w.zone.values = strictValues
		p.enrol()
		p.passes()
		values := strictValues.Clone()
		values[platform.PasswordMinLength] = policy.Number(8)
		w.zone.set(func() { w.zone.values = values })
		p.expect("after the edit", p.folderSync(), either(p.version, statusRefresh))
		p.enrol()
		for range 3 {
			p.passes()
		}

		// The camera is a matter of 12.1: a device of an older version is not asked for what it cannot be told.
		values = values.Clone()
		values[platform.AllowCamera] = policy.Bool(false)
		w.zone.set(func() { w.zone.values = values })
		if p.version < V121 {
			p.passes()
			return
		}
		p.expect("after a second edit", p.folderSync(), either(p.version, statusRefresh))
		p.enrol()
		p.passes()
	})
}

func TestANewProtocolVersionProvisionsAnew(t *testing.T) {
	w := newWorld(t)
	w.zone.values = strictValues
	p := w.phone(V140)
	p.enrol()
	p.version = V141
	p.expect("the same key at another version", p.folderSync(), int(statusRefresh))
	p.enrol()
	p.passes()
}

func TestThePolicyIsFetchedAgainInTime(t *testing.T) {
	w := newWorld(t)
	w.zone.values = policy.Values{platform.PasswordRequired: policy.Bool(true), platform.RefreshInterval: policy.Number(24)}
	p := w.phone(V141)
	p.enrol()
	w.clock.Advance(23 * time.Hour)
	p.passes()
	w.clock.Advance(2 * time.Hour)
	p.expect("a day later", p.folderSync(), int(statusRefresh))
	p.enrol()
	p.passes()
}

func TestNoPolicyIsNoDocument(t *testing.T) {
	forms(t, func(t *testing.T, w *world, p *phone) {
		p.passes()
		root := p.provision(policies(p.kind()))
		if got := policyOf(root).Child(wbxml.ProvisionStatus).Value(); got != "2" || policyOf(root).Child(wbxml.ProvisionPolicyKey) != nil {
			t.Errorf("the answer is %s", foreign(t, root.Encode()))
		}
	})
}

func TestWrongProvisionRequests(t *testing.T) {
	w := newWorld(t)
	w.zone.values = strictValues
	p := w.phone(V141)
	status := func(n *wbxml.Node) string { return n.Child(wbxml.ProvisionStatus).Value() }
	if got := status(p.provision()); got != "2" {
		t.Errorf("an empty Provision: status %s", got)
	}
	if got := status(p.provision(policies())); got != "2" {
		t.Errorf("without a policy type: status %s", got)
	}
	if got := status(policyOf(p.provision(policies(wbxml.Leaf(wbxml.ProvisionPolicyType, typeXML))))); got != "3" {
		t.Errorf("the policy type of 2.5: Policy status %s", got)
	}
	g := p.post(Provision, []byte("\x03\x01\x6a\x00\x00\x0e\x45\xc3\x8f\xff\xff\xff\x7f"))
	p.expect("an opaque bomb", g, 2)
	g = p.post(Provision, bytes.Repeat([]byte{0x45}, maxTerminated+1))
	if g.status != http.StatusServiceUnavailable {
		t.Errorf("a body beyond the bound: HTTP %d", g.status)
	}
}

func TestWhatADeviceDoesNotApply(t *testing.T) {
	for client, want := range map[string]Status{"2": statusNotProvisionable, "3": statusNotProvisionable, "4": statusExternallyManaged} {
		for _, v := range []Version{V121, V141} {
			w := newWorld(t)
			w.zone.values = strictValues
			p := w.phone(v)
			p.key = p.keyOf(p.provision(policies(p.kind())))
			g := p.send(Provision, wbxml.Elem(wbxml.ProvisionProvision, policies(p.kind(), wbxml.Int(wbxml.ProvisionPolicyKey, p.key), wbxml.Leaf(wbxml.ProvisionStatus, client))))
			p.expect("client status "+client, g, either(v, want))
			p.expect("mail after that", p.folderSync(), either(v, statusNotProvisioned))

			values := strictValues.Clone()
			values[platform.AllowNonProvisionable] = policy.Bool(true)
			w.zone.set(func() { w.zone.values = values })
			p.key = p.keyOf(p.provision(policies(p.kind())))
			p.key = p.keyOf(p.acknowledge(p.key, client))
			p.passes()
		}
	}
}

func TestADeviceThatCannotProvisionIsAskedAFewTimes(t *testing.T) {
	w := newWorld(t)
	w.zone.values = policy.Values{platform.PasswordRequired: policy.Bool(true), platform.AllowNonProvisionable: policy.Bool(true)}
	p := w.phone(V121)
	for range timesAsked {
		p.expect("at first", p.folderSync(), 449)
	}
	p.passes()
}

func TestADeviceThatProvisionsForEverIsSlowedDown(t *testing.T) {
	w := newWorld(t)
	w.zone.values = strictValues
	p := w.phone(V141)
	for range loopLimit {
		p.provision(policies(p.kind()))
	}
	for range 3 {
		g := p.send(Provision, wbxml.Elem(wbxml.ProvisionProvision, policies(p.kind())))
		if g.status != http.StatusServiceUnavailable || g.header.Get("Retry-After") == "" {
			t.Fatalf("HTTP %d", g.status)
		}
	}
	if n := strings.Count(w.log.String(), "over and over"); n != 1 {
		t.Errorf("it was reported %d times", n)
	}
	w.clock.Advance(loopWindow)
	p.enrol()
}

func TestWhatADeviceTellsOfItselfIsKept(t *testing.T) {
	w := newWorld(t)
	w.zone.values = strictValues
	p := w.phone(V141)
	info := wbxml.Elem(wbxml.SettingsDeviceInformation, wbxml.Elem(wbxml.SettingsSet,
		wbxml.Leaf(wbxml.SettingsModel, "One"), wbxml.Leaf(wbxml.SettingsPhoneNumber, "+1")))
	root := p.provision(info, policies(p.kind()))
	if got := root.Child(wbxml.SettingsDeviceInformation).Child(wbxml.SettingsStatus).Value(); got != "1" {
		t.Errorf("DeviceInformation status is %q", got)
	}
	p.enrol()
	p.send(Settings, wbxml.Elem(wbxml.SettingsSettings, info))
	want := []Information{{Model: "One", PhoneNumber: "+1"}, {Model: "One", PhoneNumber: "+1"}}
	if d := cmp.Diff(want, read(w.zone, func() []Information { return w.zone.told })); d != "" {
		t.Error(d)
	}
	if n := len(w.mail.seen("Settings")); n != 2 { // the question that proved the credentials, and the device's own
		t.Errorf("the mail server saw %d Settings", n)
	}
}

func TestBlockedDevices(t *testing.T) {
	forms(t, func(_ *testing.T, w *world, p *phone) {
		p.passes()
		w.zone.set(func() { w.zone.access = Blocked })
		p.expect("blocked", p.folderSync(), either(p.version, statusDeviceBlocked))
		p.expect("blocked", p.post(Ping, nil), either(p.version, statusDeviceBlocked))
		w.zone.set(func() { w.zone.access = Allowed })
		p.passes()
	})
}

func TestTooManyDevices(t *testing.T) {
	w := newWorld(t)
	w.zone.enrol = problem.New(problem.Conflict, "device.cap", "Too many.")
	p := w.phone(V141)
	p.expect("one too many", p.folderSync(), int(statusTooManyDevices))
	p.version = V121
	p.expect("one too many", p.folderSync(), http.StatusForbidden)
}

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
		"nothing": {func(w *world) { w.bus.Publish(bus.Message{Topic: "device:id-DEV1"}) },
			func(v Version) int {
				if v < V140 {
					return http.StatusOK
				}
				return pingExpired
			}},
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
	if g := <-answer; string(g.body) != "answer to Ping" {
		t.Errorf("HTTP %d %q", g.status, g.body)
	}
}

func TestFullWipe(t *testing.T) {
	forms(t, func(t *testing.T, w *world, p *phone) {
		w.zone.values = strictValues
		p.enrol()
		w.zone.set(func() { w.zone.orders["id-DEV1"] = FullWipe })
		p.expect("with a wipe pending", p.folderSync(), either(p.version, statusWipeRequested))
		for range 2 { // it is told until it answers
			root := p.provision(policies(p.kind()))
			if root.Child(wbxml.ProvisionRemoteWipe) == nil || root.Child(wbxml.ProvisionAccountOnlyRemoteWipe) != nil {
				t.Fatalf("the directive is %s", foreign(t, root.Encode()))
			}
		}
		done := wbxml.Elem(wbxml.ProvisionRemoteWipe, wbxml.Leaf(wbxml.ProvisionStatus, "1"))
		if got := p.provision(done).Child(wbxml.ProvisionStatus).Value(); got != "1" {
			t.Errorf("the acknowledgement got status %s", got)
		}
		outcomes := read(w.zone, func() []Outcome { return w.zone.outcomes })
		if len(outcomes) != 1 || !outcomes[0].Done || outcomes[0].Unauthenticated {
			t.Errorf("reported: %+v", outcomes)
		}
		p.expect("a wiped device", p.folderSync(), either(p.version, statusDeviceBlocked))
	})
}

func TestAWipeThatFailsOrComesBesideAPolicy(t *testing.T) {
	w := newWorld(t)
	w.zone.values = strictValues
	p := w.phone(V121)
	p.enrol()
	w.zone.set(func() { w.zone.orders["id-DEV1"] = FullWipe })
	failed := wbxml.Elem(wbxml.ProvisionRemoteWipe, wbxml.Leaf(wbxml.ProvisionStatus, "2"))
	root := p.provision(policies(p.kind()), failed)
	if root.Child(wbxml.ProvisionStatus).Value() != "2" || root.Child(wbxml.ProvisionRemoteWipe) == nil {
		t.Errorf("the answer is %s", foreign(t, root.Encode()))
	}
	outcomes := read(w.zone, func() []Outcome { return w.zone.outcomes })
	if len(outcomes) != 1 || outcomes[0].Done {
		t.Errorf("reported: %+v", outcomes)
	}
}

func TestAnAccountWipeIsNeverAFullOne(t *testing.T) {
	forms(t, func(t *testing.T, w *world, p *phone) {
		p.passes()
		w.zone.set(func() { w.zone.orders["id-DEV1"] = AccountWipe })
		if p.version < V161 {
			root := p.provision(policies(p.kind()))
			if root.Child(wbxml.ProvisionRemoteWipe) != nil || root.Child(wbxml.ProvisionAccountOnlyRemoteWipe) != nil {
				t.Fatalf("the answer is %s", foreign(t, root.Encode()))
			}
			if outcomes := read(w.zone, func() []Outcome { return w.zone.outcomes }); len(outcomes) != 1 || outcomes[0].Done {
				t.Errorf("reported: %+v", outcomes)
			}
			return
		}
		p.expect("with a wipe pending", p.folderSync(), int(statusWipeRequested))
		root := p.provision(policies(p.kind()))
		if root.Child(wbxml.ProvisionRemoteWipe) != nil || root.Child(wbxml.ProvisionAccountOnlyRemoteWipe) == nil {
			t.Fatal("the directive is wrong")
		}
		p.provision(wbxml.Elem(wbxml.ProvisionAccountOnlyRemoteWipe, wbxml.Leaf(wbxml.ProvisionStatus, "1")))
		if outcomes := read(w.zone, func() []Outcome { return w.zone.outcomes }); len(outcomes) != 1 || !outcomes[0].Done {
			t.Errorf("reported: %+v", outcomes)
		}
	})
}

func TestAWipeReachesADeviceWhosePasswordIsDead(t *testing.T) {
	forms(t, func(t *testing.T, w *world, p *phone) {
		w.zone.values = strictValues
		p.enrol()
		final := p.key
		w.mail.setPassword("another")
		w.clock.Advance(time.Hour)
		if g := p.folderSync(); g.status != http.StatusUnauthorized {
			t.Fatalf("without a wipe: HTTP %d", g.status)
		}
		w.zone.set(func() { w.zone.orders["id-DEV1"] = FullWipe })
		for name, stranger := range map[string]*phone{
			"another key":    {w: w, user: "alice", password: "x1", id: "DEV1", version: p.version, base64: p.base64, key: final + 1},
			"no key":         {w: w, user: "alice", password: "x2", id: "DEV1", version: p.version, base64: p.base64},
			"another device": {w: w, user: "bob", password: "x3", id: "DEV2", version: p.version, base64: p.base64, key: final},
		} {
			if g := do(stranger.request(Provision, wbxml.Elem(wbxml.ProvisionProvision, policies(p.kind())).Encode())); g.status != http.StatusUnauthorized {
				t.Errorf("%s: HTTP %d", name, g.status)
			}
		}
		p.expect("the device itself", p.folderSync(), either(p.version, statusWipeRequested))
		p.key = 0 // as clients begin a new provisioning
		if p.provision(policies(p.kind())).Child(wbxml.ProvisionRemoteWipe) == nil {
			t.Error("there is no directive")
		}
		p.provision(wbxml.Elem(wbxml.ProvisionRemoteWipe, wbxml.Leaf(wbxml.ProvisionStatus, "1")))
		outcomes := read(w.zone, func() []Outcome { return w.zone.outcomes })
		if len(outcomes) != 1 || !outcomes[0].Unauthenticated {
			t.Errorf("reported: %+v", outcomes)
		}
		p.key = final
		if g := p.folderSync(); g.status != http.StatusUnauthorized {
			t.Errorf("after the wipe: HTTP %d", g.status)
		}
	})
}

func TestWrongPasswordsDoNotReachTheMailServer(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	p.password = "old"
	for range 20 { // a phone that does not stop
		if g := p.folderSync(); g.status != http.StatusUnauthorized {
			t.Fatalf("HTTP %d", g.status)
		}
	}
	if n := len(w.mail.seen("Settings")); n != 1 {
		t.Errorf("the same wrong password was passed on %d times", n)
	}
	for i := range 20 { // somebody who guesses
		p.password = fmt.Sprintf("guess %d", i)
		p.folderSync()
	}
	if n := len(w.mail.seen("Settings")); n != wrongPerUser {
		t.Errorf("%d wrong passwords were passed on, want %d", n, wrongPerUser)
	}
	if g := p.folderSync(); g.status != http.StatusServiceUnavailable || g.header.Get("Retry-After") == "" {
		t.Errorf("HTTP %d", g.status)
	}
	if n := read(w.zone, func() int { return w.zone.asked + len(w.zone.enrolled) + len(w.zone.sightings) }); n != 0 {
		t.Errorf("what was not proven reached the zone %d times", n)
	}
	p.password, p.user = "secret", "bob"
	p.passes()
	w.clock.Advance(wrongWindow)
	p.user = "alice"
	p.passes()
}

func TestGuessersDoNotLockTheUserOut(t *testing.T) {
	w := newWorld(t)
	p, guesser := w.phone(V141), w.phone(V141)
	p.passes()
	w.clock.Advance(time.Hour) // the proof is old
	for i := range 10 {
		guesser.password = fmt.Sprintf("guess %d", i)
		guesser.folderSync()
	}
	p.passes()
}

func TestTheUserIsWhoTheCredentialsSay(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	for user, want := range map[string]int{"alice": 200, `DOM\alice`: 200, "Alice@example.test": 200, "bob": 403, "alice@elsewhere.test": 403} {
		r := p.request(FolderSync, folderSync0.Encode())
		q := r.URL.Query()
		q.Set("User", user)
		r.URL.RawQuery = q.Encode()
		if g := do(r); g.status != want {
			t.Errorf("User=%s: HTTP %d, want %d", user, g.status, want)
		}
	}
	if n := len(read(w.zone, func() []Contact { return w.zone.enrolled })); n != 1 {
		t.Errorf("%d devices were enrolled", n)
	}
	r := p.request(FolderSync, folderSync0.Encode())
	r.Header.Set("Authorization", "Bearer token")
	if g := do(r); g.status != http.StatusUnauthorized {
		t.Errorf("a bearer token that nobody validates: HTTP %d", g.status)
	}
	r.Header.Del("Authorization")
	if g := do(r); g.status != http.StatusUnauthorized || g.header.Get("Www-Authenticate") == "" {
		t.Errorf("no credentials: HTTP %d", g.status)
	}
}

func TestOptions(t *testing.T) {
	w := newWorld(t, func(u *Upstream) { u.Versions = []string{"12.1", "14.1", "16.1"} })
	r, err := http.NewRequest(http.MethodOptions, w.front.URL+Path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if g := do(r); g.status != http.StatusUnauthorized {
		t.Errorf("without credentials: HTTP %d", g.status)
	}
	r.SetBasicAuth("alice", "secret")
	g := do(r)
	if got := g.header.Get("Ms-Asprotocolversions"); got != "12.1,14.1,16.1" {
		t.Errorf("versions %q", got)
	}
	if got := g.header.Get("Ms-Asprotocolcommands"); got != "Sync,FolderSync,Ping,Provision" {
		t.Errorf("commands %q", got)
	}
	p := w.phone(V141)
	p.passes()
	if n := len(w.mail.seen("Settings")); n != 1 {
		t.Error("OPTIONS was taken for a proof")
	}
}

func TestBytesArePassedOnAsTheyAre(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	p.passes()
	large := bytes.Repeat([]byte("0123456789abcdef"), 64<<10) // 1 MB
	w.mail.on(func(rw http.ResponseWriter, _ *http.Request, cmd string, body []byte) bool {
		rw.Header().Set("X-Answer", cmd)
		rw.Header().Set("Connection", "X-Private")
		rw.Header().Set("X-Private", "1")
		rw.Header().Set("X-Ms-Rp", "12.1,99.9")
		rw.WriteHeader(http.StatusInsufficientStorage)
		_, _ = rw.Write(body)
		return true
	})
	for name, body := range map[string][]byte{"empty": {}, "small": []byte("\x03\x01\x6a\x00garbage"), "large": large} {
		for _, chunked := range []bool{false, true} {
			r := p.request(SendMail, body)
			r.URL.RawQuery = "deviceid=DEV1&CMD=sendmail&SaveInSent=T&devicetype=Phone&User=DOM%5calice"
			r.Header.Set("Content-Type", "message/rfc822")
			r.Header.Set("Connection", "X-Secret")
			r.Header.Set("X-Secret", "1")
			r.Header.Set("X-Forwarded-For", "192.0.2.1")
			if chunked {
				r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), -1
			}
			g := do(r)
			if g.err != nil || g.status != http.StatusInsufficientStorage || !bytes.Equal(g.body, body) {
				t.Fatalf("%s: HTTP %d, %d bytes, %v", name, g.status, len(g.body), g.err)
			}
			if g.header.Get("X-Answer") == "" || g.header.Get("X-Private") != "" || g.header.Get("X-Ms-Rp") != "12.1" {
				t.Errorf("%s: headers %v", name, g.header)
			}
			list := w.mail.seen("SendMail")
			last := list[len(list)-1]
			if last.Query != r.URL.RawQuery || !bytes.Equal(last.Body, body) {
				t.Errorf("%s: %q with %d bytes arrived", name, last.Query, len(last.Body))
			}
			for h, want := range map[string]string{"Content-Type": "message/rfc822", "Authorization": r.Header.Get("Authorization"),
				"X-Secret": "", "X-Forwarded-For": "", "User-Agent": "Phone/1"} {
				if got := last.Header.Get(h); got != want {
					t.Errorf("%s: %s is %q, want %q", name, h, got, want)
				}
			}
		}
	}
}

func TestAMailServerThatFails(t *testing.T) {
	for name, c := range map[string]func(w http.ResponseWriter, r *http.Request){
		"bad gateway": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"redirect": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://elsewhere.test/")
			w.WriteHeader(302)
		},
		"another address": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-MS-Location", "http://elsewhere.test/")
			w.WriteHeader(451)
		},
		"hangs up": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"short before it began": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			_, _ = w.Write([]byte("abc"))
		},
		"never answers": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(u *Upstream) { u.Timeout = 300 * time.Millisecond })
			p := w.phone(V141)
			p.passes()
			w.mail.on(func(rw http.ResponseWriter, r *http.Request, _ string, _ []byte) bool { c(rw, r); return true })
			g := p.folderSync()
			if g.status != http.StatusServiceUnavailable || g.header.Get("Retry-After") == "" {
				t.Errorf("HTTP %d %v", g.status, g.header)
			}
			if g.header.Get("Location")+g.header.Get("X-Ms-Location") != "" {
				t.Error("the client was led past the gateway")
			}
		})
	}
	t.Run("down from the start", func(t *testing.T) {
		w := newWorld(t)
		w.mail.Close()
		p := w.phone(V141)
		if g := p.folderSync(); g.status != http.StatusServiceUnavailable {
			t.Errorf("HTTP %d", g.status)
		}
		if n := len(read(w.zone, func() []Contact { return w.zone.enrolled })); n != 0 {
			t.Errorf("%d devices were enrolled", n)
		}
	})
	t.Run("breaks off in the middle", func(t *testing.T) {
		w := newWorld(t)
		p := w.phone(V141)
		p.passes()
		for _, declared := range []string{"", "100000"} {
			w.mail.on(func(rw http.ResponseWriter, _ *http.Request, _ string, _ []byte) bool {
				if declared != "" {
					rw.Header().Set("Content-Length", declared)
				}
				_, _ = rw.Write(bytes.Repeat([]byte("x"), 50_000))
				_ = http.NewResponseController(rw).Flush()
				panic(http.ErrAbortHandler)
			})
			if g := do(p.request(FolderSync, folderSync0.Encode())); g.err == nil {
				t.Errorf("length %q: half an answer of %d bytes was taken as whole", declared, len(g.body))
			}
		}
	})
}

func TestAClientThatBreaksOffSendsNothing(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	p.passes()
	r := p.request(SendMail, nil)
	reader, writer := io.Pipe()
	r.Body, r.ContentLength = reader, 100_000
	go func() {
		_, _ = writer.Write(bytes.Repeat([]byte("x"), 50_000))
		_ = writer.CloseWithError(errFault)
	}()
	if g := do(r); g.err == nil {
		t.Fatalf("HTTP %d", g.status)
	}
	if list := w.mail.seen("SendMail"); len(list) != 0 {
		t.Errorf("the mail server took %d bytes for a mail", len(list[0].Body))
	}
}

func TestNothingIsDecidedBlindly(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	p.passes()
	w.zone.set(func() { w.zone.stale = true })
	if g := p.folderSync(); g.status != http.StatusServiceUnavailable || g.header.Get("Retry-After") == "" {
		t.Errorf("HTTP %d", g.status)
	}
	w.zone.set(func() { w.zone.stale, w.zone.fault, w.zone.values = false, errFault, strictValues })
	if g := p.send(Provision, wbxml.Elem(wbxml.ProvisionProvision, policies(p.kind()))); g.status != http.StatusServiceUnavailable {
		t.Errorf("a key that could not be kept was given: HTTP %d", g.status)
	}
}

func TestRequestLinesThatCannotBeRead(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	for query, want := range map[string]int{"": 400, "Cmd=Erase&DeviceId=a": 501, "Cmd=Sync": 400, "jAAJ": 400} {
		r := p.request(FolderSync, nil)
		r.URL.RawQuery = query
		if g := do(r); g.status != want {
			t.Errorf("%q: HTTP %d, want %d", query, g.status, want)
		}
	}
	r := p.request(FolderSync, nil)
	r.Header.Set("MS-ASProtocolVersion", "15.0")
	if g := do(r); g.status != http.StatusBadRequest {
		t.Errorf("version 15.0: HTTP %d", g.status)
	}
}

func TestNoSecretIsLogged(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	p.password = "canary-password"
	p.folderSync()
	w.mail.setPassword("canary-password")
	w.clock.Advance(time.Hour)
	w.mail.on(func(rw http.ResponseWriter, _ *http.Request, cmd string, _ []byte) bool {
		if cmd == "FolderSync" {
			rw.WriteHeader(http.StatusBadGateway)
			return true
		}
		return false
	})
	p.folderSync()
	if text := w.log.String(); text == "" || strings.Contains(text, "canary") || strings.Contains(text, "alice") {
		t.Errorf("the log says %q", text)
	}
}

func TestCredentialsAreProvenForAutodiscover(t *testing.T) {
	w := newWorld(t)
	prove := func(password string) problem.Kind {
		r, err := http.NewRequest(http.MethodPost, "/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.SetBasicAuth("alice", password)
		if err := w.g.Prove(r); err != nil {
			return problem.From(err).Kind
		}
		return -1
	}
	if got := prove("wrong"); got != problem.Unauthenticated {
		t.Errorf("a wrong password: %v", got)
	}
	for range 3 {
		if got := prove("secret"); got != -1 {
			t.Errorf("the right password: %v", got)
		}
	}
	if n := len(w.mail.seen("Settings")); n != 2 {
		t.Errorf("the mail server was asked %d times", n)
	}
	w.mail.Close()
	w.clock.Advance(time.Hour)
	if got := prove("secret"); got != problem.Unavailable {
		t.Errorf("a mail server that is down: %v", got)
	}
}

func TestTroubleIsLoggedOnce(t *testing.T) {
	w := newWorld(t)
	p := w.phone(V141)
	w.mail.Close()
	for range 20 {
		p.folderSync()
	}
	if n := strings.Count(w.log.String(), "failed"); n != 1 {
		t.Errorf("it was logged %d times", n)
	}
}

func TestAVersionThatTheZoneDoesNotAllow(t *testing.T) {
	w := newWorld(t, func(u *Upstream) { u.Versions = []string{"14.1"} })
	p := w.phone(V121)
	if g := p.folderSync(); g.status != http.StatusBadRequest || g.header.Get("X-Ms-Rp") != "14.1" {
		t.Errorf("HTTP %d %v", g.status, g.header)
	}
	p.version = V141
	p.passes()
}

func TestANameInLatin1(t *testing.T) {
	if got, err := basicLogin(base64.StdEncoding.EncodeToString([]byte("j\xfcrgen:secret"))); err != nil || got.name != "jürgen" {
		t.Errorf("%q %v", got.name, err)
	}
}

// memory is a mail server without a network.
type memory struct{}

func (memory) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return nil, err
		}
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("ok")), ContentLength: 2}, nil
}

// FuzzGateway holds that no request line, body or header of a proven device brings the gateway down, whatever state the
// device is in.
func FuzzGateway(f *testing.F) {
	p := &phone{user: "alice", id: "DEV1", version: V141}
	f.Add("Cmd=Sync&User=alice&DeviceId=DEV1&DeviceType=Phone", "14.1", "0", syncRequest("0", "1").Encode(), byte(0))
	f.Add("Cmd=Provision&DeviceId=DEV1", "2.5", "77", wbxml.Elem(wbxml.ProvisionProvision, policies(p.kind())).Encode(), byte(1))
	f.Add(vector, "", "", []byte{}, byte(2))
	w := newWorld(f, func(u *Upstream) { u.Transport = memory{} })
	f.Fuzz(func(t *testing.T, query, version, key string, body []byte, state byte) {
		w.zone.set(func() {
			w.zone.access = Access(state % 3)
			w.zone.orders["id-DEV1"] = Order(state / 3 % 3)
			w.zone.values = strictValues
			if state&0x80 != 0 {
				w.zone.values = nil
			}
		})
		r := httptest.NewRequest(http.MethodPost, Path, bytes.NewReader(body))
		r.URL.RawQuery = query
		r.SetBasicAuth("alice", "secret")
		r.Header.Set("MS-ASProtocolVersion", version)
		r.Header.Set("X-MS-PolicyKey", key)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond) // what is held is let go
		defer cancel()
		defer func() {
			if v := recover(); v != nil && v != http.ErrAbortHandler {
				panic(v)
			}
		}()
		rec := httptest.NewRecorder()
		w.g.serveCommand(rec, r.WithContext(ctx))
		if rec.Code == http.StatusUnauthorized {
			t.Errorf("HTTP %d", rec.Code)
		}
	})
}
