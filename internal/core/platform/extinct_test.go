package platform

import (
	"strings"
	"testing"
)

// stated is what the documentation of the rebuilt system's security says of a platform, line by line. It is written
// down here on its own, and the catalogue is held against it.
type stated struct {
	facts      Facts
	key        string
	encryption EncryptionState
	cipher     string
	inactivity bool
	challenge  bool
	duress     bool
	expiration Support
	history    Support
	full       outcome
	selective  outcome
	lock       bool
	wipeCard   bool
}

// outcome is a wipe: whether it exists, how far it goes, and words that must be said of it.
type outcome struct {
	extent  Extent // "" when it does not exist
	removes string
	leaves  string
	caveat  string
}

var none = outcome{}

const cardOption = "Clean SD card on Remote Wipe"

var statedRows = []stated{
	{
		facts: Facts{Platform: AndroidNative, OS: "Android 2.2"}, key: "android-native/2.2",
		encryption: Untold, inactivity: true, expiration: Partly, history: Partly,
		full: outcome{extent: Device, leaves: "not erased"}, selective: outcome{extent: Account, removes: "account's information"},
		lock: true, wipeCard: true,
	},
	{
		facts: Facts{Platform: AndroidNative, OS: "Android 3.0"}, key: "android-native/3.0",
		encryption: OnDemand, cipher: "AES-128", inactivity: true, expiration: Partly, history: Partly,
		full: outcome{extent: Device, leaves: "not erased"}, selective: outcome{extent: Account, removes: "account's information"},
		lock: true, wipeCard: true,
	},
	{
		facts: Facts{Platform: AndroidTouchDown, OS: "Android 2.1"}, key: "android-touchdown/2.0",
		encryption: OwnData, cipher: "AES-256", inactivity: true, expiration: Supported, history: Supported,
		full: none, selective: outcome{extent: App, removes: "before registration", caveat: cardOption},
		lock: false, wipeCard: true,
	},
	{
		facts: Facts{Platform: AndroidTouchDown, OS: "Android 2.2"}, key: "android-touchdown/2.2",
		encryption: OwnData, cipher: "AES-256", inactivity: true, expiration: Supported, history: Supported,
		full:      outcome{extent: Device, leaves: "not erased", caveat: cardOption},
		selective: outcome{extent: App, removes: "TouchDown's data on the storage card", caveat: cardOption},
		lock:      true, wipeCard: true,
	},
	{
		facts: Facts{Platform: BlackBerry}, key: "blackberry-notifysync",
		encryption: OwnData, cipher: "AES-128, AES-192 or AES-256", inactivity: true, challenge: true, duress: true,
		expiration: Supported, history: Supported,
		full:      outcome{extent: Account, removes: "entire storage card", leaves: "factory state", caveat: "locked"},
		selective: outcome{extent: Account, removes: "mail, calendar", caveat: "locked"},
		lock:      true, wipeCard: true,
	},
	{
		facts: Facts{Platform: IOS, OS: "iOS 4.3", UserAgent: "Apple-iPhone2C1/806.190"}, key: "ios/4",
		encryption: AlwaysEncrypted, cipher: "AES-256", inactivity: true, expiration: Supported, history: Supported,
		full:      outcome{extent: Device},
		selective: outcome{extent: Account, removes: "mail, calendar and contacts", caveat: "postpone"},
		lock:      true, wipeCard: false,
	},
	{
		facts: Facts{Platform: IOS, OS: "iOS 5.1"}, key: "ios/5",
		encryption: AlwaysEncrypted, cipher: "AES-256", inactivity: true, expiration: Supported, history: Supported,
		full:      outcome{extent: Device},
		selective: outcome{extent: Account, removes: "mail, calendar and contacts", caveat: "postpone"},
		lock:      true, wipeCard: false,
	},
	{
		facts: Facts{Platform: SymbianS60, Model: "Nokia E71"}, key: "symbian-s60/s60",
		encryption: OnDemand, cipher: "256 bit", inactivity: true, expiration: Ignored, history: Ignored,
		full:      outcome{extent: Device, removes: "storage card is erased"},
		selective: outcome{extent: Account, removes: "account's information"},
	},
	{
		facts: Facts{Platform: SymbianS60, Model: "Nokia N95"}, key: "symbian-s60/mail-only",
		encryption: OnDemand, cipher: "256 bit", inactivity: true, expiration: Ignored, history: Ignored,
		full:      outcome{extent: App, removes: "Mail for Exchange, and the storage card"},
		selective: outcome{extent: Account, removes: "account's information"},
	},
	{
		facts: Facts{Platform: SymbianS60, DeviceType: "Nokia6120c"}, key: "symbian-s60/mail-only",
		encryption: OnDemand, cipher: "256 bit", inactivity: true, expiration: Ignored, history: Ignored,
		full:      outcome{extent: App, removes: "Mail for Exchange, and the storage card"},
		selective: outcome{extent: Account, removes: "account's information"},
	},
	{
		facts: Facts{Platform: WindowsMobile, DeviceType: "PocketPC"}, key: "windows-mobile/professional",
		encryption: OnDemand, cipher: "AES-128", inactivity: true, expiration: Supported, history: Supported,
		full: outcome{extent: Device, removes: "storage card is erased"}, selective: none, lock: true, wipeCard: true,
	},
	{
		facts: Facts{Platform: WindowsMobile, DeviceType: "SmartPhone"}, key: "windows-mobile/standard",
		encryption: OnDemand, cipher: "AES-128", inactivity: true, expiration: Supported, history: Supported,
		full: outcome{extent: Device, leaves: "not erased"}, selective: none, lock: true, wipeCard: true,
	},
	{
		facts: Facts{Platform: WindowsPhone7}, key: "windows-phone-7",
		encryption: NotEncrypted, inactivity: true, expiration: Supported, history: Supported,
		full: outcome{extent: Device}, selective: none,
	},
	{
		// Of webOS a full wipe is stated and nothing else.
		facts: Facts{Platform: WebOS}, key: "webos",
		encryption: Untold, inactivity: true, expiration: Ignored, history: Ignored,
		full: outcome{extent: Device}, selective: none,
	},
}

