package platform

import (
	"slices"
	"strings"
)

// ID names a platform.
type ID string

// The platforms. Those from AndroidNative to WebOS are extinct and kept with the behaviour of their time.
const (
	AndroidNative    ID = "android-native"
	AndroidTouchDown ID = "android-touchdown"
	BlackBerry       ID = "blackberry-notifysync"
	IOS              ID = "ios"
	SymbianS60       ID = "symbian-s60"
	WindowsMobile    ID = "windows-mobile"
	WindowsPhone7    ID = "windows-phone-7"
	WebOS            ID = "webos"
	WindowsPhone8    ID = "windows-phone-8"
	AndroidGmail     ID = "android-gmail"
	AndroidSamsung   ID = "android-samsung"
	AndroidEAS       ID = "android-eas"
	OutlookMobile    ID = "outlook-mobile"
	WindowsMail      ID = "windows-mail"
	Computer         ID = "computer"
	LinuxAgent       ID = "linux-agent"
	WindowsAgent     ID = "windows-agent"
	MacOSAgent       ID = "macos-agent"
	UnknownPlatform  ID = "unknown"
	maxFact             = 256 // bytes of a device's fact that are looked at
)

// EncryptionState says how a platform keeps data at rest.
type EncryptionState string

// The states.
const (
	AlwaysEncrypted EncryptionState = "always"    // whether the policy asks or not
	OnDemand        EncryptionState = "on-demand" // when the policy asks
	OwnData         EncryptionState = "own-data"  // the mail client's data alone
	NotEncrypted    EncryptionState = "none"
	Untold          EncryptionState = "unknown"
)

// Encryption is what a platform does about data at rest. Cipher is "AES-128" and the like, "" when none or not known.
type Encryption struct {
	State  EncryptionState
	Cipher string
	Words  string
}

// Row is one platform, or one variant of it where versions, editions or models differ. Rows are values of the catalogue:
// read only.
type Row struct {
	ID         ID
	Variant    string // unique within the platform, "" where there is but one
	Name       string
	Recognised string // how a device of this row is told from others, for people
	Channels   []Channel
	TLS        Version // newest version of TLS it speaks; zero when it is not known
	Encryption Encryption
	Notes      []string

	when   when
	mail   sheet // over ActiveSync
	app    sheet // over the companion application
	apple  sheet // over Apple device management
	agent  sheet // over our own agent
	orders map[Command]Order
}

// when says which facts select a row among those of its platform. A row with otherwise is taken when none fits.
type when struct {
	from, below Version
	words       []string // any of them within device type, model or user agent
	otherwise   bool
}

// Key names the row: the platform, and the variant behind a slash where it has one.
func (r Row) Key() string {
	if r.Variant == "" {
		return string(r.ID)
	}
	return string(r.ID) + "/" + r.Variant
}

// Order tells what the row's platform makes of c, over all its channels.
func (r Row) Order(c Command) Order {
	o := r.orders[c]
	o.Ways, o.Alternatives = slices.Clone(o.Ways), slices.Clone(o.Alternatives)
	return o
}

// ConnectsDirectly tells whether the platform speaks TLS 1.2, the oldest that Drover accepts. A platform whose newest
// TLS is not known is let try.
func (r Row) ConnectsDirectly() bool { return r.TLS.IsZero() || !r.TLS.Less(V(1, 2)) }

// Connection tells in words how the platform can connect.
func (r Row) Connection() string {
	if r.ConnectsDirectly() {
		return "connects directly"
	}
	return "cannot connect directly: the newest TLS it speaks is " + r.TLS.String() +
		", and Drover accepts 1.2 and newer; a separate TLS-terminating proxy on the trusted-proxy list can stand between"
}

// Rows returns the whole catalogue, extinct platforms first.
func Rows() []Row { return slices.Clone(catalogue) }

// IDs returns every platform once, in the order of the catalogue.
func IDs() []ID {
	var ids []ID
	for _, r := range catalogue {
		if !slices.Contains(ids, r.ID) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// Known tells whether id is a platform of the catalogue.
func (id ID) Known() bool { return slices.Contains(IDs(), id) }

// Name returns the platform's name for people, without its variant.
func (id ID) Name() string { return names[id] }

// Find returns the row with the given key, as Row.Key returns it.
func Find(key string) (Row, bool) {
	i := slices.IndexFunc(catalogue, func(r Row) bool { return r.Key() == key })
	if i < 0 {
		return Row{}, false
	}
	return catalogue[i], true
}

// Resolve returns the row for a device's facts: the platform set by hand or else recognised, and its variant by version,
// edition and model. It always finds one; a device of no known kind gets the row of UnknownPlatform.
func Resolve(f Facts) Row {
	f = f.bounded()
	id := f.Platform
	if !id.Known() {
		id = Recognise(f)
	}
	var fallback Row
	for _, r := range catalogue {
		if r.ID != id {
			continue
		}
		if r.when.otherwise {
			fallback = r
		}
		if r.when.fits(f) {
			return r
		}
	}
	return fallback
}

func (w when) fits(f Facts) bool {
	version := f.OSVersion()
	if !w.from.IsZero() && (version.IsZero() || version.Less(w.from)) {
		return false
	}
	if !w.below.IsZero() && (version.IsZero() || !version.Less(w.below)) {
		return false
	}
	text := strings.ToLower(f.DeviceType + "\n" + f.Model + "\n" + f.UserAgent)
	if len(w.words) > 0 && !slices.ContainsFunc(w.words, func(s string) bool { return strings.Contains(text, s) }) {
		return false
	}
	return !w.from.IsZero() || !w.below.IsZero() || len(w.words) > 0
}

var names = map[ID]string{
	AndroidNative:    "Android, built-in mail (before 5.0)",
	AndroidTouchDown: "Android with TouchDown",
	BlackBerry:       "BlackBerry with NotifySync",
	IOS:              "iOS and iPadOS Mail",
	SymbianS60:       "Symbian S60, Mail for Exchange",
	WindowsMobile:    "Windows Mobile 6.x",
	WindowsPhone7:    "Windows Phone 7",
	WebOS:            "webOS",
	WindowsPhone8:    "Windows Phone 8 and Windows 10 Mobile",
	AndroidGmail:     "Android, Gmail",
	AndroidSamsung:   "Android, Samsung Email",
	AndroidEAS:       "Android, other mail clients",
	OutlookMobile:    "Outlook for iOS and Android",
	WindowsMail:      "Windows Mail",
	Computer:         "Computer with an inventory agent",
	LinuxAgent:       "Linux with Drover's agent",
	WindowsAgent:     "Windows with Drover's agent",
	MacOSAgent:       "macOS with Drover's agent",
	UnknownPlatform:  "Unknown",
}

var catalogue = completed(slices.Concat(extinctRows(), todayRows(), computerRows(), agentRows()))
