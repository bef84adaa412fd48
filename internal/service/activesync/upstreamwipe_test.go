package activesync

import (
	"net/http"
	"slices"
	"testing"

	"drover/internal/base/bus"
	"drover/internal/base/wbxml"
)

func TestAWipeOfTheMailServerIsNotPassedOn(t *testing.T) {
	forms(t, func(t *testing.T, w *world, p *phone) {
		w.zone.values = strictValues
		server := &provisioner{length: "4", wipe: true}
		server.attach(w.mail)
		p.enrol()
		for range 2 {
			if g := p.folderSync(); g.status != http.StatusServiceUnavailable {
				t.Errorf("HTTP %d %q", g.status, g.body)
			}
		}
		asked := read(w.zone, func() Order { return w.zone.devices[place{"mail", "alice", "DEV1"}].Upstream.Wipe })
		if asked != FullWipe {
			t.Error("the zone was not told")
		}
		w.zone.set(func() { w.zone.orders["id-DEV1"] = FullWipe }) // somebody approved
		w.bus.Publish(bus.Message{Topic: "device:id-DEV1"})
		if p.provision(policies(p.kind())).Child(wbxml.ProvisionRemoteWipe) == nil {
			t.Error("there is no directive")
		}
		if told := server.acknowledged(); len(told) != 0 {
			t.Errorf("the mail server was told %q before the device has done anything", told)
		}
	})
}

// acknowledged returns how the mail server was told of a wipe.
func (p *provisioner) acknowledged() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.wiped)
}

// ordered has the mail server ask for a wipe and somebody approve it.
func (w *world) ordered(t *testing.T, p *phone, s *provisioner) {
	t.Helper()
	s.attach(w.mail)
	order := FullWipe
	if s.account {
		order = AccountWipe
	}
	p.settle()
	s.mu.Lock()
	s.wipe = true
	s.mu.Unlock()
	if g := p.folderSync(); g.status != http.StatusServiceUnavailable {
		t.Fatalf("HTTP %d %q", g.status, g.body)
	}
	w.zone.set(func() { w.zone.orders["id-DEV1"] = order })
	w.bus.Publish(bus.Message{Topic: "device:id-DEV1"})
}

// carries says that the device carries the order out, or, with status 2, that it could not.
func (p *phone) carries(tag wbxml.Tag, status string) {
	p.w.t.Helper()
	p.provision(wbxml.Elem(tag, wbxml.Leaf(wbxml.ProvisionStatus, status)))
}

func TestTheMailServerIsToldThatItsWipeWasCarriedOut(t *testing.T) {
	forms(t, func(t *testing.T, w *world, p *phone) {
		server := &provisioner{length: "4", account: p.version == V161}
		w.ordered(t, p, server)
		tag, want := wbxml.ProvisionRemoteWipe, "full 1"
		if server.account {
			tag, want = wbxml.ProvisionAccountOnlyRemoteWipe, "account 1"
		}
		p.carries(tag, "1")
		eventually(t, "the mail server is told", func() bool { return len(server.acknowledged()) > 0 })
		eventually(t, "the zone knows", func() bool { return read(w.zone, func() bool { return len(w.zone.untold) == 0 }) })
		p.folderSync()
		if got := server.acknowledged(); !slices.Equal(got, []string{want}) {
			t.Errorf("the mail server was told %q, want %q once", got, want)
		}
	})
}

func TestAMailServerThatDoesNotAnswerIsToldAtTheNextContact(t *testing.T) {
	for _, readmitted := range []bool{false, true} {
		w := newWorld(t)
		p, server := w.phone(V141), &provisioner{length: "4"}
		w.ordered(t, p, server)
		server.mu.Lock()
		server.deaf = true
		server.mu.Unlock()
		p.carries(wbxml.ProvisionRemoteWipe, "1")
		p.expect("while the mail server does not answer", p.folderSync(), int(statusDeviceBlocked))
		server.mu.Lock()
		server.deaf = false
		server.mu.Unlock()
		if readmitted {
			w.zone.set(func() { w.zone.access = Allowed })
		}
		eventually(t, "the mail server is told", func() bool {
			p.folderSync()
			return len(server.acknowledged()) > 0
		})
		if got := server.acknowledged()[0]; got != "full 1" {
			t.Errorf("the mail server was told %q", got)
		}
	}
}

func TestAWipeThatFailsIsNotAcknowledged(t *testing.T) {
	w := newWorld(t)
	p, server := w.phone(V141), &provisioner{length: "4"}
	w.ordered(t, p, server)
	p.carries(wbxml.ProvisionRemoteWipe, "2")
	p.folderSync()
	if got := server.acknowledged(); len(got) != 0 {
		t.Errorf("the mail server was told %q", got)
	}
}
