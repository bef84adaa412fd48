package device_test

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"drover/internal/base/bus"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

var gate = scope.System("activesync")

type fixture struct {
	*coretest.Ground
	users   *directory.Store
	devices *device.Store
}

func newFixture(g *coretest.Ground) *fixture {
	users := directory.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision, g.Keys, g.Safety)
	devices := device.New(device.Parts{
		DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Bus: g.Bus, Keys: g.Keys, Owners: users, Safety: g.Safety,
	})
	users.Follow(devices)
	return &fixture{g, users, devices}
}

func each(t *testing.T, fn func(t *testing.T, f *fixture)) {
	t.Helper()
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) { fn(t, newFixture(g)) })
}

func (f *fixture) user(t testing.TB, name string) directory.User {
	t.Helper()
	u, err := f.users.Admit(t.Context(), gate, name, "", true)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func hello(u directory.User, id string) device.Hello {
	return device.Hello{
		Owner: u, EASID: id, Upstream: "up-1", Enrol: true,
		Facts: device.Facts{DeviceType: "iPhone", UserAgent: "Apple-iPhone14C3/2103.66", Protocol: "14.1"},
	}
}

func (f *fixture) contact(t testing.TB, u directory.User, id string) device.Known {
	t.Helper()
	k, err := f.devices.Contact(t.Context(), gate, hello(u, id))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestFiftyFirstContactsMakeOneDevice(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		u := f.user(t, "anna")
		ids := make([]string, 50)
		var wg sync.WaitGroup
		for i := range ids {
			wg.Go(func() {
				id := "APPL1"
				if i%2 == 0 {
					id = "appl1" // clients do not agree on the case of their own id
				}
				k, err := f.devices.Contact(t.Context(), gate, hello(u, id))
				if err != nil {
					t.Error(err)
				}
				ids[i] = k.Device.ID
			})
		}
		wg.Wait()
		for _, id := range ids {
			if id == "" || id != ids[0] {
				t.Fatalf("several devices: %v", ids)
			}
		}
		n, err := sqldb.One(t.Context(), f.DB, sqldb.Scan1[int], "SELECT count(*) FROM device")
		if err != nil || n != 1 {
			t.Fatalf("%d rows, %v", n, err)
		}
		if got := strings.Count(f.Actions(t), "device.enrolled"); got != 1 {
			t.Fatalf("the enrolment is recorded %d times", got)
		}
		d, err := f.devices.Get(t.Context(), gate, ids[0])
		if err != nil || d.State != device.Pending || d.Platform != platform.IOS || d.Name != "iPhone" || d.OwnerName != "anna" {
			t.Fatalf("%+v %v", d, err)
		}
	})
}

func TestTheCapHoldsForContactsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		u := f.user(t, "anna")
		var wg sync.WaitGroup
		var mu sync.Mutex
		in, out := 0, 0
		for i := range 20 {
			wg.Go(func() {
				h := hello(u, fmt.Sprintf("dev%d", i))
				h.Cap = 3
				_, err := f.devices.Contact(t.Context(), gate, h)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					in++
				case problem.Is(err, problem.Forbidden) && problem.From(err).Code == "device.cap":
					out++
				default:
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if in != 3 || out != 17 {
			t.Fatalf("%d came in, %d stayed out", in, out)
		}
	})
}

func TestANewDeviceNeedsHandsOffEnrolment(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		h := hello(f.user(t, "anna"), "dev")
		h.Enrol = false
		if _, err := f.devices.Contact(t.Context(), gate, h); !problem.Is(err, problem.NotFound) {
			t.Fatal(err)
		}
		for _, bad := range []string{"", "a b", "a\x00", "é", strings.Repeat("a", 65)} {
			if _, err := f.devices.Contact(t.Context(), gate, hello(h.Owner, bad)); !problem.Is(err, problem.Malformed) {
				t.Errorf("%q: %v", bad, err)
			}
		}
	})
}

