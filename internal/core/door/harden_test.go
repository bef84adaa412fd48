package door_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/coretest"
	"drover/internal/core/door"
	"drover/internal/core/zone"
)

// edge is a server in the DMZ, of a zone that has a server inside as well.
type edge struct {
	*coretest.Ground
	*door.Store
	t *testing.T
}

func newEdge(t *testing.T, g *coretest.Ground) *edge {
	t.Helper()
	e := &edge{g, newStore(g, "edge"), t}
	for s, addr := range map[*door.Store]string{e.Store: "203.0.113.10", newStore(g, "home"): "10.0.0.2"} {
		urls := []string{"https://" + s.Self() + ".example.org", "https://" + s.Self() + ".internal:8443"}
		if err := s.Register(t.Context(), s.Self(), []netip.Addr{netip.MustParseAddr(addr)}, door.Ports{}, urls...); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func (e *edge) row(id string) door.Finding {
	e.t.Helper()
	h, err := e.Hardening(e.t.Context(), reader, "edge")
	if err != nil {
		e.t.Fatal(err)
	}
	i := slices.IndexFunc(h.Findings, func(f door.Finding) bool { return f.ID == id })
	if i < 0 {
		e.t.Fatalf("there is no row %s", id)
	}
	f := h.Findings[i]
	if f.Title == "" || f.Intent == "" || f.Follows == "" {
		e.t.Errorf("%s is not told in full: %+v", id, f)
	}
	return f
}

// follow follows one row and wants it to be met then.
func (e *edge) follow(id string) {
	e.t.Helper()
	f := e.row(id)
	if f.State != door.Unmet || len(f.Changes) == 0 {
		e.t.Fatalf("%s: %s, %v", id, f.State, f.Changes)
	}
	if slices.ContainsFunc(f.Changes, func(d door.Difference) bool {
		return strings.HasSuffix(d.Where, "placement") && d.After != string(door.DMZ)
	}) {
		e.t.Errorf("%s says that the server is placed otherwise than following it does: %v", id, f.Changes)
	}
	v, err := e.Current(e.t.Context(), reader)
	if err != nil {
		e.t.Fatal(err)
	}
	if _, err = e.Harden(e.t.Context(), editor("10.0.0.7"), v.Number, "edge", "", id); err != nil {
		e.t.Fatal(err)
	}
	if f := e.row(id); f.State != door.Met || len(f.Changes) != 0 {
		e.t.Errorf("%s, when followed: %s, %v", id, f.State, f.Changes)
	}
}

// reaches tells whether whoever comes from an address reaches a service on a server.
func (e *edge) reaches(server, addr string, name zone.Service) bool {
	e.t.Helper()
	v, err := e.Current(e.t.Context(), reader)
	if err != nil {
		e.t.Fatal(err)
	}
	d := v.Document.Compile(server, []netip.Addr{netip.MustParseAddr("203.0.113.10"), netip.MustParseAddr("10.0.0.2")})[name]
	return d.On && d.Admits(netip.MustParseAddr(addr), e.Clock.Now())
}

// notYet wants a row to say that this version has nothing of it, and the ports to be named.
func (e *edge) notYet(id string, state door.State, ports ...int) {
	e.t.Helper()
	f := e.row(id)
	var named []int
	for _, p := range f.Ports {
		named = append(named, p.Number)
		if p.Why == "" {
			e.t.Errorf("%s does not say why port %d is to be closed", id, p.Number)
		}
	}
	if f.State != state || len(f.Changes) > 0 || !slices.Equal(named, ports) {
		e.t.Errorf("%s: %s, changes %v, ports %v", id, f.State, f.Changes, named)
	}
	if _, err := e.Harden(e.t.Context(), system, 0, "edge", "", id); !problem.Is(err, problem.Invalid) {
		e.t.Errorf("%s was set: %v", id, err)
	}
}

// onOne is for what is the same on every engine.
func onOne(t *testing.T, fn func(e *edge)) {
	t.Helper()
	fn(newEdge(t, coretest.New(t, sqldb.SQLite)))
}

func onEdge(t *testing.T, fn func(t *testing.T, e *edge)) {
	t.Helper()
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) { fn(t, newEdge(t, g)) })
}

