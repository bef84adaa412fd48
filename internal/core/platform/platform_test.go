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