func TestTheLifeOfAPartnership(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		k := f.contact(t, f.user(t, "anna"), "dev")
		p := k.Partnership
		p.TempKey, p.TempRevision, p.TempProtocol, p.TempAt = 4294967295, "7", "14.1", f.Clock.Now()
		p.Sent = json.RawMessage(`{"minLength": 6}`)
		sent, err := f.devices.SavePartnership(ctx, gate, k.Device.ID, p, device.PolicySent)
		if err != nil || sent.Device.State != device.Pending || sent.Device.PolicyState != device.PolicySent {
			t.Fatalf("%+v %v", sent, err)
		}
		if _, err := f.devices.SavePartnership(ctx, gate, k.Device.ID, p, device.PolicySent); !problem.Is(err, problem.Conflict) {
			t.Fatalf("a write over a newer one: %v", err)
		}
		p = sent.Partnership
		p.TempKey, p.Key, p.Revision, p.Protocol, p.ClientStatus, p.Provisioned = 0, 3000000000, "7", "14.1", 1, f.Clock.Now()
		p.Acknowledged = p.Sent
		done, err := f.devices.SavePartnership(ctx, gate, k.Device.ID, p, device.PolicyAcknowledged)
		if err != nil || done.Device.State != device.Active {
			t.Fatalf("%+v %v", done, err)
		}
		got, err := f.devices.Lookup(ctx, gate, k.Device.Owner, "DEV")
		if err != nil || !got.Partnership.Holds(3000000000, "7", "14.1") || got.Partnership.Holds(3000000000, "8", "14.1") ||
			got.Partnership.Holds(3000000000, "7", "12.1") || got.Partnership.Holds(0, "7", "14.1") {
			t.Fatalf("%+v %v", got, err)
		}
		for key, want := range map[uint32]int{3000000000: 1, 3000000001: 0, 0: 0} {
			if found, err := f.devices.ByPolicyKey(ctx, gate, "Dev", key); err != nil || len(found) != want {
				t.Fatalf("key %d found %d devices, %v", key, len(found), err)
			}
		}
		var settings map[string]int
		if json.Unmarshal(got.Partnership.Acknowledged, &settings) != nil || settings["minLength"] != 6 {
			t.Fatalf("acknowledged %s", got.Partnership.Acknowledged)
		}
		if _, err := f.devices.SavePartnership(ctx, scope.Caller{Kind: scope.Device, ID: "another"}, k.Device.ID, p, device.PolicySent); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("another device wrote: %v", err)
		}
	})
}

func TestAWipedDeviceStaysOutUntilItIsReadmitted(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx, u := t.Context(), f.user(t, "anna")
		k := f.contact(t, u, "dev")
		p := k.Partnership
		p.Key, p.Revision = 77, "1"
		if _, err := f.devices.SavePartnership(ctx, gate, k.Device.ID, p, device.PolicyAcknowledged); err != nil {
			t.Fatal(err)
		}
		woken := make(chan struct{}, 10)
		defer f.Bus.Subscribe(device.Topic(k.Device.ID), func(bus.Message) { woken <- struct{}{} })()
		err := f.DB.Write(ctx, func(tx *sqldb.Tx) error { return f.devices.MarkWiped(ctx, tx, gate, k.Device.ID) })
		if err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		select {
		case <-woken:
		default:
			t.Fatal("the held request was not ended")
		}
		access := func(want device.Access, inUse int) {
			t.Helper()
			d, err := f.devices.Get(ctx, gate, k.Device.ID)
			p, err2 := f.devices.List(ctx, gate, device.Query{Filter: device.Filter{Access: []device.Access{want}}})
			n, err3 := f.devices.Counts(ctx, gate)
			if err := errors.Join(err, err2, err3); err != nil || d.Access != want || len(p.Items) != 1 || n.ByAccess[want] != 1 || len(n.Obeying) != inUse {
				t.Errorf("its mail is %s, and not %s: %d are listed, %v counted, %v of those in use (%v)", d.Access, want, len(p.Items), n.ByAccess, n.Obeying, err)
			}
		}
		access(device.Block, 0)
		got, err := f.devices.Contact(ctx, gate, hello(u, "dev"))
		if !problem.Is(err, problem.Forbidden) || got.Partnership.Key != 77 {
			t.Fatalf("%v, key %d: the device must stay out, and its last key must stay known", err, got.Partnership.Key)
		}
		if _, err := f.devices.Remove(ctx, coretest.Admin([]scope.Right{scope.DeviceReadmit}), k.Device.ID, ""); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("removed without the right: %v", err)
		}
		if err := f.devices.Readmit(ctx, coretest.Admin([]scope.Right{scope.DeviceReadmit}), k.Device.ID, "found again"); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		got, err = f.devices.Contact(ctx, gate, hello(u, "dev"))
		if err != nil || got.Device.State != device.Pending || got.Partnership.Key != 0 {
			t.Fatalf("%+v %v", got, err)
		}
		access(device.Allow, 1)
		if err := f.devices.Readmit(ctx, gate, k.Device.ID, ""); !problem.Is(err, problem.Conflict) {
			t.Fatalf("readmitted twice: %v", err)
		}
	})
}

