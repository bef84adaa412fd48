package adminapi

import (
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"drover/api/adminv1"
	"drover/internal/core/admin"
	"drover/internal/core/computer"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
)

func TestDevices(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		phone := w.phone(t, "anna", "phone one")
		g := owner.do("GET", "/devices/"+phone.ID, nil).want(200)
		d := decode[adminv1.DeviceDetail](g)
		if d.User.Name != "anna" || d.Platform != "ios" || len(d.Facts) < 5 || len(d.Capabilities) != 9 {
			t.Fatalf("the device is %+v", d)
		}
		for _, x := range d.Capabilities {
			if x.Available == (x.Reason != "") || x.Available && (x.Removes == "" || x.Leaves == "") {
				t.Errorf("the capability %+v neither works nor says why not", x)
			}
		}
		name := "reception"
		edit := adminv1.DeviceEdit{Name: &name}
		owner.with("If-Match", `"999"`).do("PATCH", "/devices/"+phone.ID, edit).want(412)
		owner.with("If-Match", "anything").do("PATCH", "/devices/"+phone.ID, edit).refusedWith(412, "request.version")
		edited := decode[adminv1.DeviceDetail](owner.with("If-Match", g.header.Get("ETag")).do("PATCH", "/devices/"+phone.ID, edit).want(200))
		if edited.Name != name || edited.Version <= d.Version {
			t.Fatalf("after the edit it is %+v", edited.Device)
		}
		owner.with("If-Match", g.header.Get("ETag")).do("PATCH", "/devices/"+phone.ID, edit).want(412)
		counts := decode[adminv1.DeviceCounts](owner.do("GET", "/devices/counts", nil).want(200))
		if counts.Total != 1 || len(counts.ByPlatform) != 1 || counts.ByPlatform[0].Count != 1 {
			t.Fatalf("counts: %+v", counts)
		}
		owner.do("POST", "/devices/"+phone.ID+"/retire", adminv1.Reason{Reason: "sold"}).want(204)
		owner.do("POST", "/devices/"+phone.ID+"/readmit", adminv1.Reason{Reason: "bought back"}).want(204)
		owner.do("GET", "/devices/none", nil).refusedWith(404, "device.unknown")
	})
}

// A computer of nobody has an empty user, and one of somebody theirs; the token of its agent is told once.
func TestComputers(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		pc := decode[adminv1.Device](owner.do("POST", "/computers", adminv1.ComputerDraft{Name: "front desk"}).want(201))
		read := decode[adminv1.DeviceDetail](owner.do("GET", "/devices/"+pc.ID, nil).want(200))
		if pc.User != (adminv1.Ref{}) || read.User != (adminv1.Ref{}) || read.Platform != "computer" || read.Liability != "corporate" {
			t.Errorf("the computer of nobody is %+v", read.Device)
		}
		user := decode[adminv1.User](owner.do("POST", "/users", adminv1.UserDraft{Name: "ann"}).want(201))
		pc = decode[adminv1.Device](owner.do("POST", "/computers", adminv1.ComputerDraft{Name: "laptop", User: user.ID, Liability: "personal"}).want(201))
		if pc.User != (adminv1.Ref{ID: user.ID, Name: "ann"}) || pc.Liability != "personal" {
			t.Errorf("the computer of ann is %+v", pc)
		}
		for _, part := range []string{"inventory", "inventory/software", "inventory-changes"} {
			owner.do("GET", "/devices/"+pc.ID+"/"+part, nil).want(200)
			owner.do("GET", "/devices/none/"+part, nil).refusedWith(404, "device.unknown")
		}
		path := "/devices/" + pc.ID + "/inventory-token"
		made := decode[adminv1.NewInventoryToken](owner.do("POST", path, nil).want(201))
		if !strings.HasSuffix(made.URL, "/collection/foreign/"+made.Token) || len(made.URLs) != 3 {
			t.Errorf("the token is %+v", made)
		}
		if x := decode[adminv1.InventoryToken](owner.do("GET", path, nil).want(200)); !x.Exists {
			t.Error("there is no token")
		}
		owner.do("DELETE", path, nil).want(204)
		if x := decode[adminv1.InventoryToken](owner.do("GET", path, nil).want(200)); x.Exists {
			t.Error("the token has not ended")
		}
	})
}

