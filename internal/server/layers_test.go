package server

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/clock"
	"drover/internal/base/logfile"
	"drover/internal/base/mail"
	"drover/internal/base/outbound"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/door"
	"drover/internal/core/journal"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/release"
	"drover/internal/core/zone"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func ago(days int) time.Time { return noon.Add(-time.Duration(days) * 24 * time.Hour) }

// judged asserts a finding: what is not good says what to do about it, unless nobody can do anything.
func judged(t *testing.T, name string, f adminv1.SecurityFinding, state, words string) {
	t.Helper()
	if f.State != state || !strings.Contains(f.Words, words) {
		t.Errorf("%s: %+v", name, f)
	}
	if (f.State == stateBad || f.State == stateAttention) && f.Mend == "" {
		t.Errorf("%s does not say how to mend it: %+v", name, f)
	}
}

func TestKeysAreJudgedByTheirAge(t *testing.T) {
	judged(t, "new", judgeKeys(seal.State{Version: 1, Rotated: ago(3)}, noon), stateGood, "3 days ago")
	judged(t, "old", judgeKeys(seal.State{Version: 1, Rotated: ago(400)}, noon), stateAttention, "over a year")
	judged(t, "rotating", judgeKeys(seal.State{Version: 1, Rotated: ago(3), Rotating: true}, noon), stateAttention, "under way")
}

func TestTheAuditLogIsJudgedByItsLastVerification(t *testing.T) {
	sound := func(days int) audit.State { return audit.State{Verified: &audit.Verified{At: ago(days), Linked: 7}} }
	judged(t, "never", judgeChain(audit.State{}, noon), stateUnknown, "never")
	judged(t, "lately", judgeChain(sound(2), noon), stateGood, "2 days ago")
	judged(t, "long ago", judgeChain(sound(36), noon), stateAttention, "36 days ago")
	judged(t, "faulty", judgeChain(audit.State{Verified: &audit.Verified{At: ago(1), Faults: 2}}, noon), stateBad, "2 faults")
	waiting := sound(1)
	waiting.Waiting, waiting.Oldest = 3, noon.Add(-6*time.Minute)
	judged(t, "not sealed", judgeChain(waiting, noon), stateBad, "sealer")
	if f := judgeChain(sound(2), noon); !has(f, "verified", "2026-02-27T12:00:00Z") || !has(f, "records verified", "7") {
		t.Errorf("it does not say when: %+v", f.Facts)
	}
}

func TestSinksAreJudgedByTheirLastHead(t *testing.T) {
	judged(t, "taken", judgeSink(audit.SinkHealth{Name: "file", OK: true, Number: 4, At: noon}), stateGood, "taken")
	judged(t, "none", judgeSink(audit.SinkHealth{Name: "file", OK: true}), stateUnknown, "no head")
	judged(t, "refused", judgeSink(audit.SinkHealth{Name: "file", Error: "the disk is full"}), stateBad, "disk is full")
}

func TestFilesAreLookedAt(t *testing.T) {
	dir := t.TempDir()
	write := func(name string, mode os.FileMode) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	database := write("drover.db", 0o600)
	judged(t, "database", judgeSQLite(database), stateGood, "SQLite")
	write("drover.db-wal", 0o640)
	judged(t, "its log", judgeSQLite(database), stateBad, "Others on this machine")
	write("drover.db-wal", 0o600)
	judged(t, "database for all", judgeSQLite(write("drover.db", 0o644)), stateBad, "Others on this machine")
	judged(t, "no way to it", judgeSQLite(filepath.Join(database, "x")), stateUnknown, "cannot be looked at")

	write("keys/root.key", 0o600)
	write("keys/audit.pub", 0o644)
	judged(t, "keys", keyFiles(dir), stateGood, "owner alone")
	write("keys/zone-1.key", 0o604)
	judged(t, "a key for all", keyFiles(dir), stateBad, "Others on this machine")
	write("keys/zone-1.key", 0o600)
	if err := os.Chmod(filepath.Join(dir, "keys"), 0o750); err != nil {
		t.Fatal(err)
	}
	judged(t, "a directory for the group", keyFiles(dir), stateBad, "Others on this machine")
	judged(t, "no keys", keyFiles(filepath.Join(dir, "nowhere")), stateUnknown, "cannot be looked at")

	taken := judgeSink(audit.SinkHealth{Name: "file", OK: true, Number: 1, At: noon})
	judged(t, "heads", judgeHeads(taken, write("heads.jsonl", 0o644)), stateGood, "taken")
	judged(t, "heads for all", judgeHeads(taken, write("heads.jsonl", 0o622)), stateBad, "change the file")
	judged(t, "no way to the heads", judgeHeads(taken, filepath.Join(database, "x")), stateUnknown, "cannot be looked at")
}