// insists wants a row to be met by services that insist on proof, where this version has them.
func (e *edge) insists(id string, names ...zone.Service) {
	e.t.Helper()
	if !e.row(id).Built() {
		e.notYet(id, door.NotBuilt)
		return
	}
	if f := e.row(id); f.State != door.Met {
		e.t.Fatalf("%s is %s at first", id, f.State)
	}
	d := door.Default()
	for _, name := range names {
		d.Zone.Settle(name).Level = door.Observe
	}
	if _, err := e.Change(e.t.Context(), system, 0, "", d); err != nil {
		e.t.Fatal(err)
	}
	e.follow(id)
}

// closes wants a row to be met by switching a service off, where this version has it.
func (e *edge) closes(id string, name zone.Service, ports ...int) {
	e.t.Helper()
	if !e.row(id).Built() {
		e.notYet(id, door.NotBuilt, ports...)
		return
	}
	e.follow(id)
	if e.reaches("edge", outside, name) || !e.reaches("home", outside, name) {
		e.t.Errorf("%s: %s is on, or off elsewhere", id, name)
	}
}

const inside, outside = "10.0.0.50", "198.51.100.50"

// The rows of the guide to a server in a DMZ, one test each.

func TestHardenInsideAndOutsideDevices(t *testing.T) {
	onEdge(t, func(t *testing.T, e *edge) {
		d := door.Default()
		d.Zone.Settle(zone.ServicePortal).Filter = rules(door.Deny, allow("0.0.0.0/0"))
		if _, err := e.Change(t.Context(), system, 0, "", d); err != nil {
			t.Fatal(err)
		}
		e.follow("inside-and-outside")
		for _, s := range []zone.Service{zone.ServiceActiveSync, zone.ServicePortal, zone.ServiceCompanion} {
			if e.reaches("edge", inside, s) || !e.reaches("edge", outside, s) || !e.reaches("edge", "10.0.0.2", s) || !e.reaches("home", inside, s) {
				t.Errorf("%s is reached by the wrong ones", s)
			}
		}
		if !e.reaches("edge", "fd00::1", zone.ServiceAdminAPI) || e.reaches("edge", "fd00::1", zone.ServiceActiveSync) {
			t.Error("the wrong category was changed")
		}
	})
}

func TestHardenClientWebServices(t *testing.T) {
	onOne(t, func(e *edge) {
		if f := e.row("client-web-services"); f.State != door.Met {
			t.Errorf("%+v", f)
		}
		lax := door.Default()
		lax.Zone.Settle(door.Management).Level = door.Observe
		if _, err := e.Change(t.Context(), system, 0, "", lax); !problem.Is(err, problem.Invalid) {
			t.Errorf("agents that do not sign are let in: %v", err)
		}
	})
}

func TestHardenRegistration(t *testing.T) {
	onOne(t, func(e *edge) { e.closes("registration", zone.ServiceRegistration) })
}

func TestHardenDownload(t *testing.T) {
	onOne(t, func(e *edge) { e.closes("download", zone.ServiceDownload) })
}

func TestHardenContent(t *testing.T) {
	onOne(t, func(e *edge) { e.insists("content", zone.ServiceContent) })
}

func TestHardenCollection(t *testing.T) {
	onOne(t, func(e *edge) { e.insists("collection", zone.ServiceCollection) })
}

func TestHardenAuthentication(t *testing.T) {
	onOne(t, func(e *edge) { e.closes("authentication", zone.ServiceAuthentication) })
}

func TestHardenPort2645(t *testing.T) {
	onOne(t, func(e *edge) { e.notYet("port-2645", door.Firewall, 2645) })
}

