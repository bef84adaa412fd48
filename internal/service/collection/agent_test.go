package collection_test

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drover/agent"
	"drover/agent/store"
	"drover/agent/system"
	"drover/agent/system/systemtest"
	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/clock"
	"drover/internal/base/page"
	"drover/internal/base/pki"
	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/command"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/enrol"
	"drover/internal/core/event"
	"drover/internal/core/inventory"
	"drover/internal/core/journal"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
	"drover/internal/core/spool"
	"drover/internal/server/zonetest"
	"drover/internal/service/collection"
)

// world is a running zone with a computer that has the real agent; what the agent looks at lies in memory.
type world struct {
	*zonetest.Zone
	dir     string
	machine *systemtest.Fake
	id      store.Identity
	suites  int
}

const bash = "Package: bash\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.2.15-2+b7\n\n"

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	for _, e := range sqldbtest.Engines {
		t.Run(string(e), func(t *testing.T) { fn(t, newWorld(t, e)) })
	}
}

func newWorld(t testing.TB, e sqldb.Engine) *world {
	t.Helper()
	w := &world{Zone: zonetest.New(t, e), dir: t.TempDir(), machine: systemtest.New(system.Linux)}
	w.machine.Put("/etc/os-release", "ID=debian\nVERSION_ID=12\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n").
		Put("/etc/machine-id", sqldb.NewID()+"\n").Put("/etc/hostname", "ws-1.example.org\n").
		Put("/etc/passwd", "root:x:0:0::/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/bash\n").Put("/etc/shadow", "ann:$y$x:19000:0:99999:7:::\n").
		Put("/etc/group", "sudo:x:27:ann\n").Put("/var/lib/dpkg/status", bash)
	w.register(t)
	return w
}

func (w *world) register(t testing.TB) {
	t.Helper()
	a, err := pki.OpenAuthority(w.Config.Data+"/tls", clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	_, key, err := w.Enrol.AddAuthKey(t.Context(), zonetest.System, enrol.AuthKeyDraft{Name: "test", Uses: 1, Life: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	w.id, err = agent.Register(t.Context(), w.store(t), w.machine, clock.System{}, "1.2.3", agent.Join{
		Server: w.Device, Pin: talk.Pin(a.Certificate()), Key: key,
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) store(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// turn has a newly started agent ask, scan and tell once.
func (w *world) turn(t *testing.T) {
	t.Helper()
	a, err := agent.New(agent.Options{
		Store: w.store(t), Machine: w.machine, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler), Level: &slog.LevelVar{}, Version: "1.2.3",
	})
	if err != nil {
		t.Fatal(err)
	}
	a.Scan()
	if err := a.Turn(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// ask has a suite ask every device for something from now on.
func (w *world) ask(t *testing.T, values policy.Values) {
	t.Helper()
	w.suites++
	s, err := w.Policies.Create(t.Context(), zonetest.System, fmt.Sprint("suite ", w.suites), "", policy.Draft{
		Content: policy.Content{Corporate: values, Personal: values},
	})
	if err == nil {
		_, err = w.Policies.Assign(t.Context(), zonetest.System, policy.Target{Kind: policy.ToDefault}, s.ID, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) items(t *testing.T, s inventory.Section) (out []string) {
	t.Helper()
	list, err := w.Inventory.Items(t.Context(), zonetest.System, w.id.Device, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, it := range list {
		out = append(out, strings.TrimSpace(it["name"]+" "+it["version"]))
	}
	return out
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); <-time.After(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within a minute: " + what)
		}
	}
}

func TestAPackageThatAptInstallsShowsAtTheNextScan(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.turn(t)
		if diff := cmp.Diff([]string{"bash 5.2.15-2+b7"}, w.items(t, inventory.Software)); diff != "" {
			t.Fatal(diff)
		}
		if got := w.items(t, inventory.System); len(got) != 1 {
			t.Errorf("%q", got)
		}
		w.machine.Put("/var/lib/dpkg/status", bash+"Package: jq\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.6-2.1\n\n")
		w.turn(t)
		if diff := cmp.Diff([]string{"bash 5.2.15-2+b7", "jq 1.6-2.1"}, w.items(t, inventory.Software)); diff != "" {
			t.Fatal(diff)
		}
		told, err := w.Inventory.Told(t.Context(), scope.Caller{Kind: scope.Device, ID: w.id.Device})
		if err != nil {
			t.Fatal(err)
		}
		if held, err := collection.UnpackTold(told.Body); err != nil || held.Hash() != told.Hash {
			t.Error("what is held is no base for the next difference:", err)
		}
		h, err := w.Inventory.History(t.Context(), zonetest.System, inventory.ChangeFilter{Device: w.id.Device, Section: inventory.Software}, page.Request{})
		if err != nil || len(h.Items) != 1 || h.Items[0].Kind != inventory.Added || h.Items[0].After["name"] != "jq" {
			t.Errorf("%+v, %v", h, err)
		}
		test, err := inventory.ParseTest("jq>=1.5,<1.7")
		if err != nil {
			t.Fatal(err)
		}
		found, err := w.Inventory.Search(t.Context(), zonetest.System, inventory.Query{Tests: []inventory.Test{test}}, page.Request{})
		if err != nil || len(found.Items) != 1 || found.Items[0].Device != w.id.Device {
			t.Errorf("%+v, %v", found, err)
		}
	})
}

func TestAnInventoryIsToldWholeWhereTheZoneHoldsAnother(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.turn(t)
		err := w.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), "DELETE FROM inventory_told")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		w.machine.Put("/var/lib/dpkg/status", "Package: jq\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.6-2.1\n\n")
		w.turn(t)
		if diff := cmp.Diff([]string{"jq 1.6-2.1"}, w.items(t, inventory.Software)); diff != "" {
			t.Error(diff)
		}
	})
}

func TestLocalUsersAreToldWhereASuiteAsks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.turn(t)
		if got := w.items(t, inventory.User); got != nil {
			t.Fatal("users are kept unasked:", got)
		}
		w.ask(t, policy.Values{platform.InventoryUsers: policy.Bool(true)})
		w.turn(t)
		if diff := cmp.Diff([]string{"ann", "root"}, w.items(t, inventory.User)); diff != "" {
			t.Fatal(diff)
		}
		w.ask(t, policy.Values{platform.InventoryUsers: policy.Bool(false)})
		w.turn(t)
		if got := w.items(t, inventory.User); got != nil {
			t.Error("users are kept that are not asked for any more:", got)
		}
	})
}

