package platform

import (
	"slices"
	"strings"
	"testing"
)

// letters are the platforms of the table below: Android's own mail, TouchDown, BlackBerry, iOS, Symbian S60, Windows
// Mobile, Windows Phone 7 and webOS.
var letters = map[rune]string{
	'A': "android-native/3.0", 'T': "android-touchdown/2.2", 'B': "blackberry-notifysync", 'I': "ios/5",
	'S': "symbian-s60/s60", 'M': "windows-mobile/professional", 'P': "windows-phone-7", 'O': "webos",
}

// statedSettings is what is written of the rebuilt system's settings: which platforms keep each, and over which channel
// beside or instead of the mail account. It is written down here on its own, and the catalogue is held against it.
var statedSettings = []struct {
	settings []Setting
	keep     string // of ATBISMPO, which keep it
	over     Channel
}{
	{[]Setting{AuditPhoneLog, AuditTextLog, AuditTextBodies}, "ATBM", Companion},
	{[]Setting{AuditLocation, AuditLocationInterval, AuditLocationExact}, "ATBISM", Companion},
	{[]Setting{AuditFiles, AuditFilePaths, AuditFileTypes, AuditFileSize}, "ABM", Companion},
	{[]Setting{AuditDeviceLog}, "ATBISM", Companion},
	{shareSettings, "ATBISM", Companion},
	{[]Setting{AllowCamera}, "ABIM", ""},
	{[]Setting{AllowBluetooth}, "ABMT", ""},
	{[]Setting{AllowWiFi, AllowInfrared, AllowDesktopSync, AllowRemoteDesktop, AllowConsumerMail, AllowUnsignedApps}, "M", ActiveSync},
	{smimeSettings, "MT", ActiveSync},
	{[]Setting{PasswordRequired, PasswordMinLength, LockInactivity}, "ATBISMPO", ActiveSync},
	{[]Setting{PasswordQuality}, "ATBSM", Companion},
	{[]Setting{PasswordExpiration, PasswordHistory}, "ATBIMP", ActiveSync},
	{[]Setting{PasswordMaxFailures}, "ATBISMPO", ActiveSync},
	{[]Setting{PasswordEcho}, "BSM", Companion},
	{[]Setting{PasswordRecovery}, "M", ActiveSync},
	{[]Setting{LockChallenge, LockDuress, LockDuressAddress, LockEmergency}, "B", Companion},
	{[]Setting{EncryptStrength}, "B", Companion},
	{[]Setting{EncryptCard}, "ABMT", ""},
	{touchDownKeys, "T", Companion},
	{iosSettingKeys, "I", AppleMDM},
	{androidOwner, "", Companion},
	{knoxKeys, "A", Companion},
}

func TestSettingsAreKeptWhereItIsStated(t *testing.T) {
	for _, want := range statedSettings {
		for letter, key := range letters {
			row, ok := Find(key)
			if !ok {
				t.Fatalf("no row %s", key)
			}
			for _, s := range want.settings {
				a, over := row.Best(s)
				if a.Keeps() != strings.ContainsRune(want.keep, letter) {
					t.Errorf("%s: %s is %q (%s), stated for %s", key, s, a.Support, a.Caveat, want.keep)
				}
				if a.Keeps() && want.over != "" && over != want.over {
					t.Errorf("%s: %s goes over %s, stated %s", key, s, over, want.over)
				}
			}
		}
	}
}

func TestNoChannelKeepsWhatItCannotSay(t *testing.T) {
	for _, r := range Rows() {
		for _, s := range Settings() {
			for _, c := range []Channel{ActiveSync, AppleMDM, Companion} {
				a := r.Over(c, s)
				switch {
				case len(s.Carriers()) == 0:
					if a.Support != Supported || a.Caveat == "" {
						t.Errorf("%s: Drover keeps %s itself, the row says %+v", r.Key(), s, a)
					}
				case c == ActiveSync && s.Unasked():
					if !a.Keeps() || a.Caveat == "" {
						t.Errorf("%s: %s is told unasked, the row says %+v", r.Key(), s, a)
					}
				case !s.CarriedBy(c):
					if a.Support != Inexpressible || a.Caveat == "" {
						t.Errorf("%s: %s over %s: %+v", r.Key(), s, c, a)
					}
				case slices.Contains(r.Channels, c) && (a.Support == "" || a.Support != Supported && a.Caveat == ""):
					t.Errorf("%s does not explain %s over %s: %+v", r.Key(), s, c, a)
				}
			}
			if _, over := r.Best(s); over != "" && !slices.Contains(r.Channels, over) {
				t.Errorf("%s answers for %s over %s, which it does not have", r.Key(), s, over)
			}
		}
	}
}
