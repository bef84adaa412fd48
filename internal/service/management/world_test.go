package management_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"drover/agent"
	"drover/agent/store"
	"drover/agent/system"
	"drover/agent/system/systemtest"
	"drover/agent/talk"
	"drover/internal/base/clock"
	"drover/internal/base/pki"
	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/command"
	"drover/internal/core/computer"
	"drover/internal/core/device"
	"drover/internal/core/enrol"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
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

func (w *world) authority(t testing.TB) *x509.Certificate {
	t.Helper()
	a, err := pki.OpenAuthority(w.Config.Data+"/tls", clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	return a.Certificate()
}

// suite asks something of every device from now on.
func (w *world) suite(t testing.TB, values policy.Values) policy.Suite {
	t.Helper()
	s, err := w.Policies.Create(t.Context(), zonetest.System, "computers", "", policy.Draft{Content: policy.Content{Corporate: values, Personal: policy.Values{}}})
	if err == nil {
		_, err = w.Policies.Assign(t.Context(), zonetest.System, policy.Target{Kind: policy.ToDefault}, s.ID, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// workstation is a computer with the real agent; what the agent does to it happens in memory.
type workstation struct {
	w       *world
	dir     string
	machine *systemtest.Fake
	id      store.Identity
	level   *slog.LevelVar
}

// workstation makes a Debian computer and registers it.
func (w *world) workstation(t testing.TB) *workstation {
	t.Helper()
	c := w.computer(t)
	c.register(t)
	return c
}

// computer makes a Debian computer that has not come in.
func (w *world) computer(t testing.TB) *workstation {
	t.Helper()
	c := &workstation{w: w, dir: t.TempDir(), machine: systemtest.New(system.Linux), level: &slog.LevelVar{}}
	c.machine.Put("/etc/os-release", "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n").Put("/etc/machine-id", sqldb.NewID()+"\n").
		Put("/etc/hostname", "ws-1.example.org\n").Put("/etc/passwd", "root:x:0:0::/root:/bin/bash\nann:x:1000:1000::/home/ann:/bin/bash\n").
		Put("/etc/shadow", "ann:$y$x:19000:0:99999:7:::\n").Put("/etc/group", "sudo:x:27:ann,bob\n")
	return c
}

// register has the computer come in.
func (c *workstation) register(t testing.TB) {
	t.Helper()
	_, key, err := c.w.Enrol.AddAuthKey(t.Context(), zonetest.System, enrol.AuthKeyDraft{Name: "test", Uses: 1, Life: time.Hour})
	if err == nil {
		join := agent.Join{Server: c.w.Device, Pin: talk.Pin(c.w.authority(t)), Key: key}
		c.id, err = agent.Register(t.Context(), c.store(t), c.machine, clock.System{}, "1.2.3", join)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (c *workstation) store(t testing.TB) *store.Store {
	t.Helper()
	s, err := store.Open(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// start makes the agent anew from what is on its disk, as after a restart.
func (c *workstation) start(t testing.TB) *agent.Agent {
	t.Helper()
	a, err := agent.New(agent.Options{
		Store: c.store(t), Machine: c.machine, Clock: clock.System{}, Log: slog.New(slog.DiscardHandler), Level: c.level, Version: "1.2.3",
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (c *workstation) turn(t testing.TB, a *agent.Agent) {
	t.Helper()
	if err := a.Turn(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// client asks the server as the agent does.
func (c *workstation) client(t testing.TB) *talk.Client {
	t.Helper()
	client, err := agent.Client(c.store(t), c.id, clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func (c *workstation) order(t testing.TB, k platform.Command, text string) command.Command {
	t.Helper()
	b, err := c.w.Commands.Request(t.Context(), zonetest.System, command.Request{Kind: k, Devices: []string{c.id.Device}, Reason: "a test", Text: text})
	if err != nil {
		t.Fatal(err)
	}
	return b.Commands[0]
}

func (c *workstation) command(t testing.TB, id string) command.Command {
	t.Helper()
	x, err := c.w.Commands.Get(t.Context(), zonetest.System, id)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func (c *workstation) device(t testing.TB) device.Device {
	t.Helper()
	d, err := c.w.Zone.Devices.Get(t.Context(), zonetest.System, c.id.Device)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func (c *workstation) standing(t testing.TB) computer.Standing {
	t.Helper()
	x, err := c.w.Computers.Standing(t.Context(), zonetest.System, c.id.Device)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// held is how many computers hold a connection, as the server tells monitoring systems.
func (w *world) held(t testing.TB) int {
	t.Helper()
	r, err := w.Client.Get(w.Admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	for lines := bufio.NewScanner(r.Body); lines.Scan(); {
		if n, ok := strings.CutPrefix(lines.Text(), "drover_agents_held "); ok {
			held, err := strconv.Atoi(n)
			if err != nil {
				t.Fatal(err)
			}
			return held
		}
	}
	t.Fatal("the server does not tell how many computers it holds")
	return 0
}

// await polls until ok says so.
func await(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within 30 seconds: " + what)
		}
	}
}

// run lets an agent live until the test ends.
func (c *workstation) run(t testing.TB, a *agent.Agent) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
