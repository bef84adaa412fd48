package server_test

import (
	"archive/zip"
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"io"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"drover/internal/base/httpsig"
	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/admin"
	"drover/internal/core/audit"
	"drover/internal/core/command"
	"drover/internal/core/compliance"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/door"
	"drover/internal/core/enrol"
	"drover/internal/core/journal"
	"drover/internal/core/logbook"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
	"drover/internal/server/zonetest"
)

// chapterOf says in which file of the archive each table is told that names users or devices.
var chapterOf = map[string]string{
	"end_user": "user", "user_group_member": "user", "directory_link": "user",
	"device": "devices", "device_group_member": "devices", "device_place": "devices", "computer_identity": "devices", "device_presence": "devices", "partnership": "devices",
	"device_companion": "devices", "access_override": "devices", "compliance_place": "devices",
	"command": "commands", "compliance_breach": "breaches", "compliance_waiver": "exemptions",
	"device_key": "keys", "enrol_consent": "consents", "enrol_invitation": "invitations", "user_session": "sessions",
	"sync_log": "synchronisations", "audit_record": "audit", "personal_look": "looks", "door_traffic": "visits",
	"journal_entry": "location", "journal_part": "file", "inventory_section": "inventory", "inventory_installed": "inventory",
	"agent_status": "devices", "agent_document": "devices", "agent_result": "results", "inventory_change": "inventory-history", "spool_file": "uploads", "agent_event": "agent-events",
}

// untold says why the others are in none.
var untold = map[string]string{
	"seal_data_key":       "it is the key to the user's data, which whoever takes the archive along must not get",
	"seal_erasure":        "it names users of whom nothing else is left",
	"journal_hold":        "a user must not learn that a legal hold stands",
	"device_owner":        "it counts enrolments, so that they stand in line; the devices are told",
	"device_mark":         "it is what follows from the rules that the device breaks, which are told",
	"compliance_isolated": "it is the folder to which a computer goes back; in which one it is, and which rules it breaks, is told",
	"compliance_notice":   "it is a mail to the user on its way, and gone when that is sent",
	"duress_call":         "it is a call for help on its way, and gone when that is sent; whoever forces the user must not learn of it",
	"approval":            "it is how administrators agree; what they agreed to is told among the orders and in the audit log",
	"approval_device":     "as approval",
	"safety_doubt":        "it is how far administrators are trusted; what they did is told in the audit log",
	"upstream_assignment": "it is a rule of the organization; which mail server follows from it is the device's own account",
	"policy_assignment":   "it is a rule of the organization; what follows from it is shown in the portal, for each device",
	"schedule_assignment": "as policy_assignment",
	"inventory_fact":      "it is an index: what stands in it stands in the sections too",
	"inventory_told":      "it is the last report in the form of its teller; what it says stands in the sections",
	"door_version":        "its caller is an administrator who has changed the rules of the doors",
	"safety_spend":        "it counts what one may order for a while yet; what was ordered is told among the orders and in the audit log",
	"report":              "its owner is an administrator who has saved a question",
	"agent_code":          "it is a secret by which whoever holds the computer may remove its agent",
	"computer_key":        "it is a hash of a secret that lets computers in, or one that an administrator has entered",
	"registration_review": "it is of computers that wait at the door and belong to nobody yet; what was decided is told in the audit log",
	"collection_token":    "it is a hash of a secret of the device's inventory agent",
}

// naming are the columns by which a table tells of a user or a device.
var naming = []string{"owner", "end_user", "device", "about", "target", "user_id", "subject", "caller", "actor"}

func tablesOf(t *testing.T, z *zonetest.Zone, e sqldb.Engine) map[string][]string {
	t.Helper()
	text := "SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'"
	if e == sqldb.PostgreSQL {
		text = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
	}
	found := map[string][]string{}
	_, err := sqldb.All(t.Context(), z.DB, func(r sqldb.Row) (struct{}, error) {
		var table, column string
		err := r.Scan(&table, &column)
		found[table] = append(found[table], column)
		return struct{}{}, err
	}, text)
	if err != nil || len(found) < 50 {
		t.Fatalf("%d tables, %v", len(found), err)
	}
	return found
}

// checkTables holds every table against the two lists above.
func checkTables(t *testing.T, z *zonetest.Zone, e sqldb.Engine, archive map[string]string) {
	t.Helper()
	tables := tablesOf(t, z, e)
	for table, columns := range tables {
		names := slices.ContainsFunc(columns, func(c string) bool { return slices.Contains(naming, c) })
		if names && chapterOf[table] == "" && untold[table] == "" {
			t.Errorf("the table %s names users or devices: tell it in a chapter of the archive, or say why not", table)
		}
	}
	for table, chapter := range chapterOf {
		if _, there := archive[chapter+".json"]; !there || tables[table] == nil {
			t.Errorf("%s: there is no such table, or the archive has no %s.json", table, chapter)
		}
	}
	for table := range untold {
		if tables[table] == nil {
			t.Errorf("%s is no table any more", table)
		}
	}
}

