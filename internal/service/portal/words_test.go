package portal

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"drover/internal/core/compliance"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
)

// What the server says and the pages translate: the pages do not compile while one of these lacks its translation.

// made is a file of constants in TypeScript.
type made struct {
	t    *testing.T
	text strings.Builder
}

func newMade(t *testing.T, what string) *made {
	t.Helper()
	m := &made{t: t}
	m.text.WriteString("// Made by go test ./internal/service/portal -run Committed -update: " + what + "\n")
	return m
}

func (m *made) json(v any) string {
	m.t.Helper()
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		m.t.Fatal(err)
	}
	return strings.TrimSpace(b.String())
}

// list adds a constant, with the type of its texts.
func (m *made) list(name, union string, texts []string) {
	m.t.Helper()
	m.text.WriteString("\nexport const " + name + " = [\n")
	for _, s := range texts {
		m.text.WriteString("  " + m.json(s) + ",\n")
	}
	m.text.WriteString("] as const;\n\nexport type " + union + " = (typeof " + name + ")[number];\n")
}

func (m *made) committed(name string) {
	m.t.Helper()
	committed(m.t, name, []byte(m.text.String()))
}

func TestCommittedWords(t *testing.T) {
	m := newMade(t, "what platforms say of commands, and are called.")
	m.list("platformWords", "PlatformWords", platform.Sentences())
	var names []string
	for _, id := range platform.IDs() {
		names = append(names, id.Name())
	}
	slices.Sort(names)
	m.list("platformNames", "PlatformNames", names)
	m.committed("platform.ts")
}

// setting is what the pages show of one setting, beside its value.
type setting struct {
	Key      string   `json:"key"`
	Category string   `json:"category"`
	Kind     string   `json:"kind"`
	Title    string   `json:"title"`
	Help     string   `json:"help"`
	Unit     string   `json:"unit"`
	Options  []string `json:"options"`
}

func TestCommittedSettings(t *testing.T) {
	m := newMade(t, "the settings that a policy may ask of a device.")
	var units []string
	var categories []policy.Category
	m.text.WriteString("\nexport const settings = [\n")
	for _, d := range policy.Catalogue() {
		if !demanded(d) {
			continue
		}
		s := setting{string(d.Key), string(d.Category), string(d.Kind), d.Title, d.Help, d.Unit, []string{}}
		for _, o := range d.Options {
			s.Options = append(s.Options, o.Words)
		}
		m.text.WriteString("  " + m.json(s) + ",\n")
		categories = append(categories, d.Category)
		if d.Unit != "" {
			units = append(units, d.Unit)
		}
	}
	m.text.WriteString("] as const;\n\n// In the order in which they are shown.\nexport const settingCategories = {\n")
	seen := map[policy.Category]bool{}
	for _, c := range categories {
		if !seen[c] {
			m.text.WriteString("  " + m.json(c) + ": " + m.json(c.Title()) + ",\n")
		}
		seen[c] = true
	}
	m.text.WriteString("} as const;\n\ntype Setting = (typeof settings)[number];\nexport type SettingWords =\n" +
		"  | Setting['title' | 'help']\n  | Setting['options'][number]\n" +
		"  | (typeof settingCategories)[keyof typeof settingCategories];\n")
	slices.Sort(units)
	m.list("settingUnits", "SettingUnits", slices.Compact(units))
	m.committed("settings.ts")
}

func TestCommittedCompliance(t *testing.T) {
	m := newMade(t, "what rules may ask, and why one is broken, with {} for what differs.")
	var conditions []string
	for _, d := range compliance.Catalogue() {
		conditions = append(conditions, string(d.Condition))
	}
	m.list("conditions", "Conditions", conditions)
	m.list("reasons", "Reasons", reasons(t))
	m.committed("compliance.ts")
}

// differs is what stands in the reasons for one device and not for another.
var differs = regexp.MustCompile(`[0-9]+(\.[0-9]+)*|org\.example\.app|` + regexp.QuoteMeta(platform.IOS.Name()))

// reasons are the sentences that say why a rule is broken, of each condition.
func reasons(t *testing.T) []string {
	t.Helper()
	var list []string
	for _, d := range compliance.Catalogue() {
		r := compliance.Rule{
			ID: "rule", Condition: d.Condition, Hours: 1, Platforms: []platform.ID{platform.AndroidGmail}, Apps: []string{"org.example.app"},
			Floors: []compliance.Floor{{Platform: platform.IOS, Version: "17.2"}}, Count: 1, Area: &compliance.Area{Hours: 1},
		}
		broken := false
		for _, f := range manyFacts() {
			answer, because := r.Judge(f)
			broken = broken || answer == compliance.Breaks
			if answer == compliance.Breaks || answer == compliance.Unknown {
				list = append(list, differs.ReplaceAllString(because, "{}"))
			}
		}
		if !broken {
			t.Errorf("no facts here break %s: give manyFacts some, so that what is said of it is translated", d.Condition)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// manyFacts break each condition, and leave each that can be unknown so.
func manyFacts() []compliance.Facts {
	now := time.Now()
	old, older := now.Add(-time.Hour), now.Add(-48*time.Hour)
	posture := func(b bool, apps ...device.App) device.Posture {
		return device.Posture{
			Rooted: &b, Encrypted: &b, CardEncrypted: &b, Passcode: &b, SIMPresent: &b, SIMChanged: &b, Roaming: &b, Managed: &b,
			Push: &b, TouchDown: &b, Apps: apps,
		}
	}
	place := func(inside bool, at time.Time) map[string]compliance.Place {
		return map[string]compliance.Place{"rule": {Inside: inside, At: at}}
	}
	silent := device.Device{LastContact: older}
	iphone := device.Device{Facts: device.Facts{OS: "iOS 15.1"}, Liability: device.Personal, LastContact: old}
	list := []compliance.Facts{
		{},
		{HasCompanion: true, Places: place(true, old)},
		{Device: silent, HasCompanion: true, PostureAt: older, Places: place(true, older)},
		{Device: iphone, HasCompanion: true, PostureAt: old, Owned: 2, Posture: posture(true, device.App{ID: "org.example.app"}), Places: place(false, now)},
		{Posture: posture(false, device.App{ID: "org.example.other"}), Places: place(true, now)},
	}
	for _, s := range []device.PolicyState{
		device.PolicyNone, device.PolicyPending, device.PolicySent, device.PolicyAcknowledged, device.PolicyPartial, device.PolicyRefused,
		device.PolicyExternal,
	} {
		list = append(list, compliance.Facts{Device: device.Device{PolicyState: s}})
	}
	for i := range list {
		list[i].Now, list[i].Device.Platform = now, platform.IOS
	}
	return list
}