func TestCatalogueHoldsWhatWasStated(t *testing.T) {
	for _, want := range statedRows {
		t.Run(want.key, func(t *testing.T) {
			row := Resolve(want.facts)
			if row.Key() != want.key {
				t.Fatalf("the facts resolve to %q", row.Key())
			}
			if row.Encryption.State != want.encryption || row.Encryption.Cipher != want.cipher {
				t.Errorf("encryption is %q %q, stated %q %q", row.Encryption.State, row.Encryption.Cipher, want.encryption, want.cipher)
			}
			if got := row.keeps(LockInactivity); got != want.inactivity {
				t.Errorf("inactivity timeout is kept: %v", got)
			}
			if got := row.keeps(LockChallenge); got != want.challenge {
				t.Errorf("challenge timeout is kept: %v", got)
			}
			if got := row.keeps(LockDuress); got != want.duress {
				t.Errorf("duress notification is kept: %v", got)
			}
			if got := row.Setting(PasswordExpiration).Support; got != want.expiration {
				t.Errorf("password expiration is %q, stated %q", got, want.expiration)
			}
			if got := row.Setting(PasswordHistory).Support; got != want.history {
				t.Errorf("password history is %q, stated %q", got, want.history)
			}
			want.full.check(t, row.Order(FullWipe))
			want.selective.check(t, row.Order(SelectiveWipe))
			if got := len(row.Order(Lock).Ways) > 0; got != want.lock {
				t.Errorf("it can be locked: %v", got)
			}
			if got := len(row.Order(WipeCard).Ways) > 0; got != want.wipeCard {
				t.Errorf("its card can be wiped: %v", got)
			}
		})
	}
}

func (r Row) keeps(s Setting) bool {
	return r.Setting(s).Support == Supported || r.Setting(s).Support == Partly
}

func (want outcome) check(t *testing.T, got Order) {
	t.Helper()
	if want.extent == "" {
		if len(got.Ways) != 0 || got.Refusal == "" {
			t.Errorf("the wipe should be refused with a reason: %+v", got)
		}
		return
	}
	if len(got.Ways) == 0 {
		t.Fatalf("the wipe is refused: %s", got.Refusal)
	}
	w := got.Ways[0]
	if w.Extent != want.extent || !strings.Contains(w.Removes, want.removes) || !strings.Contains(w.Leaves, want.leaves) ||
		!strings.Contains(w.Caveat, want.caveat) {
		t.Errorf("the wipe is %+v, stated %+v", w, want)
	}
}