// live is a user with something in every room.
type live struct {
	*zonetest.Zone
	user  directory.User
	phone device.Device // with a mail account
	app   device.Device // with a companion application
}

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ok(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func newLive(t *testing.T, e sqldb.Engine) *live {
	t.Helper()
	ctx, system := t.Context(), zonetest.System
	l := &live{Zone: zonetest.New(t, e)}
	l.user = must[directory.User](t)(l.Users.Add(ctx, system, directory.Draft{Name: "ann", Mail: "ann@example.org"}))
	group := must[directory.Group](t)(l.Users.AddGroup(ctx, system, "canary-group", ""))
	ok(t, l.Users.AddMembers(ctx, system, group.ID, l.user.ID))
	_, err := l.Enrol.SetTerms(ctx, system, "Be careful.", 0)
	ok(t, err)
	l.phone = must[device.Known](t)(l.Devices.Contact(ctx, scope.System("activesync"), device.Hello{
		Owner: l.user, EASID: "canaryeas", Enrol: true, Facts: device.Facts{DeviceType: "iPhone", UserAgent: "Apple-iPhone14C3/2103.66"},
	})).Device
	itself := scope.Caller{Kind: scope.Device, ID: l.phone.ID}
	_, err = l.Devices.RecordFacts(ctx, itself, l.phone.ID, device.Facts{Phone: "+1 555 0100"})
	ok(t, err)
	l.enrolApp(t)
	l.order(t)
	l.hold(t, itself)
	return l
}

// enrolApp brings a companion application in, by an invitation.
func (l *live) enrolApp(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	_, token, err := l.Enrol.Invite(ctx, zonetest.System, enrol.Draft{Owner: l.user.ID, Uses: 1, Life: time.Hour})
	ok(t, err)
	public, _, err := ed25519.GenerateKey(nil)
	ok(t, err)
	id := must[string](t)(httpsig.Thumbprint(public))
	k := must[enrol.Key](t)(l.Enrol.Enrol(ctx, enrol.Request{
		Invitation: token, Public: public, KeyID: id, Terms: 1, App: "canary-app", Facts: device.Facts{Model: "canary-model", DeviceType: "Android", OS: "Android 4.0.3"},
	}))
	itself := scope.Caller{Kind: scope.Device, ID: k.Device}
	apps := device.Posture{Apps: []device.App{{ID: "org.example.canary"}}}
	ok(t, l.Devices.CompanionPosture(ctx, itself, k.Device, apps, time.Now()))
	l.app = must[device.Device](t)(l.Devices.Get(ctx, zonetest.System, k.Device))
}

// order has something ordered, said, and recorded.
func (l *live) order(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	rights := []scope.Grant{{Rights: []scope.Right{scope.DeviceRead, scope.DeviceMessage}}}
	for why, c := range map[string]scope.Caller{
		"canary-rule-why": zonetest.System, "canary-own-why": {Kind: scope.User, ID: l.user.ID, Grants: rights},
		"secret-admin-why": {Kind: scope.Admin, ID: "boss", Grants: rights}, "secret-token-why": {Kind: scope.Token, ID: "boss", Grants: rights},
	} {
		b, err := l.Commands.Request(ctx, c, command.Request{Kind: platform.Message, Devices: []string{l.app.ID}, Reason: why, Text: "canary-text"})
		ok(t, err)
		_, err = l.Commands.Cancel(ctx, zonetest.System, b.Commands[0].ID) // a device has one of a kind at a time
		ok(t, err)
	}
	_, _, err := l.Selves.Welcome(ctx, netip.MustParseAddr("192.0.2.7"), "canary-browser", "", l.user, "password")
	ok(t, err)
	_, version, err := l.Logbook.Days(ctx, zonetest.System)
	ok(t, err, l.Logbook.Keep(ctx, zonetest.System, 7, version))
	l.Logbook.Note(logbook.Sync{
		At: time.Now(), Device: l.phone.ID, Channel: logbook.ActiveSync, Command: "canary-sync", Outcome: logbook.OK, Status: 200,
	})
	for kind, id := range map[scope.Kind]string{scope.User: l.user.ID, scope.Device: l.phone.ID} {
		l.DoorStore.Record(door.Visit{At: time.Now(), Service: zone.ServiceActiveSync, Address: netip.MustParseAddr("192.0.2.9"), Kind: kind, Caller: id})
	}
	ok(t, l.Logbook.Flush(ctx), l.DoorStore.Flush(ctx))
	ok(t, l.DB.Write(ctx, func(tx *sqldb.Tx) error {
		return l.Audit.Append(ctx, tx, audit.Record{
			Action: audit.Duress, Caller: zonetest.System, Subject: audit.Subject{Kind: "duress"}, Owner: l.user.ID, Reason: "secret-duress",
		})
	}))
	_, err = l.Privacy.Entries(ctx, zonetest.System, journal.Query{Device: l.phone.ID, Kind: journal.Location}, "canary-lost")
	ok(t, err)
	_, err = l.Journal.PlaceHold(ctx, zonetest.System, l.user.ID, "secret-hold")
	ok(t, err)
}

// hold holds the user's devices to rules.
func (l *live) hold(t *testing.T, itself scope.Caller) {
	t.Helper()
	ctx := t.Context()
	area := &compliance.Area{Circle: &compliance.Circle{Position: compliance.Position{Latitude: 1, Longitude: 1}, Metres: 1000}}
	for _, r := range []compliance.Rule{
		{Name: "canary-rule", Enabled: true, Condition: compliance.NoCompanion},
		{Name: "canary-area", Enabled: true, Condition: compliance.OutsideArea, Area: area},
	} {
		_, err := l.Compliance.AddRule(ctx, zonetest.System, r)
		ok(t, err)
	}
	ok(t, l.Revision.Read(ctx), l.Compliance.Placed(ctx, itself, l.phone.ID, time.Now(), compliance.Position{Latitude: 1, Longitude: 1}), l.Compliance.Sweep(ctx))
	_, err := l.Compliance.Waive(ctx, zonetest.System, compliance.Waiver{
		Device: l.app.ID, Reason: "canary-exempt", Until: time.Now().Add(time.Hour),
	})
	ok(t, err)
}

func (l *live) archive(t *testing.T, c scope.Caller, reason string) map[string]string {
	t.Helper()
	var b bytes.Buffer
	write := must[func(io.Writer) error](t)(l.Privacy.Export(t.Context(), c, l.user.ID, reason))
	ok(t, write(&b))
	r := must[*zip.Reader](t)(zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len())))
	out := map[string]string{}
	for _, file := range r.File {
		rc := must[io.ReadCloser](t)(file.Open())
		out[file.Name] = string(must[[]byte](t)(io.ReadAll(rc)))
		if !json.Valid([]byte(out[file.Name])) {
			t.Errorf("%s is no JSON: %s", file.Name, out[file.Name])
		}
	}
	return out
}