func TestPagesByKey(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		var want []string
		for i := range 23 {
			want = append(want, w.phone(t, fmt.Sprintf("user%02d", i), fmt.Sprintf("phone %02d", i)).ID)
		}
		for _, sort := range []string{"name", "-name", "owner", "enrolled", "-contact"} {
			var seen []string
			for cursor := ""; ; {
				p := decode[adminv1.Page[adminv1.Device]](owner.do("GET", "/devices?limit=5&sort="+sort+"&cursor="+cursor, nil).want(200))
				if p.Total == nil || *p.Total != len(want) {
					t.Fatalf("the total is %v", p.Total)
				}
				for _, d := range p.Items {
					seen = append(seen, d.ID)
				}
				if cursor = p.Next; cursor == "" {
					break
				}
			}
			if sort == "-name" {
				slices.Reverse(seen)
			}
			if strings.HasSuffix(sort, "name") && !slices.Equal(seen, want) || len(seen) != len(want) {
				t.Fatalf("by %s the pages hold %d devices in the order %v", sort, len(seen), seen)
			}
		}
		owner.do("GET", "/devices?cursor=rubbish", nil).want(422)
		owner.do("GET", "/devices?limit=501", nil).want(422)
		owner.do("GET", "/devices?plattform=ios", nil).refusedWith(422, "request.invalid")
		one := decode[adminv1.Page[adminv1.Device]](owner.do("GET", "/devices?q=user07&platform=ios,android-gmail&state=active,pending", nil).want(200))
		if len(one.Items) != 1 || one.Items[0].User.Name != "user07" {
			t.Fatalf("the search found %+v", one.Items)
		}
	})
}

// TestS22ExportIsNoFormula: what a device calls itself is text in a spreadsheet.
func TestS22ExportIsNoFormula(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		hostile := []string{"=cmd|' /C calc'!A0", "+1", "-2", "@SUM(A1)"}
		for i, name := range hostile {
			d := w.phone(t, fmt.Sprintf("user%d", i), fmt.Sprintf("phone %d", i))
			if _, err := w.API.Devices.RecordFacts(t.Context(), system, d.ID, device.Facts{Model: name, UserAgent: name}); err != nil {
				t.Fatal(err)
			}
		}
		g := owner.do("GET", "/devices.csv", nil).want(200)
		if kind := g.header.Get("Content-Type"); !strings.HasPrefix(kind, "text/csv") || !strings.Contains(g.header.Get("Content-Disposition"), "attachment") {
			t.Fatalf("the export is %s", kind)
		}
		rows, err := csv.NewReader(strings.NewReader(string(g.body))).ReadAll()
		if err != nil || len(rows) != len(hostile)+1 {
			t.Fatalf("%d rows (%v)", len(rows), err)
		}
		if !strings.Contains(string(g.body), "cmd|") {
			t.Fatal("what the device said is not in the export")
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
					t.Errorf("the cell %q is a formula", cell)
				}
			}
		}
		if !strings.Contains(w.Actions(t), "device.exported") {
			t.Error("the export is not audited")
		}
		g = owner.do("GET", "/devices.csv?columns=upstream,name", nil).want(200)
		if head, _, _ := strings.Cut(string(g.body), "\r\n"); head != "mail server,name" {
			t.Errorf("the chosen columns: %s", g.body)
		}
		owner.do("GET", "/devices.csv?columns=name,password", nil).want(422)
		w.by(t, "security", admin.Grant{Role: admin.SecurityOfficer}).do("GET", "/devices.csv?sort=sideways", nil).want(422)
	})
}

