package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/inventory"
	"drover/internal/core/report"
	"drover/internal/core/scope"
)

// people are the administrators, with the rights that each has now.
type people map[string]scope.Caller

func (p people) CallerOf(_ context.Context, id string) (scope.Caller, error) {
	if c, ok := p[id]; ok {
		return c, nil
	}
	return scope.Caller{}, problem.New(problem.Forbidden, "admin.inactive", "This administrator is not active any more.")
}

type fixture struct {
	*coretest.Ground
	devices   *device.Store
	inventory *inventory.Store
	store     *report.Store
	people    people
	group     string // of the first device alone
}

var (
	rights = []scope.Right{scope.DeviceRead, scope.InventoryRead}
	ann    = coretest.Admin(rights)
	bob    = scope.Caller{Kind: scope.Admin, ID: "admin-2", Grants: []scope.Grant{{Rights: rights}}}
)

type noPolicy struct{}

func (noPolicy) AsksAbout(context.Context, string) (bool, error) { return false, nil }

func each(t *testing.T, fn func(t *testing.T, f *fixture)) {
	t.Helper()
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		users := directory.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision, g.Keys, g.Safety)
		f := &fixture{Ground: g, people: people{ann.ID: ann, bob.ID: bob}, devices: device.New(device.Parts{
			DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Bus: g.Bus, Keys: g.Keys, Owners: users, Safety: g.Safety,
		})}
		f.inventory = inventory.New(inventory.Parts{DB: g.DB, Clock: g.Clock, Log: g.Log, Bus: g.Bus, Devices: f.devices, Policy: noPolicy{}})
		f.store = report.New(report.Parts{DB: g.DB, Clock: g.Clock, Log: g.Log, Devices: f.devices, Inventory: f.inventory, Admins: f.people})
		ctx := t.Context()
		err := g.DB.Write(ctx, func(tx *sqldb.Tx) error {
			for _, id := range []string{ann.ID, bob.ID} {
				_, err := tx.Exec(ctx, `INSERT INTO admin (id, name, folded, mail, state, totp_step, established, created, version)
					VALUES ($1, $2, $3, '', 'active', 0, 0, 0, 1)`, id, id, id)
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		owner, err := users.Admit(ctx, scope.System("activesync"), "eve", "", true)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for i, version := range []string{"3.0.14-1", "3.0.16-1", "2.0"} {
			name := string(rune('a' + i))
			k, err := f.devices.Contact(ctx, scope.System("activesync"), device.Hello{
				Owner: owner, EASID: "dev" + name, Enrol: true, Facts: device.Facts{FriendlyName: "=computer " + name},
			})
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, k.Device.ID)
			_, err = f.inventory.Keep(ctx, scope.Caller{Kind: scope.Device, ID: k.Device.ID}, k.Device.ID, inventory.Report{Made: g.Clock.Now(), Parts: []inventory.Part{
				{Section: inventory.System, Items: []inventory.Item{{"os": "Debian", "name": name}}},
				{Section: inventory.Software, Items: []inventory.Item{{"name": "openssl", "version": version, "source": "dpkg"}}},
			}})
			if err != nil {
				t.Fatal(err)
			}
		}
		all := coretest.Admin([]scope.Right{scope.DeviceRead, scope.DeviceEdit, scope.GroupRead, scope.GroupEdit})
		gr, err := f.devices.AddGroup(ctx, all, "first", "")
		if err == nil {
			err = f.devices.AddMembers(ctx, all, gr.ID, ids[0])
		}
		if err != nil {
			t.Fatal(err)
		}
		f.group = gr.ID
		fn(t, f)
	})
}

func old() report.Draft {
	return report.Draft{Name: "Old openssl", Content: report.Content{
		Tests: []string{"openssl>=3.0,<3.0.15"}, Columns: []string{"name", "system.os", "software"}, Format: report.CSV,
	}}
}

