package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type policyCommands struct {
	Create      policyCreate      `cmd:"" help:"Make a policy suite."`
	Edit        policyEdit        `cmd:"" help:"Change a policy suite: what it says becomes a new version."`
	List        policyList        `cmd:"" help:"List policy suites."`
	Show        policyShow        `cmd:"" help:"Show what a policy suite asks."`
	Assign      policyAssign      `cmd:"" help:"Put a policy suite in force for somebody."`
	Unassign    policyUnassign    `cmd:"" help:"Take an assignment away."`
	Assignments policyAssignments `cmd:"" help:"List which suite is in force for whom."`
	Versions    policyVersions    `cmd:"" help:"List the versions of a policy suite."`
	Diff        policyDiff        `cmd:"" help:"Tell what changes from one version to another."`
	Preview     policyPreview     `cmd:"" help:"Tell what a suite sends to a platform, and what the platform ignores."`
	Effective   policyEffective   `cmd:"" help:"Tell what a device must obey, and which suite each value comes from."`
	Simulate    policySimulate    `cmd:"" help:"Tell what a change would do to the fleet, without making it."`
	Rollout     rolloutCommands   `cmd:"" help:"Put a new version in force for some devices first."`
	Rollback    policyRollback    `cmd:"" help:"Make a new version that says what an old one said."`
	Retire      policyRetire      `cmd:"" aliases:"remove" help:"Take a policy suite out of use that nothing is assigned to."`
	Presets     policyPresets     `cmd:"" help:"List the presets to start from."`
	Settings    policySettings    `cmd:"" help:"List every setting there is."`
	Platforms   policyPlatforms   `cmd:"" help:"List every platform, and what commands do to it."`
}

// suiteValues are the ways to say what a suite asks.
type suiteValues struct {
	File  string   `placeholder:"FILE" help:"File with corporate and personal values, as \"drover policy show NAME --json\" prints them; YAML or JSON. - is standard input."`
	Set   []string `sep:"none" placeholder:"KEY=VALUE" help:"Set a value, such as password.min-length=6, or KEY={locked: 6}; corporate.KEY=VALUE or personal.KEY=VALUE for one of them alone. May be given several times."`
	Unset []string `placeholder:"KEY" help:"Leave a value to the platform."`
}

func (v suiteValues) given() bool { return v.File != "" || len(v.Set) > 0 || len(v.Unset) > 0 }

// maxSuite is what the API takes.
const maxSuite = 64 << 10

// apply puts what was given into the values.
func (v suiteValues) apply(corporate, personal *adminv1.Values) error {
	if v.File != "" {
		file, err := readSuite(v.File)
		if err != nil {
			return usage{err}
		}
		*corporate, *personal = file.Corporate, file.Personal
	}
	both := map[string]*adminv1.Values{"corporate": corporate, "personal": personal}
	for _, x := range both {
		if *x == nil {
			*x = adminv1.Values{}
		}
	}
	for _, assignment := range v.Set {
		key, text, ok := strings.Cut(assignment, "=")
		if !ok {
			return unusable("%q is no KEY=VALUE", assignment)
		}
		var value any
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			return unusable("%q: the value is true or false, a whole number, or a list of texts", assignment)
		}
		each(both, key, func(values adminv1.Values, key string) { values[key] = value })
	}
	for _, key := range v.Unset {
		each(both, key, func(values adminv1.Values, key string) { delete(values, key) })
	}
	return nil
}

// each calls fn for the values that a key names: one liability's when it begins with it, else both.
func each(both map[string]*adminv1.Values, key string, fn func(adminv1.Values, string)) {
	for liability, values := range both {
		if rest, ok := strings.CutPrefix(key, liability+"."); ok {
			fn(*values, rest)
			return
		}
	}
	for _, values := range both {
		fn(*values, key)
	}
}