func TestTheServerLogIsJudged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log", "drover.log")
	file, err := logfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	judged(t, "private", judgeFile(file.State()), stateGood, "owner alone")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	judged(t, "for all", judgeFile(file.State()), stateBad, "Others may read")
	judged(t, "lossy", judgeFile(logfile.State{Mode: 0o600, Dir: 0o700, Health: logfile.Health{Lost: 2}}, nil), stateAttention, "lost")
	judged(t, "full", judgeFile(logfile.State{Mode: 0o600, Dir: 0o700, Health: logfile.Health{Fault: errors.New("full")}}, nil), stateBad, "not be written")
	judged(t, "gone", judgeFile(logfile.State{}, os.ErrNotExist), stateUnknown, "cannot be looked at")
	judged(t, "elsewhere", (&Server{}).fileFinding(), stateUnknown, "whoever started it")
}

func TestDoorsAreJudgedByWhatTheyAreSetTo(t *testing.T) {
	judged(t, "certificate", judgeCertificate(noon.Add(90*24*time.Hour), "zone", noon), stateGood, "90 days")
	judged(t, "near its end", judgeCertificate(noon.Add(9*24*time.Hour), "files", noon), stateAttention, "9 days")
	judged(t, "ended", judgeCertificate(noon.Add(-time.Hour), "acme", noon), stateBad, "ended")
	judged(t, "none yet", judgeCertificate(time.Time{}, "acme", noon), stateUnknown, "none yet")

	ours := TLSConfig(NewACME(t.TempDir(), "", "", nil))
	f := judgeListener("x", "192.0.2.1:443", ours, false)
	judged(t, "ours", f, stateGood, "TLS 1.2")
	if !has(f, "oldest protocol", "TLS 1.2") || !has(f, "cipher of TLS 1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384") || !has(f, "reached by", "192.0.2.1:443 alone") {
		t.Errorf("its facts are %+v", f.Facts)
	}
	weak := ours.Clone()
	weak.CipherSuites = append(weak.CipherSuites, tls.TLS_RSA_WITH_AES_128_CBC_SHA)
	judged(t, "a weak cipher", judgeListener("x", "127.0.0.1:443", weak, false), stateBad, "weak ciphers")
	weak.MinVersion = tls.VersionTLS10
	judged(t, "an old protocol", judgeListener("x", "127.0.0.1:443", weak, false), stateBad, "TLS 1.0")
	judged(t, "devices from everywhere", judgeListener("x", "[::]:443", ours, false), stateGood, "")
	judged(t, "administrators from everywhere", judgeListener("x", "0.0.0.0:7443", ours, true), stateAttention, "every address")

	for address, want := range map[string]string{
		"[::]:443": "every address of this machine, port 443", "127.0.0.1:7443": "this machine alone, port 7443", "x": "unknown",
	} {
		if got := reachedBy(address); got != want {
			t.Errorf("%s is reached by %q", address, got)
		}
	}
}

