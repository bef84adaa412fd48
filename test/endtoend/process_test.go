package endtoend

import (
	"context"
	"crypto/ed25519"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"drover/internal/base/clock"
	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/base/wbxml"
	"drover/internal/core/audit"
	"drover/internal/core/command"
	"drover/internal/core/device"
	"drover/internal/server"
	"drover/internal/server/zonetest"
	"drover/internal/simulate/phone"
	"drover/internal/simulate/upstream"
)

func config(data, database string) server.Config {
	return server.Config{
		Data: data, Database: database, DeviceAddr: "127.0.0.1:0", AdminAddr: "127.0.0.1:0", TLSMode: "zone",
		ProxyHeader: "X-Forwarded-For", LogLevel: "debug",
	}
}

// ledger keeps what devices were told: what was acknowledged to one must be there after a crash.
type ledger struct {
	mu      sync.Mutex
	keys    map[string]string // by DeviceId: the final policy key that the device was given last
	acks    map[string]bool   // devices whose wipe was acknowledged and answered
	ordered map[string]bool   // devices that are to be wiped
}

// TestKilledInTheMiddle kills a server while devices provision and acknowledge wipes, and starts it again: what a device
// was told is there, its key counts, the wipes are done, and the audit log is sound.
func TestKilledInTheMiddle(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		data, database := filepath.Join(t.TempDir(), "data"), databaseFor(t, e)
		_, address := mailServer(t, upstream.Options{Password: "secret"})
		w := prepared(t, data, database, address)
		book := &ledger{keys: map[string]string{}, acks: map[string]bool{}, ordered: map[string]bool{}}
		for round := range 3 {
			p := spawn(t, data, database)
			work(t, w, p, book, round)
		}
		p := spawn(t, data, database)
		for id, key := range book.keys {
			h := w.at(t, p, strings.TrimPrefix(id, "ID"))
			h.key = key
			want := []string{"1"}
			switch {
			case book.acks[id]:
				want = []string{"129"} // it is wiped and stays out
			case book.ordered[id]:
				want = []string{"129", "140"} // its word may have been written, and the answer lost
			}
			if got := h.folders().code(); !contains(want, got) {
				t.Errorf("after the crashes %s is answered with %q, want one of %q", id, got, want)
			}
		}
		p.terminate(t)
		verify(t, data, database, book)
		t.Logf("%d devices were given keys, %d were wiped", len(book.keys), len(book.acks))
	})
}

func databaseFor(t *testing.T, e sqldb.Engine) string {
	t.Helper()
	if e == sqldb.SQLite {
		return "" // in the data directory
	}
	return sqldbtest.NewURL(t, e)
}

// prepared makes a zone with a mail server and a policy, without a server.
func prepared(t *testing.T, data, database, mail string) *world {
	t.Helper()
	w := &world{Zone: &zonetest.Zone{CA: filepath.Join(data, "tls", "ca.pem")}, data: data, db: database}
	w.inside(t, func() {
		w.Mail(t, mail)
		w.suite = w.Policy(t, "strict")
		roomy(t, w)
	})
	return w
}

// inside opens the zone beside whatever server runs on it.
func (w *world) inside(t *testing.T, fn func()) {
	t.Helper()
	z, err := server.OpenZone(t.Context(), config(w.data, w.db), clock.System{}, quiet, func(string, string) {})
	if err != nil {
		t.Fatal(err)
	}
	w.Zone.Zone = z
	defer func() {
		if err := z.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := z.Revision.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	fn()
}

// at is a handset that talks to one of several servers.
func (w *world) at(t testing.TB, p *process, user string) *handset {
	t.Helper()
	w.Device = p.device
	h := w.handset(t, user, "14.1")
	h.client = &http.Client{Transport: &http.Transport{TLSClientConfig: tlsConfig(t, w.CA)}, Timeout: wait}
	t.Cleanup(h.client.CloseIdleConnections)
	return h
}

// work has devices provision without pause, orders wipes for some, and kills the server in the midst of it.
func work(t *testing.T, w *world, p *process, book *ledger, round int) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var all sync.WaitGroup
	for i := range 8 {
		h := w.at(t, p, fmt.Sprintf("r%dn%d", round, i))
		all.Go(func() { h.provisionForEver(ctx, book) })
	}
	_, before := book.counts()
	until(t, "every device has a key", func() bool { return book.has(round) })
	w.inside(t, func() {
		for i := range 4 {
			d, err := find(t, w.Zone, fmt.Sprintf("IDr%dn%d", round, i))
			if err != nil {
				t.Fatal(err)
			}
			book.ordered[d.EASID] = true
			w.wipe(t, d.ID)
		}
	})
	until(t, "a device has acknowledged its wipe", func() bool { _, acks := book.counts(); return acks > before })
	p.kill()
	stop()
	all.Wait()
}

// counts returns how many devices have keys, and how many have acknowledged a wipe.
func (l *ledger) counts() (keys, acks int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.keys), len(l.acks)
}