func TestARemovedDeviceComesBackAsNew(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx, u := t.Context(), f.user(t, "anna")
		k := f.contact(t, u, "dev")
		group, err := f.devices.AddGroup(ctx, gate, "Sales", "")
		if err != nil {
			t.Fatal(err)
		}
		if err := f.devices.AddMembers(ctx, gate, group.ID, k.Device.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := f.devices.Remove(ctx, gate, k.Device.ID, "sold"); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		p, err := f.devices.List(ctx, gate, device.Query{})
		if err != nil || len(p.Items) != 0 {
			t.Fatalf("%+v %v", p, err)
		}
		h := hello(u, "dev")
		h.Enrol = false
		if _, err := f.devices.Contact(ctx, gate, h); !problem.Is(err, problem.NotFound) {
			t.Fatalf("a removed device came back without enrolment: %v", err)
		}
		f.Clock.Advance(time.Hour)
		back := f.contact(t, u, "dev")
		if back.Device.ID != k.Device.ID || back.Device.State != device.Pending || !back.Device.Enrolled.Equal(f.Clock.Now()) {
			t.Fatalf("%+v", back.Device)
		}
		ids, err := f.devices.GroupIDs(ctx, gate, k.Device.ID)
		if err != nil || len(ids) != 0 {
			t.Fatalf("it is still in %v, %v", ids, err)
		}
	})
}

func TestFactsAreKeptAndThePlatformFollows(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		k := f.contact(t, f.user(t, "anna"), "dev")
		id := k.Device.ID
		k, err := f.devices.RecordFacts(ctx, gate, id, device.Facts{
			Model: "Pixel 8", OS: "Android 14", UserAgent: "Android-Mail/2023.1", DeviceType: "Android", IMEI: "356938035643809",
			FriendlyName: "Anna's\x00 phone", Phone: "+43 1 234",
		})
		if err != nil || k.Device.Platform != platform.AndroidGmail || k.Device.Name != "Anna's phone" || !k.Device.HasPhone {
			t.Fatalf("%+v %v", k.Device, err)
		}
		version := k.Device.Version
		if k, err = f.devices.RecordFacts(ctx, gate, id, device.Facts{OS: "Android 14"}); err != nil || k.Device.Version != version {
			t.Fatalf("nothing new was written: %+v %v", k.Device, err)
		}
		name, hand := "Desk", platform.IOS
		if _, err := f.devices.Edit(ctx, gate, id, version, device.Change{Name: &name, Platform: &hand}); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		k, err = f.devices.RecordFacts(ctx, gate, id, device.Facts{OS: "Android 15", FriendlyName: "Other"})
		if err != nil || k.Device.Platform != platform.IOS || k.Device.Name != "Desk" || k.Device.OS != "Android 15" {
			t.Fatalf("what was set by hand did not stay: %+v %v", k.Device, err)
		}
		if _, err := f.devices.Edit(ctx, gate, id, version, device.Change{Name: &name}); !problem.Is(err, problem.Precondition) {
			t.Fatalf("a change over a change: %v", err)
		}
		raw, err := sqldb.One(ctx, f.DB, sqldb.Scan1[[]byte], "SELECT phone FROM device WHERE id = $1", id)
		if err != nil || len(raw) == 0 || strings.Contains(string(raw), "234") {
			t.Fatalf("the phone number lies open: %q %v", raw, err)
		}
		if phone, err := f.number(t, gate, id); err != nil || phone != "+43 1 234" {
			t.Fatalf("%q %v", phone, err)
		}
	})
}

// number opens a phone number as package privacy does.
func (f *fixture) number(t *testing.T, c scope.Caller, id string) (number string, err error) {
	t.Helper()
	err = f.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
		number, _, err = f.devices.OpenPhone(t.Context(), tx, c, id)
		return err
	})
	return number, err
}

func TestContactsAreWrittenBehind(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		k := f.contact(t, f.user(t, "anna"), "dev")
		f.Clock.Advance(time.Minute)
		seen := f.Clock.Now()
		for range 5 {
			f.devices.Touch(gate, k.Device.ID)
		}
		f.devices.Touch(scope.Caller{Kind: scope.Device, ID: "another"}, k.Device.ID)
		if err := f.devices.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		f.Clock.Advance(-time.Hour)
		f.devices.Touch(gate, k.Device.ID)
		if err := f.devices.Flush(ctx); err != nil {
			t.Fatal(err)
		}
		d, err := f.devices.Get(ctx, gate, k.Device.ID)
		if err != nil || !d.LastContact.Equal(seen) || d.Requests != 6 {
			t.Fatalf("contact %v, %d requests, %v: want %v, 6", d.LastContact, d.Requests, err, seen)
		}
	})
}

