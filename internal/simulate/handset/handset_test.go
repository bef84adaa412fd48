package handset_test

import (
	"testing"

	"drover/internal/simulate/handset"
)

func device(t *testing.T, row string, m handset.Manner) *handset.Handset {
	t.Helper()
	r, ok := handset.Of(row)
	if !ok {
		t.Fatalf("there are no rules for %s", row)
	}
	h := handset.New(r, m)
	yes := true
	h.Obey(handset.Policy{PasswordRequired: &yes, Encrypt: &yes})
	return h
}

// whole is a device in use under a policy that requires a password and encryption.
var whole = handset.State{Account: true, Mail: true, CardMail: true, Card: true, Own: true, Password: true, Encrypted: true}

func TestWhatAFullWipeLeaves(t *testing.T) {
	for row, want := range map[string]handset.State{
		"android-native/2.2":          {CardMail: true, Card: true},
		"android-touchdown/2.2":       {CardMail: true, Card: true},
		"blackberry-notifysync":       {Own: true, Password: true, Encrypted: true, Locked: true},
		"symbian-s60/s60":             {},
		"symbian-s60/mail-only":       {Account: true, Own: true, Password: true, Encrypted: true},
		"windows-mobile/professional": {},
		"windows-mobile/standard":     {CardMail: true, Card: true},
		"ios/5":                       {Encrypted: true},
		"windows-phone-7":             {},
	} {
		h := device(t, row, handset.Obedient)
		if got := h.Carry(handset.FullWipe); got != handset.Done || h.State() != want {
			t.Errorf("%s: %s, and it is left as %+v, want %+v", row, got, h.State(), want)
		}
	}
}

func TestTheOptionCleansTheCard(t *testing.T) {
	h, yes := device(t, "android-touchdown/2.2", handset.Obedient), true
	h.Obey(handset.Policy{CleanCard: &yes})
	if h.Carry(handset.SelectiveWipe); h.State() != (handset.State{Own: true, Password: true, Encrypted: true}) {
		t.Errorf("it is left as %+v", h.State())
	}
}

func TestWhatAPlatformCannotItDoesNot(t *testing.T) {
	for row, o := range map[string]handset.Order{
		"android-touchdown/2.0": handset.FullWipe, "symbian-s60/s60": handset.Lock, "windows-phone-7": handset.SelectiveWipe,
	} {
		h := device(t, row, handset.Obedient)
		before := h.State()
		if got := h.Carry(o); got != handset.NotSupported || h.State() != before {
			t.Errorf("%s: %s is %s", row, o, got)
		}
	}
	if h := device(t, "windows-phone-7", handset.Obedient); h.State().Encrypted {
		t.Error("Windows Phone 7 encrypts")
	}
}

func TestMisbehaviour(t *testing.T) {
	liar := device(t, "android-native/3.0", handset.Lie)
	if got := liar.Carry(handset.FullWipe); got != handset.Done || liar.State() != whole {
		t.Errorf("the liar says %s and is left as %+v", got, liar.State())
	}
	late := device(t, "android-native/3.0", handset.Postpone)
	if !late.PutsOff(handset.Lock) || late.PutsOff(handset.Lock) {
		t.Error("an order is not put off exactly once")
	}
}