func TestServicesAreJudgedByTheirDoors(t *testing.T) {
	no, yes := false, true
	inside := &door.Filter{Rules: []door.Rule{{Verdict: door.Allow, From: door.AllInternal}}, Otherwise: door.Deny}
	for name, c := range map[string]struct {
		service      zone.Service
		said         door.Settings
		address      string
		state, words string
		strangers    string
	}{
		"on":                   {zone.ServiceActiveSync, door.Settings{}, "[::]:443", stateGood, "On: ", "are let in"},
		"off":                  {zone.ServiceActiveSync, door.Settings{On: &no}, "[::]:443", stateOff, "Switched off", ""},
		"for some":             {zone.ServiceDashboard, door.Settings{On: &yes, Filter: inside}, "[::]:7443", stateGood, "On: ", "are kept out"},
		"without a proof":      {zone.ServiceDownload, door.Settings{On: &yes, Level: door.Open}, "127.0.0.1:1", stateAttention, "On: ", "are let in"},
		"a proof when they do": {zone.ServiceCollection, door.Settings{On: &yes, Level: door.Observe}, "[::]:443", stateAttention, "On: ", "are let in"},
		"needed, on loopback":  {zone.ServiceMonitoring, door.Settings{}, "127.0.0.1:7443", stateGood, "On: ", "are let in"},
		"needed, everywhere":   {zone.ServiceMonitoring, door.Settings{}, "[::]:7443", stateAttention, "On: ", "are let in"},
		"needed, for some":     {zone.ServiceMonitoring, door.Settings{Filter: inside}, "[::]:7443", stateGood, "On: ", "are kept out"},
	} {
		d := door.Default()
		c.said.Service = c.service
		d.Zone.Services = append(d.Zone.Services, c.said)
		row, _ := door.Lookup(c.service)
		f := judgeService(row, d.Compile("", nil)[c.service], c.address, noon)
		judged(t, name, f, c.state, c.words)
		if c.strangers != "" && !has(f, "addresses that no rule knows", c.strangers) {
			t.Errorf("%s: %+v", name, f.Facts)
		}
	}
	row, _ := door.Lookup(zone.ServicePortal)
	judged(t, "not known", judgeService(row, nil, "[::]:443", noon), stateUnknown, "cannot be read")
}

// TestACertificateByACMEIsReadWhereItIsKept: in the data directory, beside its key.
func TestACertificateByACMEIsReadWhereItIsKept(t *testing.T) {
	dir := t.TempDir()
	a := NewACME(dir, "", "", []string{"drover.example.org", "mail.example.org"})
	if end := a.Expires(); !end.IsZero() {
		t.Errorf("without any it ends at %v", end)
	}
	first, second := time.Now().Add(20*24*time.Hour).Truncate(time.Second), time.Now().Add(80*24*time.Hour)
	for name, end := range map[string]time.Time{"drover.example.org": second, "mail.example.org": first} {
		c := certify(t, end, name)
		text := append(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: []byte("x")}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.cert.Certificate[0]})...)
		if err := a.manager.Cache.Put(t.Context(), name, text); err != nil {
			t.Fatal(err)
		}
	}
	if end := a.Expires(); !end.Equal(first) {
		t.Errorf("the first ends at %v, not %v", end, first)
	}
	if err := a.manager.Cache.Put(t.Context(), "mail.example.org", []byte("text")); err != nil {
		t.Fatal(err)
	}
	if end := a.Expires(); !end.IsZero() {
		t.Errorf("of what is no certificate it reads %v", end)
	}
}

func TestTheUpdateCheckIsJudged(t *testing.T) {
	on := release.Config{Enabled: true, URL: "https://updates.example.org/m.json", Proxy: "http://proxy.example.org:3128"}
	manifest := release.Manifest{Serial: 1, Expires: noon.Add(24 * time.Hour), Releases: []release.Release{{Version: "1.2.0"}}}
	good := release.State{Config: on, Running: "v1.2.0", Checked: noon, OK: true, Answered: noon, Manifest: manifest, Peer: release.Peer{
		Protocol: "TLS 1.3", Cipher: "TLS_AES_128_GCM_SHA256", Certificates: []outbound.Certificate{{Subject: "CN=x", Issuer: "CN=y", Expires: noon}},
	}}
	change := func(f func(*release.State)) release.State {
		s := good
		f(&s)
		return s
	}
	f := judgeUpdates(good, noon)
	judged(t, "up to date", f, stateGood, "No newer version")
	if !has(f, "proxy", on.Proxy) || !has(f, "protocol then", "TLS 1.3") || !has(f, "issued by", "CN=y") || f.Page != "/updates" {
		t.Errorf("its facts are %+v", f)
	}
	judged(t, "off", judgeUpdates(release.State{}, noon), stateOff, "nothing is ever fetched")
	judged(t, "not asked", judgeUpdates(release.State{Config: on, Running: "v1.2.0"}, noon), stateUnknown, "not been asked")
	judged(t, "newer", judgeUpdates(change(func(s *release.State) { s.Running = "v1.1.0" }), noon), stateAttention, "1.2.0")
	judged(t, "security", judgeUpdates(change(func(s *release.State) {
		s.Running, s.Manifest.Releases = "v1.1.0", []release.Release{{Version: "1.2.0", Security: true}}
	}), noon), stateBad, "security fixes")
	judged(t, "not believed", judgeUpdates(change(func(s *release.State) { s.OK, s.Said = false, "Mend it." }), noon), stateAttention, "not believed")
	judged(t, "out of date", judgeUpdates(good, noon.Add(25*time.Hour)), stateAttention, "out of date")
	judged(t, "a working copy", judgeUpdates(change(func(s *release.State) { s.Running = "(devel)" }), noon), stateUnknown, "working copy")
}

