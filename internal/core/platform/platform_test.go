package platform

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestEveryRowAnswersForEverything(t *testing.T) {
	seen := map[string]bool{}
	fallbacks := map[ID]int{}
	for _, r := range Rows() {
		if seen[r.Key()] {
			t.Errorf("%s is there twice", r.Key())
		}
		seen[r.Key()] = true
		if r.when.otherwise {
			fallbacks[r.ID]++
		}
		if r.Name == "" || r.Recognised == "" || r.Encryption.Words == "" || r.Encryption.State == "" || len(r.Channels) == 0 {
			t.Errorf("%s lacks words", r.Key())
		}
		for _, s := range Settings() {
			a := r.Setting(s)
			if a.Support == "" || (a.Support != Supported && a.Caveat == "") {
				t.Errorf("%s does not explain %s", r.Key(), s)
			}
		}
		for _, c := range Commands() {
			checkOrder(t, r, c)
		}
	}
	for _, id := range IDs() {
		if fallbacks[id] != 1 || id.Name() == "" {
			t.Errorf("%s has %d rows for devices of unknown version, name %q", id, fallbacks[id], id.Name())
		}
	}
}

func checkOrder(t *testing.T, r Row, c Command) {
	t.Helper()
	o := r.Order(c)
	if len(o.Ways) == 0 && o.Refusal == "" {
		t.Errorf("%s refuses %s without a reason", r.Key(), c)
	}
	for _, w := range o.Ways {
		if w.Removes == "" || w.Leaves == "" || w.Extent == "" || w.Channel.Name() == "" {
			t.Errorf("%s does not say what %s does", r.Key(), c)
		}
		if !slices.Contains(r.Channels, w.Channel) {
			t.Errorf("%s sends %s over %s, which it does not have", r.Key(), c, w.Channel)
		}
	}
	// ActiveSync has two wipes and no other order (MS-ASPROV); the block is the gateway's.
	if c != FullWipe && c != SelectiveWipe && c != Block && r.Ask(c, Reach{Channels: []Channel{ActiveSync}, ActiveSync: V(16, 1)}).Possible {
		t.Errorf("%s is promised %s over ActiveSync", r.Key(), c)
	}
}

// A selective wipe must never be turned into a full one: below 16.1 ActiveSync cannot say it.
func TestSelectiveWipeNeeds161(t *testing.T) {
	for _, r := range Rows() {
		for _, v := range []Version{V(2, 5), V(12, 1), V(14, 1), V(16, 0)} {
			got := r.Ask(SelectiveWipe, Reach{Channels: []Channel{ActiveSync}, ActiveSync: v})
			if got.Possible || got.Reason == "" {
				t.Errorf("%s at %s: %+v", r.Key(), v, got)
			}
		}
	}
	phone := Resolve(Facts{Platform: IOS, OS: "iOS 17.1"})
	got := phone.Ask(SelectiveWipe, Reach{Channels: []Channel{ActiveSync}, ActiveSync: V(16, 1)})
	if !got.Possible || got.Way.Extent != Account {
		t.Errorf("at 16.1: %+v", got)
	}
	got = phone.Ask(SelectiveWipe, Reach{Channels: []Channel{ActiveSync}, ActiveSync: V(14, 1)})
	if got.Reason != "An account-only wipe needs ActiveSync 16.1; this device speaks 14.1." || len(got.Alternatives) == 0 {
		t.Errorf("at 14.1: %+v", got)
	}
	got = phone.Ask(SelectiveWipe, Reach{Channels: []Channel{ActiveSync}})
	if got.Possible || !strings.Contains(got.Reason, "not known yet") {
		t.Errorf("at no known version: %+v", got)
	}
}

