package activesync

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

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
	if g := p.post(Ping, nil); string(g.body) != answerTo("Ping") {
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
	want := []Information{{Model: "One", PhoneNumber: "+1"}, {Model: "Model 1"}, {Model: "One", PhoneNumber: "+1"}}
	if d := cmp.Diff(want, read(w.zone, func() []Information { return w.zone.told })); d != "" {
		t.Error(d)
	}
	if n := len(w.mail.seen("Settings")); n != 2 { // the question that proved the credentials, and the device's own
		t.Errorf("the mail server saw %d Settings", n)
	}
}
