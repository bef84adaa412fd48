package policy

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"drover/internal/core/platform"
)

var versions = []platform.Version{
	platform.V(2, 5), platform.V(12, 0), platform.V(12, 1), platform.V(14, 0), platform.V(14, 1), platform.V(16, 0), platform.V(16, 1),
}

// A device must fetch its policy again exactly when its protocol version can say the difference. A 12.0 device that is
// sent round because of an element of 12.1 would never come to rest.
func TestRevisionChangesWithWhatTheVersionCanSay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := anyValues(t, "a")
		b := a.Clone()
		d := rapid.SampledFrom(definitions).Draw(t, "changed")
		b[d.Key] = anyValue(t, d)
		before, after := NewEffective(Origin{}, a), NewEffective(Origin{Suite: "other", Version: 9}, b)
		for _, v := range versions {
			differs := false // one value may change another that it contradicts
			for _, d := range definitions {
				differs = differs || d.Carried(v) && !before.Value(d.Key).Unlock().Equal(after.Value(d.Key).Unlock())
			}
			if (before.Revision(v) != after.Revision(v)) != differs {
				t.Fatalf("at %s, %s from %s to %s: %s, %s", v, d.Key, before.Value(d.Key), after.Value(d.Key),
					before.Revision(v), after.Revision(v))
			}
		}
	})
}

func TestRevisionByVersion(t *testing.T) {
	base := Values{platform.PasswordRequired: Bool(true)}
	camera := base.Clone()
	camera[platform.AllowCamera] = Bool(false)
	x, y := NewEffective(Origin{}, base), NewEffective(Origin{}, camera)
	if x.Revision(platform.V(12, 0)) != y.Revision(platform.V(12, 0)) {
		t.Error("a 12.0 device is sent round for the camera, of which 12.0 knows nothing")
	}
	if x.Revision(platform.V(14, 1)) == y.Revision(platform.V(14, 1)) {
		t.Error("a 14.1 device does not hear of the camera")
	}
	if y.Revision(platform.Version{}) != y.Revision(platform.V(16, 1)) {
		t.Error("a version that is not known does not count as the newest")
	}
	// What nobody sets is sent with its default: setting it to that changes nothing on the wire.
	def := base.Clone()
	def[platform.AllowCamera] = Bool(true)
	if NewEffective(Origin{}, def).Revision(platform.V(14, 1)) != x.Revision(platform.V(14, 1)) {
		t.Error("setting a default makes another revision")
	}
}

func TestWithUpstreamIsAsStrictAsBoth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ours, theirs := anyValues(t, "ours"), anyValues(t, "theirs")
		merged := NewEffective(Origin{Suite: "s"}, ours).WithUpstream("up", theirs)
		if merged.Origin.Upstream != "up" || merged.Origin.Suite != "s" {
			t.Fatalf("origin %+v", merged.Origin)
		}
		for _, side := range []Values{ours.inForce(), theirs.inForce()} {
			for s, v := range side {
				d, _ := Find(s)
				got := merged.Value(s)
				if merged.Get(s).Source != FromRule && !d.Pick(got, v).Unlock().Equal(got.Unlock()) {
					t.Fatalf("%s is %s, laxer than %s", s, got, v)
				}
			}
		}
		again := merged.WithUpstream("up", theirs)
		for _, v := range versions {
			if again.Revision(v) != merged.Revision(v) {
				t.Fatalf("taking the same policy in twice changes the revision at %s", v)
			}
		}
	})
}

func TestWithUpstreamNamesTheOrigin(t *testing.T) {
	ours := Values{platform.PasswordRequired: Bool(true), platform.PasswordMinLength: Number(6)}
	theirs := Values{platform.PasswordRequired: Bool(true), platform.PasswordMinLength: Number(8), platform.AllowCamera: Bool(true)}
	got := NewEffective(Origin{}, ours).WithUpstream("up", theirs)
	if s := got.Get(platform.PasswordMinLength); s.Source != FromUpstream || s.Value.Int() != 8 {
		t.Errorf("length %+v", s)
	}
	if s := got.Get(platform.PasswordRequired); s.Source != FromSuite {
		t.Errorf("required %+v", s)
	}
	if s := got.Get(platform.AllowCamera); s.Source != FromDefault {
		t.Errorf("camera %+v", s)
	}
	// Rules for a password that they do not require count for nothing.
	idle := Values{platform.PasswordRequired: Bool(false), platform.PasswordMinLength: Number(12)}
	if v := NewEffective(Origin{}, ours).WithUpstream("up", idle).Value(platform.PasswordMinLength); v.Int() != 6 {
		t.Errorf("length %s", v)
	}
}

