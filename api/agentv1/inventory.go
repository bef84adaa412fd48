package agentv1

// The sections of an inventory.
const (
	SectionHardware     = "hardware"
	SectionSystem       = "system"
	SectionDisks        = "disks"
	SectionVolumes      = "volumes"
	SectionNetworks     = "networks"
	SectionUsers        = "users"
	SectionPackages     = "packages"
	SectionCertificates = "certificates"
	SectionServices     = "services"
)

// Sections returns the names of all sections, in the order of [Inventory].
func Sections() []string {
	return []string{
		SectionHardware, SectionSystem, SectionDisks, SectionVolumes, SectionNetworks, SectionUsers, SectionPackages,
		SectionCertificates, SectionServices,
	}
}

// Inventory is what is on a computer, as far as its sections are collected. Environment variables and processes never are.
type Inventory struct {
	Hardware     *Hardware     `json:"hardware,omitempty"`
	System       *System       `json:"system,omitempty"`
	Disks        []Disk        `json:"disks,omitempty" maxItems:"500"`
	Volumes      []Volume      `json:"volumes,omitempty" maxItems:"500"`
	Networks     []Network     `json:"networks,omitempty" maxItems:"500"`
	Users        []User        `json:"users,omitempty" maxItems:"2000"`
	Packages     []Package     `json:"packages,omitempty" maxItems:"20000"`
	Certificates []Certificate `json:"certificates,omitempty" maxItems:"2000"`
	Services     []Service     `json:"services,omitempty" maxItems:"5000"`
}

// Hardware is the machine.
type Hardware struct {
	Maker      string `json:"maker,omitempty" maxLength:"128"`
	Model      string `json:"model,omitempty" maxLength:"128"`
	Serial     string `json:"serial,omitempty" maxLength:"128"`
	UUID       string `json:"uuid,omitempty" maxLength:"64"`
	Firmware   string `json:"firmware,omitempty" maxLength:"128" doc:"Its version."`
	Virtual    string `json:"virtual,omitempty" maxLength:"64" doc:"What it runs in: kvm, docker; empty on bare metal."`
	Processor  string `json:"processor,omitempty" maxLength:"128" doc:"The model's name."`
	Processors int    `json:"processors" doc:"Logical ones."`
	Cores      int    `json:"cores,omitempty" doc:"Physical ones, where known."`
	Memory     int64  `json:"memory" doc:"Octets."`
}

// System is the operating system.
type System struct {
	Host      string `json:"host" maxLength:"253"`
	Platform  string `json:"platform" enum:"linux,windows,macos"`
	Name      string `json:"name" maxLength:"128" doc:"Of the distribution or edition: debian."`
	Version   string `json:"version,omitempty" maxLength:"64"`
	Kernel    string `json:"kernel,omitempty" maxLength:"128"`
	Arch      string `json:"arch" maxLength:"32"`
	Installed string `json:"installed,omitempty" doc:"When, where known."`
	Booted    string `json:"booted,omitempty" doc:"When the system was started."`
	TimeZone  string `json:"timeZone,omitempty" maxLength:"64"`
}

// Disk is one that is hardware, or looks so.
type Disk struct {
	Name      string `json:"name" maxLength:"128" doc:"sda, PhysicalDrive0"`
	Model     string `json:"model,omitempty" maxLength:"128"`
	Serial    string `json:"serial,omitempty" maxLength:"128"`
	Size      int64  `json:"size" doc:"Octets."`
	Kind      string `json:"kind,omitempty" enum:"ssd,hdd,nvme,virtual,"`
	Removable bool   `json:"removable,omitempty"`
}

// Volume is a file system that is mounted.
type Volume struct {
	Mount     string `json:"mount" maxLength:"1024" doc:"Where: /home, C:"`
	Device    string `json:"device,omitempty" maxLength:"256"`
	Type      string `json:"type,omitempty" maxLength:"64"`
	Size      int64  `json:"size" doc:"Octets."`
	Free      int64  `json:"free" doc:"Octets, in steps of a hundredth of the size, so that not every file is a change."`
	Encrypted string `json:"encrypted" enum:"yes,no,unknown"`
}

// Network is a network interface.
type Network struct {
	Name      string   `json:"name" maxLength:"64"`
	MAC       string   `json:"mac,omitempty" maxLength:"64"`
	MTU       int      `json:"mtu,omitempty"`
	Up        bool     `json:"up"`
	Addresses []string `json:"addresses,omitempty" maxItems:"64" doc:"With the length of the prefix: 192.0.2.1/24. Of the machine's own network alone: no link-local ones."`
}

// User is a local account of a person.
type User struct {
	Name     string `json:"name" maxLength:"256"`
	ID       string `json:"id" maxLength:"128" doc:"uid or SID."`
	Admin    bool   `json:"admin,omitempty"`
	Disabled bool   `json:"disabled,omitempty"`
}

// Package is one piece of installed software.
type Package struct {
	Source  string `json:"source" enum:"dpkg,rpm,snap,flatpak,windows,macos,pip,npm"`
	Name    string `json:"name" maxLength:"256"`
	Version string `json:"version" maxLength:"128"`
	Arch    string `json:"arch,omitempty" maxLength:"32"`
	Maker   string `json:"maker,omitempty" maxLength:"128"`
}

// Certificate is one that the system or a service on it trusts or shows. Keys are never looked at.
type Certificate struct {
	SHA256  string `json:"sha256" minLength:"64" maxLength:"64" doc:"Of the certificate, in hexadecimal digits."`
	Store   string `json:"store" maxLength:"1024" doc:"The file or store that holds it."`
	Subject string `json:"subject" maxLength:"512"`
	Issuer  string `json:"issuer" maxLength:"512"`
	From    string `json:"from"`
	Until   string `json:"until"`
}

// Service is one of the system's services that runs, or starts with the system.
type Service struct {
	Name    string `json:"name" maxLength:"256"`
	Title   string `json:"title,omitempty" maxLength:"256"`
	Running bool   `json:"running"`
	Starts  bool   `json:"starts" doc:"With the system."`
}

// InventoryReport carries a whole inventory, or what changed since the last one that the server took.
type InventoryReport struct {
	ID   string `json:"id" minLength:"16" maxLength:"64" doc:"Tells this request from every other; the same one again is the same request."`
	Made string `json:"made"`
	Base string `json:"base,omitempty" maxLength:"64" doc:"The hash of the inventory that this changes; empty for a whole one. A server that holds another answers 409 inventory.base, and gets a whole one."`
	Hash string `json:"hash" minLength:"64" maxLength:"64" doc:"Of the whole inventory after this, as Inventory.Hash reckons it."`

	Sections  []string            `json:"sections" doc:"What is collected at all. A section that is not named here is not known, and what was known of it goes."`
	Inventory Inventory           `json:"inventory" doc:"All of it; or of a change: what is new or different."`
	Gone      map[string][]string `json:"gone,omitempty" doc:"Of a change: the keys of what is not there any more, by section."`
}

// InventoryTaken answers an inventory, once it is durable.
type InventoryTaken struct {
	Hash string `json:"hash" doc:"Of what the server holds now."`
}
