package adminapi

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/device"
	"drover/internal/core/enrol"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

func (a *API) addRegistration() {
	reads, edits := gate.Admin(scope.RegistrationRead), gate.Admin(scope.RegistrationEdit)
	op := func(id, method, path, summary string, who gate.Who) operation {
		return operation{id: id, method: method, path: path, tag: "computers", summary: summary, who: who}
	}
	add(a, op("listRegistrationRules", http.MethodGet, "/registration/rules", "List the rules for computers that register, in their order", reads), a.listRegistrationRules)
	create := op("addRegistrationRule", http.MethodPost, "/registration/rules", "Add a rule, the last in the order", edits)
	create.status = http.StatusCreated
	add(a, create, a.addRegistrationRule)
	add(a, op("orderRegistrationRules", http.MethodPut, "/registration/rules/order", "Set the order of all rules", edits), a.orderRegistrationRules)
	add(a, op("editRegistrationRule", http.MethodPut, "/registration/rules/{id}", "Change a rule", edits), a.editRegistrationRule)
	add(a, op("removeRegistrationRule", http.MethodDelete, "/registration/rules/{id}", "Take a rule away", edits), a.removeRegistrationRule)
	add(a, op("getRegistrationDefault", http.MethodGet, "/registration/default", "Read what decides where no rule does", reads), a.getRegistrationDefault)
	add(a, op("setRegistrationDefault", http.MethodPut, "/registration/default", "Change what decides where no rule does", edits), a.setRegistrationDefault)
	explain := op("explainRegistration", http.MethodPost, "/registration/explain", "Tell what would become of a computer, and why", reads)
	explain.words = "Nothing is changed."
	add(a, explain, a.explainRegistration)
	add(a, op("getRegistrationReconcile", http.MethodGet, "/registration/reconcile", "Read by what computers that register are compared with those that are there", reads), a.getReconcile)
	add(a, op("setRegistrationReconcile", http.MethodPut, "/registration/reconcile", "Change by what computers are compared", edits), a.setReconcile)
	add(a, op("listRegistrationReviews", http.MethodGet, "/registration/reviews", "List the computers over which an administrator decides, newest first", reads), a.listReviews)
	decide := op("decideRegistration", http.MethodPost, "/registration/reviews/{id}/decision", "Decide over a computer that waits", edits)
	decide.words = "It takes effect when the computer asks again, by the same key of its own, which its agent does within some minutes; of one that is in already, at once: the key ends that two machines hold (refused), or what it tells now is what it is recognised by (same). A computer is made the same as another only by who may enrol that one."
	add(a, decide, a.decideReview)
}

func wireConditions(list []enrol.Condition) []adminv1.RegistrationCondition {
	return each(list, func(c enrol.Condition) adminv1.RegistrationCondition {
		return adminv1.RegistrationCondition{Fact: string(c.Fact), Name: c.Name, Test: string(c.Test), Values: c.Values}
	})
}

func wireRegistrationRule(r enrol.Rule) adminv1.RegistrationRule {
	return adminv1.RegistrationRule{
		ID: r.ID, Position: r.Position, Name: r.Name, Enabled: r.Enabled, Conditions: wireConditions(r.Conditions),
		Verdict: string(r.Verdict), Place: adminv1.ComputerPlace(r.Place), Note: r.Note, Version: r.Version,
	}
}

func coreRegistrationRule(id string, version int64, d adminv1.RegistrationRuleDraft) enrol.Rule {
	return enrol.Rule{
		ID: id, Version: version, Name: d.Name, Enabled: d.Enabled, Verdict: enrol.Verdict(d.Verdict), Place: enrol.Place(d.Place), Note: d.Note,
		Conditions: each(d.Conditions, func(c adminv1.RegistrationCondition) enrol.Condition {
			return enrol.Condition{Fact: enrol.Fact(c.Fact), Name: c.Name, Test: enrol.Test(c.Test), Values: c.Values}
		}),
	}
}

func (a *API) listRegistrationRules(ctx context.Context, _ *Paged) (*answer[adminv1.Page[adminv1.RegistrationRule]], error) {
	list, err := a.Enrol.Rules(ctx, caller(ctx))
	return reply(whole(list, wireRegistrationRule), err)
}

func (a *API) addRegistrationRule(ctx context.Context, in *with[adminv1.RegistrationRuleDraft]) (*tagged[adminv1.RegistrationRule], error) {
	r, err := a.Enrol.AddRule(ctx, caller(ctx), coreRegistrationRule("", 0, in.Body))
	return tag(r.Version, wireRegistrationRule(r), err)
}

func (a *API) editRegistrationRule(ctx context.Context, in *edit[adminv1.RegistrationRuleDraft]) (*tagged[adminv1.RegistrationRule], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	r, err := a.Enrol.EditRule(ctx, caller(ctx), coreRegistrationRule(in.ID, version, in.Body))
	return tag(r.Version, wireRegistrationRule(r), err)
}

func (a *API) removeRegistrationRule(ctx context.Context, in *byID) (*none, error) {
	return done(a.Enrol.RemoveRule(ctx, caller(ctx), in.ID))
}

