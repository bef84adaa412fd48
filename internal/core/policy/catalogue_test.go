package policy

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"drover/internal/base/wbxml"
	"drover/internal/core/platform"
)

func TestEveryDefinitionIsWhole(t *testing.T) {
	keys := map[platform.Setting]bool{}
	for _, d := range Catalogue() {
		if keys[d.Key] || d.Title == "" || d.Help == "" || d.Kind == "" || d.Stricter == "" || d.Category == "" {
			t.Errorf("%s is there twice or not whole: %+v", d.Key, d)
		}
		keys[d.Key] = true
		if fault := d.check(d.Default); fault != "" {
			t.Errorf("%s has a default out of its bounds: %s", d.Key, fault)
		}
		if d.Needs != "" && !keys[d.Needs] {
			t.Errorf("%s needs %s, which does not stand before it", d.Key, d.Needs)
		}
		if (d.Element != "") != d.Key.CarriedBy(platform.ActiveSync) || d.Gateway() != (len(d.Key.Carriers()) == 0) {
			t.Errorf("%s has the element %q and the channels %v", d.Key, d.Element, d.Key.Carriers())
		}
		if d.Category.Title() == "" || strings.Count(d.Help, ". ") > 2 {
			t.Errorf("%s has no category or too long a help", d.Key)
		}
		if d.Category == CategoryAudit && d.Default.IsTrue() {
			t.Errorf("%s collects by default", d.Key)
		}
	}
	for _, s := range platform.Settings() {
		if !keys[s] {
			t.Errorf("platforms answer for %s, which is no setting", s)
		}
	}
}

// The document of MS-ASPROV: code page 14, tokens 0x0E to 0x3A. Each of its elements is one setting, and no other is.
func TestElementsAreThoseOfTheDocument(t *testing.T) {
	inList := []string{"ApplicationName", "Hash"} // within the two lists
	for token := byte(0x0E); token <= 0x3A; token++ {
		name := wbxml.NewTag(14, token).Name()
		if _, ok := FindElement(name); ok == slices.Contains(inList, name) {
			t.Errorf("element %s is a setting: %v", name, ok)
		}
	}
	if want := 0x3A - 0x0E + 1 - len(inList); len(byElement) != want {
		t.Errorf("%d elements, want %d", len(byElement), want)
	}
}

