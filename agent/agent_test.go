package agent_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"drover/agent"
	"drover/agent/agenttest"
	"drover/agent/store"
	"drover/agent/system"
	"drover/agent/system/systemtest"
	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/clock"
)

// world is a zone and one computer in it.
type world struct {
	t       *testing.T
	zone    *agenttest.Zone
	dir     string
	machine *systemtest.Fake
	clock   *clock.Fake // the computer's
	level   *slog.LevelVar
}

func newWorld(t *testing.T) *world {
	t.Helper()
	z := agenttest.New(t)
	w := &world{
		t: t, zone: z, dir: t.TempDir(), machine: systemtest.New(system.Linux), clock: clock.NewFake(z.Clock.Now()), level: &slog.LevelVar{},
	}
	w.machine.Put("/etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n").Put("/etc/machine-id", "0123abcd\n")
	return w
}

func (w *world) store() *store.Store {
	w.t.Helper()
	s, err := store.Open(w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) register() store.Identity {
	w.t.Helper()
	id, err := agent.Register(w.t.Context(), w.store(), w.machine, w.clock, "1.2.3", agent.Join{
		Server: w.zone.Server.URL, Pin: w.zone.Pin(), Key: "key", Attributes: map[string]string{"room": "201"},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// start makes an agent anew from what is on the disk, as after a restart.
func (w *world) start() *agent.Agent {
	w.t.Helper()
	a, err := agent.New(agent.Options{
		Store: w.store(), Machine: w.machine, Clock: w.clock, Log: slog.New(slog.DiscardHandler), Level: w.level, Version: "1.2.3",
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return a
}

func (w *world) turn(a *agent.Agent) {
	w.t.Helper()
	if err := a.Turn(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) order(o agentv1.Order) agentv1.Order {
	o.Made = w.zone.Clock.Now().Format(time.RFC3339)
	if o.Expires == "" {
		o.Expires = w.zone.Clock.Now().Add(time.Hour).Format(time.RFC3339)
	}
	if o.Class == "" {
		o.Class = "none"
	}
	return o
}

func (w *world) summary() store.Summary {
	w.t.Helper()
	s, ok, err := store.ReadSummary(w.dir)
	if err != nil || !ok {
		w.t.Fatal(ok, err)
	}
	return s
}

// From nothing to a policy that is checked, mended and reported.
func TestAComputerJoinsObeysAndReports(t *testing.T) {
	w := newWorld(t)
	id := w.register()
	if id.Device != agenttest.Device || id.Zone != "Test zone" {
		t.Fatalf("%+v", id)
	}
	r := w.zone.Told().Registrations[0]
	if r.Key != "key" || r.Facts.OS != "Debian GNU/Linux 12 (bookworm)" || r.Facts.Machine != "0123abcd" || r.Facts.Attributes["room"] != "201" {
		t.Errorf("registered with %+v", r)
	}
	w.machine.Put("/etc/pam.d/common-password", "password requisite pam_pwquality.so retry=3\n").Put("/etc/security/pwquality.conf", "# minlen = 8\nminlen = 6\n")
	w.zone.Publish(agentv1.KindSettings, agentv1.Settings{Name: "ws-1", Zone: "Test zone", LogLevel: "debug", Refresh: agentv1.Interval{Minutes: 30}})
	w.zone.Publish(agentv1.KindPolicies, agentv1.Policies{Revision: "r1", Settings: []agentv1.PolicySetting{
		{Setting: agentv1.PasswordMinLength, Value: json.RawMessage("12"), Repair: true},
		{Setting: "of.tomorrow", Value: json.RawMessage("true"), Repair: true},
	}})
	a := w.start()
	w.turn(a)
	if got := w.machine.Text("/etc/security/pwquality.conf"); got != "# minlen = 8\nminlen = 12\n" {
		t.Errorf("pwquality.conf is %q", got)
	}
	s := w.zone.Told().Statuses[0]
	if s.Revision != "r1" || len(s.Settings) != 2 || s.Settings[0].State != agentv1.StateRepaired || s.Settings[0].Found != "6" ||
		s.Settings[1].State != agentv1.StateUnsupported || len(s.Documents) != 2 || s.Facts == nil {
		t.Errorf("reported %+v", s)
	}
	if w.level.Level() != slog.LevelDebug {
		t.Errorf("the log is at %v", w.level.Level())
	}
	w.turn(a)
	w.turn(a)
	told := w.zone.Told()
	if len(told.Statuses) != 2 || told.Statuses[1].Settings[0].State != agentv1.StateMet {
		t.Errorf("%d statuses; only what changed is told", len(told.Statuses))
	}
	if w.summary().Name != "ws-1" {
		t.Errorf("the person at the machine reads %+v", w.summary())
	}
}

func TestAWrongPinOrKeyLetsNobodyIn(t *testing.T) {
	w := newWorld(t)
	other := agenttest.New(t)
	for name, c := range map[string]struct {
		pin, key string
		why      func(error) bool
	}{
		"another zone's pin": {other.Pin(), "key", func(err error) bool { return err == talk.ErrPin }},
		"no pin":             {"", "key", func(err error) bool { return strings.Contains(err.Error(), "certificate") }},
		"a wrong key":        {w.zone.Pin(), "wrong", func(err error) bool { return talk.IsRefused(err, "registration.key") }},
	} {
		_, err := agent.Register(t.Context(), w.store(), w.machine, w.clock, "1", agent.Join{Server: w.zone.Server.URL, Pin: c.pin, Key: c.key})
		if err == nil || !c.why(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := len(w.zone.Told().Registrations); n != 0 {
		t.Errorf("%d registrations", n)
	}
	if _, member, _ := w.store().Identity(); member {
		t.Error("the computer thinks that it is a member")
	}
}

// The answer to a registration is lost: the next one brings the same key.
func TestALostAnswerCostsNoKey(t *testing.T) {
	w := newWorld(t)
	key, err := w.store().Key()
	if err != nil {
		t.Fatal(err)
	}
	w.zone.Change(func(told *agenttest.Told) { told.Lose = "POST " + agentv1.PathRegister })
	if _, err := agent.Register(t.Context(), w.store(), w.machine, w.clock, "1", agent.Join{Server: w.zone.Server.URL, Pin: w.zone.Pin()}); err == nil {
		t.Fatal("an answer that was lost is no error")
	}
	w.register()
	if n := len(w.zone.Told().Registrations); n != 2 {
		t.Errorf("%d registrations", n)
	}
	again, err := w.store().Key()
	if err != nil || !again.Equal(key) {
		t.Errorf("another key: %v", err)
	}
}

// The computer's clock is a year off: it learns the difference and never sets the clock.
func TestAWrongClockIsReckonedWith(t *testing.T) {
	w := newWorld(t)
	w.clock.Advance(-365 * 24 * time.Hour)
	w.register()
	w.zone.Publish(agentv1.KindPolicies, agentv1.Policies{Revision: "r1"})
	a := w.start()
	w.turn(a)
	s := w.zone.Told().Statuses[0]
	made, err := time.Parse(time.RFC3339, s.Made)
	if err != nil || made.Sub(w.zone.Clock.Now()).Abs() > time.Minute {
		t.Errorf("the status was made at %s, %v", s.Made, err)
	}
	if len(s.Documents) != 1 || s.Documents[0].Stale {
		t.Errorf("%+v", s.Documents)
	}
}

func TestAnAgentWithoutItsServerKeepsItsPolicy(t *testing.T) {
	w := newWorld(t)
	w.register()
	w.machine.Put("/etc/motd", "")
	w.zone.Publish(agentv1.KindPolicies, agentv1.Policies{Revision: "r1", Settings: []agentv1.PolicySetting{
		{Setting: agentv1.FilesAbsent, Value: json.RawMessage(`["/etc/motd"]`), Repair: true},
	}})
	w.turn(w.start())
	w.zone.Server.Close()
	w.clock.Advance(60 * 24 * time.Hour)
	w.machine.Put("/etc/motd", "back again")
	a := w.start()
	if err := a.Turn(t.Context()); err == nil {
		t.Error("nobody says that the server is gone")
	}
	if w.machine.Text("/etc/motd") != "" || w.summary().Problem == "" {
		t.Errorf("motd is %q, summary %+v", w.machine.Text("/etc/motd"), w.summary())
	}
}

func TestOrdersAreCarriedOutOnceAndTold(t *testing.T) {
	w := newWorld(t)
	w.register()
	w.machine.Say("loginctl lock-sessions", "").Say("shutdown", "")
	w.zone.Publish(agentv1.KindAssignments, agentv1.Assignments{Orders: []agentv1.Order{
		w.order(agentv1.Order{ID: "o1", Kind: agentv1.OrderLock}),
		w.order(agentv1.Order{ID: "o2", Kind: agentv1.OrderReboot, Class: "disruptive"}),
		w.order(agentv1.Order{ID: "o3", Kind: "of-tomorrow"}),
		w.order(agentv1.Order{ID: "o4", Kind: agentv1.OrderLock, Expires: w.zone.Clock.Now().Add(-time.Minute).Format(time.RFC3339)}),
	}})
	w.zone.Switch(agentv1.ServiceStatus, false) // nobody takes results for now
	w.turn(w.start())
	w.turn(w.start())
	w.zone.Switch(agentv1.ServiceStatus, true)
	w.turn(w.start())
	w.turn(w.start())
	got := map[string]string{}
	for _, r := range w.zone.Told().Results {
		got[r.Order] += r.State + " " + r.Reason
	}
	want := map[string]string{"o1": "done ", "o2": "done ", "o3": "failed not-supported", "o4": "failed expired"}
	for id, state := range want {
		if got[id] != state {
			t.Errorf("%s: %q, want %q", id, got[id], state)
		}
	}
	if n := len(w.machine.Ran("loginctl")); n != 1 {
		t.Errorf("locked %d times", n)
	}
	if ran := w.machine.Ran("shutdown"); len(ran) != 1 || !strings.HasPrefix(ran[0], "shutdown -r +1") {
		t.Errorf("ran %q", ran)
	}
}

func TestNothingIsErasedBeforeTheServerSaysGo(t *testing.T) {
	w := newWorld(t)
	w.register()
	w.machine.Say("lsblk", `{"blockdevices":[{"name":"sda","path":"/dev/sda","type":"disk","fstype":null,"mountpoints":[null],"children":[
		{"name":"sda2","path":"/dev/sda2","type":"part","fstype":"crypto_LUKS","mountpoints":[null],"children":[
			{"name":"root","path":"/dev/mapper/root","type":"crypt","fstype":"ext4","mountpoints":["/"]}]}]}]}`)
	w.machine.Say("cryptsetup erase", "").Say("shutdown", "").Say("usermod", "")
	w.machine.Put("/etc/passwd", "root:x:0:0::/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/bash\n").Put("/etc/group", "sudo:x:27:ann\n")
	w.zone.Publish(agentv1.KindAssignments, agentv1.Assignments{Orders: []agentv1.Order{
		w.order(agentv1.Order{ID: "wipe", Kind: agentv1.OrderWipe, Class: "destructive", Challenge: "challenge"}),
	}})
	w.turn(w.start())
	w.turn(w.start())
	if ran := w.machine.Ran("cryptsetup"); len(ran) != 0 {
		t.Fatalf("erased without go: %q", ran)
	}
	w.zone.Change(func(told *agenttest.Told) { told.Go = true })
	w.turn(w.start())
	w.turn(w.start())
	if ran := w.machine.Ran("cryptsetup"); len(ran) != 1 || ran[0] != "cryptsetup erase --batch-mode /dev/sda2" {
		t.Errorf("ran %q", ran)
	}
	if ran := w.machine.Ran("usermod"); len(ran) != 1 || !strings.HasSuffix(ran[0], " ann") {
		t.Errorf("ran %q", ran)
	}
	last := w.zone.Told().Results
	if r := last[len(last)-1]; r.State != agentv1.ResultDone || r.Order != "wipe" {
		t.Errorf("told %+v", r)
	}
}

// What was begun when the agent died is told as interrupted and never begun again.
func TestAnInterruptedOrderIsNotBegunAgain(t *testing.T) {
	w := newWorld(t)
	w.register()
	w.machine.Say("loginctl lock-sessions", "")
	o := w.order(agentv1.Order{ID: "o1", Kind: agentv1.OrderLock})
	w.zone.Publish(agentv1.KindAssignments, agentv1.Assignments{Orders: []agentv1.Order{o}})
	if err := w.store().Begin(store.Entry{Order: "o1", Begun: w.clock.Now(), Forget: w.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	w.turn(w.start())
	r := w.zone.Told().Results
	if len(r) != 1 || r[0].Reason != "interrupted" || len(w.machine.Ran("loginctl")) != 0 {
		t.Errorf("told %+v, ran %q", r, w.machine.Ran(""))
	}
}

func TestTheKeyIsRenewedAndALostAnswerIsMended(t *testing.T) {
	w := newWorld(t)
	first := w.register()
	w.advance(61 * 24 * time.Hour)
	w.zone.Publish(agentv1.KindPolicies, agentv1.Policies{Revision: "r1"})
	w.zone.Change(func(told *agenttest.Told) { told.Lose = "POST " + agentv1.PathKey })
	if err := w.start().Turn(t.Context()); err == nil {
		t.Fatal("the answer was not lost")
	}
	w.turn(w.start())
	id, _, err := w.store().Identity()
	if err != nil || id.Key == first.Key {
		t.Errorf("the key is the old one: %v", err)
	}
	if w.store().Renewing() {
		t.Error("the renewal has no end")
	}
	w.turn(w.start())
}

func (w *world) advance(d time.Duration) {
	w.zone.Clock.Advance(d)
	w.clock.Advance(d)
}

func TestInventoryIsToldWholeThenByDifferences(t *testing.T) {
	w := newWorld(t)
	w.register()
	status := func(version string) string {
		return "Package: openssl\nStatus: install ok installed\nVersion: " + version + "\nArchitecture: amd64\n\n" +
			"Package: gone\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: amd64\n"
	}
	w.machine.Put("/var/lib/dpkg/status", status("3.0.14"))
	w.zone.Publish(agentv1.KindSettings, agentv1.Settings{LogLevel: "info", Inventory: agentv1.Inventories{
		Every: agentv1.Interval{Minutes: 60}, Sections: []string{agentv1.SectionPackages},
	}})
	w.turn(w.start())
	w.turn(w.start())
	w.machine.Put("/var/lib/dpkg/status", status("3.0.15"))
	w.advance(2 * time.Hour)
	w.turn(w.start())
	told := w.zone.Told()
	if len(told.Inventories) != 2 || told.Inventories[1].Base == "" || len(told.Inventories[1].Inventory.Packages) != 1 {
		t.Fatalf("%d reports: %+v", len(told.Inventories), told.Inventories)
	}
	if p := told.Inventory.Packages; len(p) != 1 || p[0].Version != "3.0.15" {
		t.Errorf("the zone holds %+v", p)
	}
	w.zone.Change(func(told *agenttest.Told) { told.Inventory = agentv1.Inventory{} }) // restored from an old backup
	w.machine.Put("/var/lib/dpkg/status", status("3.0.16"))
	w.advance(2 * time.Hour)
	w.turn(w.start())
	if p := w.zone.Told().Inventory.Packages; len(p) != 1 || p[0].Version != "3.0.16" {
		t.Errorf("the zone holds %+v", p)
	}
	w.zone.Change(func(told *agenttest.Told) { told.Inventory = agentv1.Inventory{} }) // once more, and nothing changes any more
	w.advance(2 * time.Hour)
	w.turn(w.start())
	if p := w.zone.Told().Inventory.Packages; len(p) != 1 || p[0].Version != "3.0.16" {
		t.Errorf("the zone has lost an inventory that did not change: it holds %+v", p)
	}
}

func TestAHintBringsATurnAtOnce(t *testing.T) {
	w := newWorld(t)
	w.register()
	w.zone.Publish(agentv1.KindSettings, agentv1.Settings{LogLevel: "info", Hold: true, Refresh: agentv1.Interval{Minutes: 600}})
	ctx, end := context.WithCancel(t.Context())
	over := make(chan error, 1)
	a := w.start()
	go func() { over <- a.Run(ctx) }()
	eventually(t, "a connection is held", func() bool { return w.zone.Told().Held == 1 })
	w.machine.Put("/etc/motd", "x")
	w.zone.Publish(agentv1.KindPolicies, agentv1.Policies{Revision: "r2", Settings: []agentv1.PolicySetting{
		{Setting: agentv1.FilesAbsent, Value: json.RawMessage(`["/etc/motd"]`), Repair: true},
	}})
	w.zone.Hint(agentv1.Hint{Hint: agentv1.HintPing})
	w.zone.Hint(agentv1.Hint{Hint: agentv1.HintCheck})
	eventually(t, "the policy is obeyed and told", func() bool {
		s := w.zone.Told().Statuses
		return len(s) > 0 && s[len(s)-1].Revision == "r2" && w.machine.Text("/etc/motd") == ""
	})
	end()
	if err := <-over; err != nil {
		t.Error(err)
	}
	kinds := []string{}
	for _, e := range w.zone.Told().Events {
		kinds = append(kinds, e.Kind)
	}
	if len(kinds) == 0 || kinds[0] != agentv1.EventStart {
		t.Errorf("events: %q", kinds)
	}
}

// eventually waits until something holds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within 30 seconds: %s", what)
}

func TestALogIsUploadedInPieces(t *testing.T) {
	w := newWorld(t)
	w.register()
	if err := os.MkdirAll(w.dir+"/log", 0o700); err != nil {
		t.Fatal(err)
	}
	noise := make([]byte, 0, 40_000)
	for i := range 10_000 {
		noise = append(noise, byte('a'+(i*i*7+i/3)%26), byte('a'+(i*31)%23))
	}
	if err := os.WriteFile(w.dir+"/log/agent.log", noise, 0o600); err != nil {
		t.Fatal(err)
	}
	w.zone.Publish(agentv1.KindAssignments, agentv1.Assignments{Orders: []agentv1.Order{w.order(agentv1.Order{ID: "o1", Kind: agentv1.OrderLog})}})
	w.turn(w.start())
	told := w.zone.Told()
	if len(told.Uploads) != 1 {
		t.Fatalf("%d uploads", len(told.Uploads))
	}
	if left, err := w.store().Uploads(); err != nil || len(left) != 0 {
		t.Errorf("%d uploads wait, %v", len(left), err)
	}
	for _, raw := range told.Uploads {
		if len(raw) < 1000 {
			t.Errorf("%d octets: the log does not need more than one piece", len(raw))
		}
	}
}

// The server that a computer registered with is gone: it turns to the next one that it was told of, and back.
func TestAnAgentTurnsToTheNextServer(t *testing.T) {
	w := newWorld(t)
	w.register()
	first, second := w.zone.Server, w.zone.Second()
	w.zone.Publish(agentv1.KindLocations, agentv1.Locations{Location: "House 2", Servers: []agentv1.Server{
		{Role: "another", URLs: []string{"https://127.0.0.1:1"}},
		{Role: agentv1.RoleManagement, URLs: []string{"not an address", first.URL, second.URL}},
		{Role: agentv1.RoleCollection, URLs: []string{second.URL, first.URL}},
	}})
	w.zone.Publish(agentv1.KindPolicies, agentv1.Policies{Revision: "r1"})
	w.turn(w.start())
	first.Close()
	w.zone.Publish(agentv1.KindPolicies, agentv1.Policies{Revision: "r2"})
	w.turn(w.start()) // also after a restart it knows where else to ask
	told := w.zone.Told().Statuses
	if last := told[len(told)-1]; last.Revision != "r2" {
		t.Errorf("the last status is of %q", last.Revision)
	}
	if s := w.summary(); s.Location != "House 2" || s.Server != second.URL {
		t.Errorf("the person at the machine reads %+v", s)
	}
}

// What could not be looked at once is not told to be gone.
func TestASectionThatFailsOnceIsNotGone(t *testing.T) {
	w := newWorld(t)
	w.register()
	const disk = `{"blockdevices":[{"name":"sda","path":"/dev/sda","type":"disk","size":512110190592,"mountpoints":[null]}]}`
	w.machine.Say("lsblk", disk).Put("/var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nVersion: 1\n")
	w.zone.Publish(agentv1.KindSettings, agentv1.Settings{LogLevel: "info", Inventory: agentv1.Inventories{
		Every: agentv1.Interval{Minutes: 60}, Sections: []string{agentv1.SectionPackages, agentv1.SectionDisks},
	}})
	w.turn(w.start())
	w.machine.Say("lsblk", "nonsense").Put("/var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nVersion: 2\n")
	w.advance(2 * time.Hour)
	w.turn(w.start())
	if i := w.zone.Told().Inventory; len(i.Disks) != 1 || i.Packages[0].Version != "2" {
		t.Errorf("the zone holds %+v", i)
	}
	w.zone.Publish(agentv1.KindSettings, agentv1.Settings{LogLevel: "info", Inventory: agentv1.Inventories{
		Every: agentv1.Interval{Minutes: 60}, Sections: []string{agentv1.SectionPackages},
	}})
	w.advance(2 * time.Hour)
	w.turn(w.start())
	if i := w.zone.Told().Inventory; len(i.Disks) != 0 || len(i.Packages) != 1 {
		t.Errorf("nobody asks for disks any more, and the zone holds %+v", i)
	}
}