// opened makes a server that serves nothing yet.
func opened(t *testing.T, database string, change ...func(*Config)) *Server {
	t.Helper()
	cfg := config(t, database)
	for _, c := range change {
		c(&cfg)
	}
	s, err := New(t.Context(), cfg, clock.System{}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	for _, read := range []func(context.Context) error{s.zone.Revision.Read, s.zone.Doors.Read} {
		if err := read(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// TestCollectedIsWhatAnySuiteAsks: versions that are being rolled out count, suites that nobody has do not, and there is no
// end to the list.
func TestCollectedIsWhatAnySuiteAsks(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		s := opened(t, url)
		ctx := t.Context()
		asks := func(settings ...platform.Setting) policy.Draft {
			values := policy.Values{}
			for _, x := range settings {
				values[x] = policy.Bool(true)
			}
			return policy.Draft{Content: policy.Content{Personal: values}}
		}
		create := func(name string, d policy.Draft, assign bool) policy.Suite {
			t.Helper()
			x, err := s.zone.Policies.Create(ctx, layersCaller, name, "", d)
			if err != nil {
				t.Fatal(err)
			}
			if assign {
				if _, err := s.zone.Policies.Assign(ctx, layersCaller, policy.Target{Kind: policy.ToDefault}, x.ID, 0); err != nil {
					t.Fatal(err)
				}
			}
			return x
		}
		create("idle", asks(platform.AuditPhoneLog), false)
		everybody := create("everybody", asks(platform.AuditLocation, platform.AuditPhoneNumber), true)
		_, err := s.zone.Policies.Stage(ctx, layersCaller, everybody.ID, 1, asks(platform.AuditDeviceLog), policy.Plan{Percent: 1})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.zone.Revision.Read(ctx); err != nil {
			t.Fatal(err)
		}
		found, err := s.personalFindings(ctx)
		if err != nil {
			t.Fatal(err)
		}
		phone := found[len(found)-1]
		if judged(t, "phone number", phone, stateGood, "Collected"); phone.Name != "Phone number" || !has(phone, "asked for by", "everybody (version 1)") {
			t.Errorf("phone number: %+v", phone)
		}
		for kind, want := range map[journal.Kind]string{
			journal.Location: "everybody (version 1)", journal.DeviceLog: "everybody (version 2, being rolled out)", journal.PhoneLog: "", journal.TextLog: "",
		} {
			d, err := journal.Describe(kind)
			if err != nil {
				t.Fatal(err)
			}
			f := found[slices.IndexFunc(found, func(f adminv1.SecurityFinding) bool { return f.Name == d.Words })]
			if want == "" {
				judged(t, string(kind), f, stateOff, "Not collected")
			} else if judged(t, string(kind), f, stateGood, "Collected"); !has(f, "asked for by", want) {
				t.Errorf("%s: %+v", kind, f.Facts)
			}
		}
	})
}

// TestDuressIsHeardWhereThereIsAMailServer: a suite that promises it without one is bad, and one that nobody has promises nothing.
func TestDuressIsHeardWhereThereIsAMailServer(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		s := opened(t, url)
		ctx := t.Context()
		look := func() adminv1.SecurityFinding {
			t.Helper()
			if err := s.zone.Revision.Read(ctx); err != nil {
				t.Fatal(err)
			}
			found, err := s.linkFindings(ctx)
			if err != nil {
				t.Fatal(err)
			}
			return found[slices.IndexFunc(found, func(f adminv1.SecurityFinding) bool { return f.Name == "Duress notifications" })]
		}
		x, err := s.zone.Policies.Create(ctx, layersCaller, "guards", "", policy.Draft{Content: policy.Content{Corporate: policy.Values{
			platform.PasswordRequired: policy.Bool(true), platform.LockDuress: policy.Bool(true), platform.LockDuressAddress: policy.Text("guard@example.org"),
		}}})
		if err != nil {
			t.Fatal(err)
		}
		judged(t, "assigned to nobody", look(), stateOff, "No suite")
		if _, err := s.zone.Policies.Assign(ctx, layersCaller, policy.Target{Kind: policy.ToDefault}, x.ID, 0); err != nil {
			t.Fatal(err)
		}
		f := look()
		if judged(t, "without a mail server", f, stateBad, "nobody is told"); !has(f, "promised by", "guards (version 1)") || !strings.Contains(f.Mend, "--smtp") {
			t.Errorf("it says %+v", f)
		}
		if s.tell.sender, err = mail.New("smtp://127.0.0.1:1", "", "drover@example.org", ""); err != nil {
			t.Fatal(err)
		}
		judged(t, "with one", look(), stateGood, "mail server")
	})
}