func (w *world) stock(t *testing.T, k journal.Kind) int {
	t.Helper()
	list, err := w.Journal.Stocks(t.Context(), zonetest.System, w.id.Device)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range list {
		if x.Kind == k {
			return x.Entries
		}
	}
	return 0
}

func TestWhoSignsInIsKeptWhereASuiteAsks(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		happen := func() {
			for _, e := range []agentv1.Event{
				{Kind: agentv1.EventLogin, Level: "info", Words: "Somebody signed in.", User: "ann"},
				{Kind: agentv1.EventMessage, Level: "warn", Words: "Somebody has changed what belongs to the agent."},
			} {
				if err := w.store(t).AddEvent(e, time.Now()); err != nil {
					t.Fatal(err)
				}
			}
			w.turn(t)
		}
		happen()
		if n := w.stock(t, journal.SignIn); n != 0 {
			t.Fatal(n, "sign-ins are kept unasked")
		}
		w.ask(t, policy.Values{platform.WatchLogins: policy.Bool(true)})
		happen()
		if n := w.stock(t, journal.SignIn); n != 1 {
			t.Fatal(n, "sign-ins are kept")
		}
		if waiting, _, err := w.store(t).Waiting(); err != nil || waiting != 0 {
			t.Error(waiting, "events wait for ever:", err)
		}
		p, err := w.Events.List(t.Context(), zonetest.System, event.Query{Device: w.id.Device, Least: event.Warn})
		if err != nil || len(p.Items) != 2 || p.Items[0].Words != "Somebody has changed what belongs to the agent." {
			t.Errorf("%+v, %v", p, err)
		}
		looked, err := w.Privacy.Entries(t.Context(), zonetest.System, journal.Query{Device: w.id.Device, Kind: journal.SignIn}, "a test")
		if err != nil || len(looked.Items) != 1 || !strings.Contains(string(looked.Items[0].Body), `"user":"ann"`) {
			t.Errorf("%+v, %v", looked, err)
		}
	})
}