// wire is a renderer that writes every element that the version has.
type wire struct{ fail error }

func (wire) Channel() platform.Channel { return platform.ActiveSync }

func (w wire) Render(e *Effective, v platform.Version) ([]byte, []Sent, error) {
	var sent []Sent
	for _, d := range Catalogue() {
		if d.Carried(v) {
			sent = append(sent, Sent{d.Key, d.Element, e.Value(d.Key).String()})
		}
	}
	return nil, sent, w.fail
}

func TestPreviewSaysWhatBecomesOfASetting(t *testing.T) {
	var g Registry
	phone, _ := platform.Find("ios/10")
	e := NewEffective(Origin{}, Values{
		platform.PasswordRequired: Bool(true), platform.EncryptDevice: Bool(true), platform.AllowCamera: Bool(false),
		platform.PasswordComplexGroups: Number(2), platform.LockInactivity: Number(300), platform.RefreshInterval: Number(4),
	})
	if _, err := g.Preview(e, phone, platform.ActiveSync, platform.V(14, 1)); err == nil {
		t.Fatal("a preview without a renderer")
	}
	g.Register(wire{})
	for _, c := range []struct {
		row  string
		v    platform.Version
		key  platform.Setting
		fate Fate
		word string
	}{
		{"ios/10", platform.V(14, 1), platform.PasswordRequired, FateSent, ""},
		{"ios/10", platform.V(14, 1), platform.LockInactivity, FateSent, ""},
		{"android-gmail", platform.V(14, 1), platform.LockInactivity, FateIgnored, "cannot set it"},
		{"android-gmail", platform.V(14, 1), platform.PasswordRequired, FatePartly, "level"},
		{"unknown", platform.V(14, 1), platform.PasswordRequired, FateUntold, "Nothing is known"},
		{"ios/10", platform.V(14, 1), platform.EncryptDevice, FateIgnored, "always on"},
		{"ios/10", platform.V(12, 0), platform.EncryptDevice, FateInexpressible, "needs protocol 12.1"},
		{"ios/10", platform.V(14, 1), platform.AllowDocumentBrowse, FateInexpressible, "Only protocol 12.0"},
		{"ios/10", platform.V(14, 1), platform.PasswordComplexGroups, FateIdle, "letters and digits"},
		{"ios/10", platform.V(14, 1), platform.RefreshInterval, FateKept, "Drover"},
	} {
		row, _ := platform.Find(c.row)
		lines, err := g.Preview(e, row, platform.ActiveSync, c.v)
		if err != nil || len(lines) != len(definitions) {
			t.Fatal(len(lines), err)
		}
		for _, l := range lines {
			if l.Setting == c.key && (l.Fate != c.fate || !strings.Contains(l.Words, c.word)) {
				t.Errorf("%s, %s at %s: %+v", c.row, c.key, c.v, l)
			}
		}
	}
	g = Registry{}
	g.Register(wire{fail: errors.New("broken")})
	if _, err := g.Preview(e, phone, platform.ActiveSync, platform.V(14, 1)); err == nil {
		t.Error("the renderer's error is lost")
	}
}

