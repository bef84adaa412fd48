package order_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drover/agent/order"
	"drover/agent/store"
	"drover/agent/system"
	"drover/agent/system/systemtest"
	"drover/api/agentv1"
)

func runner(t *testing.T, m system.Machine) *order.Runner {
	t.Helper()
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &order.Runner{
		Machine: m, Store: s, Host: host{}, Scratch: "/scratch", Now: time.Now,
		Ask: func(context.Context, agentv1.Order) (bool, error) { return true, nil },
	}
}

// What each order is on each platform. What Windows says here is written after what its maker documents; it was not recorded
// on such a machine.
func TestWhatOrdersAre(t *testing.T) {
	linux, windows, mac := system.Linux, system.Windows, system.MacOS
	for name, c := range map[string]struct {
		platform string
		o        agentv1.Order
		says     map[string]string // programs that are there
		ran      string            // a part of what is run, "" for nothing
		state    string
		words    string
	}{
		"Linux locks":           {linux, agentv1.Order{Kind: "lock"}, map[string]string{"loginctl": ""}, "loginctl lock-sessions", "done", "told to lock"},
		"Linux without logind":  {linux, agentv1.Order{Kind: "lock"}, nil, "loginctl lock-sessions", "failed", "no such program"},
		"Linux restarts":        {linux, agentv1.Order{Kind: "reboot"}, map[string]string{"shutdown": ""}, "shutdown -r +1", "done", "in a minute"},
		"Linux shows":           {linux, agentv1.Order{Kind: "message", Parameters: map[string]string{"text": "Hello\x1b[2J\x07"}}, map[string]string{"wall": ""}, "wall", "done", "terminals"},
		"Linux has no wall":     {linux, agentv1.Order{Kind: "message", Parameters: map[string]string{"text": "x"}}, nil, "", "failed", "no program"},
		"Linux without a disk":  {linux, agentv1.Order{Kind: "full-wipe"}, map[string]string{"lsblk": `{"blockdevices":[]}`}, "lsblk", "failed", "No disk is encrypted"},
		"Windows restarts":      {windows, agentv1.Order{Kind: "reboot"}, map[string]string{"shutdown": ""}, "shutdown /r /t 60", "done", "in a minute"},
		"Windows locks":         {windows, agentv1.Order{Kind: "lock"}, map[string]string{"powershell": ""}, "tsdiscon", "done", "disconnected"},
		"Windows disables":      {windows, agentv1.Order{Kind: "disable-accounts"}, map[string]string{"powershell": `["ann","bob"]`}, "Disable-LocalUser", "done", "2 local accounts"},
		"Windows wipes":         {windows, agentv1.Order{Kind: "full-wipe"}, map[string]string{"powershell": `["C:"]`, "manage-bde": "", "shutdown": ""}, "manage-bde -protectors -delete C:", "done", "C:"},
		"Windows has no locker": {windows, agentv1.Order{Kind: "full-wipe"}, map[string]string{"powershell": `[]`}, "Get-BitLockerVolume", "failed", "protects no disk"},
		"macOS restarts":        {mac, agentv1.Order{Kind: "reboot"}, map[string]string{"shutdown": ""}, "shutdown -r +1", "done", "in a minute"},
		"macOS wipes not":       {mac, agentv1.Order{Kind: "full-wipe"}, nil, "", "failed", "Apple's own management"},
		"nobody knows it":       {linux, agentv1.Order{Kind: "dance"}, nil, "", "failed", "does not know"},
	} {
		m := systemtest.New(c.platform).Put("/etc/passwd", "root:x:0:0::/root:/bin/bash\n")
		for program, text := range c.says {
			m.Say(program, text)
		}
		r := runner(t, m)
		got, err := carry(r, c.o)
		if err != nil || got.State != c.state || !strings.Contains(got.Words, c.words) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if ran := strings.Join(m.Ran(""), "; "); !strings.Contains(ran, c.ran) || c.ran == "" && ran != "" {
			t.Errorf("%s: ran %q", name, ran)
		}
	}
}

// full is a disk that is full while something is carried out: what becomes of it cannot be written down.
type full struct {
	host
	dir string
}

