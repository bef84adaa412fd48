package policy

import (
	"slices"

	"drover/internal/core/platform"
)

// Category groups settings for people.
type Category string

// The categories.
const (
	CategoryPassword      Category = "password"
	CategoryLock          Category = "lock"
	CategoryEncryption    Category = "encryption"
	CategoryAudit         Category = "audit"
	CategoryDevice        Category = "device"
	CategoryApps          Category = "apps"
	CategoryFiles         Category = "files"
	CategoryResources     Category = "resources"
	CategorySync          Category = "sync"
	CategorySMIME         Category = "smime"
	CategoryIOSFeatures   Category = "ios-features"
	CategoryIOSApps       Category = "ios-apps"
	CategoryIOSRatings    Category = "ios-ratings"
	CategoryIOSSecurity   Category = "ios-security"
	CategoryIOSCloud      Category = "ios-icloud"
	CategoryIOSManagement Category = "ios-management"
	CategoryIOSSupervised Category = "ios-supervised"
	CategoryTouchDown     Category = "touchdown"
	CategoryAndroid       Category = "android"
	CategoryComputers     Category = "computers"
	CategoryAgent         Category = "agent"
	CategoryGateway       Category = "gateway"
)

// Title names the category for people.
func (c Category) Title() string { return categoryTitles[c] }

var categoryTitles = map[Category]string{
	CategoryPassword: "Password", CategoryLock: "Lock", CategoryEncryption: "Encryption", CategoryAudit: "Audit tracking",
	CategoryDevice: "Device control", CategoryApps: "Applications", CategoryFiles: "File share",
	CategoryResources: "What the organization provides", CategorySync: "Mail and synchronization", CategorySMIME: "Signed and encrypted mail",
	CategoryIOSFeatures: "iOS: device features", CategoryIOSApps: "iOS: applications and Safari", CategoryIOSRatings: "iOS: age ratings",
	CategoryIOSSecurity: "iOS: security", CategoryIOSCloud: "iOS: iCloud", CategoryIOSManagement: "iOS: managed documents",
	CategoryIOSSupervised: "iOS: supervised devices", CategoryTouchDown: "TouchDown", CategoryAndroid: "Android and Knox",
	CategoryComputers: "Computers", CategoryAgent: "Agent on computers", CategoryGateway: "Kept by Drover",
}

// Strictness says which of two values of a setting is the stricter.
type Strictness string

// The orders of strictness. A setting's value for "no limit" is the laxest whatever its number.
const (
	Yes    Strictness = "yes"    // yes is stricter than no
	No     Strictness = "no"     // no is stricter than yes
	More   Strictness = "more"   // the greater number
	Less   Strictness = "less"   // the smaller number
	Both   Strictness = "both"   // of lists: what either forbids is forbidden
	Common Strictness = "common" // of lists: what both allow is allowed; of texts: the first that is not empty
)

// Format says what a text, or each text of a list, must look like.
type Format string

// The formats. The zero Format takes any text in one line.
const (
	FormatLine     Format = ""
	FormatMail     Format = "mail"      // a mail address
	FormatPhone    Format = "phone"     // digits, with + # * and spaces
	FormatHash     Format = "sha1"      // 40 hexadecimal digits
	FormatPath     Format = "path"      // of a folder, with / and without . or ..
	FormatEnding   Format = "ending"    // of a file's name, without the dot
	FormatPackage  Format = "package"   // an application's name, such as org.example.reader
	FormatCountry  Format = "country"   // two capital letters
	FormatHostPort Format = "host-port" // proxy.example.org:3128
	FormatAbsolute Format = "absolute"  // the whole path of a file on a computer
	FormatAccount  Format = "account"   // the name of an account on a computer
	FormatUnit     Format = "service"   // the name of a service of a computer
)

// Option is one choice.
type Option struct {
	Number int64
	Words  string
}

// Definition declares one setting.
type Definition struct {
	Key      platform.Setting
	Category Category
	Title    string
	Help     string // in plain words, for administrators
	Kind     Kind
	Format   Format // of texts
	Min, Max int64  // bounds of a number, in Unit, beside None; of a list the number of its texts
	Unit     string // "days", "seconds", ... or ""
	None     int64  // the number that means no limit
	Options  []Option
	Default  Value // what holds where nobody sets it
	Stricter Strictness
	Needs    platform.Setting // a setting that must be yes, or this one has no effect; or ""

	// Element is the name in EASProvisionDoc; "" for what ActiveSync has no word for.
	Element string
	// Since and Until bound the protocol versions whose document has the element; a zero Until means all later ones.
	// 2.5 stands for what its older XML document can say.
	Since, Until platform.Version
}

// Catalogue returns every setting in the order in which people are shown them.
func Catalogue() []Definition { return slices.Clone(definitions) }

// Find returns the setting with the key.
func Find(key platform.Setting) (Definition, bool) {
	i, ok := byKey[key]
	if !ok {
		return Definition{}, false
	}
	return definitions[i], true
}

// FindElement returns the setting that an element of EASProvisionDoc carries; the renderer and the reader of an
// upstream's policy need no other table.
func FindElement(name string) (Definition, bool) {
	i, ok := byElement[name]
	if !ok {
		return Definition{}, false
	}
	return definitions[i], true
}

// Gateway tells whether the gateway keeps the setting by itself, so that it is sent to no device.
func (d *Definition) Gateway() bool { return d.Category == CategoryGateway }

// OfAgent tells whether the setting says how our agent works, rather than what the computer must be.
func (d *Definition) OfAgent() bool {
	return d.Category == CategoryAgent || d.Key == platform.AgentRepair
}

// keptHere tells whether Drover keeps the setting by itself, as far as the channel goes.
func (d *Definition) keptHere(c platform.Channel) bool {
	return d.Gateway() || c == platform.ActiveSync && d.Key.Unasked() || c == platform.Companion && d.Key.Unsent()
}

// Carried tells whether version v of ActiveSync can say the setting.
func (d *Definition) Carried(v platform.Version) bool {
	return d.Element != "" && !v.Less(d.Since) && (d.Until.IsZero() || !d.Until.Less(v))
}

// CarriedOver tells whether the channel, at version v of its protocol, can say the setting.
func (d *Definition) CarriedOver(c platform.Channel, v platform.Version) bool {
	if c == platform.ActiveSync {
		return d.Carried(v)
	}
	return d.Key.CarriedBy(c)
}

// Lockable tells whether a value can be locked: a client that offers the user a choice of stricter values then offers
// none. Only a channel beside ActiveSync can say so.
func (d *Definition) Lockable() bool {
	return d.Category != CategoryAudit && d.Kind != KindList && d.Kind != KindText && d.Kind != KindFiles && d.Key.CarriedBy(platform.Companion)
}

// effective tells whether the setting counts beside the other values.
func (d *Definition) effective(vs Values) bool {
	if d.Needs == "" {
		return true
	}
	return vs.on(d.Needs) && definitions[byKey[d.Needs]].effective(vs)
}

var byKey, byElement = index()

func index() (map[platform.Setting]int, map[string]int) {
	keys, elements := make(map[platform.Setting]int, len(definitions)), make(map[string]int, len(definitions))
	for i, d := range definitions {
		keys[d.Key] = i
		if d.Element != "" {
			elements[d.Element] = i
		}
	}
	return keys, elements
}