func (a *API) orderRegistrationRules(ctx context.Context, in *with[adminv1.Ordered]) (*none, error) {
	return done(a.Enrol.OrderRules(ctx, caller(ctx), in.Body.IDs))
}

func (a *API) getRegistrationDefault(ctx context.Context, _ *none) (*tagged[adminv1.RegistrationDefault], error) {
	d, version, err := a.Enrol.DefaultRule(ctx, caller(ctx))
	return tag(version, adminv1.RegistrationDefault{Verdict: string(d.Verdict), Place: adminv1.ComputerPlace(d.Place)}, err)
}

func (a *API) setRegistrationDefault(ctx context.Context, in *struct {
	Seen
	Body adminv1.RegistrationDefault
},
) (*tagged[adminv1.RegistrationDefault], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	err = a.Enrol.SetDefaultRule(ctx, caller(ctx), enrol.Default{Verdict: enrol.Verdict(in.Body.Verdict), Place: enrol.Place(in.Body.Place)}, version)
	return tag(version+1, in.Body, err)
}

func (a *API) explainRegistration(ctx context.Context, in *with[adminv1.RegistrationQuestion]) (*answer[adminv1.RegistrationAnswer], error) {
	x := enrol.Coming{Facts: enrol.ComputerFacts(in.Body.Facts), Key: in.Body.Key}
	if in.Body.Address != "" {
		var err error
		if x.Addr, err = netip.ParseAddr(in.Body.Address); err != nil {
			return nil, problem.New(problem.Invalid, "registration.address", "An address is written as 192.0.2.7 or 2001:db8::7.").WithField("address")
		}
	}
	e, err := a.Enrol.Explain(ctx, caller(ctx), x)
	if err != nil {
		return nil, err
	}
	matches, err := a.wireMatches(ctx, e.Matches)
	return reply(adminv1.RegistrationAnswer{
		Verdict: string(e.Verdict), Place: adminv1.ComputerPlace(e.Place), Origin: string(e.Origin), Rule: e.Rule, Sentence: e.Because,
		Steps:   each(e.Steps, func(s enrol.Step) adminv1.RegistrationStep { return adminv1.RegistrationStep(s) }),
		Why:     string(e.Why),
		Matches: matches(e.Matches),
	}, err)
}

// wireMatches needs the names of the computers in all of the lists.
func (a *API) wireMatches(ctx context.Context, lists ...[]enrol.Match) (func([]enrol.Match) []adminv1.RegistrationMatch, error) {
	var ids []string
	for _, list := range lists {
		for _, m := range list {
			ids = append(ids, m.Device)
		}
	}
	names, err := a.devices(ctx, ids...)
	return func(list []enrol.Match) []adminv1.RegistrationMatch {
		return each(list, func(m enrol.Match) adminv1.RegistrationMatch {
			return adminv1.RegistrationMatch{Device: names.ref(m.Device), By: texts(m.By), Against: texts(m.Against)}
		})
	}, err
}

func (a *API) getReconcile(ctx context.Context, _ *none) (*tagged[adminv1.RegistrationReconcile], error) {
	by, version, err := a.Enrol.Reconciling(ctx, caller(ctx))
	return tag(version, adminv1.RegistrationReconcile{By: texts(by)}, err)
}

func (a *API) setReconcile(ctx context.Context, in *struct {
	Seen
	Body adminv1.RegistrationReconcile
},
) (*tagged[adminv1.RegistrationReconcile], error) {
	version, err := in.version()
	if err != nil {
		return nil, err
	}
	err = a.Enrol.Reconcile(ctx, caller(ctx), texts(in.Body.By), version)
	return tag(version+1, in.Body, err)
}

func (a *API) listReviews(ctx context.Context, in *struct {
	Paged
	State string `query:"state" enum:",open,same,new,refused,done"`
},
) (*answer[adminv1.Page[adminv1.RegistrationReview]], error) {
	p, err := a.Enrol.Reviews(ctx, caller(ctx), enrol.ReviewState(in.State), in.request())
	if err != nil {
		return nil, err
	}
	lists := make([][]enrol.Match, 0, 2*len(p.Items))
	for _, v := range p.Items {
		lists = append(lists, v.Matches, []enrol.Match{{Device: v.Device}})
	}
	matches, err := a.wireMatches(ctx, lists...)
	if err != nil {
		return nil, err
	}
	who, err := a.actors(ctx)
	return pages(p, err, func(v enrol.Review) adminv1.RegistrationReview {
		return adminv1.RegistrationReview{
			ID: v.ID, Why: string(v.Why), Rule: v.Rule, Facts: adminv1.ComputerFacts(v.Facts), Address: v.Addr, Key: v.Key,
			Matches: matches(v.Matches), State: string(v.State), Device: matches([]enrol.Match{{Device: v.Device}})[0].Device,
			By: who.actor(v.ByKind, v.By), Created: stamp(v.Created), Asked: stamp(v.Asked), Decided: stamp(v.Decided),
		}
	})
}