// TestWhoHadAComputerBeforeIsNotTheOwnersBusiness: an agent that was away while its computer got another owner still has to tell who
// signed in before.
func TestWhoHadAComputerBeforeIsNotTheOwnersBusiness(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.ask(t, policy.Values{platform.WatchLogins: policy.Bool(true)})
		signIn := func(user string, at time.Time) {
			t.Helper()
			err := w.store(t).AddEvent(agentv1.Event{Kind: agentv1.EventLogin, Level: "info", Words: "Somebody signed in.", User: user}, at)
			if err != nil {
				t.Fatal(err)
			}
		}
		signIn("ann", time.Now().Add(-time.Minute))
		bob, err := w.Users.Add(t.Context(), zonetest.System, directory.Draft{Name: "bob"})
		if err != nil {
			t.Fatal(err)
		}
		d, err := w.Devices.Get(t.Context(), zonetest.System, w.id.Device)
		if err == nil {
			_, err = w.Devices.Edit(t.Context(), zonetest.System, d.ID, d.Version, device.Change{Owner: &bob.ID})
		}
		if err != nil {
			t.Fatal(err)
		}
		signIn("bob", time.Now().Add(2*time.Second))
		w.turn(t)
		looked, err := w.Privacy.Entries(t.Context(), zonetest.System, journal.Query{Device: w.id.Device, Kind: journal.SignIn}, "a test")
		if err != nil || len(looked.Items) != 1 || !strings.Contains(string(looked.Items[0].Body), `"user":"bob"`) {
			t.Errorf("%+v, %v", looked, err)
		}
		if waiting, _, err := w.store(t).Waiting(); err != nil || waiting != 0 {
			t.Error(waiting, "events wait for ever:", err)
		}
	})
}

func TestTheLogThatWasRequestedShowsOnTheDevicesPage(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.turn(t)
		log := filepath.Join(w.dir, "log", "agent.log")
		line := `{"time":"2026-11-22T10:00:00Z","level":"INFO","msg":"a turn went well, password=hunter2"}` + "\n"
		if err := os.MkdirAll(filepath.Dir(log), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(log, []byte(strings.Repeat(line, 5000)), 0o600); err != nil {
			t.Fatal(err)
		}
		b, err := w.Commands.Request(t.Context(), zonetest.System, command.Request{Kind: platform.RequestLog, Devices: []string{w.id.Device}, Reason: "a test"})
		if err != nil {
			t.Fatal(err)
		}
		w.turn(t)
		w.turn(t)
		await(t, "the file is done with", func() bool {
			files, err := w.Spool.List(t.Context(), zonetest.System, spool.Query{})
			return err == nil && len(files.Items) == 1 && files.Items[0].State == spool.Imported
		})
		p, err := w.Privacy.Entries(t.Context(), zonetest.System, journal.Query{Device: w.id.Device, Kind: journal.DeviceLog}, "a test")
		if err != nil {
			t.Fatal(err)
		}
		var text strings.Builder
		for i := range p.Items {
			text.Write(p.Items[len(p.Items)-1-i].Body)
		}
		if got := strings.Count(text.String(), "a turn went well"); got != 5000 || strings.Contains(text.String(), "hunter2") {
			t.Errorf("%d lines in %d pieces came", got, len(p.Items))
		}
		if x, err := w.Commands.Get(t.Context(), zonetest.System, b.Commands[0].ID); err != nil || x.State != command.Done {
			t.Errorf("%+v, %v", x, err)
		}
	})
}

func TestALogThatNobodyRequestedIsRefusedAndDropped(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if err := w.store(t).AddUpload("log", "no-such-order", "text/plain", []byte("unasked")); err != nil {
			t.Fatal(err)
		}
		w.turn(t)
		if left, err := w.store(t).Uploads(); err != nil || len(left) != 0 {
			t.Errorf("%+v, %v", left, err)
		}
		if p, err := w.Spool.List(t.Context(), zonetest.System, spool.Query{}); err != nil || len(p.Items) != 0 {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

func TestPoisonIsSetAsideAndTheRestGoesOn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		good := agentv1.Inventory{Packages: []agentv1.Package{{Source: "dpkg", Name: "vim", Version: "9"}}}
		report := fmt.Sprintf(`{"id":"0123456789abcdef","sections":["packages"],"hash":%q,"inventory":{"packages":[{"source":"dpkg","name":"vim","version":"9"}]}}`, good.Hash())
		for _, text := range []string{"no JSON", report} {
			if err := w.store(t).AddUpload("inventory", "", "application/json", []byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		a, err := agent.New(agent.Options{
			Store: w.store(t), Machine: w.machine, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler), Level: &slog.LevelVar{}, Version: "1.2.3",
		})
		if err == nil {
			err = a.Turn(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		await(t, "the good one is imported", func() bool {
			p, err := w.Spool.List(t.Context(), zonetest.System, spool.Query{State: spool.Imported})
			return err == nil && len(p.Items) == 1
		})
		await(t, "the bad one is set aside", func() bool {
			p, err := w.Spool.List(t.Context(), zonetest.System, spool.Query{State: spool.Aside})
			return err == nil && len(p.Items) == 1 && strings.Contains(p.Items[0].Reason, "cannot be read")
		})
	})
}
