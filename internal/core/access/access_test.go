package access_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/access"
	"drover/internal/core/compliance"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

var gate = scope.System("activesync")

type fixture struct {
	*coretest.Ground
	users      *directory.Store
	devices    *device.Store
	access     *access.Store
	compliance rules
}

// rules restrict what a test says.
type rules map[string]compliance.Restriction

func (r rules) Restriction(_ context.Context, id string) (compliance.Restriction, error) {
	return r[id], nil
}

func newFixture(g *coretest.Ground) *fixture {
	users := directory.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision, g.Keys, g.Safety)
	devices := device.New(device.Parts{
		DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Bus: g.Bus, Keys: g.Keys, Owners: users, Safety: g.Safety,
	})
	restricted := rules{}
	return &fixture{g, users, devices, access.New(access.Parts{
		DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Bus: g.Bus, Devices: devices, Users: users, Compliance: restricted,
	}), restricted}
}

func each(t *testing.T, fn func(t *testing.T, f *fixture)) {
	t.Helper()
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) { fn(t, newFixture(g)) })
}

// phone enrols an iPhone with iOS 17.1.
func (f *fixture) phone(t testing.TB) device.Device {
	t.Helper()
	u, err := f.users.Admit(t.Context(), gate, "anna", "", true)
	if err != nil {
		t.Fatal(err)
	}
	k, err := f.devices.Contact(t.Context(), gate, device.Hello{Owner: u, EASID: "dev", Enrol: true, Facts: device.Facts{
		DeviceType: "iPhone", UserAgent: "Apple-iPhone14C3/2103.66", OS: "iOS 17.1", Model: "iPhone14C3",
	}})
	if err != nil {
		t.Fatal(err)
	}
	return k.Device
}

func (f *fixture) rule(t testing.TB, kind access.Kind, pattern string, action device.Access) access.Rule {
	t.Helper()
	r, err := f.access.AddRule(t.Context(), gate, access.Rule{Kind: kind, Pattern: pattern, Action: action})
	if err != nil {
		t.Fatal(err)
	}
	f.Settle(t)
	return r
}

func (f *fixture) decide(t testing.TB, d device.Device) access.Decision {
	t.Helper()
	x, err := f.access.Decide(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestTheDefaultDecidesWhereNoRuleDoes(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := f.phone(t)
		if x := f.decide(t, d); x.Action != device.Allow || x.Origin != access.FromDefault {
			t.Fatalf("%+v", x)
		}
		if err := f.access.SetDefault(t.Context(), gate, "maybe", 0); !problem.Is(err, problem.Invalid) {
			t.Fatal(err)
		}
		if err := f.access.SetDefault(t.Context(), gate, device.Quarantine, 0); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		if x := f.decide(t, d); x.Action != device.Quarantine || x.Because != "Quarantined by the zone's default, because no rule fits." {
			t.Fatalf("%+v", x)
		}
	})
}

func TestEachKindOfRule(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx, d := t.Context(), f.phone(t)
		mine, err := f.users.AddGroup(ctx, gate, "Mine", "")
		if err != nil {
			t.Fatal(err)
		}
		ours, err := f.devices.AddGroup(ctx, gate, "Ours", "")
		if err != nil {
			t.Fatal(err)
		}
		if err := f.users.AddMembers(ctx, gate, mine.ID, d.Owner); err != nil {
			t.Fatal(err)
		}
		if err := f.devices.AddMembers(ctx, gate, ours.ID, d.ID); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		for _, c := range []struct {
			kind    access.Kind
			pattern string
			fits    bool
			because string
		}{
			{access.Any, "", true, "it fits every device"},
			{access.Platform, "ios", true, "its platform is iOS"},
			{access.Platform, "webos", false, ""},
			{access.Model, "iphone14*", true, `its model "iPhone14C3" fits "iphone14*"`},
			{access.Model, "iphone", false, ""},
			{access.Agent, "apple-iphone??c?/*", true, "its user agent"},
			{access.Agent, ".*", false, ""},
			{access.OS, "17..18", true, "its system's version 17.1 is within 17..18"},
			{access.OS, "ios 17.1..", true, "within"},
			{access.OS, "..17.1", false, ""},
			{access.OS, "..17.1.1", true, "within"},
			{access.OS, "android-gmail ..99", false, ""},
			{access.User, d.Owner, true, "its owner is the one"},
			{access.User, "x", false, ""},
			{access.UserGroup, mine.ID, true, "its owner is in the group"},
			{access.UserGroup, ours.ID, false, ""},
			{access.DeviceGroup, ours.ID, true, "it is in the group"},
			{access.DeviceGroup, mine.ID, false, ""},
			{access.Device, d.ID, true, "it is the one"},
			{access.Device, "x", false, ""},
		} {
			r := f.rule(t, c.kind, c.pattern, device.Block)
			x := f.decide(t, d)
			if (x.Action == device.Block) != c.fits || !strings.Contains(x.Because, c.because) {
				t.Errorf("%s %q: %+v", c.kind, c.pattern, x)
			}
			if c.fits && (x.Rule != r.ID || !strings.HasPrefix(x.Because, "Blocked by rule 1, because ")) {
				t.Errorf("%s %q explains %q", c.kind, c.pattern, x.Because)
			}
			if err := f.access.RemoveRule(ctx, gate, r.ID); err != nil {
				t.Fatal(err)
			}
			f.Settle(t)
		}
	})
}

