package agents_test

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/clock"
	"drover/internal/base/pki"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/enrol"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/server/zonetest"
	"drover/internal/simulate/agents"
)

const (
	computers = 201
	holding   = 60
)

// TestNothingThatWasAnsweredIsLost: computers register, report, change their inventory, ask, and hold connections all at once;
// afterwards the zone holds of each the last status that it has answered, and a change of the zone has reached everybody who
// holds a connection.
func TestNothingThatWasAnsweredIsLost(t *testing.T) {
	for _, e := range sqldbtest.Engines {
		t.Run(string(e), func(t *testing.T) {
			z := zonetest.New(t, e)
			hinted := &hints{seen: map[int]int{}}
			f := fleet(t, z, agents.Options{
				Key: key(t, z), Count: computers, Hold: holding, Interval: time.Second, For: 5 * time.Minute, Ask: 2 * time.Second,
				Connections: 8, Inventory: true, Hinted: hinted.hear,
			})
			if err := f.Join(t.Context()); err != nil {
				t.Fatal(err)
			}
			ctx, stop := context.WithCancel(t.Context())
			done := make(chan agents.Report, 1)
			go func() { done <- f.Run(ctx) }()
			hinted.await(t, z)
			poll(t, "everybody has reported some times", func() bool { return f.Answered() > 4*computers })
			stop()
			r := <-done
			if !r.OK() || r.Registrations.Answered != computers || r.Documents.Answered == 0 || r.Inventories.Answered == 0 {
				t.Errorf("%+v", r)
			}
			for device, n := range f.Kept() {
				x, err := z.Computers.Standing(t.Context(), zonetest.System, device)
				if err != nil || x.Waiting < n[0] || x.Waiting > n[1] || n[0] == 0 {
					t.Errorf("%s: status %d is held, %d was answered and %d sent: %v", device, x.Waiting, n[0], n[1], err)
				}
			}
		})
	}
}

// hints counts what each computer was told.
type hints struct {
	mu   sync.Mutex
	seen map[int]int
}

func (h *hints) hear(number int, hint agentv1.Hint) {
	if hint.Hint != agentv1.HintCheck {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.seen[number]++
}

func (h *hints) count() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.seen)
}

// await changes the zone once everybody holds a connection, and waits until all have been told of it.
func (h *hints) await(t *testing.T, z *zonetest.Zone) {
	t.Helper()
	poll(t, "all hold a connection", func() bool { return metric(t, z, "drover_agents_held") == "60" })
	s, err := z.Policies.Create(t.Context(), zonetest.System, "all", "", policy.Draft{Content: policy.Content{
		Corporate: policy.Values{platform.FirewallEnabled: policy.Bool(true)}, Personal: policy.Values{},
	}})
	if err == nil {
		_, err = z.Policies.Assign(t.Context(), zonetest.System, policy.Target{Kind: policy.ToDefault}, s.ID, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	poll(t, "all are told of the change", func() bool { return h.count() == holding })
}

func poll(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within 30 seconds: " + what)
		}
	}
}

// metric is a figure that the server tells monitoring systems.
func metric(t *testing.T, z *zonetest.Zone, name string) string {
	t.Helper()
	r, err := z.Client.Get(z.Admin + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	for lines := bufio.NewScanner(r.Body); lines.Scan(); {
		if n, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			return n
		}
	}
	t.Fatal("the server does not tell of " + name)
	return ""
}

func authority(t *testing.T, z *zonetest.Zone) *x509.Certificate {
	t.Helper()
	a, err := pki.OpenAuthority(z.Config.Data+"/tls", clock.System{})
	if err != nil {
		t.Fatal(err)
	}
	return a.Certificate()
}

func key(t *testing.T, z *zonetest.Zone) string {
	t.Helper()
	_, key, err := z.Enrol.AddAuthKey(t.Context(), zonetest.System, enrol.AuthKeyDraft{Name: "load", Uses: computers, Life: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func fleet(t *testing.T, z *zonetest.Zone, o agents.Options) *agents.Fleet {
	t.Helper()
	d, root, err := talk.Discover(t.Context(), z.Device, talk.Pin(authority(t, z)))
	if err != nil {
		t.Fatal(err)
	}
	o.URL, o.Tag, o.Authority = z.Device, d.Tag, root
	f, err := agents.New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(f.Close)
	return f
}

// TestWhatIsRefusedIsCounted, and ends the joining.
func TestWhatIsRefusedIsCounted(t *testing.T) {
	z := zonetest.New(t, sqldbtest.Engines[0])
	f := fleet(t, z, agents.Options{Key: "wrong", Count: 3, For: time.Second})
	err := f.Join(t.Context())
	if refused, ok := errors.AsType[*talk.Refused](err); !ok || refused.Code != "registration.key" {
		t.Errorf("%v", err)
	}
	for _, o := range []agents.Options{
		{Count: 0},
		{Count: agents.MaxCount + 1},
		{Count: 1, Connections: agents.MaxConnections + 1},
		{Count: 1, Hold: 2},
		{Count: 1, For: -1},
		{Count: 2, Identities: make([]agents.Identity, 1)},
	} {
		if _, err := agents.New(o); err == nil {
			t.Errorf("%+v is taken", o)
		}
	}
}