func TestAlternativesCanBeDone(t *testing.T) {
	for _, r := range Rows() {
		for _, reach := range []Reach{
			{Channels: []Channel{Companion}},
			{Channels: []Channel{ActiveSync}},
			{Channels: []Channel{ActiveSync}, ActiveSync: V(14, 1)},
			{Channels: []Channel{ActiveSync, Companion}, ActiveSync: V(16, 1)},
			{Channels: []Channel{AppleMDM}},
			{},
		} {
			for _, c := range Commands() {
				for _, a := range r.Ask(c, reach).Alternatives {
					if a.Command != "" && !r.Ask(a.Command, reach).Possible {
						t.Errorf("%s: instead of %s over %v, %s is advised, which is not possible", r.Key(), c, reach.Channels, a.Command)
					}
				}
			}
		}
	}
	gmail := Resolve(Facts{UserAgent: "Android-Mail/2024.01.28", OS: "Android 14"})
	if got := gmail.Ask(SelectiveWipe, Reach{Channels: []Channel{Companion}}).Alternatives; len(got) != 0 {
		t.Errorf("a device with the application alone is offered %+v", got)
	}
	if got := gmail.Ask(SelectiveWipe, Reach{Channels: []Channel{ActiveSync}, ActiveSync: V(14, 1)}).Alternatives; len(got) != 2 {
		t.Errorf("a device with mail is offered %+v", got)
	}
}

// TestRefusalsAreTrue: what is said names no channel that would not help, and none in which the device is enrolled already.
func TestRefusalsAreTrue(t *testing.T) {
	const (
		unknown = "ActiveSync has no word for this, and what else a device of no known platform can do is not known: an administrator can set its platform."
		noApp   = "ActiveSync has no word for this, and there is no companion application for this platform."
		apple   = "This command needs Apple device management, which Drover does not have."
		mail    = "This command needs ActiveSync, in which this device is not enrolled."
	)
	for _, x := range []struct {
		row     string
		over    Channel
		command Command
		want    string
	}{
		{"unknown", Companion, Lock, unknown},
		{"unknown", Companion, Message, unknown},
		{"unknown", Companion, WipeCard, unknown},
		{"unknown", ActiveSync, Locate, unknown},
		{"unknown", Companion, FullWipe, mail},
		{"ios/10", Companion, Lock, apple},
		{"ios/10", Companion, ClearPasscode, apple},
		{"ios/10", Companion, SelectiveWipe, mail},
		{"ios/5", Companion, SelectiveWipe, apple},
		{"windows-phone-7", ActiveSync, ClearPasscode, noApp},
		{"windows-phone-7", ActiveSync, Locate, noApp},
		{"webos", ActiveSync, RequestLog, noApp},
		{"webos", ActiveSync, Message, noApp},
		{"webos", ActiveSync, Lock, noApp},
		{"android-gmail", ActiveSync, Lock, "ActiveSync has no word for locking a device, and this device is enrolled in no other channel."},
	} {
		r, ok := Find(x.row)
		if !ok {
			t.Fatalf("no row %s", x.row)
		}
		if got := r.Ask(x.command, Reach{Channels: []Channel{x.over}}); got.Possible || got.Reason != x.want {
			t.Errorf("%s of %s over %s: %+v, want %q", x.command, x.row, x.over, got, x.want)
		}
	}
}