func (f *fixture) add(t *testing.T, c scope.Caller, d report.Draft) report.Report {
	t.Helper()
	r, err := f.store.Add(t.Context(), c, d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (f *fixture) answer(t *testing.T, c scope.Caller, id string, format report.Format) string {
	t.Helper()
	_, write, err := f.store.Answer(t.Context(), c, id, format)
	var out bytes.Buffer
	if err == nil {
		err = write(&out)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestAReportIsAnsweredAsATable(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		r := f.add(t, ann, old())
		if diff := cmp.Diff("name,System,software\r\n'=computer a,Debian,openssl 3.0.14-1\r\n", f.answer(t, ann, r.ID, "")); diff != "" {
			t.Error(diff)
		}
		var rows []map[string]string
		if err := json.Unmarshal([]byte(f.answer(t, ann, r.ID, report.JSON)), &rows); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]map[string]string{{"name": "=computer a", "system.os": "Debian", "software": "openssl 3.0.14-1"}}, rows); diff != "" {
			t.Error(diff)
		}
		d := old()
		d.Content.Tests, d.Content.Columns = nil, []string{"system.name"}
		all := f.add(t, ann, d)
		if got := f.answer(t, ann, all.ID, report.CSV); got != "Host name\r\na\r\nb\r\nc\r\n" {
			t.Errorf("%q", got)
		}
		none := old()
		none.Content.Tests = []string{"emacs"}
		if got := f.answer(t, ann, f.add(t, ann, none).ID, report.JSON); got != "[]\n" {
			t.Errorf("%q", got)
		}
		if got := f.Actions(t); strings.Count(got, "report.answered") != 4 || strings.Count(got, "report.added") != 3 {
			t.Error(got)
		}
	})
}

func TestAReportShowsWhatItsReaderMaySee(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := old()
		d.Content.Tests = []string{"openssl"}
		own := f.add(t, ann, d)
		d.Shared = true
		shared := f.add(t, ann, d)
		if _, err := f.store.Get(t.Context(), bob, own.ID); !problem.Is(err, problem.NotFound) {
			t.Error("another's report can be read:", err)
		}
		if got := f.answer(t, bob, shared.ID, report.CSV); strings.Count(got, "\r\n") != 4 {
			t.Errorf("%q", got)
		}
		limited := scope.Caller{Kind: scope.Admin, ID: "admin-3", Grants: []scope.Grant{{Rights: rights, Groups: []string{f.group}}}}
		if got := f.answer(t, limited, shared.ID, report.CSV); strings.Count(got, "\r\n") != 2 || !strings.Contains(got, "computer a") {
			t.Errorf("%q", got)
		}
		blind := scope.Caller{Kind: scope.Admin, ID: "admin-4", Grants: []scope.Grant{{Rights: []scope.Right{scope.DeviceRead}}}}
		if _, _, err := f.store.Answer(t.Context(), blind, shared.ID, ""); !problem.Is(err, problem.Forbidden) {
			t.Error("who may not see inventories reads them in a report:", err)
		}
		if _, err := f.store.Edit(t.Context(), bob, shared.ID, 1, d); !problem.Is(err, problem.NotFound) {
			t.Error("another's report can be changed:", err)
		}
		if err := f.store.Remove(t.Context(), bob, shared.ID); !problem.Is(err, problem.NotFound) {
			t.Error("another's report can be removed:", err)
		}
		p, err := f.store.List(t.Context(), bob, page.Request{})
		if err != nil || len(p.Items) != 1 || p.Items[0].ID != shared.ID {
			t.Errorf("%+v, %v", p, err)
		}
	})
}