func TestWrongRulesAreRefused(t *testing.T) {
	f := newFixture(coretest.New(t, sqldb.SQLite))
	for _, r := range []access.Rule{
		{Kind: "nonsense", Pattern: "x", Action: device.Block},
		{Kind: access.Any, Action: "maybe"},
		{Kind: access.Any, Pattern: "ios", Action: device.Block},
		{Kind: access.Platform, Pattern: "toaster", Action: device.Block},
		{Kind: access.Model, Action: device.Block},
		{Kind: access.Model, Pattern: strings.Repeat("a", 257), Action: device.Block},
		{Kind: access.OS, Pattern: "17", Action: device.Block},
		{Kind: access.OS, Pattern: "..", Action: device.Block},
		{Kind: access.OS, Pattern: "18..17", Action: device.Block},
		{Kind: access.OS, Pattern: "toaster 1..2", Action: device.Block},
		{Kind: access.OS, Pattern: "1x..2", Action: device.Block},
		{Kind: access.Any, Action: device.Block, Note: strings.Repeat("a", 501)},
	} {
		if _, err := f.access.AddRule(t.Context(), gate, r); !problem.Is(err, problem.Invalid) {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

func TestWhatIsWipedIsBlockedWhateverTheRulesSay(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx, d := t.Context(), f.phone(t)
		err := f.DB.Write(ctx, func(tx *sqldb.Tx) error { return f.devices.MarkWiped(ctx, tx, gate, d.ID) })
		if err != nil {
			t.Fatal(err)
		}
		x, err := f.access.Explain(ctx, gate, d.ID)
		if err != nil || x.Action != device.Block || x.Origin != access.FromState || !strings.Contains(x.Because, "has been wiped") {
			t.Errorf("%+v %v", x, err)
		}
	})
}

func TestTheFirstRuleThatFitsWins(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx, d := t.Context(), f.phone(t)
		one := f.rule(t, access.Platform, "webos", device.Block)
		two := f.rule(t, access.Platform, "ios", device.Quarantine)
		three := f.rule(t, access.Any, "", device.Block)
		x, err := f.access.Explain(ctx, gate, d.ID)
		if err != nil || x.Action != device.Quarantine || x.Position != 2 || len(x.Steps) != 2 || x.Steps[0].Matched || !x.Steps[1].Matched ||
			!strings.Contains(x.Steps[0].Sentence, "not webOS") {
			t.Fatalf("%+v %v", x, err)
		}
		if err := f.access.Reorder(ctx, gate, []string{three.ID, one.ID, two.ID}); err != nil {
			t.Fatal(err)
		}
		if err := f.access.Reorder(ctx, gate, []string{three.ID, one.ID, one.ID}); !problem.Is(err, problem.Conflict) {
			t.Fatal(err)
		}
		f.Settle(t)
		if x := f.decide(t, d); x.Rule != three.ID || x.Position != 1 {
			t.Fatalf("%+v", x)
		}
		if err := f.access.RemoveRule(ctx, gate, three.ID); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		if x := f.decide(t, d); x.Rule != two.ID || x.Position != 2 {
			t.Fatalf("%+v", x)
		}
		rules, err := f.access.Rules(ctx, gate)
		if err != nil || len(rules) != 2 {
			t.Fatalf("%+v %v", rules, err)
		}
		change := rules[1]
		change.Expires = f.Clock.Now().Add(time.Hour)
		if _, err := f.access.EditRule(ctx, gate, change); err != nil {
			t.Fatal(err)
		}
		if _, err := f.access.EditRule(ctx, gate, change); !problem.Is(err, problem.Precondition) {
			t.Fatal(err)
		}
		f.Settle(t)
		if x := f.decide(t, d); x.Rule != two.ID {
			t.Fatalf("%+v", x)
		}
		f.Clock.Advance(time.Hour)
		if x := f.decide(t, d); x.Origin != access.FromDefault {
			t.Fatalf("an expired rule still decides: %+v", x)
		}
	})
}