func TestErasingTheOwnerLeavesNothingPersonal(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx, u := t.Context(), f.user(t, "anna-the-canary")
		k := f.contact(t, u, "canaryid")
		_, err := f.devices.RecordFacts(ctx, gate, k.Device.ID, device.Facts{
			Model: "canary", OS: "canary", Serial: "canary", IMEI: "canary", FriendlyName: "canary", Operator: "canary", Phone: "canary",
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.users.Erase(ctx, gate, u.ID, "has left"); err != nil {
			t.Fatal(err)
		}
		n, err := sqldb.One(ctx, f.DB, sqldb.Scan1[int], `SELECT count(*) FROM device WHERE phone IS NOT NULL OR
			owner_name || owner_folded || eas_id || eas_key || name || name_folded || friendly || model || os || operator ||
			serial || imei || search LIKE '%canary%'`)
		if err != nil || n != 0 {
			t.Fatalf("%d devices still tell of their owner, %v", n, err)
		}
		f.Settle(t)
		again := f.user(t, "anna-the-canary")
		if back := f.contact(t, again, "canaryid"); back.Device.ID == k.Device.ID {
			t.Fatal("the erased device came back")
		}
	})
}

// fill makes devices of several kinds and returns how many.
func (f *fixture) fill(t testing.TB, n int) {
	t.Helper()
	for i := range n {
		h := hello(f.user(t, fmt.Sprintf("User%d", i%7)), fmt.Sprintf("dev%d", i))
		if i%3 == 0 {
			h.Facts = device.Facts{DeviceType: "Android", UserAgent: "Android-Mail/1", Model: fmt.Sprintf("Model_%d%%", i%4)}
		}
		f.Clock.Advance(time.Duration(i%5) * time.Hour)
		if _, err := f.devices.Contact(t.Context(), gate, h); err != nil {
			t.Fatal(err)
		}
	}
}

// TestPagesHoldEveryDeviceOnce walks the list in each order, in both directions, with pages of any size.
func TestPagesHoldEveryDeviceOnce(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.fill(t, 40)
		rapid.Check(t, func(rt *rapid.T) {
			q := device.Query{
				Sort: rapid.SampledFrom([]device.Sort{
					"", device.ByName, device.ByOwner, device.ByPlatform, device.ByState, device.ByContact, device.ByEnrolled,
				}).Draw(rt, "sort"),
				Desc:    rapid.Bool().Draw(rt, "desc"),
				Request: page.Request{Limit: rapid.IntRange(1, 45).Draw(rt, "limit")},
			}
			seen := map[string]bool{}
			for {
				p, err := f.devices.List(t.Context(), gate, q)
				if err != nil || p.Total != 40 || p.Capped {
					rt.Fatalf("total %d, %v", p.Total, err)
				}
				for _, d := range p.Items {
					if seen[d.ID] {
						rt.Fatalf("%s came twice", d.EASID)
					}
					seen[d.ID] = true
				}
				if q.After = p.Next; q.After == "" {
					break
				}
			}
			if len(seen) != 40 {
				rt.Fatalf("%d of 40 devices", len(seen))
			}
		})
	})
}

func TestFiltersAndCountsAgree(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		f.fill(t, 40)
		total := func(filter device.Filter) int {
			p, err := f.devices.List(ctx, gate, device.Query{Filter: filter, Request: page.Request{Limit: 3}})
			if err != nil {
				t.Fatal(err)
			}
			return p.Total
		}
		n, err := f.devices.Counts(ctx, gate)
		if err != nil || n.Total != 40 {
			t.Fatalf("%+v %v", n, err)
		}
		sum := 0
		for _, k := range device.Contacts {
			sum += n.ByContact[k]
			if got := total(device.Filter{Contact: k}); got != n.ByContact[k] {
				t.Errorf("contact %s: listed %d, counted %d", k, got, n.ByContact[k])
			}
		}
		if sum != 40 || n.ByContact[device.WithinHour] == 0 || n.ByContact[device.WithinWeek] == 0 {
			t.Errorf("contacts %v", n.ByContact)
		}
		for id, want := range n.ByPlatform {
			if got := total(device.Filter{Platforms: []string{string(id)}}); got != want {
				t.Errorf("platform %s: listed %d, counted %d", id, got, want)
			}
		}
		if n.ByState[device.Pending] != 40 || total(device.Filter{States: []device.State{device.Pending, device.Wiped}}) != 40 {
			t.Errorf("states %v", n.ByState)
		}
		if got := total(device.Filter{Search: "USER3"}); got != 6 {
			t.Errorf("search by owner found %d", got)
		}
		if got := total(device.Filter{Search: "model_0% user0"}); got != 1 {
			t.Errorf("search by two words with wildcards in them found %d", got)
		}
		if got := total(device.Filter{Search: "nowhere"}); got != 0 {
			t.Errorf("a search for nothing found %d", got)
		}
		if got := total(device.Filter{Search: "%"}); got != 14 {
			t.Errorf("a percent sign found %d", got)
		}
	})
}

