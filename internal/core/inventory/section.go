package inventory

import (
	"slices"

	"drover/internal/base/problem"
)

// Section is a part of an inventory.
type Section string

// The sections.
const (
	System      Section = "system"
	Hardware    Section = "hardware"
	CPU         Section = "cpu"
	Memory      Section = "memory"
	Disk        Section = "disk"
	Volume      Section = "volume"
	Network     Section = "network"
	Display     Section = "display"
	Printer     Section = "printer"
	User        Section = "user"
	Software    Section = "software"
	Certificate Section = "certificate"
	Service     Section = "service"
)

// Unit says what a field's text is.
type Unit string

// The units. A number is decimal digits; a time is RFC 3339 in UTC.
const (
	Words  Unit = ""
	Number Unit = "number"
	Bytes  Unit = "bytes"
	Time   Unit = "time"
	Truth  Unit = "truth" // "yes" or "no"
)

// Field is one property of an item.
type Field struct {
	Name  string
	Title string
	Unit  Unit
	// Restless fields change all the time: they are shown, and make no history.
	Restless bool
}

// Description is a section in words.
type Description struct {
	Section Section
	Title   string
	Single  bool     // has one item
	Key     []string // the fields that tell items of a section apart
	Fields  []Field
	Most    int  // items
	About   bool // tells of people: kept only where a suite asks for it
}

