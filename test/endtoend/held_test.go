package endtoend

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"drover/internal/base/page"
	"drover/internal/base/sqldb"
	"drover/internal/core/access"
	"drover/internal/core/command"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/door"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/safety"
	"drover/internal/core/zone"
	"drover/internal/server/zonetest"
	"drover/internal/simulate/phone"
	"drover/internal/simulate/upstream"
)

// fleetSize is how many simulated phones hold a Ping beside those that are asked one by one.
const fleetSize = 20

// change is something that happens to devices that hold a Ping.
type change struct {
	name string
	act  func(t *testing.T, w *world, undo func(func()))
	// sees is what every phone of the fleet meets then, for the so-manieth time.
	sees  phone.Kind
	times int
	// The rest are the answers to a FolderSync at 12.1 and 14.1, and to that after the change is undone: "" where it is not.
	at121, at141 string
	after        string
}

// TestWhatHappensToAHeldDeviceReachesIt has devices hold a Ping, changes something, and wants every Ping ended, the next
// command answered as the change asks, and, where the change can be undone, the next request after that served.
func TestWhatHappensToAHeldDeviceReachesIt(t *testing.T) {
	changes := []change{
		{"policy", stricter, phone.Provisioned, 2, "449", "143", ""},
		{"block", rule(device.Block), phone.Blocked, 1, "Forbidden", "129", "1"},
		{"quarantine", rule(device.Quarantine), phone.PingEnded, 1, "1", "1", "1"},
		{"user disabled", disableUsers, phone.Blocked, 1, "Forbidden", "126", "1"},
		{"mail server removed", removeServer, phone.Unauthorized, 1, "Unauthorized", "Unauthorized", ""},
		{"service off", switchOff, phone.Failed, 1, "Not Found", "Not Found", "1"},
		{"address kept out", keepOut, phone.Failed, 1, "Not Found", "Not Found", "1"},
		{"wipe", wipeAll, phone.Wiped, 1, "449", "140", ""},
	}
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		for _, c := range changes {
			t.Run(c.name, func(t *testing.T) { held(t, e, c) })
		}
	})
}

func held(t *testing.T, e sqldb.Engine, c change) {
	w := newWorld(t, e, upstream.Options{})
	roots := trust(t, w.CA)
	seen := newSightings()
	fleet, err := phone.New(phone.Options{
		URL: w.Device, Roots: roots, Count: fleetSize, UserPattern: "fleet%d", Password: "secret", Seed: c.name,
		Model: modelAt, Observe: seen.note,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan phone.Report, 1)
	go func() { done <- fleet.Run(ctx) }()
	t.Cleanup(func() { stop(); <-done })

	phones := []*handset{w.handset(t, "anna", "12.1"), w.handset(t, "bert", "14.1")}
	var pings []<-chan said
	for _, p := range phones {
		p.provision()
		pings = append(pings, p.ping())
	}
	foreign := w.handset(t, "carl", "14.1")
	foreign.provision()
	raw := rawPing(t, w, foreign)
	until(t, "all hold a Ping", func() bool { return w.mail.Held() == fleetSize+3 })

	var undo func()
	c.act(t, w, func(f func()) { undo = f })
	for i, p := range phones {
		want := []string{c.at121, c.at141}[i]
		end(t, p, pings[i])
		if got := p.folders().code(); got != want {
			t.Errorf("the next command at %s is answered with %q, want %q", p.version, got, want)
		}
	}
	if line := raw(); !strings.HasPrefix(line, "HTTP/1.1 ") {
		t.Errorf("the foreign client's Ping ended with %q", line)
	}
	until(t, "every phone of the fleet has met "+string(c.sees), func() bool {
		return seen.phones(c.sees, c.times) == fleetSize
	})
	if c.after == "" {
		return
	}
	undo()
	for _, p := range phones {
		if c.sees == phone.Failed { // each server reads the switches for itself, a moment later
			until(t, "the service is on again", func() bool { return p.folders().status != http.StatusNotFound })
		}
		if got := p.folders().code(); got != c.after {
			t.Errorf("when it is undone, the next command at %s is answered with %q, want %q", p.version, got, c.after)
		}
	}
}

// modelAt is a phone that speaks one version alone: half of them 12.1, half 14.1.
func modelAt(n int) phone.Model {
	m, err := phone.Find("ios")
	if err != nil {
		panic(err) // the name is in the list
	}
	m.Versions = []string{[]string{"12.1", "14.1"}[n%2]}
	return m
}

// sightings counts events by phone: one phone counts once for a kind.
type sightings struct {
	mu   sync.Mutex
	kind map[phone.Kind]map[string]int
}

func newSightings() *sightings { return &sightings{kind: map[phone.Kind]map[string]int{}} }

func (s *sightings) note(e phone.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.kind[e.Kind] == nil {
		s.kind[e.Kind] = map[string]int{}
	}
	s.kind[e.Kind][e.DeviceID]++
}

// phones tells how many phones have seen a kind at least n times.
func (s *sightings) phones(k phone.Kind, n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := 0
	for _, times := range s.kind[k] {
		if times >= n {
			count++
		}
	}
	return count
}

func trust(t testing.TB, ca string) *x509.CertPool {
	t.Helper()
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		t.Fatal("no certificate in " + ca)
	}
	return pool
}