func TestBounds(t *testing.T) {
	for _, c := range []struct {
		key   platform.Setting
		value Value
		ok    bool
	}{
		{platform.PasswordHistory, Number(0), true},
		{platform.PasswordHistory, Number(1), true},
		{platform.PasswordHistory, Number(50), true},
		{platform.PasswordHistory, Number(51), false},
		{platform.PasswordHistory, Bool(true), false},
		{platform.PasswordMaxFailures, Number(3), false},
		{platform.PasswordMaxFailures, Number(4), true},
		{platform.PasswordMaxFailures, Number(16), true},
		{platform.PasswordMaxFailures, Number(17), false},
		{platform.PasswordMinLength, Number(16), true},
		{platform.PasswordMinLength, Number(17), false},
		{platform.PasswordComplexGroups, Number(5), false},
		{platform.LockInactivity, Number(59), false},
		{platform.LockInactivity, Number(60), true},
		{platform.LockInactivity, Number(3600), true},
		{platform.LockInactivity, Number(3601), false},
		{platform.PasswordExpiration, Number(-1), false},
		{platform.MaxBodySize, Number(-1), true},
		{platform.MaxBodySize, Number(0), true},
		{platform.MaxCalendarAge, Number(3), false},
		{platform.MaxCalendarAge, Number(4), true},
		{platform.PasswordRequired, Number(1), false},
		{platform.ApprovedApps, List("da39a3ee5e6b4b0d3255bfef95601890afd80709"), true},
		{platform.ApprovedApps, List("calc.exe"), false},
		{platform.BlockedApps, List("calc.exe", ""), false},
		{platform.BlockedApps, List("a\x00b"), false},
		{"no.such", Bool(true), false},
		{platform.LockChallenge, Number(599), false},
		{platform.LockChallenge, Number(600), true},
		{platform.LockChallenge, Number(18_000), true},
		{platform.LockChallenge, Number(18_001), false},
		{platform.PasswordEcho, Number(1), true},
		{platform.PasswordEcho, Number(16), false},
		{platform.LockDuressAddress, Text("security@example.org"), true},
		{platform.LockDuressAddress, Text("security"), false},
		{platform.LockDuressAddress, Text("a@example.org\nBcc: b@example.org"), false},
		{platform.LockDuressAddress, List("security@example.org"), false},
		{platform.LockEmergency, List("112", "+44 20 7946 0000"), true},
		{platform.LockEmergency, List("police"), false},
		{platform.AuditFilePaths, List("/Documents/Reports"), true},
		{platform.AuditFilePaths, List("/Documents/../secret"), false},
		{platform.AuditFileTypes, List("pdf"), true},
		{platform.AuditFileTypes, List(".pdf"), false},
		{platform.IOSSingleApp, Text("org.example.reader"), true},
		{platform.IOSGlobalProxy, Text("proxy.example.org:3128"), true},
		{platform.IOSGlobalProxy, Text("proxy.example.org"), false},
		{platform.IOSRatingsRegion, Text("de"), false},
		{platform.IOSRatingsMovies, Number(1000), true},
		{platform.LockInactivity, Number(300).Lock(), true},
		{platform.AuditLocation, Bool(true).Lock(), false},
		{platform.MaxMailAge, Number(4).Lock(), false},
		{platform.FilesPresent, Files(File{Path: "/etc/motd", Mode: "0644", Text: "Hello"}), true},
		{platform.FilesPresent, Files(), true},
		{platform.FilesPresent, List("/etc/motd"), false},
		{platform.FilesPresent, Files(File{Path: "etc/motd"}), false},
		{platform.FilesPresent, Files(File{Path: "/etc/motd", Mode: "4755"}), false},
		{platform.FilesPresent, Files(File{Path: "/etc/motd"}, File{Path: "/etc/motd", Text: "x"}), false},
		{platform.FilesPresent, Files(File{Path: "/etc/motd", Text: strings.Repeat("x", 1<<16+1)}), false},
		{platform.FilesAbsent, List(`C:\Windows\notes.txt`, "/etc/hosts.equiv"), true},
		{platform.FilesAbsent, List("hosts.equiv"), false},
		{platform.ServicesRunning, List("chrony", "sshd@1.service"), true},
		{platform.ServicesRunning, List("--now"), false},
		{platform.AdminsAllowed, List("ann", "DOMAIN admin"), true},
		{platform.AdminsAllowed, List("-a"), false},
	} {
		faults := Values{c.key: c.value}.Validate("")
		if (len(faults) == 0) != c.ok {
			t.Errorf("%s = %s: %v", c.key, c.value, faults)
		}
	}
	faults := Values{platform.PasswordHistory: Number(99)}.Validate("corporate.")
	if len(faults) != 1 || faults[0].Name != "corporate.password.history" || !strings.Contains(faults[0].Message, "from 1 to 50") {
		t.Errorf("the fault does not name field and bounds: %+v", faults)
	}
}

func TestWarnings(t *testing.T) {
	got := Values{platform.PasswordMinLength: Number(6), platform.PasswordComplexGroups: Number(3)}.Warnings("")
	if len(got) != 2 || !strings.Contains(got[0].Message, "Require a password") {
		t.Errorf("got %+v", got)
	}
	got = Values{platform.PasswordRequired: Bool(true), platform.PasswordComplexGroups: Number(3)}.Warnings("")
	if len(got) != 1 || !strings.Contains(got[0].Message, "Require letters and digits") {
		t.Errorf("got %+v", got)
	}
}

