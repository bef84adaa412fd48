package enrol

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"drover/internal/base/addrrule"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/platform"
)

// Fact names what a condition looks at.
type Fact string

// The facts. Of an attribute the condition says which.
const (
	FactHost      Fact = "host"
	FactSerial    Fact = "serial"
	FactUUID      Fact = "uuid"
	FactMachine   Fact = "machine"
	FactMAC       Fact = "mac"
	FactMaker     Fact = "maker"
	FactModel     Fact = "model"
	FactPlatform  Fact = "platform"
	FactOS        Fact = "os"
	FactVersion   Fact = "version" // of the system
	FactArch      Fact = "arch"
	FactAgent     Fact = "agent"
	FactAttribute Fact = "attribute"
	FactAddress   Fact = "address" // from where the request came: the one fact that the computer does not tell itself
	FactKey       Fact = "key"     // the id of the key that let it in
)

// Facts lists the facts in the order in which people read them.
var Facts = []Fact{
	FactHost, FactPlatform, FactOS, FactVersion, FactAddress, FactAttribute, FactKey, FactMaker, FactModel, FactSerial, FactUUID, FactMachine,
	FactMAC, FactArch, FactAgent,
}

// Test says how a condition looks at a fact. Texts are compared without regard to case.
type Test = device.Test

// The tests. Of several values one is enough for the positive tests, and none may be there for the negative ones.
const (
	Is      = device.Is
	IsNot   = device.IsNot
	Like    = device.Like
	Unlike  = device.Unlike
	From    = device.From
	Below   = device.Below
	Within  = Test("within") // addresses: 192.0.2.7, 192.0.2.0/24, 192.0.2.1-192.0.2.9
	Outside = Test("outside")
	Told    = Test("told") // anything at all
	Untold  = Test("untold")
)

// testsOf returns the tests that go with a fact.
func testsOf(f Fact) []Test {
	switch f {
	case FactAddress:
		return []Test{Within, Outside}
	case FactVersion:
		return []Test{Is, IsNot, Like, Unlike, From, Below, Told, Untold}
	case FactPlatform, FactKey:
		return []Test{Is, IsNot}
	}
	return []Test{Is, IsNot, Like, Unlike, Told, Untold}
}

// Tests returns the tests that go with a fact; none for what is no fact.
func Tests(f Fact) []Test {
	if !slices.Contains(Facts, f) {
		return nil
	}
	return testsOf(f)
}

// Condition is one question to the facts.
type Condition struct {
	Fact   Fact     `json:"fact"`
	Name   string   `json:"name,omitempty"` // the attribute's
	Test   Test     `json:"test"`
	Values []string `json:"values,omitempty"` // 1 to 50 of at most 256 bytes; none for told and untold
}

const (
	maxConditions = 20
	maxValues     = 50
)

func invalidRule(field, words string) *problem.Error {
	return problem.New(problem.Invalid, "registration."+field, words).WithField(field)
}

// check cleans a condition and says what is wrong with it.
func (c *Condition) check() error {
	if !slices.Contains(Tests(c.Fact), c.Test) {
		return invalidRule("conditions", fmt.Sprintf("%q does not go with %q.", c.Test, c.Fact))
	}
	c.Name = sqldb.Fold(plain(c.Name, maxAttribute))
	if (c.Fact == FactAttribute) != (c.Name != "") {
		return invalidRule("conditions", "A condition names an attribute where it looks at one, and nowhere else.")
	}
	if c.Test == Told || c.Test == Untold {
		c.Values = nil
		return nil
	}
	if len(c.Values) == 0 || len(c.Values) > maxValues {
		return invalidRule("conditions", fmt.Sprintf("A condition has 1 to %d values.", maxValues))
	}
	c.Values = slices.Clone(c.Values)
	for i, v := range c.Values {
		clean := plain(v, maxFact)
		if clean == "" || clean != strings.TrimSpace(v) {
			return invalidRule("conditions", fmt.Sprintf("A value is a text of 1 to %d bytes.", maxFact))
		}
		c.Values[i] = clean
		if err := c.checkValue(clean); err != nil {
			return err
		}
	}
	return nil
}

