package device

import (
	"slices"
	"strings"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/platform"
)

// State says where a device is in its life.
type State string

// The states.
const (
	Active  State = "active"  // in use
	Pending State = "pending" // enrolled, and not provisioned yet
	Retired State = "retired" // taken out of service by an administrator; stays out until it is readmitted
	Wiped   State = "wiped"   // has erased itself; stays out until it is readmitted
	Removed State = "removed" // taken out of the lists; enrols anew when it comes back
)

// States lists the states.
var States = []State{Active, Pending, Retired, Wiped, Removed}

// Access is what package access decided last about a device's mail.
type Access string

// The decisions.
const (
	Allow      Access = "allow"
	Block      Access = "block"
	Quarantine Access = "quarantine"
)

// Known tells whether a is one of them.
func (a Access) Known() bool { return a == Allow || a == Block || a == Quarantine }

// Liability says who owns the hardware.
type Liability string

// The liabilities.
const (
	Corporate Liability = "corporate"
	Personal  Liability = "personal"
)

// Known tells whether l is one of them.
func (l Liability) Known() bool { return l == Corporate || l == Personal }

// PolicyState says how far a device is with its policy.
type PolicyState string

// The states of policy.
const (
	PolicyNone         PolicyState = "none"         // none is meant for it
	PolicyPending      PolicyState = "pending"      // it has not got the newest yet
	PolicySent         PolicyState = "sent"         // sent, and not acknowledged
	PolicyAcknowledged PolicyState = "acknowledged" // the device says that it applies all of it
	PolicyPartial      PolicyState = "partial"      // the device says that it applies some of it
	PolicyRefused      PolicyState = "refused"      // the device says that it applies none of it
	PolicyExternal     PolicyState = "external"     // the device says that somebody else manages it
)

// PolicyStates lists the states of policy.
var PolicyStates = []PolicyState{
	PolicyNone, PolicyPending, PolicySent, PolicyAcknowledged, PolicyPartial, PolicyRefused, PolicyExternal,
}

// Facts are what a device says of itself. They may be lies.
type Facts struct {
	FriendlyName string
	Model        string
	OS           string
	Language     string
	Operator     string
	Serial       string
	IMEI         string
	UserAgent    string
	DeviceType   string
	Protocol     string // the version of ActiveSync it speaks, "14.1"
	// Phone is the phone number. It is sealed under the owner's key and never read back with the other facts. Give it
	// only while the policy of the device asks for it.
	Phone string
}

// Device is one device of the zone.
type Device struct {
	ID        string
	Owner     string // the user's id
	OwnerName string
	EASID     string // the DeviceId as it was sent first; compared without regard to case
	Name      string
	Platform  platform.ID
	ByHand    bool // the platform was set by an administrator
	Liability Liability
	Facts
	HasPhone    bool
	State       State
	Access      Access
	Upstream    string // the id of the mail server, or ""
	PolicyState PolicyState
	Enrolled    time.Time
	FactsAt     time.Time // when the device last told something new
	LastContact time.Time // a few seconds behind; zero in what comes from memory
	Requests    int64
	Version     int64
}

// PlatformFacts returns what package platform recognises a device by.
func (d Device) PlatformFacts() platform.Facts {
	f := platform.Facts{DeviceType: d.DeviceType, UserAgent: d.UserAgent, OS: d.OS, Model: d.Model}
	if d.ByHand {
		f.Platform = d.Platform
	}
	return f
}

// out tells whether a device of this state gets no mail, whatever is decided of its access.
func (s State) out() bool { return s == Wiped || s == Retired || s == Removed }

// accessNow is the access of a device d as it is shown: what package access has decided holds for devices that are not out.
const accessNow = "CASE WHEN d.state IN ('wiped', 'retired', 'removed') THEN 'block' ELSE d.access END"

// Refusal returns the problem that a device meets which must stay out, or nil. The gateway asks at each request.
func (d Device) Refusal() error {
	switch d.State {
	case Wiped:
		return problem.New(problem.Forbidden, "device.wiped",
			"This device has been wiped and stays out until an administrator lets it enrol again.")
	case Retired:
		return problem.New(problem.Forbidden, "device.retired",
			"This device has been taken out of service and stays out until an administrator lets it enrol again.")
	case Removed:
		return unknown
	case Active, Pending:
	}
	return nil
}

var unknown = problem.New(problem.NotFound, "device.unknown", "There is no such device.")

const (
	maxFact   = 256
	maxName   = 128
	maxSearch = 1200 // an index of PostgreSQL takes rows of at most 2,704 bytes
	maxEASID  = 64   // MS-ASHTTP section 2.2.1.1.1.1.3 allows 32; some clients send more
)

// clean bounds what a device said.
func (f *Facts) clean() {
	for _, p := range []*string{
		&f.FriendlyName, &f.Model, &f.OS, &f.Language, &f.Operator, &f.Serial, &f.IMEI, &f.UserAgent, &f.DeviceType,
		&f.Protocol, &f.Phone,
	} {
		*p = strings.TrimSpace(sqldb.Line(*p, maxFact))
	}
}

// merge takes over what the newer facts tell, and tells whether anything is new. The phone number is not looked at.
func (f *Facts) merge(n Facts) bool {
	changed := false
	for _, p := range []struct {
		have *string
		told string
	}{
		{&f.FriendlyName, n.FriendlyName},
		{&f.Model, n.Model},
		{&f.OS, n.OS},
		{&f.Language, n.Language},
		{&f.Operator, n.Operator},
		{&f.Serial, n.Serial},
		{&f.IMEI, n.IMEI},
		{&f.UserAgent, n.UserAgent},
		{&f.DeviceType, n.DeviceType},
		{&f.Protocol, n.Protocol},
	} {
		if p.told != "" && p.told != *p.have {
			*p.have, changed = p.told, true
		}
	}
	return changed
}

// name is what a device is called as long as nobody has named it.
func (f Facts) name() string {
	for _, s := range []string{f.FriendlyName, f.Model, f.DeviceType} {
		if s != "" {
			return sqldb.Line(s, maxName)
		}
	}
	return "Device"
}

// learn takes over newer facts with what follows from them, and tells whether anything is new.
func (d *Device) learn(n Facts) bool {
	unnamed := d.Name == d.Facts.name()
	if !d.merge(n) {
		return false
	}
	if unnamed {
		d.Name = d.Facts.name()
	}
	if !d.ByHand {
		d.Platform = platform.Recognise(d.PlatformFacts())
	}
	return true
}

// searchText is what a search looks at.
func (d Device) searchText() string {
	parts := []string{d.Name, d.OwnerName, d.Model, d.OS, d.Platform.Name(), d.Serial, d.IMEI, d.EASID, d.DeviceType, d.FriendlyName, d.UserAgent}
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	return sqldb.Clean(sqldb.Fold(strings.Join(parts, "\n")), maxSearch)
}

// easKey is the form in which DeviceIds are compared.
func easKey(id string) (string, error) {
	bad := func(r rune) bool { return r <= ' ' || r > '~' }
	if id == "" || len(id) > maxEASID || strings.ContainsFunc(id, bad) {
		return "", problem.Newf(problem.Malformed, "device.id", "A DeviceId has 1 to %d letters and digits.", maxEASID)
	}
	return strings.ToLower(id), nil
}