func TestReportNeverSaysMoreThanIsKnown(t *testing.T) {
	phone, _ := platform.Find("ios/10")
	e := NewEffective(Origin{}, Values{
		platform.PasswordRequired: Bool(true), platform.AllowCamera: Bool(false), platform.EncryptDevice: Bool(true),
		platform.AllowNonProvisionable: Bool(false),
	})
	v := platform.V(14, 1)
	now := e.Revision(v)
	for _, c := range []struct {
		name   string
		x      Exchange
		camera State
		pin    State
	}{
		{"never sent", Exchange{Version: v}, Asked, Asked},
		{"sent", Exchange{Version: v, Sent: now}, SentOut, SentOut},
		{"acknowledged", Exchange{Version: v, Sent: now, Acknowledged: now, Status: Applied}, Acknowledged, Acknowledged},
		{"in part", Exchange{Version: v, Sent: now, Acknowledged: now, Status: AppliedInPart}, Unknown, Acknowledged},
		{"not applied", Exchange{Version: v, Sent: now, Acknowledged: now, Status: NotApplied}, Violated, Violated},
		{"managed by others", Exchange{Version: v, Sent: now, Acknowledged: now, Status: ManagedExternally}, Unknown, Unknown},
		{"an older one", Exchange{Version: v, Sent: "old", Acknowledged: "old", Status: Applied}, Pending, Pending},
		{"sent anew", Exchange{Version: v, Sent: now, Acknowledged: "old", Status: Applied}, SentOut, SentOut},
		{"found broken", Exchange{
			Version: v, Sent: now, Acknowledged: now, Status: Applied,
			Violations: map[platform.Setting]string{platform.AllowCamera: "A photo was taken."},
		}, Violated, Acknowledged},
	} {
		states := map[platform.Setting]State{}
		for _, i := range Report(e, phone, c.x) {
			states[i.Setting] = i.State
		}
		if len(states) != 4 || states[platform.AllowCamera] != c.camera || states[platform.PasswordRequired] != c.pin ||
			states[platform.EncryptDevice] != NotSupported || states[platform.AllowNonProvisionable] != Kept {
			t.Errorf("%s: %v", c.name, states)
		}
	}
	old := Report(e, phone, Exchange{Version: platform.V(12, 0)})
	for _, i := range old {
		if i.Setting == platform.AllowCamera && i.State != NotSupported {
			t.Errorf("the camera at 12.0: %+v", i)
		}
	}
}

// toldApp is a renderer for a companion application.
type toldApp struct{}

func (toldApp) Channel() platform.Channel { return platform.Companion }

func (toldApp) Render(e *Effective, _ platform.Version) (body []byte, sent []Sent, err error) {
	for _, d := range Catalogue() {
		if d.Key.CarriedBy(platform.Companion) && !d.Key.Unsent() {
			sent = append(sent, Sent{d.Key, string(d.Key), e.Value(d.Key).String()})
		}
	}
	return nil, sent, nil
}

// TestWhatDroverKeepsIsNeverSaidToBeSent: an application has acknowledged the policy, and was not sent these two.
func TestWhatDroverKeepsIsNeverSaidToBeSent(t *testing.T) {
	e := NewEffective(Origin{}, Values{
		platform.PasswordRequired: Bool(true), platform.LockDuress: Bool(true), platform.LockDuressAddress: Text("guard@example.org"),
		platform.RefreshInterval: Number(4),
	})
	now := e.RevisionOver(platform.Companion, platform.Version{})
	x := Exchange{Channel: platform.Companion, Sent: now, Acknowledged: now, Status: Applied}
	var g Registry
	g.Register(toldApp{})
	for _, c := range []struct {
		row   string
		key   platform.Setting
		state State
		fate  Fate
		words string
	}{
		{"blackberry-notifysync", platform.LockDuress, Acknowledged, FateSent, ""},
		{"blackberry-notifysync", platform.LockDuressAddress, Kept, FateKept, "stays with Drover"},
		{"blackberry-notifysync", platform.RefreshInterval, Kept, FateKept, "Drover asks"},
		{"windows-mobile/professional", platform.LockDuressAddress, NotSupported, FateIgnored, "alone has it"},
		{"unknown", platform.LockDuressAddress, Kept, FateKept, "stays with Drover"},
	} {
		row, ok := platform.Find(c.row)
		if !ok {
			t.Fatalf("no row %s", c.row)
		}
		for _, i := range Report(e, row, x) {
			if i.Setting == c.key && (i.State != c.state || !strings.Contains(i.Words, c.words)) {
				t.Errorf("%s on %s: %+v", c.key, c.row, i)
			}
		}
		lines, err := g.Preview(e, row, platform.Companion, platform.Version{})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range lines {
			if l.Setting == c.key && (l.Fate != c.fate || !strings.Contains(l.Words, c.words)) {
				t.Errorf("%s on %s would be %+v", c.key, c.row, l)
			}
		}
	}
}

func TestContradictionsAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		values Values
		fault  string
	}{
		"challenge as long as inactivity": {Values{platform.LockChallenge: Number(1800), platform.LockInactivity: Number(1800)}, "lock.challenge"},
		"challenge longer":                {Values{platform.LockChallenge: Number(1860), platform.LockInactivity: Number(1800)}, ""},
		"challenge alone":                 {Values{platform.LockChallenge: Number(600)}, ""},
		"echo with the wipe":              {Values{platform.PasswordEcho: Number(10), platform.PasswordMaxFailures: Number(10)}, "password.max-failures"},
		"echo before it":                  {Values{platform.PasswordEcho: Number(9), platform.PasswordMaxFailures: Number(10)}, ""},
		"digits and letters":              {Values{platform.PasswordQuality: Number(1), platform.PasswordAlphanumeric: Bool(true)}, "password.alphanumeric"},
		"duress to nobody":                {Values{platform.LockDuress: Bool(true)}, "lock.duress-address"},
		"duress":                          {Values{platform.LockDuress: Bool(true), platform.LockDuressAddress: Text("a@example.org")}, ""},
		"files of no folder":              {Values{platform.AuditFiles: Bool(true)}, "audit.file-paths"},
		"files of an empty list":          {Values{platform.AuditFiles: Bool(true), platform.AuditFilePaths: List()}, "audit.file-paths"},
		"files of a folder":               {Values{platform.AuditFiles: Bool(true), platform.AuditFilePaths: List("/reports")}, ""},
		"folders alone":                   {Values{platform.AuditFilePaths: List("/reports")}, ""},
	} {
		faults := c.values.Validate("")
		if c.fault == "" && len(faults) > 0 || c.fault != "" && (len(faults) != 1 || string(faults[0].Name) != c.fault) {
			t.Errorf("%s: %v", name, faults)
		}
	}
}

func TestFilesAreNotAskedForWhereNoFolderIsLeft(t *testing.T) {
	values := slices.Clone(merge(Origin{}, nil, nil).values)
	values[byKey[platform.AuditFiles]].Value = Bool(true)
	reconcile(values)
	if got := values[byKey[platform.AuditFiles]]; got.Value.IsTrue() || got.Source != FromRule {
		t.Errorf("files are asked for without a folder: %+v", got)
	}
}

// anyLayers draws the sets of several suites, the most specific first.
func anyLayers(t *rapid.T) ([]Layer, []Values) {
	n := rapid.IntRange(0, 4).Draw(t, "layers")
	layers, sets := make([]Layer, n), make([]Values, n)
	for i := range n {
		layers[i], sets[i] = Layer{Suite: string(rune('a' + i))}, anyValues(t, "layer")
	}
	return layers, sets
}

func TestEachValueIsThatOfTheFirstSuiteThatSetsIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		layers, sets := anyLayers(t)
		e := merge(Origin{}, layers, sets)
		for _, d := range definitions {
			got := e.Get(d.Key)
			first := -1
			for i := len(sets) - 1; i >= 0; i-- {
				if _, ok := sets[i][d.Key]; ok {
					first = i
				}
			}
			switch {
			case got.Source == FromRule:
			case first < 0 && (got.Source != FromDefault || !got.Value.Equal(d.Default)):
				t.Fatalf("%s: %+v where nobody sets it", d.Key, got)
			case first >= 0 && (got.Source != FromSuite || got.Layer != first || !got.Value.Equal(sets[first][d.Key])):
				t.Fatalf("%s: %+v, want that of layer %d", d.Key, got, first)
			}
			if l, ok := e.LayerOf(got); ok != (got.Source == FromSuite) || ok && l.Suite != layers[got.Layer].Suite {
				t.Fatalf("%s: %+v comes from %+v", d.Key, got, l)
			}
		}
	})
}

func TestWhatHoldsForADeviceNeverContradictsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		layers, sets := anyLayers(t)
		e := merge(Origin{}, layers, sets)
		if rapid.Bool().Draw(t, "upstream") {
			e = e.WithUpstream("up", anyValues(t, "theirs"))
		}
		if faults := e.Values().Validate(""); len(faults) != 0 {
			t.Fatal(faults)
		}
		// A less specific suite changes nothing that a more specific one sets, but by a rule.
		more := merge(Origin{}, append(layers, Layer{Suite: "z"}), append(sets, anyValues(t, "z")))
		for _, d := range definitions {
			was, is := merge(Origin{}, layers, sets).Get(d.Key), more.Get(d.Key)
			if was.Source == FromSuite && is.Source != FromRule && !is.Value.Equal(was.Value) {
				t.Fatalf("%s was %+v and is %+v", d.Key, was, is)
			}
		}
	})
}