func (c *Condition) checkValue(v string) error {
	switch {
	case c.Fact == FactAddress:
		if _, err := addrrule.ParseSpan(v); err != nil {
			return invalidRule("conditions", fmt.Sprintf("%q is no address, network or range: write 192.0.2.7, 192.0.2.0/24 or 192.0.2.1-192.0.2.9.", v))
		}
	case c.Fact == FactPlatform:
		if !slices.Contains(Platforms, v) {
			return invalidRule("conditions", "A computer's platform is linux, windows or macos.")
		}
	case c.Test == From || c.Test == Below:
		if strings.Trim(v, "0123456789.") != "" || platform.ParseVersion(v).IsZero() {
			return invalidRule("conditions", fmt.Sprintf("%q is no version: write one like 12.4.", v))
		}
	case c.Fact == FactMAC && (c.Test == Is || c.Test == IsNot):
		if foldMAC(v) == "" {
			return invalidRule("conditions", fmt.Sprintf("%q is no address of a network card: write one like 00:53:00:aa:bb:cc.", v))
		}
	}
	return nil
}

// Coming is a computer at the door: what it says of itself, where it calls from, and the key that it has shown.
type Coming struct {
	Facts ComputerFacts
	Addr  netip.Addr
	Key   string // the key's id, "" for none
	Own   string // the thumbprint of the key that the computer has made itself
}

// told returns what is known of a fact.
func (x Coming) told(f Fact, name string) []string {
	one := func(s string) []string {
		if s == "" {
			return nil
		}
		return []string{s}
	}
	switch f {
	case FactHost:
		return one(x.Facts.Host)
	case FactSerial:
		return one(x.Facts.Serial)
	case FactUUID:
		return one(x.Facts.UUID)
	case FactMachine:
		return one(x.Facts.Machine)
	case FactMAC:
		return x.Facts.MACs
	case FactMaker:
		return one(x.Facts.Maker)
	case FactModel:
		return one(x.Facts.Model)
	case FactPlatform:
		return one(x.Facts.Platform)
	case FactOS:
		return one(x.Facts.OS)
	case FactVersion:
		return one(x.Facts.OSVersion)
	case FactArch:
		return one(x.Facts.Arch)
	case FactAgent:
		return one(x.Facts.Agent)
	case FactAttribute:
		return one(x.Facts.Attributes[name])
	case FactAddress:
		if x.Addr.IsValid() {
			return one(x.Addr.Unmap().String())
		}
	case FactKey:
		return one(x.Key)
	}
	return nil
}

// words name what a condition looks at.
func (c Condition) words() string {
	switch c.Fact {
	case FactAttribute:
		return fmt.Sprintf("attribute %q", c.Name)
	case FactMAC:
		return "network card"
	case FactOS:
		return "system"
	case FactVersion:
		return "system's version"
	case FactMachine:
		return "machine id"
	case FactUUID:
		return "UUID"
	case FactSerial:
		return "serial number"
	case FactAgent:
		return "agent's version"
	}
	return string(c.Fact)
}

// fits tells whether the condition holds, and why in words that follow "because".
func (c Condition) fits(x Coming) (ok bool, why string) {
	told := x.told(c.Fact, c.Name)
	what := c.words()
	if len(told) == 0 {
		return negative(c.Test) || c.Test == Untold, fmt.Sprintf("it tells no %s", what)
	}
	says := fmt.Sprintf("its %s is %q", what, short(told[0]))
	switch c.Test {
	case Told:
		return true, says
	case Untold:
		return false, says
	}
	for _, t := range told {
		if i := slices.IndexFunc(c.Values, func(v string) bool { return c.meets(v, t) }); i >= 0 {
			return !negative(c.Test), fmt.Sprintf("its %s %q %s %q", what, short(t), met(c.Test), short(c.Values[i]))
		}
	}
	return negative(c.Test), says
}

// negative tells whether the test asks that something is not so.
func negative(t Test) bool { return t.Negative() || t == Outside }

// met says how a value was met.
func met(t Test) string {
	switch t {
	case Like, Unlike:
		return "is like"
	case Within, Outside:
		return "is within"
	case From:
		return "is from"
	case Below:
		return "is below"
	}
	return "is"
}

// meets tells whether what was told meets one value of the test, or of its opposite.
func (c Condition) meets(value, told string) bool {
	switch c.Test {
	case Within, Outside:
		span, err := addrrule.ParseSpan(value)
		addr, bad := netip.ParseAddr(told)
		return err == nil && bad == nil && span.Contains(addr)
	case Is, IsNot:
		if c.Fact == FactMAC {
			return foldMAC(value) == told
		}
	}
	return c.Test.Meets(value, told)
}

// maxShort bounds what of a fact a sentence holds.
const maxShort = 60

// short cuts what a computer says of itself to what a sentence takes.
func short(s string) string {
	if cut := sqldb.Clean(s, maxShort); cut != s {
		return cut + "..."
	}
	return s
}