func TestPoliciesAreJudgedByTheDevicesInUse(t *testing.T) {
	for name, c := range map[string]struct {
		by           map[device.PolicyState]int
		state, words string
	}{
		"none":     {nil, stateOff, "no device"},
		"all":      {map[device.PolicyState]int{device.PolicyAcknowledged: 8}, stateGood, "8 of 8 devices in use"},
		"waiting":  {map[device.PolicyState]int{device.PolicyAcknowledged: 8, device.PolicySent: 1}, stateAttention, "8 of 9"},
		"refusing": {map[device.PolicyState]int{device.PolicyRefused: 1, device.PolicySent: 1}, stateBad, "0 of 2"},
	} {
		judged(t, name, judgePolicies(c.by), c.state, c.words)
	}
}

// TestDirectoriesTellPhoneNumbers: what a directory tells of its people is collected too, unless it is not to be read.
func TestDirectoriesTellPhoneNumbers(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		s := opened(t, url)
		look := func() adminv1.SecurityFinding {
			t.Helper()
			f, err := s.phoneFinding(t.Context(), nil)
			if err != nil {
				t.Fatal(err)
			}
			return f
		}
		judged(t, "without a directory", look(), stateOff, "Not collected")
		for _, x := range [][2]string{{"Quiet", "-"}, {"Staff", "mobile"}} {
			_, _, err := s.zone.Directories.Add(t.Context(), layersCaller, directory.Config{
				Name: x[0], Kind: directory.KindLDAP, LDAP: &directory.LDAPConfig{
					Servers: []string{"127.0.0.1:1"}, Users: directory.Branch{Base: "dc=example,dc=org"}, Attributes: directory.Attributes{Phone: x[1]},
				},
			}, "")
			if err != nil {
				t.Fatal(err)
			}
		}
		if f := look(); !has(f, "told by the directories", "Staff") {
			t.Errorf("with one: %+v", f)
		} else {
			judged(t, "with one", f, stateGood, "sealed")
		}
	})
}

// TestTheLayersOfANewZone looks at all five of a real server, and tells the same for a while.
func TestTheLayersOfANewZone(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		s := opened(t, url)
		out, err := s.securityLayers(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		states := map[string]string{}
		for _, l := range out.Layers {
			for _, f := range l.Findings {
				if f.Name == "" || f.Words == "" || f.Facts == nil {
					t.Errorf("%s: %+v", l.Key, f)
				}
				states[f.Name] = f.State
			}
		}
		for name, want := range map[string]string{
			"Mail server for notices": stateAttention, "Update check": stateOff, "Zone key": stateGood, "Key files": stateGood, "Database": stateGood,
			"Audit log": stateUnknown, "Signed heads to the file": stateUnknown, "Server log": stateUnknown, "This server's certificate": stateGood,
			"Listener for administrators": stateGood, "A password on the device": stateOff, "Policies acknowledged": stateOff,
		} {
			if states[name] != want {
				t.Errorf("%s is %q, not %q", name, states[name], want)
			}
		}
		again, err := s.securityLayers(t.Context())
		if err != nil || again.Checked != out.Checked {
			t.Errorf("it was looked at again at once (%v)", err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		s.layers.at = time.Time{}
		if _, err := s.securityLayers(gone); err == nil {
			t.Error("what could not be looked at was told")
		}
	})
}
