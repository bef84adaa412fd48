package compliance_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"drover/internal/base/page"
	"drover/internal/base/sqldb"
	"drover/internal/core/compliance"
	"drover/internal/core/device"
	"drover/internal/core/journal"
	"drover/internal/core/scope"
)

// stored is what a statement finds, its bytes as text.
func (f *fixture) stored(t *testing.T, statement string) string {
	t.Helper()
	rows, err := sqldb.All(t.Context(), f.DB, func(r sqldb.Row) (string, error) {
		var id string
		var kept []byte
		err := r.Scan(&id, &kept)
		return id + " " + strconv.Quote(string(kept)), err // sealed octets may be line feeds
	}, statement)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(rows, "\n")
}

const (
	waiversText = "SELECT id, reason FROM compliance_waiver"
	noticesText = "SELECT id, words FROM compliance_notice"
)

func (f *fixture) hold(t *testing.T, owner string) (lift func()) {
	t.Helper()
	s := journal.New(journal.Parts{DB: f.DB, Clock: f.Clock, Log: f.Log, Zone: f.Zone, Keys: f.Keys})
	h, err := s.PlaceHold(t.Context(), gate, owner, "a court")
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		if err := s.LiftHold(t.Context(), gate, h.ID); err != nil {
			t.Fatal(err)
		}
	}
}

func TestWhatIsSaidOfAUserIsSealed(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		one, two := f.phone(t, "anna", "one"), f.phone(t, "bob", "two")
		r := f.rule(t, compliance.Rule{Name: "Chess", Condition: compliance.ForbiddenApp, Apps: []string{"org.example.chess"}, TellOwner: true})
		for _, d := range []device.Device{one, two} {
			w := compliance.Waiver{Device: d.ID, Rule: r.ID, Reason: "a canary of " + d.OwnerName, Until: f.Clock.Now().Add(time.Hour)}
			if _, err := f.compliance.Waive(t.Context(), gate, w); err != nil {
				t.Fatal(err)
			}
		}
		if kept := f.stored(t, waiversText); strings.Contains(kept, "canary") {
			t.Error("the reason of an exemption stands in clear")
		}
		list, err := f.compliance.Waivers(t.Context(), gate, "")
		if err != nil || len(list) != 2 || list[0].Reason != "a canary of anna" || list[1].Reason != "a canary of bob" {
			t.Fatalf("%+v, %v", list, err)
		}
		f.Clock.Advance(2 * time.Hour)
		itself := scope.Caller{Kind: scope.Device, ID: one.ID}
		apps := device.Posture{Apps: []device.App{{ID: "org.example.chess"}}}
		if err := f.DB.Write(t.Context(), func(tx *sqldb.Tx) error { return f.devices.Accompany(t.Context(), tx, one.ID, "app") }); err != nil {
			t.Fatal(err)
		}
		if err := f.devices.CompanionPosture(t.Context(), itself, one.ID, apps, f.Clock.Now()); err != nil {
			t.Fatal(err)
		}
		f.sweep(t)
		if kept := f.stored(t, waiversText); kept != "" {
			t.Errorf("exemptions that are over are left: %q", kept)
		}
		const why = "It has a forbidden application (org.example.chess)."
		p, err := f.compliance.Breaches(t.Context(), gate, "", page.Request{})
		if err != nil || len(p.Items) != 1 || p.Items[0].Because != why {
			t.Fatalf("%+v, %v", p, err)
		}
		kept := f.stored(t, noticesText)
		if kept == "" || strings.Contains(kept, "chess") || strings.Contains(kept, "Chess") {
			t.Errorf("the words of a notice are kept as %q", kept)
		}
		if n, err := f.compliance.Send(t.Context()); err != nil || n != 1 || !strings.Contains(f.letters.owner[0], why) {
			t.Fatalf("%d mails, %v: %q", n, err, f.letters.owner)
		}
	})
}

func TestAnErasedUserIsToldNothing(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := f.phone(t, "anna", "one")
		f.rule(t, compliance.Rule{Condition: compliance.NoCompanion, TellOwner: true, TellStaff: true})
		err := f.DB.Write(t.Context(), func(tx *sqldb.Tx) error { return f.Keys.Erase(t.Context(), tx, d.Owner) })
		if err != nil {
			t.Fatal(err)
		}
		if n, err := f.compliance.Send(t.Context()); err != nil || n != 0 || len(f.letters.staff) != 0 {
			t.Fatalf("%d mails, %v", n, err)
		}
		if kept := f.stored(t, noticesText); kept != "" {
			t.Errorf("left: %q", kept)
		}
	})
}

func TestAHoldKeepsExemptionsWhichAreOverNevertheless(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := f.phone(t, "anna", "one")
		r := f.rule(t, compliance.Rule{Condition: compliance.NoCompanion, Access: device.Block})
		waive := func() compliance.Waiver {
			t.Helper()
			w, err := f.compliance.Waive(t.Context(), gate, compliance.Waiver{Device: d.ID, Rule: r.ID, Reason: "why", Until: f.Clock.Now().Add(time.Hour)})
			if err != nil {
				t.Fatal(err)
			}
			return w
		}
		lift := f.hold(t, d.Owner)
		w := waive()
		if err := f.compliance.EndWaiver(t.Context(), gate, w.ID); err != nil {
			t.Fatal(err)
		}
		if err := f.compliance.EndWaiver(t.Context(), gate, w.ID); err == nil {
			t.Error("ended twice")
		}
		f.sweep(t)
		if f.restriction(t, d) != device.Block {
			t.Error("an exemption that was ended still counts")
		}
		waive()
		if err := f.devices.Retire(t.Context(), gate, d.ID, "sold"); err != nil {
			t.Fatal(err)
		}
		f.Clock.Advance(2 * time.Hour)
		f.sweep(t)
		if kept := strings.Count(f.stored(t, waiversText), "\n"); kept != 1 {
			t.Errorf("of two exemptions of a held user %d are left", kept+1)
		}
		if list, err := f.compliance.Waivers(t.Context(), gate, ""); err != nil || len(list) != 0 {
			t.Errorf("in force: %+v, %v", list, err)
		}
		lift()
		f.sweep(t)
		if kept := f.stored(t, waiversText); kept != "" {
			t.Errorf("left: %q", kept)
		}
	})
}