func TestAnOverrideComesBeforeTheRulesAndTakesEffectAtOnce(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx, d := t.Context(), f.phone(t)
		f.rule(t, access.Any, "", device.Block)
		if x := f.decide(t, d); x.Action != device.Block {
			t.Fatalf("%+v", x)
		}
		before, err := f.Revision.Current()
		if err != nil {
			t.Fatal(err)
		}
		o := access.Override{Action: device.Allow, Note: "chief", Expires: f.Clock.Now().Add(time.Hour)}
		if err := f.access.SetOverride(ctx, gate, d.ID, o); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		if after, err := f.Revision.Current(); err != nil || after <= before {
			t.Fatalf("the revision did not rise, so that other servers would not know: %d %d %v", before, after, err)
		}
		if x := f.decide(t, d); x.Action != device.Allow || x.Origin != access.FromOverride || x.Note != "chief" {
			t.Fatalf("%+v", x)
		}
		if got, err := f.devices.Get(ctx, gate, d.ID); err != nil || got.Access != device.Allow {
			t.Fatalf("%+v %v", got, err)
		}
		f.Clock.Advance(time.Hour)
		if x := f.decide(t, d); x.Action != device.Block {
			t.Fatalf("an expired override still decides: %+v", x)
		}
		if err := f.access.SetOverride(ctx, gate, d.ID, o); !problem.Is(err, problem.Invalid) {
			t.Fatalf("an override that ended before it began: %v", err)
		}
		if err := f.access.SetOverride(ctx, gate, d.ID, access.Override{Action: device.Quarantine}); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		if got, err := f.devices.Get(ctx, gate, d.ID); err != nil || got.Access != device.Quarantine {
			t.Fatalf("%+v %v", got, err)
		}
		if err := f.access.ClearOverride(ctx, gate, d.ID); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		if x := f.decide(t, d); x.Action != device.Block || x.Origin != access.FromRule {
			t.Fatalf("%+v", x)
		}
	})
}

// TestGlobsAgreeWithRegularExpressions compares the matcher with the standard library's.
func TestGlobsAgreeWithRegularExpressions(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		pattern := rapid.StringMatching(`[ab*?.]{1,8}`).Draw(rt, "pattern")
		model := rapid.StringMatching(`[aAbB.]{0,10}`).Draw(rt, "model")
		text := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
		want := regexp.MustCompile("(?i)^" + text + "$").MatchString(model)
		if got := access.Fits(access.Rule{Kind: access.Model, Pattern: pattern}, access.Facts{Model: model}); got != want {
			rt.Fatalf("%q fits %q: %v, want %v", model, pattern, got, want)
		}
	})
}

// TestAGlobCannotExplode gives the matcher what makes naive ones take for ever.
func TestAGlobCannotExplode(t *testing.T) {
	r := access.Rule{Kind: access.Agent, Pattern: strings.Repeat("a*", 120) + "b"}
	if access.Fits(r, access.Facts{UserAgent: strings.Repeat("a", 4096)}) {
		t.Fatal("it fits")
	}
}

func FuzzCompile(f *testing.F) {
	f.Add("os", "ios 15..17.2", "x")
	f.Add("model", "a*b?c", "abc")
	f.Fuzz(func(_ *testing.T, kind, pattern, text string) {
		access.Fits(access.Rule{Kind: access.Kind(kind), Pattern: pattern}, access.Facts{
			Model: text, UserAgent: text, Platform: platform.IOS, OS: platform.ParseVersion(text),
		})
	})
}

