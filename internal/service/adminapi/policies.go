package adminapi

import (
	"context"
	"encoding/json"
	"net/http"

	"drover/api/adminv1"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

func policyOp(id, method, path, summary string, who gate.Who) operation {
	return operation{id: id, method: method, path: path, tag: "policies", summary: summary, who: who}
}

// maxSuite bounds a suite: files for corporate and personal devices, as JSON writes them at worst.
const maxSuite = 1 << 20

func (a *API) addPolicies() {
	read, change := gate.Admin(scope.PolicyRead), gate.Admin(scope.PolicyEdit)
	same := gate.AnyAdmin("it is the same in every zone, and the pages name settings by it")
	add(a, policyOp("listPolicySettings", http.MethodGet, "/policy-settings", "List every setting there is", same), a.listSettings)
	add(a, policyOp("listPolicyPresets", http.MethodGet, "/policy-presets", "List the suites to start from", same), a.listPresets)
	add(a, policyOp("listSuites", http.MethodGet, "/policies", "List policy suites by name", read), a.listSuites)
	create := policyOp("addSuite", http.MethodPost, "/policies", "Make a policy suite, from a preset or from values", change)
	create.status, create.body = http.StatusCreated, maxSuite
	add(a, create, a.addSuite)
	add(a, policyOp("getSuite", http.MethodGet, "/policies/{id}", "Read one suite with the values in force", read), a.getSuite)
	save := policyOp("editSuite", http.MethodPut, "/policies/{id}", "Change a suite: what it says becomes a new version", change)
	save.body = maxSuite
	add(a, save, a.editSuite)
	add(a, policyOp("retireSuite", http.MethodDelete, "/policies/{id}", "Take a suite out of use that nothing is assigned to", change), a.retireSuite)
	add(a, policyOp("rollBackSuite", http.MethodPost, "/policies/{id}/rollback", "Make a new version that says what an old one said", change), a.rollBack)
}

func (a *API) listSettings(context.Context, *Paged) (*answer[adminv1.Page[adminv1.SettingSpec]], error) {
	return reply(whole(policy.Catalogue(), func(d policy.Definition) adminv1.SettingSpec {
		return adminv1.SettingSpec{
			Key: string(d.Key), Category: string(d.Category), Group: d.Category.Title(), Title: d.Title, Help: d.Help,
			Kind: string(d.Kind), Format: string(d.Format), Min: d.Min, Max: d.Max, Unit: d.Unit, None: d.None, Default: d.Default,
			Stricter: string(d.Stricter), Needs: string(d.Needs), Lockable: d.Lockable(),
			Channels: each(d.Key.Carriers(), func(c platform.Channel) string { return c.Name() }),
			Options:  each(d.Options, func(o policy.Option) adminv1.Option { return adminv1.Option(o) }),
		}
	}), nil)
}

func (a *API) listPresets(context.Context, *Paged) (*answer[adminv1.Page[adminv1.Preset]], error) {
	return reply(whole(policy.Presets(), func(p policy.Preset) adminv1.Preset {
		return adminv1.Preset{
			ID: p.Name, Name: p.Title, Description: p.Words, Corporate: wireValues(p.Content.Corporate), Personal: wireValues(p.Content.Personal),
		}
	}), nil)
}

func wireValues(vs policy.Values) adminv1.Values {
	out := make(adminv1.Values, len(vs))
	for k, v := range vs {
		out[string(k)] = v
	}
	return out
}

// coreValues reads values; whether they fit their settings is for core to say.
func coreValues(vs adminv1.Values, field string) (policy.Values, error) {
	raw, err := json.Marshal(vs)
	if err != nil {
		return nil, err
	}
	out := make(policy.Values, len(vs))
	if err := json.Unmarshal(raw, &out); err != nil {
		return nil, problem.New(problem.Invalid, "policy.value",
			`A value is true or false, a whole number, a text, a list of texts, or {"locked": VALUE}.`).WithField(field)
	}
	return out, nil
}

func content(corporate, personal adminv1.Values) (c policy.Content, err error) {
	if c.Corporate, err = coreValues(corporate, "corporate"); err != nil {
		return c, err
	}
	c.Personal, err = coreValues(personal, "personal")
	return c, err
}

func wireSuite(s policy.Suite, standard string) adminv1.Suite {
	return adminv1.Suite{
		ID: s.ID, Name: s.Name, Description: s.Description, Version: s.Version, Created: stamp(s.Created), Updated: stamp(s.Changed),
		Retired: s.Retired, Assigned: s.Assigned, IsDefault: s.ID == standard,
	}
}

// standard returns the suite that is assigned to everybody else, or "".
func (a *API) standard(ctx context.Context) (string, error) {
	p, err := a.Policies.Assignments(ctx, caller(ctx), policy.AssignmentFilter{Kind: policy.ToDefault}, page.Request{Limit: 1})
	if err != nil || len(p.Items) == 0 {
		return "", err
	}
	return p.Items[0].Suite, nil
}

func (a *API) listSuites(ctx context.Context, in *struct {
	Paged
	Q       string `query:"q" maxLength:"200"`
	Retired bool   `query:"retired" doc:"The retired ones instead."`
},
) (*answer[adminv1.Page[adminv1.Suite]], error) {
	p, err := a.Policies.List(ctx, caller(ctx), policy.Filter{Search: in.Q, Retired: in.Retired}, in.request())
	if err != nil {
		return nil, err
	}
	standard, err := a.standard(ctx)
	return pages(p, err, func(s policy.Suite) adminv1.Suite { return wireSuite(s, standard) })
}

func (a *API) addSuite(ctx context.Context, in *with[adminv1.SuiteDraft]) (*tagged[adminv1.SuiteDetail], error) {
	b := in.Body
	d := policy.Draft{}
	if b.Preset != "" {
		p, ok := policy.FindPreset(b.Preset)
		if !ok {
			return nil, problem.New(problem.Invalid, "policy.preset", "There is no such preset: list /policy-presets.").WithField("preset")
		}
		d.Content = p.Content
	}
	given, err := content(b.Corporate, b.Personal)
	if err != nil {
		return nil, err
	}
	if b.Preset == "" || b.Corporate != nil {
		d.Content.Corporate = given.Corporate
	}
	if b.Preset == "" || b.Personal != nil {
		d.Content.Personal = given.Personal
	}
	s, err := a.Policies.Create(ctx, caller(ctx), b.Name, b.Description, d)
	if err != nil {
		return nil, err
	}
	return a.answerSuite(ctx, s.ID)
}

func (a *API) getSuite(ctx context.Context, in *byID) (*tagged[adminv1.SuiteDetail], error) {
	return a.answerSuite(ctx, in.ID)
}

func (a *API) answerSuite(ctx context.Context, id string) (*tagged[adminv1.SuiteDetail], error) {
	c := caller(ctx)
	s, err := a.Policies.Get(ctx, c, id)
	if err != nil {
		return nil, err
	}
	v, err := a.Policies.Version(ctx, c, id, 0)
	if err != nil {
		return nil, err
	}
	standard, err := a.standard(ctx)
	if err != nil {
		return nil, err
	}
	admins, err := a.admins(ctx)
	return tag(int64(s.Version), adminv1.SuiteDetail{
		Suite: wireSuite(s, standard), UpdatedBy: admins[v.By], Corporate: wireValues(v.Content.Corporate), Personal: wireValues(v.Content.Personal),
		Warnings: each(append(v.Content.Warnings(), a.unheard(v.Content)...), func(f problem.Field) adminv1.Warning { return adminv1.Warning(f) }),
	}, err)
}

// unheard names the sets with a duress notification that nobody would be told of.
func (a *API) unheard(c policy.Content) (out []problem.Field) {
	if a.Mail != nil {
		return nil
	}
	for _, set := range []struct {
		prefix string
		values policy.Values
	}{{"corporate.", c.Corporate}, {"personal.", c.Personal}} {
		if set.values[platform.LockDuress].IsTrue() {
			out = append(out, problem.Field{
				Name: set.prefix + string(platform.LockDuress), Message: "Nobody would be told: this zone has no mail server for notices. Name one in the configuration (smtp).",
			})
		}
	}
	return out
}

func (a *API) editSuite(ctx context.Context, in *edit[adminv1.SuiteEdit]) (*tagged[adminv1.SuiteDetail], error) {
	seen, err := in.version()
	if err != nil {
		return nil, err
	}
	b, c := in.Body, caller(ctx)
	draft := policy.Draft{Comment: b.Note}
	if draft.Content, err = content(b.Corporate, b.Personal); err != nil {
		return nil, err
	}
	if _, err := a.Policies.Edit(ctx, c, in.ID, int(seen), draft); err != nil {
		return nil, err
	}
	s, err := a.Policies.Get(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	if s.Name != b.Name || s.Description != b.Description {
		if err := a.Policies.Describe(ctx, c, in.ID, b.Name, b.Description); err != nil {
			return nil, err
		}
	}
	return a.answerSuite(ctx, in.ID)
}

func (a *API) retireSuite(ctx context.Context, in *byID) (*none, error) {
	return done(a.Policies.Retire(ctx, caller(ctx), in.ID))
}

func (a *API) rollBack(ctx context.Context, in *edit[adminv1.RollBack]) (*tagged[adminv1.SuiteDetail], error) {
	seen, err := in.version()
	if err != nil {
		return nil, err
	}
	if _, err := a.Policies.RollBack(ctx, caller(ctx), in.ID, int(seen), in.Body.Version, in.Body.Note); err != nil {
		return nil, err
	}
	return a.answerSuite(ctx, in.ID)
}
