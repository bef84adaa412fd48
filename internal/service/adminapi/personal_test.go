package adminapi

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"

	"drover/api/adminv1"
	"drover/internal/core/admin"
	"drover/internal/core/device"
	"drover/internal/core/journal"
	"drover/internal/core/scope"
)

// tells has a device tell something of its user.
func (w *world) tells(t *testing.T, d device.Device, items ...journal.Item) {
	t.Helper()
	err := w.Journal.Keep(t.Context(), scope.Caller{Kind: scope.Device, ID: d.ID}, journal.Source{Device: d.ID, Owner: d.Owner}, items...)
	if err != nil {
		t.Fatal(err)
	}
}

// TestEveryLookAtPersonalDataIsShownToItsOwner looks in every way there is: at entries, a file, the phone number, a record of
// the audit log, and all at once; each needs a reason, and each stands in the owner's list.
func TestEveryLookAtPersonalDataIsShownToItsOwner(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		boss := w.by(t, "boss")
		phone := w.phone(t, "anna", "phone")
		now := w.Clock.Now()
		w.tells(t, phone, &journal.Position{At: now, Latitude: 48.2, Longitude: 16.4, Accuracy: 5}, &journal.Call{At: now, Number: "555 0100", Direction: journal.Out, Seconds: 9},
			&journal.Text{At: now, Number: "555 0101", Direction: journal.In, Text: "see you"}, &journal.Lines{From: now, Until: now, Text: "started"})
		sum := sha256.Sum256([]byte("content"))
		err := w.Journal.KeepFile(t.Context(), scope.Caller{Kind: scope.Device, ID: phone.ID}, journal.Source{Device: phone.ID, Owner: phone.Owner},
			journal.Copy{Path: "/notes.txt", Modified: now, SHA256: hex.EncodeToString(sum[:])}, strings.NewReader("content"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Devices.RecordFacts(t.Context(), system, phone.ID, device.Facts{Phone: "555 0199"}); err != nil {
			t.Fatal(err)
		}
		device := "/devices/" + phone.ID
		stock := decode[adminv1.Page[adminv1.Stock]](boss.do("GET", device+"/personal", nil).want(200))
		for _, x := range stock.Items {
			if x.Entries != 1 || x.Size == 0 || x.Words == "" || x.Asked {
				t.Errorf("of %s: %+v", x.Kind, x)
			}
		}
		boss.do("POST", device+"/personal/look", adminv1.LookDraft{Kind: "location", Reason: " "}).refusedWith(422, "privacy.reason")
		looks := 0
		look := func(kind string) adminv1.PersonalEntry {
			t.Helper()
			looks++
			g := boss.with("Idempotency-Key", "k").do("POST", device+"/personal/look", adminv1.LookDraft{Kind: kind, Reason: "because of " + kind}).want(200)
			return decode[adminv1.Page[adminv1.PersonalEntry]](g).Items[0]
		}
		if e := look("location"); e.Position == nil || e.Position.Latitude != 48.2 {
			t.Errorf("%+v", e)
		}
		if e := look("phone-log"); e.Call == nil || e.Call.Number != "555 0100" || e.Call.Direction != "out" {
			t.Errorf("%+v", e)
		}
		if e := look("text-log"); e.Text == nil || e.Text.Text != "see you" {
			t.Errorf("%+v", e)
		}
		if e := look("device-log"); e.Lines == nil || e.Lines.Text != "started" {
			t.Errorf("%+v", e)
		}
		file := look("file")
		if file.File == nil || file.File.Path != "/notes.txt" {
			t.Errorf("%+v", file)
		}
		reason := adminv1.Reason{Reason: "an inquiry"}
		if g := boss.do("POST", "/personal/files/"+file.ID+"/look", reason).want(200); string(g.body) != "content" {
			t.Errorf("the file is %q", g.body)
		}
		if g := boss.do("POST", device+"/phone", reason).want(200); decode[adminv1.Phone](g).Phone != "555 0199" {
			t.Errorf("the number is %s", g.body)
		}
		g := boss.do("POST", "/users/"+phone.Owner+"/export", reason).want(200)
		if _, err := zip.NewReader(bytes.NewReader(g.body), int64(len(g.body))); err != nil {
			t.Error(err)
		}
		told := decode[adminv1.Page[adminv1.Look]](boss.do("GET", "/users/"+phone.Owner+"/looks", nil).want(200))
		if len(told.Items) != looks+3 || told.Items[0].Kind != "export" || told.Items[1].Kind != "phone" || told.Items[0].By.Name != "boss" || told.Items[0].Reason != "an inquiry" {
			t.Errorf("the owner is told of %+v", told.Items)
		}
		limited := w.by(t, "limited", admin.Grant{Role: admin.Owner, Groups: []string{w.group(t, "own", phone.ID)}})
		limited.do("POST", "/users/"+phone.Owner+"/export", reason).want(403) // what is kept of other devices would be in it
	})
}

func TestRetentionAndHolds(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		boss := w.by(t, "boss")
		phone := w.phone(t, "anna", "phone")
		g := boss.do("GET", "/personal/retention", nil).want(200)
		boss.with("If-Match", g.header.Get("ETag")).do("PUT", "/personal/retention",
			adminv1.RetentionDraft{Days: map[string]int{"location": 0}}).refusedWith(422, "journal.days")
		g = boss.with("If-Match", g.header.Get("ETag")).do("PUT", "/personal/retention",
			adminv1.RetentionDraft{Days: map[string]int{"location": 1}, LocationHistory: true}).want(200)
		if r := decode[adminv1.Retention](g); !r.LocationHistory || r.Kinds[1].Kind != "location" || r.Kinds[1].Days != 1 || r.Kinds[0].Days != 14 {
			t.Errorf("%+v", r)
		}
		w.tells(t, phone, &journal.Position{At: w.Clock.Now(), Latitude: 1, Longitude: 1})
		hold := decode[adminv1.Hold](boss.do("POST", "/personal/holds", adminv1.HoldDraft{User: phone.Owner, Reason: "a court asks"}).want(201))
		if hold.User.Name != "anna" || hold.PlacedBy.Name != "boss" || hold.Lifted != "" {
			t.Errorf("%+v", hold)
		}
		boss.do("POST", "/personal/holds", adminv1.HoldDraft{User: "nobody", Reason: "x"}).want(404)
		w.Clock.Advance(48 * 60 * 60 * 1e9)
		boss = w.by(t, "boss again")
		purged := func() int {
			n, err := w.Journal.Purge(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := purged(); n != 0 {
			t.Errorf("%d entries went although a hold stands", n)
		}
		boss.do("POST", "/personal/holds/"+hold.ID+"/lift", nil).want(204)
		if n := purged(); n != 1 {
			t.Errorf("%d entries went", n)
		}
		proofs := decode[adminv1.Page[adminv1.Deletion]](boss.do("GET", "/personal/deletions", nil).want(200))
		if len(proofs.Items) != 1 || proofs.Items[0].Kind != "location" || len(proofs.Items[0].Digest) != 64 {
			t.Errorf("%+v", proofs.Items)
		}
		if list := decode[adminv1.Page[adminv1.Hold]](boss.do("GET", "/personal/holds", nil).want(200)); len(list.Items) != 1 || list.Items[0].Lifted == "" {
			t.Errorf("%+v", list.Items)
		}
	})
}