func TestAReportIsSentWhenItIsDueWithWhatItsOwnerMaySeeThen(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := old()
		d.Content.Tests, d.Content.Every, d.Content.Hour, d.Content.To = []string{"openssl"}, report.Day, 6, []string{bob.ID}
		r := f.add(t, ann, d)
		if want := time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC); !r.Due.Equal(want) {
			t.Fatal(r.Due)
		}
		var sent []string
		var fail error
		send := func() {
			err := f.store.Send(t.Context(), func(_ context.Context, to []string, subject, _, name, media string, data []byte) error {
				sent = append(sent, strings.Join(append(to, subject, name, media, string(data)), "|"))
				return fail
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		send()
		if len(sent) != 0 {
			t.Fatal("it is sent before it is due:", sent)
		}
		f.Clock.Advance(24 * time.Hour)
		f.people[ann.ID] = scope.Caller{Kind: scope.Admin, ID: ann.ID, Grants: []scope.Grant{{Rights: rights, Groups: []string{f.group}}}}
		send()
		send()
		want := []string{"admin-2|Old openssl|report.csv|text/csv|name,System,software\r\n'=computer a,Debian,openssl 3.0.14-1\r\n"}
		if diff := cmp.Diff(want, sent); diff != "" {
			t.Fatal(diff)
		}
		f.Clock.Advance(24 * time.Hour)
		fail = problem.New(problem.Unavailable, "report.refused", "The mail server did not take it.")
		send()
		if r, err := f.store.Get(t.Context(), ann, r.ID); err != nil || r.Fault != "The mail server did not take it." || r.Due.Before(f.Clock.Now()) {
			t.Errorf("%+v, %v", r, err)
		}
		f.Clock.Advance(24 * time.Hour)
		fail = report.ErrLater
		send()
		if r, err := f.store.Get(t.Context(), ann, r.ID); err != nil || !r.Due.Equal(f.Clock.Now().Add(time.Hour)) || !strings.Contains(r.Fault, "in an hour") {
			t.Errorf("while the mail server is away: %+v, %v", r, err)
		}
		f.Clock.Advance(time.Hour)
		fail = nil
		send()
		if r, err := f.store.Get(t.Context(), ann, r.ID); err != nil || !r.Sent.Equal(f.Clock.Now()) || r.Fault != "" || len(sent) != 4 {
			t.Errorf("when it is back: %+v, %v", r, err)
		}
		f.Clock.Advance(24 * time.Hour)
		delete(f.people, ann.ID)
		send()
		if r, err := f.store.Get(t.Context(), ann, r.ID); err != nil || r.Fault != "This administrator is not active any more." || len(sent) != 4 {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

func TestWhatCannotBeAskedIsRefused(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		for field, change := range map[string]func(*report.Draft){
			"name":    func(d *report.Draft) { d.Name = " " },
			"tests":   func(d *report.Draft) { d.Content.Tests = []string{"<3"} },
			"words":   func(d *report.Draft) { d.Content.Words = "x" },
			"columns": func(d *report.Draft) { d.Content.Columns = []string{"name", "name"} },
			"format":  func(d *report.Draft) { d.Content.Format = "pdf" },
			"every":   func(d *report.Draft) { d.Content.Every = "hour" },
			"hour":    func(d *report.Draft) { d.Content.Hour = 24 },
			"to":      func(d *report.Draft) { d.Content.Every = report.Week },
		} {
			d := old()
			change(&d)
			_, err := f.store.Add(t.Context(), ann, d)
			if p, ok := errors.AsType[*problem.Error](err); !ok || p.Kind != problem.Invalid || p.Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
	})
}

func TestDueDays(t *testing.T) {
	for _, x := range []struct {
		every report.Every
		now   string
		want  string
	}{
		{report.Day, "2026-03-01T05:59:59Z", "2026-03-01T06:00:00Z"},
		{report.Day, "2026-03-01T06:00:00Z", "2026-03-02T06:00:00Z"},
		{report.Week, "2026-03-01T12:00:00Z", "2026-03-02T06:00:00Z"}, // a Sunday
		{report.Week, "2026-03-02T06:00:00Z", "2026-03-09T06:00:00Z"},
		{report.Month, "2026-01-31T12:00:00Z", "2026-02-01T06:00:00Z"},
		{report.Month, "2026-12-01T06:00:00Z", "2027-01-01T06:00:00Z"},
	} {
		now, err := time.Parse(time.RFC3339, x.now)
		if err != nil {
			t.Fatal(err)
		}
		if got := report.Next(report.Content{Every: x.every, Hour: 6}, now).Format(time.RFC3339); got != x.want {
			t.Errorf("%s after %s: %s, want %s", x.every, x.now, got, x.want)
		}
	}
}
