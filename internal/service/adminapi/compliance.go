package adminapi

import (
	"context"
	"net/http"
	"time"

	"drover/api/adminv1"
	"drover/internal/core/compliance"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

func (a *API) addCompliance() {
	read, change := gate.Admin(scope.ComplianceRead), gate.Admin(scope.ComplianceEdit)
	op := func(id, method, path, summary string, who gate.Who) operation {
		return operation{id: id, method: method, path: path, tag: "compliance", summary: summary, who: who}
	}
	add(a, op("listConditions", http.MethodGet, "/compliance/conditions", "List what a rule can ask", read), a.listConditions)
	add(a, op("listComplianceRules", http.MethodGet, "/compliance/rules", "List the rules by name, with how many devices break each", read), a.listComplianceRules)
	create := op("addComplianceRule", http.MethodPost, "/compliance/rules", "Add a rule", change)
	create.status = http.StatusCreated
	add(a, create, a.addComplianceRule)
	add(a, op("getComplianceRule", http.MethodGet, "/compliance/rules/{id}", "Read one rule", read), a.getComplianceRule)
	edit := op("editComplianceRule", http.MethodPut, "/compliance/rules/{id}", "Put another rule in the place of one", change)
	edit.words = "Where the condition is another, breaches begin anew."
	add(a, edit, a.editComplianceRule)
	add(a, op("removeComplianceRule", http.MethodDelete, "/compliance/rules/{id}", "Take a rule away with all that follows from it", change), a.removeComplianceRule)
	add(a, op("tryComplianceRule", http.MethodPost, "/compliance/try", "Tell what a rule would find, without holding anybody to it", read), a.tryComplianceRule)
	add(a, op("listBreaches", http.MethodGet, "/compliance/breaches", "List what is broken, by device", read), a.listBreaches)
	add(a, op("explainCompliance", http.MethodGet, "/devices/{id}/compliance", "Tell what each rule says of a device, and why", read), a.explainCompliance)
	add(a, op("listWaivers", http.MethodGet, "/compliance/waivers", "List the exemptions in force, those that end first first", read), a.listWaivers)
	waive := op("addWaiver", http.MethodPost, "/compliance/waivers", "Exempt a device from a rule, or from all, for a time", change)
	waive.status = http.StatusCreated
	add(a, waive, a.addWaiver)
	add(a, op("endWaiver", http.MethodDelete, "/compliance/waivers/{id}", "Take an exemption back", change), a.endWaiver)
	add(a, op("getComplianceNotices", http.MethodGet, "/compliance/notices", "Read the mails that owners get", read), a.getNotices)
	set := op("setComplianceNotices", http.MethodPut, "/compliance/notices", "Change the mails that owners get", change)
	set.words = "A problem names the text at fault, as its field."
	add(a, set, a.setNotices)
	add(a, op("describeComplianceNotices", http.MethodGet, "/compliance/notices/help", "Read the built-in mails, and what is replaced in a mail", read), a.describeNotices)
	preview := op("previewComplianceNotices", http.MethodPost, "/compliance/notices/preview", "Fill mails with samples of what is replaced in them", read)
	preview.words = "Nothing is changed, and nothing is sent."
	add(a, preview, a.previewNotices)
}

func (a *API) listConditions(context.Context, *Paged) (*answer[adminv1.Page[adminv1.Condition]], error) {
	return reply(whole(compliance.Catalogue(), func(d compliance.Description) adminv1.Condition {
		return adminv1.Condition{Condition: string(d.Condition), Words: d.Words, Mend: d.Mend, Needs: each(d.Needs, func(s string) string { return s })}
	}), nil)
}

// unset stands for what a rule does not say.
func unset(text, word string) string {
	if text == "" {
		return word
	}
	return text
}

func set(text, word string) string {
	if text == word {
		return ""
	}
	return text
}

func wireComplianceRule(r compliance.Rule, n compliance.Count) adminv1.ComplianceRule {
	out := adminv1.ComplianceRule{ID: r.ID, Version: r.Version, Broken: n.Broken, Restricted: n.Restricted}
	out.ComplianceRuleDraft = adminv1.ComplianceRuleDraft{
		Name: r.Name, Enabled: r.Enabled, Condition: string(r.Condition), UnknownCounts: r.UnknownCounts, Hours: r.Hours,
		Platforms: each(r.Platforms, platformName), Floors: each(r.Floors, wireFloor), Apps: r.Apps, Count: r.Count, Area: wireArea(r.Area),
		OnPlatforms: each(r.OnPlatforms, platformName), UserGroups: r.UserGroups, DeviceGroups: r.DeviceGroups,
		Liability: unset(string(r.Liability), "any"), TellOwner: r.TellOwner, TellStaff: r.TellStaff, Grace: r.Grace,
		Access: unset(string(r.Access), "none"), WipeAfter: r.WipeAfter, Mark: unset(string(r.Mark), "none"), RetireAfter: r.RetireAfter,
	}
	return out
}

func wireFloor(f compliance.Floor) adminv1.Floor {
	return adminv1.Floor{Platform: string(f.Platform), Version: f.Version, From: f.From}
}

func coreFloor(f adminv1.Floor) compliance.Floor {
	return compliance.Floor{Platform: platform.ID(f.Platform), Version: f.Version, From: f.From}
}

func wireArea(a *compliance.Area) *adminv1.Area {
	if a == nil {
		return nil
	}
	out := &adminv1.Area{Hours: a.Hours, Polygon: each(a.Polygon, func(p compliance.Position) adminv1.Point { return adminv1.Point(p) })}
	if a.Circle != nil {
		out.Circle = &adminv1.Circle{Point: adminv1.Point(a.Circle.Position), Metres: a.Circle.Metres}
	}
	if a.During != nil {
		week := wireWeek(*a.During)
		out.During = &week
	}
	return out
}

func coreArea(a *adminv1.Area) *compliance.Area {
	if a == nil {
		return nil
	}
	out := &compliance.Area{Hours: a.Hours, Polygon: each(a.Polygon, func(p adminv1.Point) compliance.Position { return compliance.Position(p) })}
	if a.Circle != nil {
		out.Circle = &compliance.Circle{Position: compliance.Position(a.Circle.Point), Metres: a.Circle.Metres}
	}
	if a.During != nil {
		week := coreWeek(*a.During)
		out.During = &week
	}
	return out
}

func platformName(id platform.ID) string { return string(id) }

func platformID(name string) platform.ID { return platform.ID(name) }

func coreComplianceRule(id string, version int64, d adminv1.ComplianceRuleDraft) compliance.Rule {
	return compliance.Rule{
		ID: id, Version: version, Name: d.Name, Enabled: d.Enabled, Condition: compliance.Condition(d.Condition), UnknownCounts: d.UnknownCounts,
		Hours: d.Hours, Platforms: each(d.Platforms, platformID), Floors: each(d.Floors, coreFloor), Apps: d.Apps, Count: d.Count,
		Area:        coreArea(d.Area),
		OnPlatforms: each(d.OnPlatforms, platformID), UserGroups: d.UserGroups, DeviceGroups: d.DeviceGroups,
		Liability: device.Liability(set(d.Liability, "any")), TellOwner: d.TellOwner, TellStaff: d.TellStaff, Grace: d.Grace,
		Access: device.Access(set(d.Access, "none")), WipeAfter: d.WipeAfter, Mark: device.Mark(set(d.Mark, "none")), RetireAfter: d.RetireAfter,
	}
}

// counts tells how many devices break each rule.
func (a *API) counts(ctx context.Context) (map[string]compliance.Count, error) {
	list, err := a.Compliance.Counts(ctx, caller(ctx))
	found := make(map[string]compliance.Count, len(list))
	for _, n := range list {
		found[n.Rule] = n
	}
	return found, err
}

func (a *API) listComplianceRules(ctx context.Context, _ *Paged) (*answer[adminv1.Page[adminv1.ComplianceRule]], error) {
	list, err := a.Compliance.Rules(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	counts, err := a.counts(ctx)
	return reply(whole(list, func(r compliance.Rule) adminv1.ComplianceRule { return wireComplianceRule(r, counts[r.ID]) }), err)
}

func (a *API) addComplianceRule(ctx context.Context, in *with[adminv1.ComplianceRuleDraft]) (*tagged[adminv1.ComplianceRule], error) {
	r, err := a.Compliance.AddRule(ctx, caller(ctx), coreComplianceRule("", 0, in.Body))
	return tag(r.Version, wireComplianceRule(r, compliance.Count{}), err)
}

func (a *API) getComplianceRule(ctx context.Context, in *byID) (*tagged[adminv1.ComplianceRule], error) {
	r, err := a.Compliance.Rule(ctx, caller(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	counts, err := a.counts(ctx)
	return tag(r.Version, wireComplianceRule(r, counts[r.ID]), err)
}

func (a *API) editComplianceRule(ctx context.Context, in *edit[adminv1.ComplianceRuleDraft]) (*tagged[adminv1.ComplianceRule], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	r, err := a.Compliance.EditRule(ctx, caller(ctx), coreComplianceRule(in.ID, version, in.Body))
	if err != nil {
		return nil, err
	}
	counts, err := a.counts(ctx)
	return tag(r.Version, wireComplianceRule(r, counts[r.ID]), err)
}

func (a *API) removeComplianceRule(ctx context.Context, in *byID) (*none, error) {
	return done(a.Compliance.RemoveRule(ctx, caller(ctx), in.ID))
}

func (a *API) tryComplianceRule(ctx context.Context, in *with[adminv1.ComplianceRuleDraft]) (*answer[adminv1.ComplianceTrial], error) {
	t, err := a.Compliance.Try(ctx, caller(ctx), coreComplianceRule("", 0, in.Body))
	if err != nil {
		return nil, err
	}
	devices, err := a.devices(ctx, t.Some...)
	return reply(adminv1.ComplianceTrial{Devices: t.Devices, Breaks: t.Breaks, Unknown: t.Unknown, Some: each(t.Some, devices.ref)}, err)
}

// ruleNames finds the names of all rules, of which there are few.
func (a *API) ruleNames(ctx context.Context) (names, error) {
	list, err := a.Compliance.Rules(ctx, caller(ctx))
	found := make(names, len(list))
	for _, r := range list {
		found[r.ID] = r.Name
	}
	return found, err
}

func (a *API) listBreaches(ctx context.Context, in *struct {
	Paged
	Rule string `query:"rule" maxLength:"64"`
},
) (*answer[adminv1.Page[adminv1.Breach]], error) {
	p, err := a.Compliance.Breaches(ctx, caller(ctx), in.Rule, in.request())
	if err != nil {
		return nil, err
	}
	rules, err := a.ruleNames(ctx)
	if err != nil {
		return nil, err
	}
	devices, err := a.devices(ctx, each(p.Items, func(b compliance.Breach) string { return b.Device })...)
	return pages(p, err, func(b compliance.Breach) adminv1.Breach {
		return adminv1.Breach{
			Device: devices.ref(b.Device), Rule: rules.ref(b.Rule), Unknown: b.Unknown, Because: b.Because, Since: stamp(b.Since),
			Restricted: stamp(b.Restricted), Access: unset(string(b.Access), "none"), Wiped: stamp(b.Wiped),
		}
	})
}

func (a *API) explainCompliance(ctx context.Context, in *struct {
	Paged
	ID string `path:"id" maxLength:"64"`
},
) (*answer[adminv1.Page[adminv1.Finding]], error) {
	list, err := a.Compliance.Explain(ctx, caller(ctx), in.ID)
	return reply(whole(list, wireFinding), err)
}

func wireFinding(f compliance.Finding) adminv1.Finding {
	return adminv1.Finding{
		Rule: adminv1.Ref{ID: f.Rule.ID, Name: f.Rule.Name}, Answer: string(f.Answer), Because: f.Because, Mend: f.Mend, Breach: f.Breach,
		Since: stamp(f.Since), Due: stamp(f.Due), Wipe: stamp(f.Wipe), Access: unset(string(f.Access), "none"),
		Then: unset(string(f.Rule.Access), "none"),
	}
}

func (a *API) listWaivers(ctx context.Context, in *struct {
	Paged
	Device string `query:"device" maxLength:"64"`
},
) (*answer[adminv1.Page[adminv1.Waiver]], error) {
	list, err := a.Compliance.Waivers(ctx, caller(ctx), in.Device)
	if err != nil {
		return nil, err
	}
	turn, err := a.wireWaiver(ctx, list)
	return reply(whole(list, turn), err)
}

func (a *API) wireWaiver(ctx context.Context, list []compliance.Waiver) (func(compliance.Waiver) adminv1.Waiver, error) {
	rules, err := a.ruleNames(ctx)
	if err != nil {
		return nil, err
	}
	devices, err := a.devices(ctx, each(list, func(w compliance.Waiver) string { return w.Device })...)
	if err != nil {
		return nil, err
	}
	admins, err := a.admins(ctx)
	return func(w compliance.Waiver) adminv1.Waiver {
		return adminv1.Waiver{
			ID: w.ID, Device: devices.ref(w.Device), Rule: rules.ref(w.Rule), Reason: w.Reason, Until: stamp(w.Until),
			Created: stamp(w.Created), By: admins.ref(w.By),
		}
	}, err
}

func (a *API) addWaiver(ctx context.Context, in *with[adminv1.WaiverDraft]) (*answer[adminv1.Waiver], error) {
	until, err := moment(in.Body.Until)
	if err != nil {
		until = time.Time{} // core says what is wrong with it, to those who may exempt
	}
	w, err := a.Compliance.Waive(ctx, caller(ctx), compliance.Waiver{
		Device: in.Body.Device, Rule: in.Body.Rule, Reason: in.Body.Reason, Until: until,
	})
	if err != nil {
		return nil, err
	}
	turn, err := a.wireWaiver(ctx, []compliance.Waiver{w})
	if err != nil {
		return nil, err
	}
	return reply(turn(w), nil)
}

func (a *API) endWaiver(ctx context.Context, in *byID) (*none, error) {
	return done(a.Compliance.EndWaiver(ctx, caller(ctx), in.ID))
}

func (a *API) getNotices(ctx context.Context, _ *none) (*tagged[adminv1.ComplianceNotices], error) {
	t, version, err := a.Compliance.Notices(ctx, caller(ctx))
	return tag(version, adminv1.ComplianceNotices(t), err)
}

func (a *API) setNotices(ctx context.Context, in *struct {
	Seen
	Body adminv1.ComplianceNotices
},
) (*tagged[adminv1.ComplianceNotices], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	err = a.Compliance.SetNotices(ctx, caller(ctx), compliance.Templates(in.Body), version)
	return tag(version+1, in.Body, err)
}

func (a *API) describeNotices(context.Context, *none) (*answer[adminv1.ComplianceNoticesHelp], error) {
	return reply(adminv1.ComplianceNoticesHelp{
		BuiltIn: adminv1.ComplianceNotices(compliance.NoticeSetting.Default),
		Placeholders: each(compliance.Placeholders(), func(p compliance.Placeholder) adminv1.NoticePlaceholder {
			return adminv1.NoticePlaceholder{Name: p.Name, Words: p.Words}
		}),
	}, nil)
}

func (a *API) previewNotices(ctx context.Context, in *with[adminv1.ComplianceNotices]) (*answer[adminv1.ComplianceNotices], error) {
	t, err := a.Compliance.Preview(ctx, caller(ctx), compliance.Templates(in.Body))
	return reply(adminv1.ComplianceNotices(t), err)
}