func (f full) Consent(string) error { return os.Rename(f.dir+"/journal", f.dir+"/elsewhere") }

// What was carried out on a full disk is told once there is room, and not done again.
func TestWhatAFullDiskDidNotTakeIsToldOnceThereIsRoom(t *testing.T) {
	r := runner(t, systemtest.New(system.Linux))
	f := full{dir: r.Store.Dir()}
	r.Host = f
	list := []agentv1.Order{{ID: "o", Kind: "uninstall", Expires: time.Now().Add(time.Hour).Format(time.RFC3339)}}
	if err := r.Orders(t.Context(), list); err == nil {
		t.Fatal("nothing says that the disk is full")
	}
	if err := os.Rename(f.dir+"/elsewhere", f.dir+"/journal"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.Orders(t.Context(), list); err != nil {
			t.Fatal(err)
		}
		if got, err := r.Store.Results(10); err != nil || len(got) != 1 || got[0].Order != "o" || got[0].State != agentv1.ResultDone {
			t.Fatalf("%+v, %v", got, err)
		}
	}
}

// TestAnOrderWhoseNoteIsDamagedIsNotDoneAgain, and the zone is told that nobody knows.
func TestAnOrderWhoseNoteIsDamagedIsNotDoneAgain(t *testing.T) {
	m := systemtest.New(system.Linux).Say("shutdown", "")
	r := runner(t, m)
	o := agentv1.Order{ID: "o", Kind: "reboot", Expires: time.Now().Add(time.Hour).Format(time.RFC3339)}
	if err := r.Orders(t.Context(), []agentv1.Order{o}); err != nil {
		t.Fatal(err)
	}
	notes, err := filepath.Glob(filepath.Join(r.Store.Dir(), "journal", "*.json"))
	if err != nil || len(notes) != 1 || os.Truncate(notes[0], 1) != nil {
		t.Fatal(notes, err)
	}
	for range 2 {
		if err := r.Orders(t.Context(), []agentv1.Order{o}); err != nil {
			t.Fatal(err)
		}
	}
	results, err := r.Store.Results(10)
	if err != nil || len(results) != 1 || results[0].Order != "o" || results[0].Reason != "interrupted" {
		t.Errorf("%+v, %v", results, err)
	}
	if ran := m.Ran("shutdown"); len(ran) != 1 {
		t.Errorf("it was done %d times", len(ran))
	}
}

// What is shown on a terminal does nothing to it.
func TestAMessageIsNoTerminalSequence(t *testing.T) {
	m := systemtest.New(system.Linux)
	var shown string
	m.Do("wall", func(p system.Program) (system.Output, error) {
		shown = p.Input
		return system.Output{}, nil
	})
	o := agentv1.Order{Kind: agentv1.OrderMessage, Parameters: map[string]string{"text": "Grüße\nan alle\x1b]0;x\x07\u0085"}}
	if _, err := carry(runner(t, m), o); err != nil || shown != "Grüße\nan alle]0;x\n" {
		t.Errorf("shown %q, %v", shown, err)
	}
}

// Nothing destructive begins when the server cannot be asked, or says no.
func TestWithoutAGoNothingBegins(t *testing.T) {
	for name, ask := range map[string]func(context.Context, agentv1.Order) (bool, error){
		"no":        func(context.Context, agentv1.Order) (bool, error) { return false, nil },
		"no answer": func(context.Context, agentv1.Order) (bool, error) { return false, errors.New("gone") },
	} {
		m := systemtest.New(system.Linux)
		r := runner(t, m)
		r.Ask = ask
		o := agentv1.Order{ID: "o", Kind: agentv1.OrderWipe, Class: "destructive", Expires: time.Now().Add(time.Hour).Format(time.RFC3339)}
		_ = r.Orders(t.Context(), []agentv1.Order{o}) // whether asking failed is told elsewhere
		if _, known, _ := r.Store.Order("o"); known || len(m.Ran("")) != 0 {
			t.Errorf("%s: known %v, ran %q", name, known, m.Ran(""))
		}
	}
}

