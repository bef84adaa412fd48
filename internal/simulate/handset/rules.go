package handset

// Encryption says how a platform keeps data at rest.
type Encryption string

// How it may.
const (
	Never   Encryption = "never"
	Always  Encryption = "always"
	Asked   Encryption = "asked"    // where the policy asks for it
	OwnData Encryption = "own-data" // the mail client's data, where the policy asks for it
)

// Rules are the rules of one platform.
type Rules struct {
	App        bool // a companion application exists
	Card       bool // there is a storage card
	CardOption bool // the mail client can be told to clean the card with every wipe
	Encryption Encryption
	Duress     bool // an altered form of the password calls for help
	Orders     map[Order]Effect
	Postpones  map[Order]bool // the device may wait for its user
	Log        []string       // what its log looks like
	Tells      []string       // the kinds of personal data that it can tell
	Stands     []string       // what its application tells of management: "managed", "push", "touchDown"
}

// productLog is the log of phones whose application writes nothing but its own.
var productLog = []string{
	"Beginning Sync", "Ending Location Sync", "Beginning Device Log Sync", "Ending Device Log Sync", "Registration status code: 200",
	"Reg - Account Removed", "DeviceStats returned: 200", "GetAppListConnection returned: 200", "Account loading",
}

// androidLog has the device's own entries among the application's.
var androidLog = []string{
	"ConnectivityChange for mobile: CONNECTING/CONNECTING", "ConnectivityChange for mobile: CONNECTED/CONNECTED",
	"DISABLE_CLOCK: yes", "DISABLE_NAVIGATION: yes", "Attempting to switch to WIFI", "Attempting to switch to BLUETOOTH_TETHER",
	"Scheduling restart of crashed service", "SyncHandler: Attempting to send device location command",
}

// Of returns the rules of a platform, by the name of its row: "symbian-s60/mail-only". False where nothing is known.
func Of(row string) (Rules, bool) {
	r, ok := rules[row]
	return r, ok
}

// told are what an application does for every platform that has one.
func told(orders map[Order]Effect) map[Order]Effect {
	for _, o := range []Order{Locate, Message, RequestLog, UpdateInventory} {
		orders[o] = Effect{}
	}
	return orders
}

var (
	managed   = []string{"managed", "push"}
	byTouch   = []string{"managed", "touchDown"}
	everyKind = []string{"location", "phone-log", "text-log", "file"}
	noFiles   = []string{"location", "phone-log", "text-log"}
	wholeCard = Effect{Card: true}
	locks     = Effect{Locks: true}
	clears    = Effect{Clears: true}
)

var rules = map[string]Rules{
	// Android's own mail: the card outlives a full wipe.
	"android-native/2.2": androidNative(Never),
	"android-native/3.0": androidNative(Asked),
	// Android before 2.2 cannot be returned to factory state or locked: TouchDown removes its own.
	"android-touchdown/2.0": {
		App: true, Card: true, CardOption: true, Encryption: OwnData, Log: androidLog, Tells: noFiles, Stands: byTouch,
		Orders: told(map[Order]Effect{SelectiveWipe: touchDownOnly, WipeCard: wholeCard}),
	},
	"android-touchdown/2.2": {
		App: true, Card: true, CardOption: true, Encryption: OwnData, Log: androidLog, Tells: noFiles, Stands: byTouch,
		Orders: told(map[Order]Effect{
			FullWipe: {Factory: true, CardOption: true}, SelectiveWipe: touchDownOnly, WipeCard: wholeCard, Lock: locks, ClearPasscode: clears,
		}),
	},
	// NotifySync does not return a BlackBerry to factory state, but erases the whole card.
	"blackberry-notifysync": {
		App: true, Card: true, Encryption: OwnData, Duress: true, Log: productLog, Tells: everyKind,
		Orders: told(map[Order]Effect{
			FullWipe:      {Account: true, Mail: true, Card: true, LocksIfSet: true},
			SelectiveWipe: {Mail: true, LocksIfSet: true},
			WipeCard:      wholeCard, Lock: locks,
		}),
	},
	"ios/4": iosBefore10(), "ios/5": iosBefore10(),
	"ios/10": {
		App: true, Encryption: Always, Log: productLog, Tells: []string{"location"}, Stands: managed,
		Orders:    told(map[Order]Effect{FullWipe: {Factory: true}, SelectiveWipe: {Account: true, Mail: true}}),
		Postpones: map[Order]bool{SelectiveWipe: true},
	},
	"symbian-s60/s60":             symbian(Effect{Factory: true, Card: true}),
	"symbian-s60/mail-only":       symbian(Effect{Mail: true, Card: true}), // N95 and 6120c
	"windows-mobile/professional": windowsMobile(Effect{Factory: true, Card: true}),
	"windows-mobile/standard":     windowsMobile(Effect{Factory: true}),
	"windows-phone-7":             {Encryption: Never, Orders: map[Order]Effect{FullWipe: {Factory: true}}},
	"webos":                       {Encryption: Never, Orders: map[Order]Effect{FullWipe: {Factory: true}}},

	"windows-phone-8": {Encryption: Asked, Card: true, Orders: map[Order]Effect{FullWipe: {Factory: true}}},
	"android-gmail":   androidToday(accountOnly, false),
	"android-samsung": androidToday(Effect{Factory: true}, true),
	"outlook-mobile":  {Encryption: Always, Orders: map[Order]Effect{FullWipe: accountOnly}},
}

var (
	accountOnly = Effect{Account: true, Mail: true}
	// touchDownOnly returns TouchDown to its state before registration.
	touchDownOnly = Effect{Account: true, Mail: true, CardMail: true, CardOption: true}
)

func androidNative(e Encryption) Rules {
	return Rules{
		App: true, Card: true, Encryption: e, Log: androidLog, Tells: everyKind, Stands: managed,
		Orders: told(map[Order]Effect{
			FullWipe: {Factory: true}, SelectiveWipe: {Account: true}, WipeCard: wholeCard, Lock: locks, ClearPasscode: clears,
		}),
	}
}

// androidToday has an application that locks, and tells little: calls and messages are other applications' alone.
func androidToday(full Effect, card bool) Rules {
	return Rules{
		App: true, Card: card, Encryption: Always, Log: androidLog, Tells: []string{"location"}, Stands: managed,
		Orders: told(map[Order]Effect{FullWipe: full, SelectiveWipe: accountOnly, Lock: locks}),
	}
}

// iosBefore10 can do little by its application: what the system does, it does for device management.
func iosBefore10() Rules {
	return Rules{
		App: true, Encryption: Always, Log: productLog, Tells: []string{"location"}, Stands: managed,
		Orders: told(map[Order]Effect{FullWipe: {Factory: true}}),
	}
}

func symbian(full Effect) Rules {
	return Rules{
		App: true, Card: true, Encryption: Asked, Log: productLog, Tells: []string{"location"},
		Orders: told(map[Order]Effect{FullWipe: full, SelectiveWipe: {Account: true}}),
	}
}

func windowsMobile(full Effect) Rules {
	return Rules{
		App: true, Card: true, Encryption: Asked, Log: productLog, Tells: everyKind,
		Orders: told(map[Order]Effect{FullWipe: full, WipeCard: wholeCard, Lock: locks}),
	}
}