func TestGroupsAndViews(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		phone := w.phone(t, "anna", "phone")
		for path, member := range map[string]string{"/device-groups": phone.ID, "/user-groups": phone.Owner} {
			g := owner.do("POST", path, adminv1.GroupDraft{Name: "branch"}).want(201)
			id := decode[adminv1.Group](g).ID
			owner.do("POST", path, adminv1.GroupDraft{Name: "Branch"}).want(409)
			owner.do("POST", path+"/"+id+"/members", adminv1.IDs{IDs: []string{member}}).want(204)
			members := decode[adminv1.Page[adminv1.Ref]](owner.do("GET", path+"/"+id+"/members", nil).want(200))
			if len(members.Items) != 1 || members.Items[0].ID != member || members.Items[0].Name == "" {
				t.Fatalf("%s: members %+v", path, members.Items)
			}
			owner.with("If-Match", `"99"`).do("PUT", path+"/"+id, adminv1.GroupDraft{Name: "branch 2"}).want(412)
			owner.with("If-Match", owner.do("GET", path+"/"+id, nil).want(200).header.Get("ETag")).do("PUT", path+"/"+id, adminv1.GroupDraft{Name: "branch 2"}).want(200)
			owner.do("DELETE", path+"/"+id+"/members", adminv1.IDs{IDs: []string{member}}).want(204)
			owner.do("DELETE", path+"/"+id, nil).want(204)
			owner.do("GET", path+"/"+id+"/members", nil).want(404)
		}
		v := adminv1.ViewDraft{Name: "lost", Query: map[string]string{"state": "wiped"}, Columns: []string{"name"}}
		made := decode[adminv1.View](owner.do("POST", "/views", v).want(201))
		owner.do("POST", "/views", v).refusedWith(409, "view.exists")
		list := decode[adminv1.Page[adminv1.View]](owner.do("GET", "/views", nil).want(200))
		if len(list.Items) != 1 || list.Items[0].Query["state"] != "wiped" || list.Items[0].Columns[0] != "name" {
			t.Fatalf("views: %+v", list.Items)
		}
		owner.do("DELETE", "/views/"+made.ID, nil).want(204)
	})
}

func TestUsers(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		g := owner.do("POST", "/users", adminv1.UserDraft{Name: "anna", Mail: "anna@example.org", Password: "a long enough one"}).want(201)
		u := decode[adminv1.User](g)
		owner.do("POST", "/users", adminv1.UserDraft{Name: "Anna"}).want(409)
		display, off := "Anna A.", "disabled"
		edit := adminv1.UserEdit{DisplayName: &display, State: &off}
		owner.with("If-Match", `"99"`).do("PATCH", "/users/"+u.ID, edit).want(412)
		edited := decode[adminv1.User](owner.with("If-Match", g.header.Get("ETag")).do("PATCH", "/users/"+u.ID, edit).want(200))
		if edited.State != "disabled" || edited.DisplayName != display || edited.Mail != "anna@example.org" || !edited.HasPassword {
			t.Fatalf("after the edit: %+v", edited)
		}
		list := "name,display name,mail\nbob,Bob,bob@example.org\n,nobody,\n"
		dry := decode[adminv1.ImportResult](owner.with("Content-Type", "text/csv").do("POST", "/users/import?dryRun=true", list).want(200))
		if !dry.DryRun || dry.Created != 1 || dry.Invalid != 1 || len(dry.Rows) != 2 {
			t.Fatalf("the dry run says %+v", dry)
		}
		real := decode[adminv1.ImportResult](owner.with("Content-Type", "text/csv").do("POST", "/users/import", list).want(200))
		if real.Created != 1 || real.DryRun {
			t.Fatalf("the import says %+v", real)
		}
		found := decode[adminv1.Page[adminv1.User]](owner.do("GET", "/users?q=bob", nil).want(200))
		if len(found.Items) != 1 || found.Items[0].Mail != "bob@example.org" {
			t.Fatalf("users: %+v", found.Items)
		}
		owner.do("POST", "/users/"+found.Items[0].ID+"/erase", adminv1.Reason{Reason: "asked for it"}).want(200)
		owner.do("POST", "/users/import", strings.Repeat("x", maxImport+2)).want(413)
		owner.with("Content-Type", "text/csv").do("POST", "/users/import", "").refusedWith(400, "request.empty")
		owner.with("Content-Type", "text/csv").do("POST", "/users/import", "\n").refusedWith(422, "import.empty")
	})
}