func TestExportIsSafeAndWhole(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.fill(t, 12)
		h := hello(f.user(t, "eve"), "evil")
		h.Facts = device.Facts{DeviceType: "=HYPERLINK(\"http://x\")", UserAgent: "+1", Protocol: "@2"}
		if _, err := f.devices.Contact(t.Context(), gate, h); err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := f.devices.Export(t.Context(), gate, device.Query{Sort: device.ByOwner}, device.Columns, &b); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(b.String())).ReadAll()
		if err != nil || len(rows) != 14 {
			t.Fatalf("%d rows, %v", len(rows), err)
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
					t.Errorf("a formula: %q", cell)
				}
			}
		}
		b.Reset()
		chosen := []device.Column{device.Columns[2], {Key: "odd", Head: "=odd", Cell: func(device.Device) string { return "-1" }}}
		if err := f.devices.Export(t.Context(), gate, device.Query{Filter: device.Filter{Search: "eve"}}, chosen, &b); err != nil {
			t.Fatal(err)
		}
		if want := "user,'=odd\neve,'-1\n"; strings.ReplaceAll(b.String(), "\r", "") != want {
			t.Errorf("two columns of one device: %q", b.String())
		}
		if err := f.devices.Export(t.Context(), gate, device.Query{Sort: "nonsense"}, device.Columns, &b); !problem.Is(err, problem.Invalid) {
			t.Fatal(err)
		}
	})
}

func TestViewsBelongToTheirAdministrator(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		one := coretest.Admin([]scope.Right{scope.DeviceRead})
		two := one
		two.ID = "admin-2"
		v, err := f.devices.SaveView(ctx, one, "Old phones", json.RawMessage(`{"contact":"longer"}`))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.devices.SaveView(ctx, one, "Old phones", json.RawMessage(`{}`)); !problem.Is(err, problem.Conflict) {
			t.Fatal(err)
		}
		if _, err := f.devices.SaveView(ctx, one, "x", json.RawMessage(`[1]`)); !problem.Is(err, problem.Invalid) {
			t.Fatal(err)
		}
		if views, err := f.devices.Views(ctx, two); err != nil || len(views) != 0 {
			t.Fatalf("%v %v", views, err)
		}
		if err := f.devices.RemoveView(ctx, two, v.ID); !problem.Is(err, problem.NotFound) {
			t.Fatal(err)
		}
		if err := f.devices.RemoveView(ctx, one, v.ID); err != nil {
			t.Fatal(err)
		}
	})
}