// An order whose end cannot be read has ended.
func TestAnOrderWithoutAnEndIsNotBegun(t *testing.T) {
	m := systemtest.New(system.Linux).Say("loginctl", "")
	r := runner(t, m)
	if err := r.Orders(t.Context(), []agentv1.Order{{ID: "o", Kind: agentv1.OrderLock, Expires: "never"}, {Kind: agentv1.OrderLock}}); err != nil {
		t.Fatal(err)
	}
	if e, _, _ := r.Store.Order("o"); e.Result == nil || e.Result.Reason != "expired" || len(m.Ran("")) != 0 {
		t.Errorf("%+v, ran %q", e, m.Ran(""))
	}
}

// scripted is a runner of scripts whose time the test makes pass.
type scripted struct {
	*order.Runner
	machine *systemtest.Fake
	now     time.Time
}

func newScripted(t *testing.T) *scripted {
	m := systemtest.New(system.Linux).Say("sh", "ok\n")
	s := &scripted{Runner: runner(t, m), machine: m, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}
	s.Now = func() time.Time { return s.now }
	return s
}

// step runs what is due some time later, after which the shell has been started so many times in all.
func (s *scripted) step(t *testing.T, after time.Duration, want int, list ...agentv1.Script) {
	t.Helper()
	s.now = s.now.Add(after)
	if err := s.Scripts(t.Context(), list); err != nil {
		t.Fatal(err)
	}
	if got := len(s.machine.Ran("sh")); got != want {
		t.Errorf("at %v %d runs, want %d", s.now, got, want)
	}
}

func shellScript(id string, minutes int) agentv1.Script {
	return agentv1.Script{ID: id, Revision: "1", Interpreter: "sh", Text: "true", Seconds: 5, Every: agentv1.Interval{Minutes: minutes}}
}

// TestAClockThatWasAheadRunsNoScriptTwice, while the zone is away and its run is not told.
func TestAClockThatWasAheadRunsNoScriptTwice(t *testing.T) {
	s, hourly := newScripted(t), shellScript("hourly", 60)
	s.step(t, 24*time.Hour, 1, hourly)
	s.step(t, -24*time.Hour, 2, hourly)
	s.step(t, time.Minute, 2, hourly)
	s.step(t, time.Minute, 2, hourly)
	s.step(t, time.Hour, 3, hourly)
}

// TestARevisionRunsOnceWhateverTheClockSays: its run began later than now.
func TestARevisionRunsOnceWhateverTheClockSays(t *testing.T) {
	s, once := newScripted(t), shellScript("once", 0)
	s.step(t, 0, 1, once)
	once.Revision = "2"
	s.step(t, 24*time.Hour, 2, once)
	s.step(t, -24*time.Hour, 2, once)
	s.step(t, time.Minute, 2, once)
}

// Scripts run by their schedule, anew when they change, and tell of each run.
func TestScriptsRunByTheirSchedule(t *testing.T) {
	s, once, hourly, odd := newScripted(t), shellScript("once", 0), shellScript("hourly", 60), shellScript("odd", 0)
	odd.Interpreter = "tcl"
	s.step(t, 0, 2, once, hourly, odd)
	s.step(t, 59*time.Minute, 2, once, hourly, odd)
	if next := s.NextScript([]agentv1.Script{once, hourly}); next.Sub(s.now) != time.Minute {
		t.Errorf("the next is due in %v", next.Sub(s.now))
	}
	s.step(t, time.Minute, 3, once, hourly)
	once.Revision = "2"
	s.step(t, time.Minute, 4, once, hourly)
	once.Text = "false" // the zone was restored, and counts revisions again
	s.step(t, time.Minute, 5, once, hourly)
	results, err := s.Store.Results(10)
	if err != nil || len(results) != 6 {
		t.Fatalf("%d results, %v", len(results), err)
	}
	for _, x := range results {
		if x.Script == "odd" && x.Reason != "not-supported" || x.Script != "odd" && (x.Output != "ok" || x.State != "done") {
			raw, _ := json.Marshal(x)
			t.Errorf("told %s", raw)
		}
	}
}