func TestHardenMDMEndpoint(t *testing.T) {
	onEdge(t, func(t *testing.T, e *edge) {
		come(t, e.Store, 1, visit(zone.ServiceActiveSync, outside, "phone-1"))
		come(t, e.Store, 1, visit(zone.ServicePortal, outside, "")) // a stranger, who has seen the page of signing in
		e.follow("mdm-endpoint")
		for _, s := range []zone.Service{zone.ServiceAutodiscover, zone.ServiceCompanion, zone.ServicePortal} {
			if e.reaches("edge", outside, s) || !e.reaches("home", outside, s) {
				t.Errorf("%s, which nobody uses here, is on, or it is off elsewhere", s)
			}
		}
		if !e.reaches("edge", outside, zone.ServiceActiveSync) {
			t.Error("what a phone uses was switched off")
		}
		e.Clock.Advance(31 * 24 * time.Hour)
		if f := e.row("mdm-endpoint"); f.State != door.Unmet {
			t.Errorf("a month after the last phone it is %s", f.State)
		}
	})
}

func TestHardenRemoteSSH(t *testing.T) {
	onOne(t, func(e *edge) { e.closes("remote-ssh", zone.ServiceRemoteSSH, 7443) })
}

func TestHardenJoinProxy(t *testing.T) {
	onOne(t, func(e *edge) { e.closes("join-proxy", zone.ServiceJoinProxy, 7019, 7950) })
}

func TestHardenQuickTasks(t *testing.T) {
	onOne(t, func(e *edge) { e.closes("quick-tasks", zone.ServiceQuickTask, 7628) })
}

func TestHardenAdministration(t *testing.T) {
	onEdge(t, func(t *testing.T, e *edge) {
		e.follow("administration")
		if e.reaches("edge", outside, zone.ServiceDashboard) || !e.reaches("edge", inside, zone.ServiceDashboard) || !e.reaches("home", outside, zone.ServiceAdminAPI) {
			t.Error("administration is reached by the wrong ones")
		}
		v, err := e.Current(t.Context(), reader)
		if err != nil {
			t.Fatal(err)
		}
		if v, err = e.RollBack(t.Context(), system, v.Number, "", 0); err != nil {
			t.Fatal(err)
		}
		if _, err = e.Harden(t.Context(), editor(outside), v.Number, "edge", "", "administration"); !problem.Is(err, problem.Conflict) {
			t.Errorf("an administrator outside was shut out: %v", err)
		}
	})
}

// On a server as it is at first the dashboard is opened on the machine itself: all of the advice is one step there, too, and says
// what it lets in.
func TestHardenAsAnAdministratorAtTheMachine(t *testing.T) {
	onEdge(t, func(t *testing.T, e *edge) {
		me := editor("127.0.0.1")
		h, err := e.Hardening(t.Context(), me, "edge")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range h.Findings {
			named := slices.ContainsFunc(f.Changes, func(d door.Difference) bool { return strings.Contains(d.After, "127.0.0.1") })
			if named != (f.ID == "administration") {
				t.Errorf("%s says %v", f.ID, f.Changes)
			}
		}
		if _, err := e.Harden(t.Context(), me, h.Version, "edge", ""); err != nil {
			t.Fatal(err)
		}
		if !e.reaches("edge", "127.0.0.1", zone.ServiceAdminAPI) || e.reaches("edge", "127.0.0.2", zone.ServiceAdminAPI) || e.reaches("edge", outside, zone.ServiceAdminAPI) {
			t.Error("administration is reached by the wrong ones")
		}
		if f := e.row("administration"); f.State != door.Met {
			t.Errorf("for who is elsewhere it is %s: %v", f.State, f.Changes)
		}
	})
}

// What is to be closed at the firewall is where the server really listens.
func TestHardenNamesThePortsOnWhichTheServerListens(t *testing.T) {
	onOne(t, func(e *edge) {
		if ports := e.row("administration").Ports; ports[0].Number != 7443 {
			t.Errorf("of a server that has told nothing: %+v", ports)
		}
		if err := e.Register(t.Context(), "edge", nil, door.Ports{Device: 8443, Admin: 9443}); err != nil {
			t.Fatal(err)
		}
		if ports := e.row("administration").Ports; ports[0].Number != 9443 {
			t.Errorf("%+v", ports)
		}
		if ports := e.row("port-2645").Ports; ports[0].Number != 2645 {
			t.Errorf("%+v", ports)
		}
	})
}