// TestOrdersGoByThePolicy: what it does not collect cannot be asked for, and an option that it sets is said as it is set.
func TestOrdersGoByThePolicy(t *testing.T) {
	both := []Channel{ActiveSync, Companion}
	touch, _ := Find("android-touchdown/2.2")
	said := func(c Command, channels []Channel, switches map[Setting]bool) string {
		v := touch.Ask(c, Reach{Channels: channels, Switches: switches})
		if !v.Possible {
			return v.Reason
		}
		return v.Way.Removes + " " + v.Way.Leaves + " " + v.Way.Caveat
	}
	for _, x := range []struct {
		command  Command
		channels []Channel
		switches map[Setting]bool
		want     string
	}{
		{Locate, both, nil, "reports its position"},
		{Locate, both, map[Setting]bool{AuditLocation: true}, "reports its position"},
		{Locate, both, map[Setting]bool{AuditLocation: false}, "(audit.location) on"},
		{RequestLog, both, map[Setting]bool{}, "(audit.device-log) on"},
		{RequestLog, both, map[Setting]bool{AuditDeviceLog: true}, "sends its log"},
		{FullWipe, both, nil, "it is not erased. Where TouchDown's"},
		{FullWipe, both, map[Setting]bool{TouchDownCleanCard: true}, "card is erased too. Nothing on the device itself. The policy in force"},
		{FullWipe, both, map[Setting]bool{TouchDownCleanCard: false}, "it is not erased. The policy in force"},
		{FullWipe, both[:1], map[Setting]bool{TouchDownCleanCard: true}, "Where TouchDown's"}, // ActiveSync does not bring it
		{SelectiveWipe, both, map[Setting]bool{TouchDownCleanCard: true}, "the whole storage card, and"},
		{SelectiveWipe, both, map[Setting]bool{TouchDownCleanCard: false}, "the rest of the storage card. The policy in force"},
	} {
		if got := said(x.command, x.channels, x.switches); !strings.Contains(got, x.want) {
			t.Errorf("%s over %v with %v: %q, want %q", x.command, x.channels, x.switches, got, x.want)
		}
	}
	for _, r := range Rows() {
		for _, c := range Commands() {
			for _, w := range r.Order(c).Ways {
				if w.Needs != "" && (unasked[w.Needs] == "" || !slices.Contains(Switches(), w.Needs)) {
					t.Errorf("%s of %s needs %s, of which nothing is said", c, r.Key(), w.Needs)
				}
				if w.Option != nil && !slices.Contains(Switches(), w.Option.Setting) {
					t.Errorf("%s of %s goes by %s, which nobody reads", c, r.Key(), w.Option.Setting)
				}
			}
		}
	}
}

func TestOldTLSCannotConnectDirectly(t *testing.T) {
	for key, direct := range map[string]bool{
		"android-native/2.2": false, "android-native/3.0": false, "blackberry-notifysync": false, "symbian-s60/s60": false,
		"windows-mobile/professional": false, "windows-phone-7": false, "webos": false, "ios/4": false,
		"android-touchdown/2.2": false, "android-touchdown/5.0": true,
		"ios/5": true, "ios/10": true, "android-gmail": true, "outlook-mobile": true, "unknown": true,
	} {
		r, ok := Find(key)
		if !ok {
			t.Fatalf("no row %s", key)
		}
		if r.ConnectsDirectly() != direct || strings.HasPrefix(r.Connection(), "cannot connect directly") == direct {
			t.Errorf("%s: %v, %s", key, r.ConnectsDirectly(), r.Connection())
		}
	}
}

func TestResolvePrefersWhatWasSetByHand(t *testing.T) {
	f := Facts{Platform: AndroidGmail, DeviceType: "iPhone", UserAgent: "Apple-iPhone12C1/1705.54"}
	if got := Resolve(f).ID; got != AndroidGmail {
		t.Errorf("got %s", got)
	}
	f.Platform = "no-such-platform"
	if got := Resolve(f).ID; got != IOS {
		t.Errorf("got %s", got)
	}
}

func TestResolveAlwaysFindsARow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := Facts{
			Platform:   ID(rapid.OneOf(rapid.SampledFrom([]string{"", "ios", "android-native"}), rapid.String()).Draw(t, "platform")),
			DeviceType: rapid.String().Draw(t, "type"), UserAgent: rapid.String().Draw(t, "agent"),
			OS: rapid.String().Draw(t, "os"), Model: rapid.String().Draw(t, "model"),
		}
		if r := Resolve(f); !r.ID.Known() || r.Name == "" {
			t.Fatalf("%+v resolves to %+v", f, r)
		}
	})
}