var catalogue = []Description{
	{Section: System, Title: "System", Single: true, Most: 1, Fields: []Field{
		{Name: "name", Title: "Host name"},
		{Name: "domain", Title: "Domain"},
		{Name: "os", Title: "System"},
		{Name: "version", Title: "Version"},
		{Name: "kernel", Title: "Kernel"},
		{Name: "arch", Title: "Architecture"},
		{Name: "zone", Title: "Time zone"},
		{Name: "booted", Title: "Started", Unit: Time, Restless: true},
		{Name: "virtual", Title: "Virtual machine of"},
	}},
	{Section: Hardware, Title: "Hardware", Single: true, Most: 1, Fields: []Field{
		{Name: "vendor", Title: "Manufacturer"},
		{Name: "model", Title: "Model"},
		{Name: "serial", Title: "Serial number"},
		{Name: "uuid", Title: "UUID"},
		{Name: "chassis", Title: "Kind"},
		{Name: "board", Title: "Board"},
		{Name: "bios", Title: "Firmware"},
		{Name: "biosDate", Title: "Firmware of"},
		{Name: "memory", Title: "Memory", Unit: Bytes},
		{Name: "cores", Title: "Cores", Unit: Number},
	}},
	{Section: CPU, Title: "Processors", Key: []string{"slot"}, Most: 64, Fields: []Field{
		{Name: "slot", Title: "Socket"},
		{Name: "name", Title: "Name"},
		{Name: "vendor", Title: "Manufacturer"},
		{Name: "cores", Title: "Cores", Unit: Number},
		{Name: "threads", Title: "Threads", Unit: Number},
		{Name: "mhz", Title: "MHz", Unit: Number},
	}},
	{Section: Memory, Title: "Memory modules", Key: []string{"slot"}, Most: 256, Fields: []Field{
		{Name: "slot", Title: "Slot"},
		{Name: "size", Title: "Size", Unit: Bytes},
		{Name: "type", Title: "Type"},
		{Name: "vendor", Title: "Manufacturer"},
		{Name: "serial", Title: "Serial number"},
	}},
	{Section: Disk, Title: "Disks", Key: []string{"name", "serial"}, Most: 512, Fields: []Field{
		{Name: "name", Title: "Name"},
		{Name: "model", Title: "Model"},
		{Name: "vendor", Title: "Manufacturer"},
		{Name: "serial", Title: "Serial number"},
		{Name: "size", Title: "Size", Unit: Bytes},
		{Name: "bus", Title: "Connection"},
		{Name: "type", Title: "Type"},
	}},
	{Section: Volume, Title: "Volumes", Key: []string{"mount"}, Most: 1000, Fields: []Field{
		{Name: "mount", Title: "Mounted at"},
		{Name: "device", Title: "Device"},
		{Name: "type", Title: "File system"},
		{Name: "size", Title: "Size", Unit: Bytes},
		{Name: "free", Title: "Free", Unit: Bytes, Restless: true},
		{Name: "encrypted", Title: "Encrypted", Unit: Truth},
	}},
	{Section: Network, Title: "Network", Key: []string{"name"}, Most: 1000, Fields: []Field{
		{Name: "name", Title: "Name"},
		{Name: "mac", Title: "MAC address"},
		{Name: "addresses", Title: "Addresses"},
		{Name: "up", Title: "Up", Unit: Truth, Restless: true},
		{Name: "speed", Title: "Mbit/s", Unit: Number, Restless: true},
		{Name: "gateway", Title: "Gateway"},
		{Name: "dns", Title: "DNS"},
	}},
	{Section: Display, Title: "Displays", Key: []string{"name", "serial"}, Most: 64, Fields: []Field{
		{Name: "name", Title: "Name"}, {Name: "vendor", Title: "Manufacturer"}, {Name: "serial", Title: "Serial number"},
	}},
	{Section: Printer, Title: "Printers", Key: []string{"name"}, Most: 1000, Fields: []Field{
		{Name: "name", Title: "Name"}, {Name: "driver", Title: "Driver"}, {Name: "port", Title: "Port"},
	}},
	{Section: User, Title: "Local users", Key: []string{"name"}, Most: 5000, About: true, Fields: []Field{
		{Name: "name", Title: "Name"},
		{Name: "uid", Title: "Id"},
		{Name: "full", Title: "Full name"},
		{Name: "groups", Title: "Groups"},
		{Name: "admin", Title: "Administrator", Unit: Truth},
		{Name: "disabled", Title: "Disabled", Unit: Truth},
		{Name: "seen", Title: "Last signed in", Unit: Time, Restless: true},
	}},
	{Section: Software, Title: "Software", Key: []string{"name", "version", "arch", "source"}, Most: 20000, Fields: []Field{
		{Name: "name", Title: "Name"},
		{Name: "version", Title: "Version"},
		{Name: "arch", Title: "Architecture"},
		{Name: "source", Title: "Comes from"},
		{Name: "publisher", Title: "Publisher"},
	}},
	{Section: Certificate, Title: "Certificates", Key: []string{"sha256"}, Most: 5000, Fields: []Field{
		{Name: "sha256", Title: "SHA-256"},
		{Name: "subject", Title: "Subject"},
		{Name: "issuer", Title: "Issuer"},
		{Name: "expires", Title: "Good until", Unit: Time},
		{Name: "store", Title: "Kept in"},
	}},
	{Section: Service, Title: "Services", Key: []string{"name"}, Most: 5000, Fields: []Field{
		{Name: "name", Title: "Name"},
		{Name: "title", Title: "Purpose"},
		{Name: "state", Title: "State", Restless: true},
		{Name: "start", Title: "Starts"},
	}},
}

// Catalogue lists every section, in the order in which people read them.
func Catalogue() []Description { return slices.Clone(catalogue) }

// Describe returns one section; a problem of kind Invalid when there is none of that name.
func Describe(name Section) (Description, error) {
	i := slices.IndexFunc(catalogue, func(d Description) bool { return d.Section == name })
	if i < 0 {
		return Description{}, problem.New(problem.Invalid, "inventory.section", "There is no such section of an inventory: it has system, hardware, software and others.").WithField("section")
	}
	return catalogue[i], nil
}

// Field returns one field of the section.
func (d Description) Field(name string) (Field, bool) {
	i := slices.IndexFunc(d.Fields, func(f Field) bool { return f.Name == name })
	if i < 0 {
		return Field{}, false
	}
	return d.Fields[i], true
}