// To be hidden is not to be blocked: either row does its own.
func TestHardenAdvertisedAddresses(t *testing.T) {
	onEdge(t, func(t *testing.T, e *edge) {
		e.follow("advertised-addresses")
		if !e.reaches("edge", inside, zone.ServiceStatus) {
			t.Error("who was not told of the server any more is kept out")
		}
		for from, want := range map[string][]string{
			inside:  {"https://home.internal:8443", "https://home.example.org"},
			outside: {"https://edge.example.org", "https://home.example.org"},
		} {
			_, c, err := e.Preview(t.Context(), reader, door.Asker{Device: "d-1", Addr: netip.MustParseAddr(from)})
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range c.Roles {
				if got := urls(r.Choices); !slices.Equal(got, want) {
					t.Errorf("%s for %s: told %q, want %q", from, r.Role, got, want)
				}
			}
		}
		e.follow("inside-and-outside")
		if e.reaches("edge", inside, zone.ServiceStatus) {
			t.Error("the server was hidden, and is not blocked")
		}
	})
}

func urls(list []door.Choice) (out []string) {
	for _, c := range list {
		out = append(out, c.URL)
	}
	return out
}

func TestHardeningIsOneStepThatCanBeTakenBack(t *testing.T) {
	onEdge(t, func(t *testing.T, e *edge) {
		before, err := e.Current(t.Context(), reader)
		if err != nil {
			t.Fatal(err)
		}
		v, err := e.Harden(t.Context(), editor("10.0.0.7"), 0, "edge", "for the audit")
		if err != nil || v.Number != 1 || v.Document.Server("edge").Placement != door.DMZ {
			t.Fatalf("%+v %v", v, err)
		}
		h, err := e.Hardening(t.Context(), reader, "edge")
		if err != nil || h.Placement != door.DMZ || len(h.Findings) != 14 {
			t.Fatalf("%+v %v", h, err)
		}
		for _, f := range h.Findings {
			if f.State == door.Unmet {
				t.Errorf("%s is not met", f.ID)
			}
		}
		for _, at := range door.Diff(before.Document, v.Document) {
			if !strings.HasPrefix(at.Where, "servers.edge.") {
				t.Errorf("changed elsewhere: %+v", at)
			}
		}
		if v, err = e.RollBack(t.Context(), system, 1, "", 0); err != nil || len(door.Diff(before.Document, v.Document)) != 0 {
			t.Fatalf("%+v %v", v, err)
		}
		if _, err := e.Harden(t.Context(), system, 2, "nowhere", ""); !problem.Is(err, problem.NotFound) {
			t.Error(err)
		}
		if _, err := e.Harden(t.Context(), reader, 2, "edge", ""); !problem.Is(err, problem.Forbidden) {
			t.Error(err)
		}
	})
}

func TestReach(t *testing.T) {
	now := coretest.Start
	for want, f := range map[door.Reach]*door.Filter{
		door.Everybody: rules(door.Allow, allow("10.0.0.1")), door.InternalOnly: rules(door.Deny, allow(door.AllInternal), allow("10.3.0.0/16"), deny("10.0.0.1")),
		door.Some: rules(door.Deny, allow("198.51.100.1")), door.Nobody: rules(door.Deny, deny("10.0.0.1")),
	} {
		d := door.Default()
		d.Zone.Endpoint = f
		if got := d.Reaches("", zone.ServicePortal, now); got != want {
			t.Errorf("%+v: %s, want %s", f, got, want)
		}
	}
	d := door.Default()
	if got := d.Reaches("", zone.ServiceQuickTask, now); got != door.Nobody {
		t.Errorf("what is not there is open to %s", got)
	}
}
