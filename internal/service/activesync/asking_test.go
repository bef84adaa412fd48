package activesync

import (
	"encoding/base64"
	"net/http"
	"slices"
	"testing"

	"drover/internal/base/wbxml"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
)

// Clients that know HTTP 449 alone are asked by it at every version, for their policy and for their wipe; others, and
// other statuses, are not touched by that.
func TestClientsThatKnow449Alone(t *testing.T) {
	for _, tt := range []struct {
		name    string
		ask449  []string
		version Version
		want    int
	}{
		{"by device type", []string{"other", "pHONE"}, V141, 449},
		{"by user agent", []string{"phone/"}, V160, 449},
		{"at an old version", nil, V121, 449},
		{"another type", []string{"Phone2", "one", "Phone/1.0"}, V141, int(statusNotProvisioned)},
		{"nobody", nil, V140, int(statusNotProvisioned)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, func(u *Upstream) { u.Ask449 = tt.ask449 })
			w.zone.values = strictValues
			p := w.phone(tt.version)
			g := p.folderSync()
			p.expect("unprovisioned", g, tt.want)
			if tt.want == 449 && len(g.body) != 0 {
				t.Errorf("449 has a body: %q", g.body)
			}
			p.enrol()
			p.passes()
			w.zone.set(func() { w.zone.orders["id-DEV1"] = FullWipe })
			want := int(statusWipeRequested)
			if tt.want == 449 {
				want = 449
			}
			p.expect("with a wipe", p.folderSync(), want)
			w.zone.set(func() { w.zone.orders["id-DEV1"], w.zone.access = NoOrder, Blocked })
			p.expect("blocked", p.folderSync(), either(tt.version, statusDeviceBlocked))
		})
	}
}

// A client that knows nothing of policy keys, and does not come for its policy, is told that it is too old. One that
// does know is asked on, and so is a Ping, which need not carry a key.
func TestAClientThatCannotProvision(t *testing.T) {
	forms(t, func(t *testing.T, w *world, p *phone) {
		w.zone.values = strictValues
		ask := func(c Command, keyed bool) got {
			r := p.request(c, folderSync0.Encode())
			if !keyed {
				r.Header.Del("X-MS-PolicyKey")
				if p.base64 {
					r.URL.RawQuery = keyless(t, p, c)
				}
			}
			return do(r)
		}
		for range timesAsked {
			p.expect("at first", ask(FolderSync, false), either(p.version, statusNotProvisioned))
		}
		p.expect("a Ping", ask(Ping, false), either(p.version, statusNotProvisioned))
		p.expect("with an empty key", ask(FolderSync, true), either(p.version, statusNotProvisioned))
		p.expect("in the end", ask(FolderSync, false), either(p.version, statusLegacyDevice))
		p.enrol() // it can after all
		p.passes()
	})
}

// keyless is the base64 line of a client that leaves the place of the policy key out.
func keyless(t *testing.T, p *phone, c Command) string {
	t.Helper()
	data, err := decodeBase64(p.query(c))
	if err != nil {
		t.Fatal(err)
	}
	at := 5 + len(p.id)
	return base64.StdEncoding.EncodeToString(slices.Concat(data[:at], []byte{0}, data[at+5:]))
}

// From 14.1 on a device must say what it is before it is sent a policy that it must take.
func TestTheFirstProvisionMustTellOfTheDevice(t *testing.T) {
	for _, v := range []Version{V121, V140, V141, V161} {
		w := newWorld(t)
		w.zone.values = strictValues
		p := w.phone(v)
		silent := func() *wbxml.Node {
			t.Helper()
			g := p.send(Provision, wbxml.Elem(wbxml.ProvisionProvision, policies(p.kind())))
			if g.status != http.StatusOK {
				t.Fatalf("%v: HTTP %d", v, g.status)
			}
			root, err := wbxml.Parse(g.body)
			if err != nil {
				t.Fatal(err)
			}
			return root
		}
		want := "1"
		if v >= V141 {
			want = "165"
		}
		root := silent()
		if got := root.Child(wbxml.ProvisionStatus).Value(); got != want || (policyOf(root) == nil) != (v >= V141) {
			t.Errorf("%v: status %q, want %q: %s", v, got, want, foreign(t, root.Encode()))
		}
		p.enrol()
		p.passes()
		w.zone.set(func() {
			w.zone.values = policy.Values{platform.PasswordRequired: policy.Bool(true), platform.AllowNonProvisionable: policy.Bool(true)}
		})
		if got := silent().Child(wbxml.ProvisionStatus).Value(); got != "1" {
			t.Errorf("%v: where devices may be that cannot take the policy, status %q", v, got)
		}
		w.zone.set(func() { w.zone.values = nil })
		if got := policyOf(silent()).Child(wbxml.ProvisionStatus).Value(); got != "2" {
			t.Errorf("%v: where there is no policy, its status is %q", v, got)
		}
	}
}

// A mail server that answers a Provision with a fault has no policy to tell of: that is not the same as having none.
func TestAProvisionThatTheMailServerCannotAnswer(t *testing.T) {
	for name, root := range map[string]*wbxml.Node{
		"a protocol error": provisionAnswer{Status: 2}.node(),
		"a server error":   provisionAnswer{Status: 3}.node(),
		"too old a device": provisionAnswer{Status: int(statusLegacyDevice)}.node(),
		"an unknown type":  provisionAnswer{Status: 1, Policy: &policyAnswer{Type: typeWBXML, Status: policyWrong}}.node(),
		"nothing":          wbxml.Elem(wbxml.ProvisionProvision),
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.phone(V141)
			p.passes()
			w.mail.on(func(rw http.ResponseWriter, _ *http.Request, cmd string, _ []byte) bool {
				rw.Header().Set("Content-Type", wbxml.ContentType)
				if cmd == "Provision" {
					_, _ = rw.Write(root.Encode())
					return true
				}
				_, _ = rw.Write(tell(V141, FolderSync, statusNotProvisioned).body)
				return true
			})
			if g := p.folderSync(); g.status != http.StatusServiceUnavailable || g.header.Get("Retry-After") == "" {
				t.Errorf("HTTP %d %q", g.status, g.body)
			}
		})
	}
}

// In quarantine nothing is kept for the device, and it is not told otherwise.
func TestAQuarantinedDeviceStoresNothing(t *testing.T) {
	w := newWorld(t)
	w.zone.access = Quarantined
	p := w.phone(V141)
	g := p.send(Settings, wbxml.Elem(wbxml.SettingsSettings,
		aboutMe,
		wbxml.Elem(wbxml.SettingsDevicePassword, wbxml.Elem(wbxml.SettingsSet, wbxml.Leaf(wbxml.SettingsPassword, "recovery"))),
		wbxml.Elem(wbxml.SettingsUserInformation, wbxml.Elem(wbxml.SettingsGet))))
	root, err := wbxml.Parse(g.body)
	if err != nil {
		t.Fatal(err)
	}
	for tag, want := range map[wbxml.Tag]string{
		wbxml.SettingsDeviceInformation: "1", wbxml.SettingsDevicePassword: "7", wbxml.SettingsUserInformation: "1",
	} {
		if got := root.Child(tag).Child(wbxml.SettingsStatus).Value(); got != want {
			t.Errorf("%s has status %q, want %q", tag.Name(), got, want)
		}
	}
	if n := len(w.mail.seen("Settings")); n > 1 {
		t.Errorf("the mail server was asked %d times", n) // the proof alone
	}
}