// checkNames has an administrator look, and finds who that was by name and by id.
func (l *live) checkNames(t *testing.T) {
	t.Helper()
	boss, _, err := l.Admins.CreateAtShell(t.Context(), "canary-boss", "", []admin.Grant{{Role: admin.Owner}}, "a long canary password")
	ok(t, err)
	looker := scope.Caller{Kind: scope.Admin, ID: boss.ID, Grants: []scope.Grant{{Rights: []scope.Right{scope.UserPersonalRead}}}}
	got := l.archive(t, looker, "canary-inquiry")
	for chapter, names := range map[string][2]string{"looks": {"by", "byName"}, "audit": {"actor", "actorName"}} {
		var list []map[string]any
		ok(t, json.Unmarshal([]byte(got[chapter+".json"]), &list))
		if !slices.ContainsFunc(list, func(x map[string]any) bool { return x[names[0]] == boss.ID && x[names[1]] == boss.Name }) {
			t.Errorf("%s does not name who has looked: %s", chapter, got[chapter+".json"])
		}
	}
}

func TestTheArchiveTellsEveryTable(t *testing.T) {
	for _, e := range sqldbtest.Engines {
		t.Run(string(e), func(t *testing.T) {
			l := newLive(t, e)
			got := l.archive(t, zonetest.System, "canary-look")
			checkTables(t, l.Zone, e, got)
			for chapter, want := range map[string][]string{
				"user":             {"ann@example.org", "canary-group"},
				"devices":          {"canaryeas", "+1 555 0100", "canary-app", "canary-model", "org.example.canary", "canary-area"},
				"commands":         {"canary-rule-why", "canary-own-why", "canary-text", `"steps": [`},
				"breaches":         {"canary-rule", "It has no companion application."},
				"exemptions":       {"canary-exempt"},
				"keys":             {`"via": "invitation"`},
				"consents":         {l.app.ID, `"deviceName": "` + l.app.Name},
				"invitations":      {`"used": 1`},
				"sessions":         {"canary-browser"},
				"synchronisations": {"canary-sync"},
				"audit":            {"user.signed-in", "command.", "device.enrolled"},
				"looks":            {"canary-look", `"deviceName": "` + l.phone.Name},
				"visits":           {l.user.ID, l.phone.ID, "192.0.2.9"},
			} {
				for _, text := range want {
					if !strings.Contains(got[chapter+".json"], text) {
						t.Errorf("%s lacks %q: %s", chapter, text, got[chapter+".json"])
					}
				}
			}
			for name, text := range got {
				if strings.Contains(text, "secret-") || strings.Contains(text, "duress") || strings.Contains(text, "hold.placed") {
					t.Errorf("%s tells what must stay hidden: %s", name, text)
				}
			}
			l.checkNames(t)
			itself := scope.Caller{Kind: scope.User, ID: l.user.ID}
			if own := l.archive(t, itself, ""); len(own) != len(got) {
				t.Errorf("the user gets %d files, an administrator %d", len(own), len(got))
			}
		})
	}
}
