package enrol

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"drover/internal/base/csvsafe"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

// pc is a computer as most tests meet it.
func pc() Coming {
	return Coming{
		Facts: ComputerFacts{
			Host: "web1.example.org", Serial: "S-1", Platform: "linux", OS: "Debian GNU/Linux 12", OSVersion: "12.4", Arch: "amd64",
			MACs: []string{"00:53:00:aa:bb:01", "00:53:00:aa:bb:02"}, Attributes: map[string]string{"site": "Vienna"},
		},
		Addr: netip.MustParseAddr("192.0.2.7"), Key: "k-1",
	}
}

func TestConditions(t *testing.T) {
	for _, x := range []struct {
		fact   Fact
		name   string
		test   Test
		values []string
		want   bool
	}{
		{FactHost, "", Is, []string{"WEB1.example.org"}, true},
		{FactHost, "", IsNot, []string{"web1.example.org"}, false},
		{FactHost, "", Like, []string{"db*", "web?.*"}, true},
		{FactHost, "", Unlike, []string{"db*"}, true},
		{FactMaker, "", Is, []string{"x"}, false},
		{FactMaker, "", IsNot, []string{"x"}, true},
		{FactMaker, "", Told, nil, false},
		{FactMaker, "", Untold, nil, true},
		{FactSerial, "", Told, nil, true},
		{FactSerial, "", Untold, nil, false},
		{FactPlatform, "", Is, []string{"windows", "linux"}, true},
		{FactPlatform, "", IsNot, []string{"windows", "linux"}, false},
		{FactVersion, "", From, []string{"12"}, true},
		{FactVersion, "", From, []string{"12.5"}, false},
		{FactVersion, "", Below, []string{"13"}, true},
		{FactVersion, "", Below, []string{"12.4"}, false},
		{FactAddress, "", Within, []string{"198.51.100.0/24", "192.0.2.0/29"}, true},
		{FactAddress, "", Within, []string{"192.0.2.8-192.0.2.9"}, false},
		{FactAddress, "", Outside, []string{"192.0.2.0/24"}, false},
		{FactAddress, "", Outside, []string{"2001:db8::/32"}, true},
		{FactAttribute, "Site", Is, []string{"vienna"}, true},
		{FactAttribute, "room", Is, []string{"vienna"}, false},
		{FactMAC, "", Is, []string{"00-53-00-AA-BB-02"}, true},
		{FactMAC, "", IsNot, []string{"00:53:00:aa:bb:02"}, false},
		{FactMAC, "", Like, []string{"00:53:00:*"}, true},
		{FactKey, "", Is, []string{"k-1"}, true},
		{FactKey, "", IsNot, []string{"k-1"}, false},
	} {
		c := Condition{Fact: x.fact, Name: x.name, Test: x.test, Values: x.values}
		if err := c.check(); err != nil {
			t.Errorf("%+v: %v", c, err)
			continue
		}
		if ok, why := c.fits(pc()); ok != x.want || why == "" {
			t.Errorf("%s %s %q: %v, because %s", c.Fact, c.Test, c.Values, ok, why)
		}
	}
}