// has tells whether every device of a round has a key.
func (l *ledger) has(round int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range 8 {
		if l.keys[fmt.Sprintf("IDr%dn%d", round, i)] == "" {
			return false
		}
	}
	return true
}

// provisionForEver provisions, and obeys a wipe, until something fails.
func (p *handset) provisionForEver(ctx context.Context, book *ledger) {
	for ctx.Err() == nil {
		p.key = "0"
		offered, err := p.try("Provision", provisionRequest().Encode())
		if err != nil {
			return
		}
		if offered.body.Child(wbxml.ProvisionRemoteWipe) != nil {
			if s, err := p.try("Provision", wiped().Encode()); err == nil && s.status == http.StatusOK && s.body.Child(wbxml.ProvisionRemoteWipe) != nil {
				book.mu.Lock()
				book.acks[p.id] = true
				book.mu.Unlock()
			}
			return
		}
		temporary := policyOf(offered).Child(wbxml.ProvisionPolicyKey).Value()
		done, err := p.try("Provision", acknowledgement(temporary).Encode())
		if err != nil {
			book.mu.Lock()
			delete(book.keys, p.id) // it may have been written or not
			book.mu.Unlock()
			return
		}
		if final := policyOf(done).Child(wbxml.ProvisionPolicyKey).Value(); final != "" {
			book.mu.Lock()
			book.keys[p.id] = final
			book.mu.Unlock()
		}
	}
}

// verify looks at what the database says when the server has ended.
func verify(t *testing.T, data, database string, book *ledger) {
	t.Helper()
	w := &world{Zone: &zonetest.Zone{}, data: data, db: database}
	w.inside(t, func() {
		for id := range book.acks {
			d, err := find(t, w.Zone, id)
			if err != nil {
				t.Fatal(err)
			}
			list, _, err := w.Commands.List(t.Context(), system, command.Filter{Device: d.ID}, 10, "")
			if err != nil || len(list) != 1 || list[0].State != command.Done || d.State != device.Wiped {
				t.Errorf("%s is %s, its commands %+v (%v)", id, d.State, list, err)
			}
		}
		sound(t, w)
	})
}

// sound verifies the audit log with the heads outside the database.
func sound(t *testing.T, w *world) {
	t.Helper()
	heads, torn, err := audit.ReadHeads(w.Config.Heads())
	if err != nil {
		t.Fatal(err)
	}
	rep, err := w.Audit.Verify(t.Context(), system, publicKey(w), heads, torn)
	if err != nil || len(rep.Faults) > 0 || rep.Linked == 0 {
		t.Errorf("the audit log: %+v (%v)", rep, err)
	}
}

// TestTerminatedWithHeldPings ends a server that holds two hundred Pings: every one is answered, and the process ends in
// good order within the ten seconds that are promised.
func TestTerminatedWithHeldPings(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		const pings = 200
		data, database := filepath.Join(t.TempDir(), "data"), databaseFor(t, e)
		mail, address := mailServer(t, upstream.Options{Password: "secret"})
		w := prepared(t, data, database, address)
		p := spawn(t, data, database)
		seen := newSightings()
		fleet, err := phone.New(phone.Options{
			URL: p.device, Roots: trust(t, w.CA), Count: pings, UserPattern: "U%d", Password: "secret", Model: modelAt, Observe: seen.note,
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan phone.Report, 1)
		go func() { done <- fleet.Run(ctx) }()
		defer func() { stop(); <-done }()
		until(t, "all hold a Ping", func() bool { return mail.Held() == pings })
		p.terminate(t)
		until(t, "every Ping has ended", func() bool { return seen.phones(phone.PingEnded, 1) == pings })
		w.inside(t, func() {
			counts, err := w.Devices.Counts(t.Context(), system)
			if err != nil || counts.ByPolicy[device.PolicyAcknowledged] != pings {
				t.Errorf("%d of %d devices are known to have acknowledged the policy (%v)", counts.ByPolicy[device.PolicyAcknowledged], pings, err)
			}
			if counts.ByContact[device.WithinHour] != pings {
				t.Errorf("the last contact of %d of %d devices was written", counts.ByContact[device.WithinHour], pings)
			}
			sound(t, w)
		})
	})
}

// quiet is the log of zones that a test opens beside a server.
var quiet = slog.New(slog.DiscardHandler)

func tlsConfig(t testing.TB, ca string) *tls.Config {
	return &tls.Config{RootCAs: trust(t, ca), MinVersion: tls.VersionTLS12}
}

func publicKey(w *world) ed25519.PublicKey {
	key, _ := w.Keys.SigningKey().Public().(ed25519.PublicKey)
	return key
}

// sealed tells whether the newest record of the audit log has its place in the chain.
func sealed(t *testing.T, w *world) bool {
	t.Helper()
	list, _, err := w.Audit.List(t.Context(), system, audit.Filter{}, audit.Page{Limit: 1})
	return err == nil && len(list) == 1 && list[0].Number > 0
}