// TestScope calls every method as somebody without rights and as an administrator of another group.
func TestScope(t *testing.T) {
	f := newFixture(coretest.New(t, sqldb.SQLite))
	ctx, d := t.Context(), f.phone(t)
	own, err := f.devices.AddGroup(ctx, gate, "Own", "")
	if err != nil {
		t.Fatal(err)
	}
	if err := f.devices.AddMembers(ctx, gate, own.ID, d.ID); err != nil {
		t.Fatal(err)
	}
	all := []scope.Right{scope.AccessRead, scope.AccessEdit, scope.DeviceAccess, scope.DeviceRead}
	block := access.Override{Action: device.Block}
	calls := map[string]func(c scope.Caller) error{
		"Rules":         func(c scope.Caller) error { _, err := f.access.Rules(ctx, c); return err },
		"AddRule":       func(c scope.Caller) error { _, err := f.access.AddRule(ctx, c, access.Rule{}); return err },
		"EditRule":      func(c scope.Caller) error { _, err := f.access.EditRule(ctx, c, access.Rule{}); return err },
		"RemoveRule":    func(c scope.Caller) error { return f.access.RemoveRule(ctx, c, "x") },
		"Reorder":       func(c scope.Caller) error { return f.access.Reorder(ctx, c, nil) },
		"DefaultAction": func(c scope.Caller) error { _, _, err := f.access.DefaultAction(ctx, c); return err },
		"SetDefault":    func(c scope.Caller) error { return f.access.SetDefault(ctx, c, device.Block, 0) },
		"Explain":       func(c scope.Caller) error { _, err := f.access.Explain(ctx, c, d.ID); return err },
		"OverrideOf":    func(c scope.Caller) error { _, err := f.access.OverrideOf(ctx, c, d.ID); return err },
		"SetOverride":   func(c scope.Caller) error { return f.access.SetOverride(ctx, c, d.ID, block) },
		"ClearOverride": func(c scope.Caller) error { return f.access.ClearOverride(ctx, c, d.ID) },
	}
	for name, call := range calls {
		if err := call(coretest.Admin(nil)); !problem.Is(err, problem.Forbidden) {
			t.Errorf("%s without rights: %v", name, err)
		}
		want := problem.Forbidden
		if name == "Explain" || strings.HasSuffix(name, "Override") || name == "OverrideOf" {
			want = problem.NotFound
			if err := call(coretest.Admin(all, own.ID)); err != nil {
				t.Errorf("%s of an own device: %v", name, err)
			}
		}
		if err := call(coretest.Admin(all, "foreign")); !problem.Is(err, want) {
			t.Errorf("%s as an administrator of another group: %v", name, err)
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	f := newFixture(coretest.New(b, sqldb.SQLite))
	d := f.phone(b)
	for i := range 50 {
		f.rule(b, access.Agent, fmt.Sprintf("Outlook*%d", i), device.Block)
	}
	b.ReportAllocs()
	for b.Loop() {
		f.decide(b, d)
	}
}

func TestWhoIsLetInByNameKeepsTheRulesOfComplianceNevertheless(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		d := f.phone(t)
		f.compliance[d.ID] = compliance.Restriction{Access: device.Quarantine, Because: "Encryption: Its storage is not encrypted."}
		for _, said := range []device.Access{device.Allow, device.Block} {
			if err := f.access.SetOverride(t.Context(), gate, d.ID, access.Override{Action: said}); err != nil {
				t.Fatal(err)
			}
			f.Settle(t)
			want := map[device.Access]device.Access{device.Allow: device.Quarantine, device.Block: device.Block}[said]
			if x := f.decide(t, d); x.Action != want {
				t.Errorf("%s by name: %+v", said, x)
			}
		}
		if err := f.access.SetOverride(t.Context(), gate, d.ID, access.Override{Action: device.Allow}); err != nil {
			t.Fatal(err)
		}
		f.Settle(t)
		if x := f.decide(t, d); x.Origin != access.FromCompliance || !strings.Contains(x.Because, "not encrypted") {
			t.Errorf("%+v", x)
		}
		delete(f.compliance, d.ID)
		if x := f.decide(t, d); x.Action != device.Allow {
			t.Errorf("%+v", x)
		}
	})
}