func TestDevicePolicyAndAccess(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		phone := w.phone(t, "anna", "phone")
		suite := decode[adminv1.SuiteDetail](owner.do("POST", "/policies", adminv1.SuiteDraft{Name: "strict", Preset: "strict"}).want(201))
		owner.do("POST", "/policy-assignments", adminv1.AssignmentDraft{Kind: "device", Target: phone.ID, Suite: suite.ID}).want(200)
		w.Settle(t)
		p := decode[adminv1.DevicePolicy](owner.do("GET", "/devices/"+phone.ID+"/policy", nil).want(200))
		if p.Suite.Name != "strict" || len(p.Settings) < 10 {
			t.Fatalf("the policy is %+v", p)
		}
		for _, l := range p.Settings {
			if l.State == "acknowledged" || l.State == "enforced" {
				t.Errorf("%s is %s, and the device was sent nothing", l.Key, l.State)
			}
		}
		for folder, quarantined := range map[string]bool{device.QuarantineFolder: true, "": false} {
			owner.do("POST", "/device-folders/move", adminv1.FolderMove{Folder: folder, Devices: []string{phone.ID}}).want(204)
			w.Settle(t)
			p := decode[adminv1.DevicePolicy](owner.do("GET", "/devices/"+phone.ID+"/policy", nil).want(200))
			if p.Quarantined != quarantined {
				t.Errorf("in the folder %q: %+v", folder, p)
			}
		}
		owner.do("POST", "/device-folders/move", adminv1.FolderMove{Devices: []string{phone.ID}}).want(204)
		w.Settle(t)
		rule := owner.do("POST", "/access-rules", adminv1.AccessRuleDraft{Name: "no iPhones", Match: "platform", Pattern: "ios", Decision: "block"}).want(201)
		w.Settle(t)
		trail := decode[adminv1.AccessTrail](owner.do("GET", "/devices/"+phone.ID+"/access", nil).want(200))
		if trail.Decision != "block" || trail.Origin != "rule" || len(trail.Steps) != 1 || !strings.Contains(trail.Sentence, "rule 1") {
			t.Fatalf("the trail is %+v", trail)
		}
		owner.do("PUT", "/devices/"+phone.ID+"/access", adminv1.AccessOverrideDraft{Decision: "allow"}).want(204)
		trail = decode[adminv1.AccessTrail](owner.do("POST", "/access-rules/test", adminv1.AccessTest{Device: phone.ID}).want(200))
		if trail.Decision != "allow" || trail.Origin != "override" {
			t.Fatalf("after the override: %+v", trail)
		}
		owner.do("DELETE", "/devices/"+phone.ID+"/access", nil).want(204)
		id := decode[adminv1.AccessRule](rule).ID
		draft := adminv1.AccessRuleDraft{Name: "no iPhones", Match: "platform", Pattern: "ios", Decision: "quarantine", Expires: "2027-01-01T00:00:00Z"}
		owner.with("If-Match", `"99"`).do("PUT", "/access-rules/"+id, draft).want(412)
		owner.with("If-Match", rule.header.Get("ETag")).do("PUT", "/access-rules/"+id, draft).want(200)
		g := owner.do("GET", "/access-rules/default", nil).want(200)
		owner.with("If-Match", g.header.Get("ETag")).do("PUT", "/access-rules/default", adminv1.AccessDefault{Decision: "quarantine"}).want(200)
		owner.do("PUT", "/access-rules/order", adminv1.Ordered{IDs: []string{id}}).want(204)
		owner.do("DELETE", "/access-rules/"+id, nil).want(204)
	})
}

