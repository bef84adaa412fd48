package activesync

import (
	"net/http"
	"testing"
	"time"

	"drover/internal/base/wbxml"
)

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
		if len(outcomes) != 1 || !outcomes[0].Done || outcomes[0].Order != FullWipe || outcomes[0].Unauthenticated {
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
		if outcomes := read(w.zone, func() []Outcome { return w.zone.outcomes }); len(outcomes) != 1 || !outcomes[0].Done || outcomes[0].Order != AccountWipe {
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

func TestAWipeReachesADeviceWhileTheMailServerIsDown(t *testing.T) {
	w := newWorld(t)
	w.zone.values = strictValues
	p := w.phone(V141)
	p.enrol()
	w.clock.Advance(time.Hour)
	w.mail.Close()
	if g := p.folderSync(); g.status != http.StatusServiceUnavailable {
		t.Fatalf("without a wipe: HTTP %d", g.status)
	}
	w.zone.set(func() { w.zone.orders["id-DEV1"] = FullWipe })
	p.expect("with a wipe", p.folderSync(), int(statusWipeRequested))
	if p.provision(policies(p.kind())).Child(wbxml.ProvisionRemoteWipe) == nil {
		t.Error("there is no directive")
	}
	p.key++
	if g := p.folderSync(); g.status != http.StatusServiceUnavailable {
		t.Errorf("with another key: HTTP %d", g.status)
	}
}

func TestAWipeReachesAUserWhoIsLockedOut(t *testing.T) {
	w := newWorld(t)
	w.zone.values = strictValues
	p := w.phone(V141)
	p.enrol()
	w.clock.Advance(time.Hour)
	w.mail.on(func(rw http.ResponseWriter, _ *http.Request, _ string, _ []byte) bool {
		rw.WriteHeader(http.StatusForbidden)
		return true
	})
	w.zone.set(func() { w.zone.orders["id-DEV1"] = FullWipe })
	p.expect("with a wipe", p.folderSync(), int(statusWipeRequested))
	w.zone.set(func() { delete(w.zone.orders, "id-DEV1") })
	if g := p.folderSync(); g.status != http.StatusForbidden {
		t.Errorf("without one: HTTP %d", g.status)
	}
}