// readSuite reads a file of a suite. A key that no suite has is refused: what stands below it would be lost.
func readSuite(name string) (suite adminv1.SuiteDetail, err error) {
	in := os.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return suite, err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxSuite+1))
	if err != nil {
		return suite, err
	}
	if len(text) > maxSuite {
		return suite, fmt.Errorf("%s is larger than a suite can be", name)
	}
	if text, err = yaml.YAMLToJSON(text); err != nil {
		return suite, err
	}
	return suite, strict(text, &suite)
}

// strict reads JSON that says nothing unknown.
func strict(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

type policyCreate struct {
	remote
	suiteValues
	Name        string `arg:"" help:"Name."`
	Preset      string `help:"Preset to start from: \"drover policy presets\" lists them."`
	Description string `help:"What it is for."`
}

// Run makes a suite.
func (p *policyCreate) Run(ctx context.Context, c *console) error {
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	draft := adminv1.SuiteDraft{Name: p.Name, Description: p.Description, Preset: p.Preset}
	if p.given() {
		if draft.Corporate, draft.Personal, err = s.preset(ctx, p.Preset); err != nil {
			return err
		}
		if err := p.apply(&draft.Corporate, &draft.Personal); err != nil {
			return err
		}
		draft.Preset = ""
	}
	res, err := s.do(ctx, post, "/policies", draft)
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.SuiteDetail) error {
		if err := s.say("made policy suite %s (%s)", x.Name, x.ID); err != nil {
			return err
		}
		return s.warnings(x)
	})
}

// preset returns the values of a preset, none for "".
func (s *session) preset(ctx context.Context, id string) (corporate, personal adminv1.Values, err error) {
	if id == "" {
		return nil, nil, nil
	}
	list, err := all[adminv1.Preset](ctx, s, "/policy-presets")
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(list, func(p adminv1.Preset) bool { return p.ID == id })
	if i < 0 {
		return nil, nil, missing(fmt.Sprintf("there is no preset %q", id))
	}
	return list[i].Corporate, list[i].Personal, nil
}

func (s *session) warnings(x adminv1.SuiteDetail) error {
	for _, w := range x.Warnings {
		if err := s.say("mind %s: %s", w.Name, w.Message); err != nil {
			return err
		}
	}
	return nil
}

// oneSuite is the argument of commands about one suite.
type oneSuite struct {
	remote
	Suite string `arg:"" name:"name" help:"Policy suite, by id or name."`
}

func (o oneSuite) find(ctx context.Context, c *console) (*session, string, error) {
	return o.about(ctx, c, o.Suite, (*session).suite)
}

type policyEdit struct {
	oneSuite
	suiteValues
	Rename      *string `help:"New name."`
	Description *string `help:"What it is for."`
	Note        string  `help:"Why, for people."`
}

// Run changes a suite.
func (p *policyEdit) Run(ctx context.Context, c *console) error {
	if !p.given() && p.Rename == nil && p.Description == nil {
		return unusable("there is nothing to change: give --set, --unset, --file, --rename or --description")
	}
	s, id, err := p.find(ctx, c)
	if err != nil {
		return err
	}
	res, err := change(ctx, s, put, client.Path("policies", id), func(old adminv1.SuiteDetail) (any, error) {
		e := adminv1.SuiteEdit{Name: old.Name, Description: old.Description, Note: p.Note, Corporate: old.Corporate, Personal: old.Personal}
		replace(&e.Name, p.Rename)
		replace(&e.Description, p.Description)
		return &e, p.apply(&e.Corporate, &e.Personal)
	})
	if err != nil {
		return err
	}
	return show(s, res, s.printSuite)
}

type policyList struct {
	remote
	Retired bool `help:"The retired ones instead."`
}

// Run lists suites.
func (p *policyList) Run(ctx context.Context, c *console) error {
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	q := query()
	if p.Retired {
		q.Set("retired", "true")
	}
	return listing[adminv1.Suite]{
		path: "/policies", query: q, empty: "There is no policy suite: drover policy create NAME --preset strict",
		heads: []string{"ID", "NAME", "VERSION", "ASSIGNED", "DEFAULT", "CHANGED"},
		row: func(x adminv1.Suite) []string {
			return []string{x.ID, x.Name, count(x.Version), count(x.Assigned), yes(x.IsDefault), since(x.Updated)}
		},
	}.print(ctx, s)
}

