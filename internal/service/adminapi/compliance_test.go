package adminapi

import (
	"strings"
	"testing"
	"time"

	"drover/api/adminv1"
	"drover/internal/core/admin"
	"drover/internal/core/scope"
)

// TestComplianceFromRuleToExemption follows one rule: tried, made, broken, explained, waived, changed, and gone.
func TestComplianceFromRuleToExemption(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		phone := w.phone(t, "anna", "phone")
		conditions := decode[adminv1.Page[adminv1.Condition]](owner.do("GET", "/compliance/conditions", nil).want(200))
		if len(conditions.Items) != 22 {
			t.Errorf("%d conditions", len(conditions.Items))
		}
		draft := adminv1.ComplianceRuleDraft{Name: "In contact", Enabled: true, Condition: "no-companion", Access: "quarantine", Grace: 24, TellOwner: true}
		trial := decode[adminv1.ComplianceTrial](owner.do("POST", "/compliance/try", draft).want(200))
		if trial.Devices != 1 || trial.Breaks != 1 || trial.Some[0] != (adminv1.Ref{ID: phone.ID, Name: "phone"}) {
			t.Errorf("the trial: %+v", trial)
		}
		bad := draft
		bad.Condition = "no-contact"
		owner.do("POST", "/compliance/rules", bad).refusedWith(422, "compliance.hours")
		made := owner.do("POST", "/compliance/rules", draft).want(201)
		rule := decode[adminv1.ComplianceRule](made)
		w.settle(t)
		if err := w.Compliance.Look(t.Context(), phone.ID); err != nil {
			t.Fatal(err)
		}
		list := decode[adminv1.Page[adminv1.ComplianceRule]](owner.do("GET", "/compliance/rules", nil).want(200))
		if len(list.Items) != 1 || list.Items[0].Broken != 1 || list.Items[0].Access != "quarantine" || list.Items[0].Liability != "any" {
			t.Errorf("the rules: %+v", list.Items)
		}
		breaches := decode[adminv1.Page[adminv1.Breach]](owner.do("GET", "/compliance/breaches?rule="+rule.ID, nil).want(200))
		if *breaches.Total != 1 || breaches.Items[0].Device.Name != "phone" || breaches.Items[0].Rule.Name != "In contact" || breaches.Items[0].Because == "" {
			t.Errorf("the breaches: %+v", breaches)
		}
		said := decode[adminv1.Page[adminv1.Finding]](owner.do("GET", "/devices/"+phone.ID+"/compliance", nil).want(200)).Items[0]
		if said.Answer != "breaks" || !said.Breach || said.Due == "" || said.Wipe != "" || said.Access != "none" || said.Then != "quarantine" || said.Mend == "" {
			t.Errorf("the finding: %+v", said)
		}
		until := w.Clock.Now().Add(24 * time.Hour).Format(time.RFC3339)
		waiver := decode[adminv1.Waiver](owner.do("POST", "/compliance/waivers",
			adminv1.WaiverDraft{Device: phone.ID, Rule: rule.ID, Reason: "a repair", Until: until}).want(201))
		if waiver.Device.Name != "phone" || waiver.Rule.Name != "In contact" || waiver.By.Name != "owner" {
			t.Errorf("the exemption: %+v", waiver)
		}
		if got := decode[adminv1.Page[adminv1.Finding]](owner.do("GET", "/devices/"+phone.ID+"/compliance", nil).want(200)).Items[0]; got.Answer != "exempt" {
			t.Errorf("the finding of an exempt device: %+v", got)
		}
		if got := decode[adminv1.Page[adminv1.Waiver]](owner.do("GET", "/compliance/waivers?device="+phone.ID, nil).want(200)); len(got.Items) != 1 {
			t.Errorf("the exemptions: %+v", got)
		}
		owner.do("DELETE", "/compliance/waivers/"+waiver.ID, nil).want(204)

		draft.Name, draft.Enabled = "Companion", false
		owner.with("If-Match", `"7"`).do("PUT", "/compliance/rules/"+rule.ID, draft).refusedWith(412, "compliance.changed")
		owner.with("If-Match", made.header.Get("ETag")).do("PUT", "/compliance/rules/"+rule.ID, draft).want(200)
		if got := decode[adminv1.ComplianceRule](owner.do("GET", "/compliance/rules/"+rule.ID, nil).want(200)); got.Name != "Companion" || got.Enabled {
			t.Errorf("the changed rule: %+v", got)
		}
		owner.do("DELETE", "/compliance/rules/"+rule.ID, nil).want(204)
		owner.do("GET", "/compliance/rules/"+rule.ID, nil).refusedWith(404, "compliance.unknown")
	})
}

