package journal

import (
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
)

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
}

// Describe returns what people are told of a kind; a problem of kind Invalid when there is none of that name.
func Describe(k Kind) (Description, error) {
	for _, d := range catalogue {
		if d.Kind == k {
			return d, nil
		}
	}
	return Description{}, problem.New(problem.Invalid, "journal.kind",
		"The kinds are device-log, location, phone-log, text-log and file.").WithField("kind")
}