func (a *API) decideReview(ctx context.Context, in *idWith[adminv1.RegistrationDecision]) (*none, error) {
	return done(a.Enrol.Resolve(ctx, caller(ctx), in.ID, enrol.Resolution{
		State: enrol.ReviewState(in.Body.Decision), Device: in.Body.Device, Folder: in.Body.Folder,
	}))
}

func (a *API) addApproved() {
	reads, edits := gate.Admin(scope.RegistrationRead), gate.Admin(scope.RegistrationEdit)
	enter := operation{
		id: "importComputers", method: http.MethodPost, path: "/registration/computers", tag: "computers", who: edits,
		summary: "Enter computers before they come, from comma-separated values", body: 300 << 10,
		words: "The first line names the columns: name, and any of serial, uuid, mac, user, folder and groups; several addresses of network cards, or groups, stand with | between them. All computers are entered or none. " +
			"Each gets a one-time code, which is told this once and alone lets it in: what a computer says of itself lets nobody in.",
	}
	add(a, enter, a.importComputers)
	add(a, operation{
		id: "listComputerCodes", method: http.MethodGet, path: "/registration/codes", tag: "computers", who: reads,
		summary: "List the one-time codes of computers, newest first",
	}, a.listComputerCodes)
	code := operation{
		id: "addComputerCode", method: http.MethodPost, path: "/devices/{id}/registration-code", tag: "computers", who: gate.Admin(scope.DeviceEnrol),
		summary: "Make a one-time code by which a computer comes in, or comes again with another key", status: http.StatusCreated,
		words: "An earlier code of the computer ends.",
	}
	add(a, code, a.addComputerCode)
}

func (a *API) importComputers(ctx context.Context, in *struct {
	DryRun  bool   `query:"dryRun" doc:"Say what is wrong, and enter nothing."`
	Hours   int    `query:"hours" minimum:"1" maximum:"8784" default:"720" doc:"How long the codes are good for."`
	RawBody []byte `contentType:"text/csv"`
},
) (*answer[adminv1.ApprovalImport], error) {
	list, faults := enrol.ReadApprovals(in.RawBody)
	dry := in.DryRun || len(faults) > 0
	entered, more, err := a.Enrol.Approve(ctx, caller(ctx), list, time.Duration(in.Hours)*time.Hour, dry)
	return reply(adminv1.ApprovalImport{
		DryRun: in.DryRun, Read: len(list),
		Entered: each(entered, func(x enrol.Approved) adminv1.ApprovedComputer {
			return adminv1.ApprovedComputer{Line: x.Line, Device: x.Device, Name: x.Name, Serial: x.Serial, Code: x.Code}
		}),
		Faults: each(append(faults, more...), func(f enrol.Fault) adminv1.ApprovalFault {
			return adminv1.ApprovalFault{Line: f.Line, Message: f.Words}
		}),
	}, err)
}

func (a *API) listComputerCodes(ctx context.Context, in *struct {
	Paged
	Open bool `query:"open" doc:"Those alone that are still good."`
},
) (*answer[adminv1.Page[adminv1.ComputerCode]], error) {
	list, next, err := a.Enrol.Codes(ctx, caller(ctx), in.Open, in.Limit, in.Cursor)
	if err != nil {
		return nil, err
	}
	names, err := a.devices(ctx, each(list, func(k enrol.AuthKey) string { return k.Device })...)
	if err != nil {
		return nil, err
	}
	who, err := a.actors(ctx)
	now := a.Clock.Now()
	return reply(uncounted(list, next, func(k enrol.AuthKey) adminv1.ComputerCode {
		return adminv1.ComputerCode{
			ID: k.ID, Device: names.ref(k.Device), State: codeState(k, now), By: who.actor(k.ByKind, k.By), Created: stamp(k.Created), Expires: stamp(k.Expires),
		}
	}), err)
}

func codeState(k enrol.AuthKey, now time.Time) string {
	switch {
	case k.Open(now):
		return "open"
	case k.Used > 0:
		return "used"
	case !k.Ended.IsZero():
		return "ended"
	}
	return "expired"
}

func (a *API) addComputerCode(ctx context.Context, in *idWith[adminv1.ComputerCodeDraft]) (*answer[adminv1.NewComputerCode], error) {
	d, err := a.Devices.Get(ctx, caller(ctx), in.ID)
	if err != nil && !problem.Is(err, problem.Forbidden) { // who may not see it gets the lines for every system
		return nil, err
	}
	life := time.Duration(in.Body.Hours) * time.Hour
	expires := a.Clock.Now().Add(life)
	code, err := a.Enrol.IssueCode(ctx, caller(ctx), in.ID, life)
	if err != nil {
		return nil, err
	}
	return reply(adminv1.NewComputerCode{Code: code, Expires: stamp(expires), Join: a.joinCommands(systemOf(d), code)}, nil)
}

// systemOf names the system of a computer that our agent manages already; none of another.
func systemOf(d device.Device) []string {
	if system, ok := strings.CutSuffix(string(d.Platform), "-agent"); ok && ofAgent(d) {
		return []string{system}
	}
	return nil
}