func TestConditionsThatAreNone(t *testing.T) {
	for _, c := range []Condition{
		{},
		{Fact: "owner", Test: Is, Values: []string{"x"}},
		{Fact: FactHost, Test: Within, Values: []string{"x"}},
		{Fact: FactHost, Test: Is},
		{Fact: FactHost, Test: Is, Values: []string{""}},
		{Fact: FactHost, Test: Is, Values: []string{"a\x00b"}},
		{Fact: FactHost, Test: Is, Values: []string{"a\u202eb"}},
		{Fact: FactHost, Test: Is, Values: []string{strings.Repeat("x", 257)}},
		{Fact: FactHost, Test: Is, Values: make([]string, 51)},
		{Fact: FactHost, Name: "x", Test: Is, Values: []string{"x"}},
		{Fact: FactAttribute, Test: Is, Values: []string{"x"}},
		{Fact: FactPlatform, Test: Is, Values: []string{"ios"}},
		{Fact: FactAddress, Test: Within, Values: []string{"inside"}},
		{Fact: FactVersion, Test: From, Values: []string{"twelve"}},
		{Fact: FactMAC, Test: Is, Values: []string{"00:00:00:00:00:00"}},
	} {
		if err := c.check(); !problem.Is(err, problem.Invalid) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestDecisions(t *testing.T) {
	linux := []Condition{{Fact: FactPlatform, Test: Is, Values: []string{"linux"}}}
	windows := []Condition{{Fact: FactPlatform, Test: Is, Values: []string{"windows"}}}
	here, there := Place{Folder: "here", Groups: []string{"g1"}, Name: "{serial}"}, Place{Folder: "there", Groups: []string{"g2"}}
	rule := func(id string, c []Condition, v Verdict, p Place) Rule {
		return Rule{ID: id, Enabled: true, Conditions: c, Verdict: v, Place: p}
	}
	quarantine := Default{Verdict: Quarantine}
	for name, x := range map[string]struct {
		rules     []Rule
		otherwise Default
		shown     Shown
		want      Decision
	}{
		"nothing":            {nil, quarantine, Shown{}, Decision{Verdict: Quarantine, Origin: FromDefault}},
		"the default places": {nil, Default{Admit, here}, Shown{}, Decision{Verdict: Admit, Place: here, Origin: FromDefault}},
		"the first that fits": {
			[]Rule{rule("a", windows, Refuse, Place{}), rule("b", linux, Admit, here), rule("c", linux, Admit, there)},
			quarantine,
			Shown{},
			Decision{Verdict: Admit, Place: here, Origin: FromRule, Rule: "b"},
		},
		"one that is off": {
			[]Rule{{ID: "a", Verdict: Refuse}, rule("b", nil, Admit, here)},
			quarantine,
			Shown{},
			Decision{Verdict: Admit, Place: here, Origin: FromRule, Rule: "b"},
		},
		"all conditions": {
			[]Rule{rule("a", append(linux, windows...), Refuse, Place{})}, quarantine, Shown{}, Decision{Verdict: Quarantine, Origin: FromDefault},
		},
		"a key that places counts before the default": {
			nil, Default{Verdict: Refuse}, Shown{there, FromKey}, Decision{Verdict: Admit, Place: there, Origin: FromKey},
		},
		"a key that places counts before the rule's place": {
			[]Rule{rule("a", linux, Admit, here)},
			quarantine,
			Shown{there, FromKey},
			Decision{Verdict: Admit, Place: Place{Folder: "there", Groups: []string{"g1", "g2"}, Name: "{serial}"}, Origin: FromKey, Rule: "a"},
		},
		"a key opens nothing that a rule shuts": {
			[]Rule{rule("a", linux, Refuse, Place{})}, quarantine, Shown{there, FromKey}, Decision{Verdict: Refuse, Origin: FromRule, Rule: "a"},
		},
		"a rule's quarantine holds": {
			[]Rule{rule("a", linux, Quarantine, Place{})}, quarantine, Shown{there, FromKey}, Decision{Verdict: Quarantine, Origin: FromRule, Rule: "a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got := decide(x.rules, x.otherwise, pc(), x.shown).Decision
			if got.Because == "" {
				t.Error("it does not say why")
			}
			got.Because = ""
			if d := cmp.Diff(x.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}

var aCondition = rapid.Custom(func(r *rapid.T) Condition {
	c := Condition{Fact: rapid.SampledFrom(Facts).Draw(r, "fact")}
	c.Test = rapid.SampledFrom(testsOf(c.Fact)).Draw(r, "test")
	if c.Fact == FactAttribute {
		c.Name = "site"
	}
	value := "web*"
	switch {
	case c.Fact == FactAddress:
		value = rapid.SampledFrom([]string{"192.0.2.0/24", "198.51.100.1"}).Draw(r, "address")
	case c.Fact == FactPlatform:
		value = rapid.SampledFrom(Platforms).Draw(r, "platform")
	case c.Test == From || c.Test == Below:
		value = rapid.SampledFrom([]string{"11", "12.4", "13"}).Draw(r, "version")
	case c.Fact == FactMAC:
		value = "00:53:00:aa:bb:01"
	}
	c.Values = []string{value}
	return c
})

// TestTheFirstRuleThatFitsWins: the decision is that of the first rule all of whose conditions hold; what stands behind it
// changes nothing, and the same question has the same answer.
func TestTheFirstRuleThatFitsWins(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) Rule {
			return Rule{
				ID: rapid.StringN(1, 8, 8).Draw(r, "id"), Enabled: rapid.Bool().Draw(r, "enabled"),
				Conditions: rapid.SliceOfN(aCondition, 0, 3).Draw(r, "conditions"), Verdict: rapid.SampledFrom(Verdicts).Draw(r, "verdict"),
			}
		}), 0, 6).Draw(r, "rules")
		for i := range list {
			for j := range list[i].Conditions {
				if err := list[i].Conditions[j].check(); err != nil {
					t.Fatal(err)
				}
			}
		}
		otherwise := Default{Verdict: rapid.SampledFrom(Verdicts).Draw(r, "default")}
		got := decide(list, otherwise, pc(), Shown{})
		want, first := otherwise.Verdict, len(list)
		for i, x := range list {
			if x.ask(pc()).Matched {
				want, first = x.Verdict, i
				break
			}
		}
		if got.Verdict != want || len(got.Steps) != min(first+1, len(list)) {
			t.Fatalf("%+v, want %s", got, want)
		}
		if d := cmp.Diff(got, decide(list, otherwise, pc(), Shown{})); d != "" {
			t.Fatal(d)
		}
		if cut := decide(list[:min(first+1, len(list))], otherwise, pc(), Shown{}); cut.Verdict != want {
			t.Fatal("what stands behind the rule counts")
		}
	})
}

func TestTemplates(t *testing.T) {
	f := pc().Facts
	for template, want := range map[Template]string{
		"":                            "web1",
		"{fqdn}":                      "web1.example.org",
		"pc-{number:4}":               "pc-0007",
		"{platform}-{attribute:Site}": "linux-Vienna",
		"{user}-{host}":               "ann-web1",
		"{model}":                     "computer",
		"-{serial}-":                  "S-1",
		"_\u00a0_{serial}":            "S-1",
		"{attribute:none} {number}":   "7",
		"=cmd()":                      "cmd()",
		Template("x" + strings.Repeat("{fqdn}", 12)): "x" + strings.Repeat("web1.example.org", 12)[:99],
	} {
		if err := template.check(); err != nil {
			t.Errorf("%q: %v", template, err)
		}
		if got := template.fill(f, "ann", 7); got != want {
			t.Errorf("%q makes %q, want %q", template, got, want)
		}
	}
	for _, bad := range []Template{"{", "}", "{hosts}", "{attribute}", "{attribute:}", "{number:0}", "{number:10}", "{host:1}", "a\x00", "{{host}}", Template(strings.Repeat("x", 129))} {
		if err := bad.check(); !problem.Is(err, problem.Invalid) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestWhatAComputerTellsBecomesAName: whatever it tells, the name can be shown, listed and exported.
func TestWhatAComputerTellsBecomesAName(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		f := ComputerFacts{
			Host: rapid.String().Draw(r, "host"), Serial: rapid.String().Draw(r, "serial"), Platform: "linux",
			Attributes: map[string]string{"site": rapid.String().Draw(r, "site")},
		}
		if err := f.Clean(); err != nil {
			t.Fatal(err)
		}
		template := rapid.SampledFrom([]Template{"", "{fqdn}", "{serial}", "{attribute:site}", "{host}{serial}", "@{host}"}).Draw(r, "template")
		name := template.fill(f, "", 1)
		if name == "" || len(name) > maxComputerName || plain(name, maxComputerName) != name || csvsafe.Formula(name) || sqldb.Clean(name, 128) != name {
			t.Fatalf("%q", name)
		}
	})
}

func TestFactsAreBounded(t *testing.T) {
	f := ComputerFacts{Host: "a\x1b[31m\u202e\nb", Platform: "linux", MACs: []string{"00-53-00-AA-BB-01", "ff:ff:ff:ff:ff:ff", "x", "0053.00aa.bb01"}}
	if err := f.Clean(); err != nil || f.Host != "a[31mb" || !cmp.Equal(f.MACs, []string{"00:53:00:aa:bb:01"}) {
		t.Errorf("%+v (%v)", f, err)
	}
	for _, bad := range []ComputerFacts{{Platform: "ios"}, {Platform: "linux", MACs: make([]string, 33)}} {
		if err := bad.Clean(); !problem.Is(err, problem.Invalid) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
}

func TestHollowIdentitiesTellNothing(t *testing.T) {
	f := ComputerFacts{Serial: "To Be Filled By O.E.M.", UUID: "00000000-0000-0000-0000-000000000000", Machine: "ffff", MACs: nil}
	if known := f.identity(); len(known) != 0 {
		t.Errorf("%v", known)
	}
	if known := (ComputerFacts{Serial: " 5CG1234XYZ "}).identity(); !cmp.Equal(known, map[string][]string{BySerial: {"5cg1234xyz"}}) {
		t.Errorf("%v", known)
	}
}
