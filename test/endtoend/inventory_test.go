package endtoend

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"drover/internal/base/page"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/door"
	"drover/internal/core/inventory"
	"drover/internal/core/zone"
	"drover/internal/server/zonetest"
)

// agent runs an inventory agent that Debian has, in a home of its own.
func agent(t *testing.T, name string, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...)
	c.Env = append(os.Environ(), "HOME="+t.TempDir())
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// computer adds a computer with a token.
func computer(t *testing.T, z *zonetest.Zone, name string) (device.Device, string) {
	t.Helper()
	d, err := z.Devices.AddComputer(t.Context(), zonetest.System, name, "", device.Corporate)
	if err != nil {
		t.Fatal(err)
	}
	token, err := z.Enrol.IssueToken(t.Context(), zonetest.System, d.ID)
	if err != nil {
		t.Fatal(err)
	}
	return d, token
}

// TestInventoryAgentsOfOthersDeliver: both agents that Debian has tell the zone what this machine is, each by the token of
// its computer: one in the address, one as the password.
func TestInventoryAgentsOfOthersDeliver(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		z := zonetest.New(t, e)
		ours, fusion := computer(t, z, "fusion")
		theirs, ocs := computer(t, z, "ocs")
		if got := tell(t, z, "/collection/foreign/"+fusion); got != http.StatusForbidden {
			t.Errorf("before agents of others are let in: %d", got)
		}
		if err := z.Enrol.TakeForeign(t.Context(), zonetest.System, true, 0); err != nil {
			t.Fatal(err)
		}
		if got := tell(t, z, "/collection/foreign/"+fusion+"x"); got != http.StatusUnauthorized {
			t.Errorf("with a wrong token: %d", got)
		}
		agent(t, "fusioninventory-agent", "--server", z.Device+"/front/inventory.php", "--user", "any", "--password", fusion,
			"--ca-cert-file", z.CA, "--force", "--no-task=deploy,netdiscovery,netinventory,esx,collect,wakeonlan")
		agent(t, "ocsinventory-agent", "--server", z.Device+"/collection/foreign/"+ocs, "--local", "", "--basevardir", filepath.Join(t.TempDir(), "ocs"), "--force",
			"--ca", z.CA)
		for _, d := range []device.Device{ours, theirs} {
			now, err := z.Devices.Get(t.Context(), zonetest.System, d.ID)
			if err != nil || now.State != device.Active || now.OS == "" {
				t.Errorf("%s: %+v, %v", d.Name, now, err)
			}
			if users, err := z.Inventory.Items(t.Context(), zonetest.System, d.ID, inventory.User); err != nil || len(users) != 0 {
				t.Errorf("%s: %d local users are kept, which nobody asks for (%v)", d.Name, len(users), err)
			}
		}
		p, err := z.Inventory.Search(t.Context(), zonetest.System, inventory.Query{Tests: []inventory.Test{
			{Fact: "software", Source: "dpkg", Name: "bash", Op: inventory.AtLeast, Value: "4"}, {Fact: "system.os", Op: inventory.Contains, Value: "debian"},
		}}, page.Request{})
		if err != nil || p.Total != 2 {
			t.Errorf("%+v, %v", p, err)
		}
		if err := z.Devices.Retire(t.Context(), zonetest.System, ours.ID, "sold"); err != nil {
			t.Fatal(err)
		}
		if got := tell(t, z, "/collection/foreign/"+fusion); got != http.StatusUnauthorized {
			t.Errorf("of a retired computer: %d", got)
		}
	})
}

// TestCollectionObservesAgentsOfOthers: where collection observes, a computer that comes by its token alone is let in and listed,
// and a dry run of strict names it; where it is strict, the switch for agents of others says that tokens are enough.
func TestCollectionObservesAgentsOfOthers(t *testing.T) {
	onBoth(t, func(t *testing.T, e sqldb.Engine) {
		w := &world{Zone: zonetest.New(t, e)}
		d, token := computer(t, w.Zone, "ocs")
		path := "/collection/foreign/" + token
		unproven := func() []door.Use {
			t.Helper()
			if err := w.DoorStore.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			list, _, err := w.DoorStore.Uses(t.Context(), zonetest.System, door.Filtered{Service: zone.ServiceCollection, Unproven: true}, 10)
			if err != nil {
				t.Fatal(err)
			}
			return list
		}
		if got := tell(t, w.Zone, path); got != http.StatusForbidden || len(unproven()) != 0 {
			t.Errorf("strict: %d, counted %+v", got, unproven())
		}
		w.ChangeDoors(t, func(x *door.Document) { x.Zone.Settle(zone.ServiceCollection).Level = door.Observe })
		until(t, "it observes", func() bool { return tell(t, w.Zone, path) == http.StatusOK })
		if got := tell(t, w.Zone, path+"x"); got != http.StatusUnauthorized {
			t.Errorf("with a wrong token: %d", got)
		}
		if list := unproven(); len(list) != 1 || list[0].Caller != d.ID || list[0].Requests < 1 {
			t.Errorf("counted %+v", list)
		}
		r, err := w.DoorStore.DryRun(t.Context(), zonetest.System, door.Default(), 1)
		if err != nil || r.Refused.Devices != 1 || r.Refused.List[0].Why != "proof" || r.Refused.List[0].Caller != d.ID {
			t.Errorf("%+v %v", r.Refused, err)
		}
		w.ChangeDoors(t, func(x *door.Document) { x.Zone.Settle(zone.ServiceCollection).Level = "" })
		until(t, "it is strict", func() bool { return tell(t, w.Zone, path) == http.StatusForbidden })
		before := unproven()[0].Requests
		if err := w.Enrol.TakeForeign(t.Context(), zonetest.System, true, 0); err != nil {
			t.Fatal(err)
		}
		if got := tell(t, w.Zone, path); got != http.StatusOK {
			t.Errorf("strict, with agents of others let in: %d", got)
		}
		if list := unproven(); list[0].Requests != before {
			t.Errorf("who is let in for good is counted as unproven: %+v", list)
		}
	})
}

// tell sends what an agent asks at first.
func tell(t *testing.T, z *zonetest.Zone, path string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, z.Device+path,
		bytes.NewReader([]byte("<REQUEST><DEVICEID>x</DEVICEID><QUERY>PROLOG</QUERY></REQUEST>")))
	if err != nil {
		t.Fatal(err)
	}
	a, err := z.Client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return a.StatusCode
}