type policyShow struct{ oneSuite }

// Run shows a suite.
func (p *policyShow) Run(ctx context.Context, c *console) error {
	s, id, err := p.find(ctx, c)
	if err != nil {
		return err
	}
	return display(ctx, s, client.Path("policies", id), s.printSuite)
}

func (s *session) printSuite(x adminv1.SuiteDetail) error {
	if err := s.say("%s (%s), version %d, changed %s by %s", x.Name, x.ID, x.Version, since(x.Updated), x.UpdatedBy); err != nil {
		return err
	}
	keys := slices.Collect(maps.Keys(x.Corporate))
	for k := range x.Personal {
		if _, both := x.Corporate[k]; !both {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	t := table.New("SETTING", "CORPORATE", "PERSONAL")
	for _, k := range keys {
		t.Row(k, compact(x.Corporate[k]), compact(x.Personal[k]))
	}
	if err := t.Write(s.out, "It asks nothing."); err != nil {
		return err
	}
	return s.warnings(x)
}

// target is whom a suite is assigned to.
type target struct {
	User        string `xor:"target" required:"" help:"User, by id or name."`
	Group       string `xor:"target" required:"" help:"User group, by id or name."`
	DeviceGroup string `xor:"target" required:"" help:"Device group, by id or name."`
	Device      string `xor:"target" required:"" help:"Device, by id, name or DeviceId."`
	Default     bool   `xor:"target" required:"" help:"Everybody else."`
}

func (t target) find(ctx context.Context, s *session) (kind, id string, err error) {
	switch {
	case t.User != "":
		id, err = s.user(ctx, t.User)
		return "user", id, err
	case t.Group != "":
		id, err = s.group(ctx, "user", t.Group)
		return "group", id, err
	case t.DeviceGroup != "":
		id, err = s.group(ctx, "device", t.DeviceGroup)
		return "group", id, err
	case t.Device != "":
		d, err := s.device(ctx, t.Device)
		return "device", d.ID, err
	}
	return "default", "", nil
}

// decides refuses a priority where there is no group that it is of.
func (t target) decides(priority int) error {
	if priority != 0 && t.Group == "" && t.DeviceGroup == "" {
		return unusable("--priority decides between groups: name the one that it is for with --group or --device-group")
	}
	return nil
}

type policyAssign struct {
	oneSuite
	target
	Priority int `help:"Between groups: the greatest wins."`
}

// Run assigns a suite.
func (p *policyAssign) Run(ctx context.Context, c *console) error {
	s, id, err := p.oneSuite.find(ctx, c)
	if err != nil {
		return err
	}
	if err := p.target.decides(p.Priority); err != nil {
		return err
	}
	kind, to, err := p.target.find(ctx, s)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/policy-assignments", adminv1.AssignmentDraft{Kind: kind, Target: to, Suite: id, Priority: p.Priority})
	if err != nil {
		return err
	}
	return show(s, res, func(a adminv1.AssignmentMade) error {
		words := fmt.Sprintf("%s is in force for %s", a.Suite.Name, strings.TrimSpace(a.Kind+" "+a.Target.Name))
		if a.Replaced.ID != "" {
			words += ", in place of " + a.Replaced.Name
		}
		return s.say("%s", words)
	})
}

type policyUnassign struct {
	remote
	target
}

// Run takes an assignment away.
func (p *policyUnassign) Run(ctx context.Context, c *console) error {
	s, err := p.connect(c)
	if err != nil {
		return err
	}
	kind, id, err := p.find(ctx, s)
	if err != nil {
		return err
	}
	if id != "" {
		kind += "." + id
	}
	return s.act(ctx, remove, client.Path("policy-assignments", kind), nil, "the assignment is gone")
}