// TestAListThatIsNoneIsToldHowToWriteIt: a bare text on the command line is no list.
func TestAListThatIsNoneIsToldHowToWriteIt(t *testing.T) {
	for key, want := range map[platform.Setting]string{
		platform.AuditFilePaths: "[one, another]; of one text, [one]", platform.FilesPresent: "[{path: /etc/motd, text: Welcome}]",
	} {
		d, ok := Find(key)
		if !ok {
			t.Fatalf("no setting %s", key)
		}
		if got := d.check(Text("/reports")); !strings.Contains(got, want) {
			t.Errorf("of %s it is said %q", key, got)
		}
	}
}

func TestPresetsAreValidAndRise(t *testing.T) {
	for _, p := range Presets() {
		if err := p.Content.Validate(); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
		if w := p.Content.Warnings(); len(w) != 0 {
			t.Errorf("%s: %v", p.Name, w)
		}
		if p.Title == "" || p.Words == "" {
			t.Errorf("%s has no words", p.Name)
		}
	}
	for _, name := range []string{"open", "basic", "strict", "high-security"} {
		if _, ok := FindPreset(name); !ok {
			t.Errorf("no preset %s", name)
		}
	}
	// What a milder preset asks, a stricter one asks as strictly.
	presets := Presets()
	if presets[0].Name != "basic" || presets[len(presets)-1].Name != "open" {
		t.Errorf("the presets begin with %s and end with %s", presets[0].Name, presets[len(presets)-1].Name)
	}
	presets = append(presets[len(presets)-1:], presets[:len(presets)-1]...)
	for i, milder := range presets[:len(presets)-1] {
		for _, l := range []Liability{Corporate, Personal} {
			stricter := NewEffective(Origin{}, presets[i+1].Content.For(l))
			for s, v := range milder.Content.For(l) {
				d, _ := Find(s)
				if got := d.Pick(stricter.Value(s), v); !got.Equal(stricter.Value(s)) {
					t.Errorf("%s asks %s = %s of %s devices, %s only %s", milder.Name, s, v, l, presets[i+1].Name, stricter.Value(s))
				}
			}
		}
	}
}

func TestStricterOfTwo(t *testing.T) {
	for _, c := range []struct {
		key        platform.Setting
		a, b, want Value
	}{
		{platform.PasswordRequired, Bool(false), Bool(true), Bool(true)},
		{platform.AllowCamera, Bool(true), Bool(false), Bool(false)},
		{platform.PasswordMinLength, Number(4), Number(0), Number(4)},
		{platform.PasswordMinLength, Number(4), Number(8), Number(8)},
		{platform.PasswordMaxFailures, Number(0), Number(10), Number(10)},
		{platform.PasswordMaxFailures, Number(5), Number(10), Number(5)},
		{platform.PasswordExpiration, Number(0), Number(90), Number(90)},
		{platform.LockInactivity, Number(300), Number(60), Number(60)},
		{platform.AllowBluetooth, Number(2), Number(1), Number(1)},
		{platform.AllowBluetooth, Number(0), Number(1), Number(0)},
		{platform.MaxMailAge, Number(0), Number(5), Number(5)},
		{platform.MaxMailAge, Number(2), Number(5), Number(2)},
		{platform.MaxBodySize, Number(-1), Number(1000), Number(1000)},
		{platform.MaxBodySize, Number(0), Number(1000), Number(0)},
		{platform.EncryptAlgorithm, Number(4), Number(0), Number(0)},
		{platform.BlockedApps, List("a", "b"), List("b", "c"), List("a", "b", "c")},
		{platform.ApprovedApps, List(), List("a"), List("a")},
		{platform.ApprovedApps, List("a", "b"), List("b", "c"), List("b")},
		{platform.ApprovedApps, List("a"), List("b"), List("a")},
	} {
		d, _ := Find(c.key)
		if got := d.Pick(c.a, c.b); !got.Equal(c.want) {
			t.Errorf("%s: the stricter of %s and %s is %s, want %s", c.key, c.a, c.b, got, c.want)
		}
	}
}