// TestAForeignDeviceIsNotThere calls every method that names a device as an administrator who has all rights over
// another group: the device is not found, never forbidden, and never changed.
func TestAForeignDeviceIsNotThere(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		k := f.contact(t, f.user(t, "anna"), "dev")
		id, name := k.Device.ID, "Mine"
		own, err := f.devices.AddGroup(ctx, gate, "Own", "")
		if err != nil {
			t.Fatal(err)
		}
		foreign, err := f.devices.AddGroup(ctx, gate, "Foreign", "")
		if err != nil {
			t.Fatal(err)
		}
		if err := f.devices.AddMembers(ctx, gate, own.ID, id); err != nil {
			t.Fatal(err)
		}
		var all []scope.Right
		for _, d := range scope.Catalogue() {
			all = append(all, d.Right)
		}
		calls := map[string]func(c scope.Caller) error{
			"Get":         func(c scope.Caller) error { _, err := f.devices.Get(ctx, c, id); return err },
			"Partnership": func(c scope.Caller) error { _, err := f.devices.Partnership(ctx, c, id); return err },
			"GroupsOf":    func(c scope.Caller) error { _, err := f.devices.GroupsOf(ctx, c, id); return err },
			"OpenPhone":   func(c scope.Caller) error { _, err := f.number(t, c, id); return err },
			"Edit": func(c scope.Caller) error {
				d, err := f.devices.Get(ctx, gate, id)
				if err != nil {
					return err
				}
				_, err = f.devices.Edit(ctx, c, id, d.Version, device.Change{Name: &name})
				return err
			},
			"Retire":  func(c scope.Caller) error { return f.devices.Retire(ctx, c, id, "") },
			"Readmit": func(c scope.Caller) error { return f.devices.Readmit(ctx, c, id, "") },
			"Remove":  func(c scope.Caller) error { _, err := f.devices.Remove(ctx, c, id, ""); return err },
		}
		order := []string{"Get", "Partnership", "GroupsOf", "OpenPhone", "Edit", "Retire", "Readmit", "Remove"}
		for _, n := range order {
			if err := calls[n](coretest.Admin(all, foreign.ID)); !problem.Is(err, problem.NotFound) {
				t.Errorf("%s of a foreign device: %v", n, err)
			}
			if err := calls[n](coretest.Admin(nil)); !problem.Is(err, problem.Forbidden) {
				t.Errorf("%s without rights: %v", n, err)
			}
		}
		if p, err := f.devices.List(ctx, coretest.Admin(all, foreign.ID), device.Query{}); err != nil || len(p.Items) != 0 || p.Total != 0 {
			t.Errorf("list: %+v %v", p, err)
		}
		if n, err := f.devices.Counts(ctx, coretest.Admin(all, foreign.ID)); err != nil || n.Total != 0 {
			t.Errorf("counts: %+v %v", n, err)
		}
		if n, err := f.devices.Names(ctx, coretest.Admin(all, foreign.ID), id); err != nil || len(n) != 0 {
			t.Errorf("names: %v %v", n, err)
		}
		if n, err := f.devices.CountByOwner(ctx, coretest.Admin(all, foreign.ID), k.Device.Owner); err != nil || len(n) != 0 {
			t.Errorf("count by owner: %v %v", n, err)
		}
		if ids, err := f.devices.GroupIDs(ctx, coretest.Admin(all, foreign.ID), id); err != nil || len(ids) != 0 {
			t.Errorf("group ids: %v %v", ids, err)
		}
		var b strings.Builder
		if err := f.devices.Export(ctx, coretest.Admin(all, foreign.ID), device.Query{}, device.Columns, &b); err != nil || strings.Contains(b.String(), id) {
			t.Errorf("export: %v", err)
		}
		limited := coretest.Admin(all, own.ID)
		if p, err := f.devices.List(ctx, limited, device.Query{}); err != nil || len(p.Items) != 1 || p.Total != 1 {
			t.Errorf("own list: %+v %v", p, err)
		}
		for _, n := range order {
			if err := calls[n](limited); err != nil {
				t.Errorf("%s of an own device: %v", n, err)
			}
		}
		for n, call := range map[string]func() error{
			"AddGroup":      func() error { _, err := f.devices.AddGroup(ctx, limited, "x", ""); return err },
			"EditGroup":     func() error { _, err := f.devices.EditGroup(ctx, limited, own.ID, 1, "x", ""); return err },
			"RemoveGroup":   func() error { return f.devices.RemoveGroup(ctx, limited, own.ID) },
			"AddMembers":    func() error { return f.devices.AddMembers(ctx, limited, own.ID, id) },
			"RemoveMembers": func() error { return f.devices.RemoveMembers(ctx, limited, own.ID, id) },
			"Groups":        func() error { _, err := f.devices.Groups(ctx, limited); return err },
			"Lookup":        func() error { _, err := f.devices.Lookup(ctx, limited, k.Device.Owner, "dev"); return err },
			"Contact":       func() error { _, err := f.devices.Contact(ctx, limited, hello(directory.User{}, "dev")); return err },
			"RecordFacts":   func() error { _, err := f.devices.RecordFacts(ctx, limited, id, device.Facts{}); return err },
			"SaveAccess": func() error {
				return f.devices.SaveAccess(ctx, limited, map[string]device.Access{id: device.Allow})
			},
		} {
			if err := call(); !problem.Is(err, problem.Forbidden) {
				t.Errorf("%s as an administrator of groups: %v", n, err)
			}
		}
	})
}
