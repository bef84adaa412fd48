package policy

import (
	"slices"

	"drover/internal/core/platform"
)

// Category groups settings for people.
type Category string

// The categories.
const (
	CategoryPassword   Category = "password"
	CategoryLock       Category = "lock"
	CategoryEncryption Category = "encryption"
	CategoryDevice     Category = "device"
	CategoryApps       Category = "apps"
	CategorySync       Category = "sync"
	CategorySMIME      Category = "smime"
	CategoryGateway    Category = "gateway"
)

// Strictness says which of two values of a setting is the stricter.
type Strictness string

// The orders of strictness. A setting's value for "no limit" is the laxest whatever its number.
const (
	Yes    Strictness = "yes"    // yes is stricter than no
	No     Strictness = "no"     // no is stricter than yes
	More   Strictness = "more"   // the greater number
	Less   Strictness = "less"   // the smaller number
	Both   Strictness = "both"   // of lists: what either forbids is forbidden
	Common Strictness = "common" // of lists: what both allow is allowed
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
	Min, Max int64  // bounds of a number, in Unit, beside None; of a list the number of its texts
	Unit     string // "days", "seconds", ... or ""
	None     int64  // the number that means no limit
	Options  []Option
	Default  Value // what holds where nobody sets it
	Stricter Strictness
	Needs    platform.Setting // a setting that must be yes, or this one has no effect; or ""

	// Element is the name in EASProvisionDoc; "" for what the gateway keeps by itself.
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
func (d *Definition) Gateway() bool { return d.Element == "" }

// Carried tells whether protocol version v can say the setting.
func (d *Definition) Carried(v platform.Version) bool {
	return !d.Gateway() && !v.Less(d.Since) && (d.Until.IsZero() || !d.Until.Less(v))
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