// anyValue draws a valid value of the setting.
func anyValue(t *rapid.T, d Definition) Value {
	switch d.Kind {
	case KindBool:
		return Bool(rapid.Bool().Draw(t, string(d.Key)))
	case KindNumber:
		return Number(rapid.OneOf(rapid.Just(d.None), rapid.Int64Range(d.Min, d.Max)).Draw(t, string(d.Key)))
	case KindChoice:
		return Number(rapid.SampledFrom(d.Options).Draw(t, string(d.Key)).Number)
	case KindText:
		return Text(sample[d.Format])
	case KindFiles:
		return Files(File{Path: "/etc/motd", Text: "Hello\n"}, File{Path: `C:\hello.txt`, Mode: "0600"})
	default:
		if d.Format != FormatHash {
			return List(sample[d.Format])
		}
		// The list keeps one text in common, so that two approved lists never share nothing.
		texts := []string{strings.Repeat("0", 40)}
		for _, c := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"1", "2", "3"}), 0, 3, rapid.ID).Draw(t, string(d.Key)) {
			texts = append(texts, strings.Repeat(c, 40))
		}
		return List(texts...)
	}
}

var sample = map[Format]string{
	FormatMail: "security@example.org", FormatPhone: "112", FormatPath: "/Documents", FormatEnding: "pdf",
	FormatPackage: "org.example.reader", FormatCountry: "DE", FormatHostPort: "proxy.example.org:3128", FormatLine: "a.exe",
	FormatAbsolute: "/etc/hosts.equiv", FormatAccount: "ann", FormatUnit: "chrony",
}

// anyValues draws a valid set of values, of any size.
func anyValues(t *rapid.T, name string) Values {
	vs := Values{}
	for _, d := range rapid.SliceOfDistinct(rapid.SampledFrom(definitions), func(d Definition) platform.Setting { return d.Key }).Draw(t, name) {
		vs[d.Key] = anyValue(t, d)
		if d.Lockable() && rapid.Bool().Draw(t, "locked") {
			vs[d.Key] = vs[d.Key].Lock()
		}
	}
	for _, r := range rules {
		if r.broken(vs.number(r.first), vs.number(r.second)) {
			delete(vs, r.second)
		}
	}
	if vs.on(platform.LockDuress) {
		vs[platform.LockDuressAddress] = Text(sample[FormatMail])
	}
	if vs.on(platform.AuditFiles) {
		vs[platform.AuditFilePaths] = List(sample[FormatPath])
	}
	if faults := vs.Validate(""); len(faults) != 0 {
		t.Fatal(faults)
	}
	return vs
}

func TestValuesSurviveJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		vs := anyValues(t, "values")
		text, err := json.Marshal(vs)
		if err != nil {
			t.Fatal(err)
		}
		var back Values
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if !back.Equal(vs) {
			t.Fatalf("%s came back as %v", text, back)
		}
	})
	for _, text := range []string{`{"a":1.5}`, `{"a":{}}`, `{"a":{"locked":{"locked":1}}}`, `{"a":{"locked":1,"b":2}}`, `{"a":{"locked":null}}`, `{"a":[1]}`, `{"a":1e99}`, `{"a":null}`} {
		var vs Values
		if err := json.Unmarshal([]byte(text), &vs); err == nil {
			t.Errorf("%s was read as %v", text, vs)
		}
	}
}

func TestDiff(t *testing.T) {
	a, b := basic().Content, strict().Content
	got := Diff(a, b)
	if len(Diff(a, a)) != 0 || len(got) == 0 {
		t.Fatalf("%d differences", len(got))
	}
	for _, d := range got {
		if d.Liability == Personal && d.Setting == platform.PasswordMinLength {
			if d.Before.Int() != 4 || d.After.Int() != 6 {
				t.Errorf("got %+v", d)
			}
			return
		}
	}
	t.Error("the length of personal passwords is not among the differences")
}