// settle waits until this server knows what was changed last.
func (w *world) settle(t *testing.T) {
	t.Helper()
	if err := w.Revision.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// TestARuleThatErasesNeedsTheRightToErase: a rule is no way around the rights of commands.
func TestARuleThatErasesNeedsTheRightToErase(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		role, _, err := w.Admins.SaveRole(t.Context(), system, admin.Role{Name: "rules", Rights: []scope.Right{scope.ComplianceRead, scope.ComplianceEdit}})
		if err != nil {
			t.Fatal(err)
		}
		keeper := w.by(t, "keeper", admin.Grant{Role: role.ID})
		draft := adminv1.ComplianceRuleDraft{Name: "Rooted", Enabled: true, Condition: "rooted", WipeAfter: 7}
		keeper.do("POST", "/compliance/rules", draft).want(403)
		draft.WipeAfter = 0
		keeper.do("POST", "/compliance/rules", draft).want(201)
	})
}

// TestTheMailsToOwners are read, previewed, refused by the name of the text at fault, changed, and put back.
func TestTheMailsToOwners(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		g := owner.do("GET", "/compliance/notices", nil).want(200)
		now := decode[adminv1.ComplianceNotices](g)
		help := decode[adminv1.ComplianceNoticesHelp](owner.do("GET", "/compliance/notices/help", nil).want(200))
		if now != help.BuiltIn || len(help.Placeholders) != 6 || help.Placeholders[0].Name != "device" || help.Placeholders[0].Words == "" {
			t.Errorf("%+v", help)
		}
		now.Breach, now.BreachSubject = "Dear owner of {device}: {because}", "About {device}"
		seen := decode[adminv1.ComplianceNotices](owner.do("POST", "/compliance/notices/preview", now).want(200))
		if seen.Breach != "Dear owner of Office phone: Its storage is not encrypted." || seen.BreachSubject != "About Office phone" {
			t.Errorf("%+v", seen)
		}
		bad := now
		bad.Restored = "{rul} is kept"
		for method, path := range map[string]string{"PUT": "/compliance/notices", "POST": "/compliance/notices/preview"} {
			p := owner.with("If-Match", g.header.Get("ETag")).do(method, path, bad).refusedWith(422, "compliance.notices")
			if len(p.Errors) != 1 || p.Errors[0].Location != "body.restored" || p.Errors[0].Message == "" {
				t.Errorf("%s: %+v", method, p)
			}
		}
		reader := w.by(t, "reader", admin.Grant{Role: admin.Auditor})
		reader.do("POST", "/compliance/notices/preview", now).want(200)
		reader.with("If-Match", g.header.Get("ETag")).do("PUT", "/compliance/notices", now).want(403)
		changed := owner.with("If-Match", g.header.Get("ETag")).do("PUT", "/compliance/notices", now).want(200)
		owner.with("If-Match", g.header.Get("ETag")).do("PUT", "/compliance/notices", help.BuiltIn).want(412)
		if got := decode[adminv1.ComplianceNotices](owner.do("GET", "/compliance/notices", nil).want(200)); got != now {
			t.Errorf("%+v", got)
		}
		owner.with("If-Match", changed.header.Get("ETag")).do("PUT", "/compliance/notices", help.BuiltIn).want(200)
		if got := strings.Count(w.Actions(t), "setting.changed"); got != 2 {
			t.Errorf("%d changes in the audit log", got)
		}
	})
}

// TestAnAreaSaysForHowLongAPositionCounts: a day, unless the rule says otherwise.
func TestAnAreaSaysForHowLongAPositionCounts(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		draft := adminv1.ComplianceRuleDraft{Name: "Here", Condition: "outside-area", Area: &adminv1.Area{Circle: &adminv1.Circle{Point: adminv1.Point{Latitude: 48.2, Longitude: 16.4}, Metres: 5000}}}
		g := owner.do("POST", "/compliance/rules", draft).want(201)
		r := decode[adminv1.ComplianceRule](g)
		if r.Area.Hours != 24 {
			t.Errorf("%+v", r.Area)
		}
		draft.Area.Hours = 9000
		owner.do("POST", "/compliance/rules", draft).want(422)
		draft.Area.Hours = 72
		r = decode[adminv1.ComplianceRule](owner.with("If-Match", g.header.Get("ETag")).do("PUT", "/compliance/rules/"+r.ID, draft).want(200))
		if r.Area.Hours != 72 {
			t.Errorf("%+v", r.Area)
		}
	})
}
