package script_test

import (
	"strings"
	"testing"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
	"drover/internal/core/script"
)

var (
	system = scope.System("test")
	admin  = func() scope.Caller { c := scope.System("x"); c.Kind, c.ID = scope.Admin, "admin-1"; return c }()
)

type world struct {
	*coretest.Ground
	devices *device.Store
	store   *script.Store
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		users := directory.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision, g.Keys, g.Safety)
		w := &world{Ground: g, devices: device.New(device.Parts{
			DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Bus: g.Bus, Keys: g.Keys, Owners: users, Safety: g.Safety,
		})}
		w.store = script.New(script.Parts{
			DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Keys: g.Keys, Safety: g.Safety, Devices: w.devices,
		})
		fn(t, w)
	})
}

// computers registers so many.
func (w *world) computers(t *testing.T, n int) (list []device.Device) {
	t.Helper()
	for range n {
		err := w.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
			d, err := w.devices.ComeComputer(t.Context(), tx, scope.System("enrol"), "", device.Facts{FriendlyName: "ws", DeviceType: "linux-agent"})
			if err != nil {
				return err
			}
			list = append(list, d)
			return w.Zone.Bump(t.Context(), tx) // as a registration does
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	w.Settle(t)
	return list
}

// few lets scripts reach so many computers without approval.
func (w *world) few(t *testing.T, n int) {
	t.Helper()
	r, version, err := w.Safety.Rules(t.Context(), system)
	if err == nil {
		r.Scripts = n
		_, err = w.Safety.ChangeRules(t.Context(), system, r, version)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func draft(change func(*script.Draft)) script.Draft {
	d := script.Draft{Name: "clean", Interpreter: "sh", Text: "rm -rf /var/tmp/x\n", Minutes: 60, Seconds: 30}
	change(&d)
	return d
}

func same(*script.Draft) {}

func (w *world) running(t *testing.T, d device.Device) (texts []string) {
	t.Helper()
	w.Settle(t)
	list, err := w.store.For(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range list {
		texts = append(texts, x.Revision+" "+x.Text)
	}
	return texts
}

// What reaches few runs at once; what reaches many waits for somebody else, while the version before goes on.
func TestS24AScriptThatReachesManyIsApprovedByAnother(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.Quorum(t, 1)
		w.few(t, 2)
		list := w.computers(t, 2)
		x, err := w.store.Add(t.Context(), admin, draft(same))
		if err != nil || x.State != script.Approved || x.Approval != "" || x.Reach != 2 || x.Live != 1 {
			t.Fatalf("%+v %v", x, err)
		}
		if got := w.running(t, list[0]); len(got) != 1 || got[0] != "1 rm -rf /var/tmp/x\n" {
			t.Errorf("%q", got)
		}
		list = append(list, w.computers(t, 1)...)
		if got := w.running(t, list[2]); len(got) != 0 {
			t.Errorf("it has come to reach three that nobody else approved: %q", got)
		}
		x, err = w.store.Edit(t.Context(), admin, x.ID, 1, draft(func(d *script.Draft) { d.Text = "true\n" }))
		if err != nil || x.State != script.Awaiting || x.Approval == "" || x.Live != 1 {
			t.Fatalf("%+v %v", x, err)
		}
		if _, err := w.Safety.Decide(t.Context(), admin, x.Approval, true, coretest.Code); err == nil {
			t.Fatal("who wrote it has approved it")
		}
		if err := w.Approve(t, x.Approval); err != nil {
			t.Fatal(err)
		}
		if got := w.running(t, list[2]); len(got) != 1 || got[0] != "2 true\n" {
			t.Errorf("approved: %q", got)
		}
		third, err := w.store.Edit(t.Context(), admin, x.ID, 2, draft(func(d *script.Draft) { d.Text = "false\n" }))
		if err != nil {
			t.Fatal(err)
		}
		fourth, err := w.store.Edit(t.Context(), admin, x.ID, 3, draft(func(d *script.Draft) { d.Text = "exit 1\n" }))
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Approve(t, third.Approval); err == nil {
			t.Error("a version was approved that another had taken the place of")
		}
		if _, err := w.Safety.Decide(t.Context(), system, fourth.Approval, false, coretest.Code); err != nil && !problem.Is(err, problem.Forbidden) {
			t.Fatal(err)
		}
		if got := w.running(t, list[0]); len(got) != 1 || got[0] != "2 true\n" {
			t.Errorf("what is approved goes on: %q", got)
		}
		w.versions(t, x.ID)
		if err := w.store.Remove(t.Context(), admin, x.ID); err != nil {
			t.Fatal(err)
		}
		if got := w.running(t, list[0]); len(got) != 0 {
			t.Errorf("removed: %q", got)
		}
	})
}

// versions looks at the four versions of a script, and at who approved its second.
func (w *world) versions(t *testing.T, id string) {
	t.Helper()
	p, err := w.store.Versions(t.Context(), admin, id, page.Request{Limit: 3})
	if err != nil || len(p.Items) != 3 || p.Items[0].Number != 4 || p.Items[0].Text != "" || p.Items[2].State != script.Approved {
		t.Fatalf("%+v %v", p, err)
	}
	rest, err := w.store.Versions(t.Context(), admin, id, page.Request{Limit: 3, After: p.Next})
	if err != nil || len(rest.Items) != 1 || rest.Items[0].Number != 1 || rest.Next != "" {
		t.Errorf("%+v %v", rest, err)
	}
	first, err := w.store.Version(t.Context(), admin, id, 1)
	if err != nil || first.Text != "rm -rf /var/tmp/x\n" {
		t.Errorf("%+v %v", first, err)
	}
	if _, err := w.store.Version(t.Context(), admin, id, 5); !problem.Is(err, problem.NotFound) {
		t.Error(err)
	}
	votes, err := w.Safety.Votes(t.Context(), system, p.Items[0].Approval, p.Items[2].Approval)
	if err != nil || len(votes) != 1 || !votes[0].Approved || votes[0].Admin == admin.ID || votes[0].Approval != p.Items[2].Approval {
		t.Errorf("%+v %v", votes, err)
	}
	nobody := scope.Caller{Kind: scope.Admin, ID: "x"}
	if _, err := w.store.Versions(t.Context(), nobody, id, page.Request{}); !problem.Is(err, problem.Forbidden) {
		t.Error(err)
	}
	if _, err := w.store.Version(t.Context(), nobody, id, 1); !problem.Is(err, problem.Forbidden) {
		t.Error(err)
	}
	if _, err := w.Safety.Votes(t.Context(), nobody, p.Items[2].Approval); !problem.Is(err, problem.Forbidden) {
		t.Error(err)
	}
}

func TestScriptsAreForGroupsAndSystems(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		list := w.computers(t, 2)
		g, err := w.devices.AddGroup(t.Context(), system, "Vienna", "")
		if err == nil {
			err = w.devices.AddMembers(t.Context(), system, g.ID, list[0].ID)
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.store.Add(t.Context(), system, draft(func(d *script.Draft) { d.Groups = []string{g.ID} })); err != nil {
			t.Fatal(err)
		}
		if _, err := w.store.Add(t.Context(), system, draft(func(d *script.Draft) { d.Name, d.Interpreter = "w", "powershell" })); err != nil {
			t.Fatal(err)
		}
		if a, b := w.running(t, list[0]), w.running(t, list[1]); len(a) != 1 || len(b) != 0 {
			t.Errorf("%q and %q", a, b)
		}
	})
}

func TestScriptsThatAreRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, change := range map[string]func(*script.Draft){
			"no name":         func(d *script.Draft) { d.Name = " " },
			"another program": func(d *script.Draft) { d.Interpreter = "perl" },
			"no text":         func(d *script.Draft) { d.Text = "\n" },
			"too long":        func(d *script.Draft) { d.Text = strings.Repeat("x", 1<<16+1) },
			"too often":       func(d *script.Draft) { d.Minutes = 1 },
			"for ever":        func(d *script.Draft) { d.Seconds = 0 },
			"no such group":   func(d *script.Draft) { d.Groups = []string{"x"} },
		} {
			if _, err := w.store.Add(t.Context(), system, draft(change)); !problem.Is(err, problem.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		x, err := w.store.Add(t.Context(), system, draft(same))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.store.Add(t.Context(), system, draft(func(d *script.Draft) { d.Name = "CLEAN" })); !problem.Is(err, problem.Conflict) {
			t.Errorf("the same name: %v", err)
		}
		if _, err := w.store.Edit(t.Context(), system, x.ID, 7, draft(same)); !problem.Is(err, problem.Precondition) {
			t.Errorf("a change that came between: %v", err)
		}
		nobody := scope.Caller{Kind: scope.Admin, ID: "x"}
		if _, err := w.store.Add(t.Context(), nobody, draft(same)); !problem.Is(err, problem.Forbidden) {
			t.Errorf("without the right: %v", err)
		}
		raw, err := sqldb.One(t.Context(), w.DB, sqldb.Scan1[[]byte], "SELECT content FROM script_version WHERE script = $1", x.ID)
		if err != nil || strings.Contains(string(raw), "/var/tmp") {
			t.Errorf("%q %v", raw, err)
		}
	})
}
