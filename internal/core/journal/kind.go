package journal

import (
	"slices"

	"drover/internal/base/problem"
	"drover/internal/core/platform"
)

// Kind is a kind of personal data.
type Kind string

// The kinds.
const (
	DeviceLog Kind = "device-log"
	Location  Kind = "location"
	PhoneLog  Kind = "phone-log"
	TextLog   Kind = "text-log"
	File      Kind = "file"

	// Of computers that our own agent manages.
	SignIn    Kind = "sign-in"
	Elevation Kind = "elevation"
	USB       Kind = "usb"
)

// Concerns tells whether devices of a row of platforms can tell a kind: computers and phones tell of other things.
func (k Kind) Concerns(r platform.Row) bool {
	computer := slices.Contains(r.Channels, platform.Agent)
	switch k {
	case DeviceLog:
		return true
	case SignIn, Elevation, USB:
		return computer
	}
	return !computer
}

// Description is what people are told of a kind.
type Description struct {
	Kind    Kind
	Setting platform.Setting // that asks for it
	Words   string           // "Where the device was"
	Days    int              // how long entries are kept, unless the zone has another rule

	most     int   // entries of one device
	mostSize int64 // bytes of one device
}

// Catalogue lists the kinds in the order in which people read them.
func Catalogue() []Description { return append([]Description(nil), catalogue...) }

var catalogue = []Description{
	{DeviceLog, platform.AuditDeviceLog, "What the device and its applications have logged", 14, 2000, 32 << 20},
	{Location, platform.AuditLocation, "Where the device was", 30, 20_000, 8 << 20},
	{PhoneLog, platform.AuditPhoneLog, "Calls: number, direction, time and length", 90, 20_000, 8 << 20},
	{TextLog, platform.AuditTextLog, "Text messages: number, direction, time and, where the policy asks for it, the text", 90, 20_000, 32 << 20},
	{File, platform.AuditFiles, "Copies of files in the folders that the policy names", 90, 2000, 256 << 20},
	{SignIn, platform.WatchLogins, "Who has signed in on the computer, and when", 90, 20_000, 8 << 20},
	{Elevation, platform.WatchElevations, "Who has acted as an administrator on the computer, and when", 90, 20_000, 8 << 20},
	{USB, platform.WatchUSB, "Which USB devices were plugged into the computer, and when", 90, 20_000, 8 << 20},
}

// Describe returns what people are told of a kind; a problem of kind Invalid when there is none of that name.
func Describe(k Kind) (Description, error) {
	for _, d := range catalogue {
		if d.Kind == k {
			return d, nil
		}
	}
	return Description{}, problem.New(problem.Invalid, "journal.kind",
		"The kinds are device-log, location, phone-log, text-log, file, sign-in, elevation and usb.").WithField("kind")
}
