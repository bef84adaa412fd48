package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"drover/agent"
	"drover/agent/agenttest"
	"drover/agent/store"
	"drover/api/agentv1"
)

// asProgram has the test's program be drover-agent itself.
const asProgram = "DROVER_AGENT_TEST"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// world is a zone and a directory for the agent of this machine. What the zone asks for here only looks at the machine.
type world struct {
	t    *testing.T
	zone *agenttest.Zone
	dir  string
}

func (w *world) command(args ...string) *exec.Cmd {
	cmd := exec.CommandContext(w.t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "DROVER_AGENT_DIR="+w.dir)
	return cmd
}

// says runs a command that must end as told and say a text.
func (w *world) says(ok bool, text string, args ...string) {
	w.t.Helper()
	out, err := w.command(args...).CombinedOutput()
	if (err == nil) != ok || !strings.Contains(string(out), text) {
		w.t.Errorf("drover-agent %q: %v, says %s", args, err, out)
	}
}

// run starts the agent in the foreground.
func (w *world) run() *exec.Cmd {
	w.t.Helper()
	cmd := w.command("run")
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	return cmd
}

func (w *world) eventually(what string, holds func() bool) {
	w.t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if holds() {
			return
		}
	}
	w.t.Fatalf("not within a minute: %s", what)
}

// The life of an agent, by its own program: registered, at work, killed, back again, told, and removed with consent alone.
func TestTheLifeOfAnAgent(t *testing.T) {
	w := &world{t: t, zone: agenttest.New(t), dir: filepath.Join(t.TempDir(), "agent")}
	w.says(true, "not run on this computer yet", "status")
	w.says(false, "belongs to no zone", "run")
	w.says(false, "no address of a server", "register", "--url", "http://127.0.0.1")
	w.says(true, `in the zone "Test zone"`, "register", "--url", w.zone.Server.URL, "--pin", w.zone.Pin(), "--key", "key", "--attribute", "room=201")
	w.says(false, "belongs to a zone already", "register", "--url", w.zone.Server.URL, "--pin", w.zone.Pin())

	code := "ABCD-EFGH-IJKL-MNOP"
	w.zone.Publish(agentv1.KindSettings, agentv1.Settings{
		Name: "ws-1", Zone: "Test zone", Contact: "help@example.org", LogLevel: "debug", Hold: true, Refresh: agentv1.Interval{Minutes: 600},
		Inventory: agentv1.Inventories{Every: agentv1.Interval{Minutes: 600}, Sections: agentv1.Sections()},
		Uninstall: agentv1.Uninstall{Codes: []string{agent.CodePrint(agenttest.Device, code)}},
	})
	w.zone.Publish(agentv1.KindPolicies, agentv1.Policies{Revision: "r1", Settings: []agentv1.PolicySetting{
		{Setting: agentv1.FilesAbsent, Value: json.RawMessage(`["/nonexistent/file"]`)},
		{Setting: agentv1.EncryptDevice, Value: json.RawMessage("true")},
	}})
	first := w.run()
	w.eventually("the inventory and the status have come", func() bool {
		told := w.zone.Told()
		return len(told.Inventories) > 0 && len(told.Statuses) > 0 && told.Held == 1
	})
	resident(t, first.Process.Pid)
	w.says(true, `managed as "ws-1"`, "status")
	w.says(true, "Questions: help@example.org", "status")
	w.says(true, "programs that you run are never told", "status")
	w.says(true, "the agent runs", "logs")
	w.says(true, `"a setting is as asked","kind":"files.absent"`, "logs")

	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait() // it was killed
	second := w.run()
	w.eventually("it is back", func() bool { return w.zone.Told().Held == 2 })
	before := w.zone.Requests(agentv1.PathPolicies)
	w.says(true, "asks for news now", "refresh")
	w.eventually("it has asked", func() bool { return w.zone.Requests(agentv1.PathPolicies) > before })
	if err := second.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := second.Wait(); err != nil {
		t.Errorf("told to end, it ends with %v", err)
	}
	w.says(false, "does not run on this machine", "refresh")
	w.says(false, "has not agreed", "uninstall", "--code", "ABCD-EFGH-IJKL-MNOQ")
	if _, ok, err := mustOpen(t, w.dir).Identity(); !ok || err != nil {
		t.Errorf("it left without consent: %v", err)
	}
	w.says(true, "", "uninstall", "--code", strings.ToLower(code))
	if left := w.zone.Told().Left; len(left) != 1 || left[0].Way != "code" || left[0].Code != 0 {
		t.Errorf("left %+v", left)
	}
	if _, err := os.Stat(w.dir); !os.IsNotExist(err) {
		t.Errorf("its directory is still there: %v", err)
	}
}

func mustOpen(t *testing.T, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// resident tells how much memory an agent holds that has just taken an inventory; the program of a test is larger than the
// agent's own.
func resident(t *testing.T, pid int) {
	t.Helper()
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		if bytes.HasPrefix(line, []byte("Vm")) || bytes.HasPrefix(line, []byte("Rss")) {
			t.Logf("%s", bytes.TrimSpace(line))
		}
	}
}
