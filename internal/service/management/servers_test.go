package management_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"drover/agent/store"
	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/door"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/server/zonetest"
)

// node is the server as it has registered itself.
func (w *world) node(t *testing.T) door.Node {
	t.Helper()
	list, err := w.DoorStore.Nodes(t.Context(), zonetest.System)
	if err != nil {
		t.Fatal(err)
	}
	return list[slices.IndexFunc(list, func(n door.Node) bool { return n.ID == w.DoorStore.Self() })]
}

// summary is what the person at the machine may read.
func (c *workstation) summary(t *testing.T) store.Summary {
	t.Helper()
	s, _, err := store.ReadSummary(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// another starts one more server of the zone, with the same keys, as servers of one zone have them.
func another(t *testing.T, first *world, database string) *world {
	t.Helper()
	if err := os.Remove(filepath.Join(first.Config.Data, "server.id")); err != nil { // it makes one of its own
		t.Fatal(err)
	}
	return &world{zonetest.Start(t, filepath.Dir(first.Config.Data), database)}
}

// TestTheNextServerOfTwo has a computer work with the first of two real servers of a zone, and with the second when the first is
// gone: by what it was told, also after a restart.
func TestTheNextServerOfTwo(t *testing.T) {
	database := sqldbtest.NewURL(t, sqldb.PostgreSQL)
	b := &world{zonetest.Start(t, t.TempDir(), database)}
	var c *workstation
	both := t.Run("both are there", func(short *testing.T) {
		a := another(short, b, database)
		one, two := a.node(t), b.node(t)
		if one.ID == two.ID || len(one.URLs) == 0 {
			t.Fatalf("%+v, %+v", one, two)
		}
		a.ChangeDoors(t, func(d *door.Document) {
			d.Order = []door.Order{{Role: door.RoleManagement, Groups: []door.Group{{one.ID}, {two.ID}}}}
			d.Locations = []door.Location{{Name: "House 7", Networks: []string{"127.0.0.0/8", "::1"}}}
		})
		c = a.workstation(t)
		agent := c.start(t)
		c.turn(t, agent)
		c.turn(t, agent)
		if s := c.summary(t); s.Server != one.URLs[0] || s.Location != "House 7" {
			t.Errorf("%+v", s)
		}
	})
	if !both {
		return
	}
	b.suite(t, policy.Values{platform.PasswordMinLength: policy.Number(12)})
	c.w = b
	c.turn(t, c.start(t))
	if s := c.summary(t); s.Server != b.node(t).URLs[0] {
		t.Errorf("it turned to %s", s.Server)
	}
	if x := c.standing(t); x.Revision == "" || x.Revision != x.Sent {
		t.Errorf("the server that is left was told %+v", x)
	}
}

// locations asks for what the computer is told of servers.
func (c *workstation) locations(t *testing.T) (agentv1.Locations, string) {
	t.Helper()
	var e agentv1.Envelope
	var d agentv1.Document
	var l agentv1.Locations
	_, err := c.client(t).Do(t.Context(), talk.Request{Service: agentv1.ServiceLocations, Method: http.MethodGet, Path: agentv1.PathLocations}, &e)
	if err == nil {
		err = errors.Join(json.Unmarshal(e.Payload, &d), json.Unmarshal(d.Body, &l))
	}
	if err != nil {
		t.Fatal(err)
	}
	if d.Device != c.id.Device || d.Kind != agentv1.KindLocations || d.Version == 0 {
		t.Errorf("%+v", d)
	}
	return l, string(e.Payload)
}

func TestAHiddenAddressIsNeverNamed(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		const relay, outside, inside = "https://relay.example.org", "https://outside.example.org", "https://10.99.0.1:8443"
		c := w.workstation(t)
		told := func(hides door.Shown) []string {
			t.Helper()
			w.ChangeDoors(t, func(d *door.Document) {
				d.SettleServer(w.node(t).ID).Addresses = []door.Address{
					{URL: relay, Shown: hides, Roles: []door.InRole{{Role: door.RoleCollection, Shown: door.Withheld}}},
					{URL: outside, Shown: door.Externally},
					{URL: inside, Shown: door.Internally},
				}
			})
			l, text := c.locations(t)
			if strings.Contains(text, "relay") != (hides != door.Withheld) || strings.Contains(text, "10.99") {
				t.Errorf("where the relay is %s, it is told %s", hides, text)
			}
			for _, s := range l.Servers {
				if s.Role == agentv1.RoleCollection && !slices.Equal(s.URLs, []string{outside}) {
					t.Errorf("for collection it is told of %q", s.URLs)
				}
			}
			return l.Servers[0].URLs
		}
		for hides, want := range map[door.Shown][]string{
			door.Withheld: {outside}, door.Everywhere: {outside, relay}, door.Externally: {relay, outside},
		} {
			if got := told(hides); !slices.Equal(got, want) {
				t.Errorf("%s: %q, want %q", hides, got, want)
			}
		}
	})
}

// TestAComputerThatIsHeldHearsOfOtherServers at once.
func TestAComputerThatIsHeldHearsOfOtherServers(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.workstation(t)
		c.run(t, c.start(t))
		await(t, "the computer is held", func() bool { return w.held(t) == 1 })
		w.ChangeDoors(t, func(d *door.Document) {
			d.Locations = []door.Location{{Name: "House 8", Networks: []string{"127.0.0.0/8", "::1"}}}
		})
		await(t, "it knows where it is", func() bool { return c.summary(t).Location == "House 8" })
	})
}
