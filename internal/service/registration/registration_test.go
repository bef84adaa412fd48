package registration_test

import (
	"crypto/x509"
	"errors"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"drover/agent"
	"drover/agent/store"
	"drover/agent/system"
	"drover/agent/system/systemtest"
	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/clock"
	"drover/internal/base/pki"
	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/device"
	"drover/internal/core/enrol"
	"drover/internal/core/platform"
	"drover/internal/server/zonetest"
)

// world is a running zone.
type world struct{ *zonetest.Zone }

func onBoth(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	for _, e := range sqldbtest.Engines {
		t.Run(string(e), func(t *testing.T) { fn(t, &world{zonetest.New(t, e)}) })
	}
}

// key makes an authorization key.
func (w *world) key(t *testing.T, uses int) string {
	t.Helper()
	_, secret, err := w.Enrol.AddAuthKey(t.Context(), zonetest.System, enrol.AuthKeyDraft{Name: "test", Uses: uses, Life: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func (w *world) authority(t *testing.T) *x509.Certificate {
	t.Helper()
	a, err := pki.OpenAuthority(w.Config.Data+"/tls", clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	return a.Certificate()
}

func (w *world) devices(t *testing.T) []device.Device {
	t.Helper()
	p, err := w.Zone.Devices.List(t.Context(), zonetest.System, device.Query{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Items
}

// computer is one with the real agent's own files; what it is made of is in memory.
type computer struct {
	w       *world
	dir     string
	machine *systemtest.Fake
	clock   *clock.Fake
}

func (w *world) computer(t *testing.T) *computer {
	t.Helper()
	c := &computer{w: w, dir: t.TempDir(), machine: systemtest.New(system.Linux), clock: clock.NewFake(time.Now())}
	c.machine.Put("/etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n").Put("/etc/machine-id", sqldb.NewID()+"\n").
		Put("/sys/class/dmi/id/product_serial", sqldb.NewID()+"\n")
	return c
}

func (c *computer) store(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (c *computer) join(t *testing.T, key string, change ...func(*agent.Join)) (store.Identity, error) {
	t.Helper()
	j := agent.Join{Server: c.w.Device, Pin: talk.Pin(c.w.authority(t)), Key: key}
	for _, f := range change {
		f(&j)
	}
	return agent.Register(t.Context(), c.store(t), c.machine, c.clock, "1.2.3", j)
}

func (c *computer) joined(t *testing.T) store.Identity {
	t.Helper()
	id, err := c.join(t, c.w.key(t, 1))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// client talks as the computer's agent does.
func (c *computer) client(t *testing.T) *talk.Client {
	t.Helper()
	s := c.store(t)
	id, _, err := s.Identity()
	if err != nil {
		t.Fatal(err)
	}
	client, err := agent.Client(s, id, c.clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

var readKey = talk.Request{Service: agentv1.ServiceRegistration, Method: http.MethodGet, Path: agentv1.PathKey}

// certified asks whether the computer's key counts.
func (c *computer) certified(t *testing.T) (k agentv1.Key, err error) {
	t.Helper()
	_, err = c.client(t).Do(t.Context(), readKey, &k)
	return k, err
}

// hostName is what a computer is called that nobody names otherwise: as this machine, up to the first dot.
func hostName(t *testing.T) string {
	t.Helper()
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	host, _, _ = strings.Cut(host, ".")
	return host
}

// TestAnAgentRegistersRenewsAndLeaves is the life of a key, by the agent's own code.
func TestAnAgentRegistersRenewsAndLeaves(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.computer(t)
		id := c.joined(t)
		list := w.devices(t)
		if len(list) != 1 || list[0].ID != id.Device || list[0].State != device.Active || list[0].Owner != "nobody" || id.Name != list[0].Name || id.Name != hostName(t) ||
			list[0].Platform != platform.LinuxAgent {
			t.Fatalf("%+v is registered as %+v", list, id)
		}
		if len(id.Signing) != 2 {
			t.Errorf("%d signing keys are named", len(id.Signing))
		}
		k, err := c.certified(t)
		if err != nil || k.ID != id.Key || k.Device != id.Device {
			t.Fatalf("%+v %v", k, err)
		}
		next, err := c.store(t).NextKey()
		if err != nil {
			t.Fatal(err)
		}
		csr, err := x509.CreateCertificateRequest(nil, &x509.CertificateRequest{}, next)
		if err != nil {
			t.Fatal(err)
		}
		old := c.client(t)
		renew := talk.Request{Service: agentv1.ServiceRegistration, Method: http.MethodPost, Path: agentv1.PathKey, Body: agentv1.Renewal{CSR: csr}}
		if _, err := old.Do(t.Context(), renew, &k); err != nil {
			t.Fatal(err)
		}
		if _, err := old.Do(t.Context(), readKey, nil); !talk.IsRefused(err, "key.ended") {
			t.Errorf("the old key: %v", err)
		}
		if _, err := old.Do(t.Context(), renew, nil); !talk.IsRefused(err, "key.ended") {
			t.Errorf("renewing by the old key: %v", err)
		}
		id.Key = k.ID
		if err := c.store(t).TakeNextKey(id); err != nil {
			t.Fatal(err)
		}
		if again, err := c.certified(t); err != nil || again.ID != k.ID {
			t.Errorf("the new key: %+v %v", again, err)
		}
		late := c.client(t)
		if err := agent.Leave(t.Context(), c.store(t), c.clock, ""); err != nil {
			t.Fatal(err)
		}
		if _, err := late.Do(t.Context(), readKey, nil); !talk.IsRefused(err, "key.ended") {
			t.Errorf("after leaving: %v", err)
		}
	})
}

// TestARetiredComputerIsRefused from its next request on, and when it registers with the same key.
func TestARetiredComputerIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for _, end := range []func(id string) error{
			func(id string) error { return w.Zone.Devices.Retire(t.Context(), zonetest.System, id, "sold") },
			func(id string) error { return w.Enrol.Revoke(t.Context(), zonetest.System, id) },
		} {
			c := w.computer(t)
			id := c.joined(t)
			if _, err := c.certified(t); err != nil {
				t.Fatal(err)
			}
			if err := end(id.Device); err != nil {
				t.Fatal(err)
			}
			if _, err := c.certified(t); !talk.IsRefused(err, "key.ended") {
				t.Errorf("its next request: %v", err)
			}
		}
	})
}

// TestAReadmittedComputerGoesOnByItsKey: retiring is undone as a whole; a key that was revoked stays so.
func TestAReadmittedComputerGoesOnByItsKey(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		retired, revoked := w.computer(t), w.computer(t)
		one, two := retired.joined(t), revoked.joined(t)
		if err := w.Enrol.Revoke(t.Context(), zonetest.System, two.Device); err != nil {
			t.Fatal(err)
		}
		for _, id := range []string{one.Device, two.Device} {
			if err := errors.Join(w.Zone.Devices.Retire(t.Context(), zonetest.System, id, "lost"), w.Zone.Devices.Readmit(t.Context(), zonetest.System, id, "found")); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := retired.certified(t); err != nil {
			t.Errorf("readmitted, it meets %v", err)
		}
		if _, err := revoked.certified(t); !talk.IsRefused(err, "key.ended") {
			t.Errorf("its key was revoked: %v", err)
		}
	})
}

// TestAnotherServerRefusesARevokedKey within the two seconds that the zone's revision takes.
func TestAnotherServerRefusesARevokedKey(t *testing.T) {
	dir, database := t.TempDir(), sqldbtest.NewURL(t, sqldb.PostgreSQL)
	here, there := &world{zonetest.Start(t, dir, database)}, &world{zonetest.Start(t, dir, database)}
	c := here.computer(t)
	id := c.joined(t)
	client, err := c.client(t).At(there.Device)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Do(t.Context(), readKey, nil); err != nil {
		t.Fatal(err)
	}
	if err := here.Enrol.Revoke(t.Context(), zonetest.System, id.Device); err != nil {
		t.Fatal(err)
	}
	since := time.Now()
	for {
		_, err := client.Do(t.Context(), readKey, nil)
		if talk.IsRefused(err, "key.ended") {
			t.Log("the other server refuses it after", time.Since(since).Round(time.Millisecond))
			break
		}
		if time.Since(since) > time.Minute {
			t.Fatalf("the other server still takes the key: %v", err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestAClockThatIsWrong learns the server's time from its refusal, and registers.
func TestAClockThatIsWrong(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for _, off := range []time.Duration{-30 * time.Hour, 20 * time.Minute} {
			c := w.computer(t)
			c.clock.Advance(off)
			c.joined(t)
			st, err := c.store(t).State()
			if err != nil || (st.Offset+off).Abs() > time.Minute {
				t.Errorf("a clock that is %v off has learnt %v, %v", off, st.Offset, err)
			}
			if _, err := c.certified(t); err != nil {
				t.Error(err)
			}
		}
	})
}

// TestS20AGuessedSerialOrAStolenNameGetsNothing: who says to be a computer that is registered comes in as another one, when it
// has a key of its own to show, and the first stays what it is.
func TestS20AGuessedSerialOrAStolenNameGetsNothing(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.computer(t)
		id := c.joined(t)
		thief := w.computer(t)
		thief.machine = c.machine
		if _, err := thief.join(t, ""); !talk.IsRefused(err, "registration.key", "registration.review") {
			t.Errorf("without a key: %v", err)
		}
		got, err := thief.join(t, w.key(t, 1))
		if err == nil && got.Device == id.Device {
			t.Error("facts alone have made it another computer")
		}
		if k, err := c.certified(t); err != nil || k.Device != id.Device {
			t.Errorf("the computer itself: %+v %v", k, err)
		}
	})
}

// TestS19WhatEveryAgentKnowsLetsNobodyIn: an agent without a key of the zone is refused, however it is built.
func TestS19WhatEveryAgentKnowsLetsNobodyIn(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		for _, key := range []string{"", "key", "drover", "AAAAAAAAAAAAAAAAAAAAAAAAAA"} {
			if _, err := w.computer(t).join(t, key); !talk.IsRefused(err, "registration.key", "registration.review") {
				t.Errorf("%q: %v", key, err)
			}
		}
		if list := w.devices(t); len(list) != 0 {
			t.Errorf("%+v", list)
		}
	})
}

// TestAnAgentIsToldWhereItIs: the pin decides, and which services are on.
func TestAnAgentIsToldWhereItIs(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		d, ca, err := talk.Discover(t.Context(), w.Device, talk.Pin(w.authority(t)))
		if err != nil || d.Tag == "" || !slices.Contains(d.Services, agentv1.ServiceRegistration) || !ca.Equal(w.authority(t)) {
			t.Errorf("%+v %v", d, err)
		}
		if _, _, err := talk.Discover(t.Context(), w.Device, "sha256:AAAA"); !errors.Is(err, talk.ErrPin) {
			t.Errorf("another zone's pin: %v", err)
		}
	})
}

// TestNothingOfAKeyIsLogged nor of what a computer is.
func TestNothingOfAKeyIsLogged(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c, key := w.computer(t), w.key(t, 1)
		if _, err := c.join(t, key); err != nil {
			t.Fatal(err)
		}
		log, err := os.ReadFile(w.Logs)
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{key, strings.TrimSpace(c.machine.Text("/sys/class/dmi/id/product_serial"))} {
			if strings.Contains(string(log), secret) {
				t.Errorf("the log holds %q", secret)
			}
		}
	})
}