// TestAKeptSettingHasNoTimeOfSending: the application has answered to a policy from which Drover left these two out.
func TestAKeptSettingHasNoTimeOfSending(t *testing.T) {
	e := policy.NewEffective(policy.Origin{}, policy.Values{
		platform.PasswordRequired: policy.Bool(true), platform.LockDuress: policy.Bool(true),
		platform.LockDuressAddress: policy.Text("guard@example.org"), platform.RefreshInterval: policy.Number(4),
	})
	revision := e.RevisionOver(platform.Companion, platform.Version{})
	m := device.Companion{Sent: revision, Reported: revision, SentAt: time.Unix(1, 0), ReportedAt: time.Unix(2, 0)}
	d := device.Device{Facts: device.Facts{DeviceType: "NotifySync"}}
	x := exchanges(d, device.Partnership{}, m, true)
	want := map[string]bool{"password.required": true, "lock.duress": true, "lock.duress-address": false, "gateway.refresh-hours": false}
	lines := policyLines(e, d, device.Partnership{}, m, computer.Standing{}, x)
	for _, l := range lines {
		sent := l.Sent != "" && l.SentAt != "" && l.AcknowledgedAt != ""
		if told := l.Sent != "" || l.SentAt != "" || l.AcknowledgedAt != ""; sent != want[l.Key] || told != sent || sent == (l.State == "kept") {
			t.Errorf("%+v", l)
		}
	}
	if len(lines) != len(want) {
		t.Errorf("%d lines", len(lines))
	}
}

func TestCommandsForMany(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		one, two := w.phone(t, "anna", "one"), w.phone(t, "bob", "two")
		ids := []string{one.ID, two.ID}
		preview := decode[adminv1.Page[adminv1.Effect]](owner.do("POST", "/commands/preview", adminv1.CommandPreview{Kind: "full-wipe", Devices: ids}).want(200))
		if len(preview.Items) != 2 || !preview.Items[0].Possible || preview.Items[0].Removes == "" {
			t.Fatalf("the preview is %+v", preview.Items)
		}
		draft := adminv1.CommandDraft{Kind: "full-wipe", Reason: "moving house", Devices: ids}
		key := owner.with("Idempotency-Key", "same")
		first := decode[adminv1.Batch](key.do("POST", "/commands", draft).want(201))
		second := decode[adminv1.Batch](key.do("POST", "/commands", draft).want(201))
		if len(first.Items) != 2 || first.Items[0].ID != second.Items[0].ID || first.Items[0].State != "delayed" {
			t.Fatalf("the same request twice gave %+v and %+v", first, second)
		}
		draft.Devices = ids[:1]
		key.do("POST", "/commands", draft).refusedWith(409, "command.key")
		list := decode[adminv1.Page[adminv1.Command]](owner.do("GET", "/commands?state=delayed&limit=1", nil).want(200))
		if len(list.Items) != 1 || list.Next == "" {
			t.Fatalf("the first page is %+v", list)
		}
		list = decode[adminv1.Page[adminv1.Command]](owner.do("GET", "/commands?state=delayed&limit=1&cursor="+list.Next, nil).want(200))
		if len(list.Items) != 1 || list.Next != "" {
			t.Fatalf("the second page is %+v", list)
		}
		of := decode[adminv1.Page[adminv1.Command]](owner.do("GET", "/devices/"+one.ID+"/commands", nil).want(200))
		if len(of.Items) != 1 || of.Items[0].Device.Name != "one" || of.Items[0].User.Name != "anna" {
			t.Fatalf("the device's commands are %+v", of.Items)
		}
		o := decode[adminv1.Overview](owner.do("GET", "/overview", nil).want(200))
		if o.Commands.Pending != 2 || o.Devices.Total != 2 || len(o.Certificates) != 1 || len(o.Notes) != 1 {
			t.Fatalf("the overview is %+v", o)
		}
	})
}