// rawPing holds a Ping whose every byte is written here: the frame is that of the specification, made by nobody's
// encoder. It returns a function that waits for the first line of the answer.
func rawPing(t *testing.T, w *world, p *handset) func() string {
	t.Helper()
	c, err := tls.Dial("tcp", strings.TrimPrefix(w.Device, "https://"), &tls.Config{RootCAs: trust(t, w.CA), MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	// Page 13: Ping, HeartbeatInterval "600", Folders, Folder, Id "inbox", Class "Email".
	frame := "\x03\x01\x6a\x00\x00\x0d\x45\x48\x03600\x00\x01\x49\x4a\x4b\x03inbox\x00\x01\x4c\x03Email\x00\x01\x01\x01\x01"
	fmt.Fprintf(c, "POST /Microsoft-Server-ActiveSync?Cmd=Ping&User=%s&DeviceId=%s&DeviceType=%s HTTP/1.1\r\nHost: mail.example\r\n"+
		"Authorization: Basic %s\r\nMS-ASProtocolVersion: %s\r\nX-MS-PolicyKey: %s\r\nContent-Type: application/vnd.ms-sync.wbxml\r\n"+
		"Content-Length: %d\r\n\r\n%s", p.user, p.id, p.kind, base64.StdEncoding.EncodeToString([]byte(p.user+":"+p.password)),
		p.version, p.key, len(frame), frame)
	return func() string {
		if err := c.SetReadDeadline(time.Now().Add(wait)); err != nil {
			t.Fatal(err)
		}
		line, err := firstLine(c)
		if err != nil {
			t.Fatalf("the foreign client's Ping was not ended: %v", err)
		}
		return line
	}
}

func firstLine(c net.Conn) (string, error) {
	var line []byte
	for b := make([]byte, 1); ; {
		if _, err := io.ReadFull(c, b); err != nil {
			return "", err
		}
		if b[0] == '\n' {
			return string(line), nil
		}
		line = append(line, b[0])
	}
}

func stricter(t *testing.T, w *world, _ func(func())) {
	w.edit(t, platform.PasswordMinLength, policy.Number(12))
}

func rule(a device.Access) func(*testing.T, *world, func(func())) {
	return func(t *testing.T, w *world, undo func(func())) {
		r, err := w.Access.AddRule(t.Context(), zonetest.System, access.Rule{Name: "all", Kind: access.Any, Action: a, Note: "By the test."})
		if err != nil {
			t.Fatal(err)
		}
		undo(func() {
			if err := w.Access.RemoveRule(t.Context(), zonetest.System, r.ID); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func disableUsers(t *testing.T, w *world, undo func(func())) {
	all := func(disabled bool) {
		list, err := w.Users.List(t.Context(), zonetest.System, directory.Filter{}, page.Request{Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		for _, u := range list.Items {
			if _, err := w.Users.Edit(t.Context(), zonetest.System, u.ID, u.Version, directory.Draft{Name: u.Name, Mail: u.Mail, Disabled: disabled}); err != nil {
				t.Fatal(err)
			}
		}
	}
	all(true)
	undo(func() { all(false) })
}

func removeServer(t *testing.T, w *world, _ func(func())) {
	list, err := w.Upstream.List(t.Context(), zonetest.System)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Upstream.Remove(t.Context(), zonetest.System, list[0].ID); err != nil {
		t.Fatal(err)
	}
}

func switchOff(t *testing.T, w *world, undo func(func())) {
	now, err := w.DoorStore.Current(t.Context(), zonetest.System)
	if err != nil {
		t.Fatal(err)
	}
	off, err := w.DoorStore.Switch(t.Context(), zonetest.System, now.Number, "for the test", "", zone.ServiceActiveSync, false)
	if err != nil {
		t.Fatal(err)
	}
	undo(func() {
		if _, err := w.DoorStore.Switch(t.Context(), zonetest.System, off.Number, "for the test", "", zone.ServiceActiveSync, true); err != nil {
			t.Fatal(err)
		}
	})
}

func keepOut(t *testing.T, w *world, undo func(func())) {
	out := func(d *door.Document) {
		d.Zone.Settle(zone.ServiceActiveSync).Filter = &door.Filter{Rules: []door.Rule{{Verdict: door.Deny, From: "127.0.0.0/8"}}, Otherwise: door.Allow}
	}
	w.ChangeDoors(t, out)
	undo(func() {
		w.ChangeDoors(t, func(d *door.Document) { d.Zone.Settle(zone.ServiceActiveSync).Filter = nil })
	})
}

// roomy lets one administrator wipe as much as a test wants.
func roomy(t *testing.T, w *world) {
	t.Helper()
	rules, version, err := w.Safety.Rules(t.Context(), zonetest.System)
	if err != nil {
		t.Fatal(err)
	}
	plenty := safety.Budget{Hour: 1000, Day: 1000}
	rules.Actor, rules.Role, rules.Zone, rules.BatchDelay = plenty, plenty, plenty, 0
	if _, err := w.Safety.ChangeRules(t.Context(), zonetest.System, rules, version); err != nil {
		t.Fatal(err)
	}
}

// wipe orders a full wipe of devices and returns the commands.
func (w *world) wipe(t *testing.T, ids ...string) []command.Command {
	t.Helper()
	b, err := w.Commands.Request(t.Context(), zonetest.System, command.Request{Kind: platform.FullWipe, Devices: ids, Reason: "lost"})
	if err != nil {
		t.Fatal(err)
	}
	return b.Commands
}

func wipeAll(t *testing.T, w *world, _ func(func())) {
	roomy(t, w)
	list, err := w.Devices.List(t.Context(), zonetest.System, device.Query{Request: page.Request{Limit: 100}})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, d := range list.Items {
		ids = append(ids, d.ID)
	}
	w.wipe(t, ids...)
}
