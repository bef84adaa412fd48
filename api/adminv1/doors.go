package adminv1

// Doors is everything that the zone says about its doors: which services are on, and from which addresses they may be
// called.
type Doors struct {
	Internal []string     `json:"internal" maxItems:"100" doc:"Networks that count as internal: addresses, networks, or runs FIRST-LAST."`
	Zone     DoorPlace    `json:"zone" doc:"What holds on every server."`
	Servers  []DoorServer `json:"servers" maxItems:"200" doc:"What is said of single servers."`

	Order     []ServerOrder  `json:"order,omitempty" maxItems:"10" doc:"In which order computers try servers, where their location says nothing else. What is not named comes last."`
	Locations []ZoneLocation `json:"locations,omitempty" maxItems:"200" doc:"Places with servers that are close to them; the first that has a computer's address decides."`
}

// DoorServer is what is said of one server alone.
type DoorServer struct {
	ID        string    `json:"id" maxLength:"64"`
	Placement string    `json:"placement" enum:"internal,dmz"`
	Place     DoorPlace `json:"place"`

	Addresses []ServerAddress `json:"addresses,omitempty" maxItems:"16" doc:"Who is told of which of its addresses. Those that it has registered itself and that do not stand here are told as they usually are."`
}

// ServerAddress is who is told of an address of a server. To withhold one hides it, and blocks nobody.
type ServerAddress struct {
	URL   string          `json:"url" maxLength:"255" doc:"Over HTTPS, with a port where it is not 443: as a browser would be given it."`
	Shown string          `json:"shown" enum:"everywhere,internal,external,withheld" doc:"Told to all computers, to those at internal addresses, to all others, or to nobody."`
	Roles []AddressInRole `json:"roles,omitempty" maxItems:"10" doc:"Roles for which that differs."`
}

// AddressInRole is who is told of an address as one that plays a role.
type AddressInRole struct {
	Role  string `json:"role" enum:"management,registration,collection"`
	Shown string `json:"shown" enum:"everywhere,internal,external,withheld"`
}

// ServerOrder is in which order computers try the servers of a role.
type ServerOrder struct {
	Role   string     `json:"role" enum:"management,registration,collection"`
	Groups [][]string `json:"groups" maxItems:"20" doc:"Ids of servers: group after group, and within a group each computer in an order of its own."`
}

// ZoneLocation is a place that is recognised by the address from which a computer asks.
type ZoneLocation struct {
	Name     string        `json:"name" maxLength:"100"`
	Networks []string      `json:"networks" maxItems:"100" doc:"Addresses, networks, or runs FIRST-LAST."`
	Closest  []ServerOrder `json:"closest,omitempty" maxItems:"10"`
	Alone    bool          `json:"alone,omitempty" doc:"Computers here are told of these servers and of no other."`
}

// ClosestServers is what a computer would be told of the zone's servers.
type ClosestServers struct {
	Device   *Ref             `json:"device,omitempty"`
	Address  string           `json:"address" doc:"From which it asks."`
	Inside   bool             `json:"inside" doc:"The address counts as internal."`
	Location string           `json:"location" doc:"Empty where no location has the address."`
	Roles    []ClosestForRole `json:"roles"`
}

// ClosestForRole are the servers for one role.
type ClosestForRole struct {
	Role    string          `json:"role" enum:"management,registration,collection"`
	Choices []ClosestChoice `json:"choices" doc:"The closest first."`
	Left    []ClosestChoice `json:"left" doc:"What it is not told."`
}

// ClosestChoice is one address of a server.
type ClosestChoice struct {
	Server  Ref    `json:"server"`
	URL     string `json:"url"`
	Shown   string `json:"shown" enum:"everywhere,internal,external,withheld"`
	Group   int    `json:"group" doc:"From 1; those of one group are tried by each computer in an order of its own."`
	Blocked bool   `json:"blocked" doc:"The rules of that server do not let in this address: it is blocked, whether it is hidden or not."`
	Left    string `json:"left,omitempty" enum:"withheld,internal,external,local,off,gone,place" doc:"Why it is left out: hidden, for computers inside or outside alone, a way back to the same machine, a role that is off there, a server that is gone, or a location that has servers of its own alone."`
}

// DoorPlace is what is said of all servers or of one. What is said of a service goes before what is said of its category,
// and then what is said of one server before what is said of all.
type DoorPlace struct {
	Administration *DoorFilter   `json:"administration,omitempty"`
	Endpoint       *DoorFilter   `json:"endpoint,omitempty"`
	Tools          *DoorFilter   `json:"tools,omitempty"`
	Services       []DoorService `json:"services" maxItems:"100"`
}

// DoorService is what is said of one service, or of "management", which all services of that name share. What is left out
// holds as it does without it.
type DoorService struct {
	Service    string      `json:"service" maxLength:"40"`
	On         *bool       `json:"on,omitempty"`
	Level      string      `json:"level,omitempty" enum:"open,observe,strict"`
	Filter     *DoorFilter `json:"filter,omitempty" doc:"Rules of its own, in the place of its category's."`
	PerAddress int         `json:"perAddress,omitempty" minimum:"0" maximum:"60000" doc:"Requests a minute from one address, of IPv6 from one network of 64 bits."`
	PerDevice  int         `json:"perDevice,omitempty" minimum:"0" maximum:"60000" doc:"Requests a minute of one device."`
	Body       int64       `json:"body,omitempty" minimum:"0" doc:"The most octets of a body; never more than the service takes anyway."`
	Seconds    int         `json:"seconds,omitempty" minimum:"0" maximum:"3600" doc:"The most time of an exchange that is not held."`
}

// DoorFilter is a list of rules, of which the first that matches decides.
type DoorFilter struct {
	Rules     []DoorRule `json:"rules" maxItems:"1000"`
	Otherwise string     `json:"otherwise" enum:"allow,deny" doc:"What becomes of whom no rule matches."`
}

// DoorRule lets in or keeps out whoever comes from some addresses.
type DoorRule struct {
	Verdict string `json:"verdict" enum:"allow,deny"`
	From    string `json:"from" maxLength:"100" doc:"An address, a network, a run FIRST-LAST, internal, or servers."`
	Note    string `json:"note,omitempty" maxLength:"200"`
	Until   string `json:"until,omitempty" format:"date-time" doc:"When it ends; left out for never."`
}

// DoorChange has the doors become others.
type DoorChange struct {
	Doors  Doors  `json:"doors"`
	Reason string `json:"reason,omitempty" maxLength:"500"`
}

// DoorVersion is one version of the doors.
type DoorVersion struct {
	Version int64  `json:"version" doc:"0 is what holds before anybody has said anything."`
	At      string `json:"at"`
	By      Actor  `json:"by"`
	Reason  string `json:"reason"`
	From    int64  `json:"from,omitempty" doc:"The version that was rolled back to."`
	Doors   *Doors `json:"doors,omitempty"`

	Gaps []string `json:"gaps,omitempty" doc:"Of the version in force: sentences that tell where computers are told of no server."`
}

// DoorDifference is one thing in which two versions differ.
type DoorDifference struct {
	Where  string `json:"where"`
	Before string `json:"before"`
	After  string `json:"after"`
}

// DoorRollBack writes an older version once more.
type DoorRollBack struct {
	Version int64  `json:"version" minimum:"0"`
	Reason  string `json:"reason,omitempty" maxLength:"500"`
}

// DoorTry is a change to be tried on the visits of the last days.
type DoorTry struct {
	Doors Doors `json:"doors"`
	Days  int   `json:"days,omitempty" minimum:"1" maximum:"90" default:"30"`
}

// DoorReplay is what a change would do to the visits of the last days.
type DoorReplay struct {
	Days     int        `json:"days"`
	Requests int64      `json:"requests" doc:"That were tried."`
	Partial  bool       `json:"partial" doc:"There were more than are tried."`
	Refused  DoorEffect `json:"refused" doc:"Visits that would be refused, and were not."`
	Admitted DoorEffect `json:"admitted" doc:"Visits that would be let in, and were not."`
	Bounded  DoorEffect `json:"bounded" doc:"Callers of whom bounds of rate, size or time would refuse one request at least, each counted as one."`
	Unknown  []string   `json:"unknown" doc:"Sentences that tell what is not known of bounds that would be others."`
	Sentence string     `json:"sentence"`
	Gaps     []string   `json:"gaps" doc:"Sentences that tell where computers would be told of no server."`
}

// DoorEffect are visits that would end in another way.
type DoorEffect struct {
	Requests int64       `json:"requests"`
	Devices  int         `json:"devices"`
	List     []DoorVisit `json:"list"`
	Partial  bool        `json:"partial" doc:"There are more than the list holds."`
}

// DoorVisit are visits of one caller from one address that ended alike.
type DoorVisit struct {
	Server   string `json:"server"`
	Service  string `json:"service"`
	Address  string `json:"address"`
	Caller   *Actor `json:"caller,omitempty" doc:"Left out for strangers."`
	Requests int64  `json:"requests"`
	Last     string `json:"last"`
	Refused  string `json:"refused" doc:"Why they were, or would be, refused: off, address, proof, rate, service and others."`
	Unproven bool   `json:"unproven" doc:"They came without the proof that is asked of others."`
}

// DoorVisits are the latest visits.
type DoorVisits struct {
	Items []DoorVisit `json:"items"`
	More  bool        `json:"more"`
}

// DoorTotal is what has come to one service.
type DoorTotal struct {
	Service  string  `json:"service"`
	Served   int64   `json:"served"`
	Refused  int64   `json:"refused"`
	Reasons  []Count `json:"reasons"`
	Devices  int     `json:"devices"`
	Unproven int64   `json:"unproven"`
	Last     string  `json:"last"`
}

// ZoneServer is a server of the zone, as it has registered itself.
type ZoneServer struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Placement string   `json:"placement" enum:"internal,dmz"`
	Addresses []string `json:"addresses" doc:"No rule keeps them out while the server is there."`
	Started   string   `json:"started"`
	Seen      string   `json:"seen"`
	Self      bool     `json:"self" doc:"It is the one that answers."`

	Advertised []AdvertisedAddress `json:"advertised" doc:"At which addresses computers reach it, and who is told of them."`
	Roles      []ServerRole        `json:"roles" doc:"For what computers use it: who is told of it, and who is let in."`
}

// AdvertisedAddress is an address of a server.
type AdvertisedAddress struct {
	ServerAddress
	Said  bool `json:"said" doc:"Somebody has said so; otherwise it is told as such an address usually is."`
	Own   bool `json:"own" doc:"The server knows it itself, from its configuration."`
	Local bool `json:"local" doc:"It leads nowhere but to the machine that asks."`
}

// ServerRole is how a server stands in a role. Hidden (told to nobody) and blocked (open to nobody) are two things.
type ServerRole struct {
	Role string `json:"role" enum:"management,registration,collection"`
	Told string `json:"told" enum:"everywhere,internal,external,withheld" doc:"Which computers are told of any of its addresses."`
	Open string `json:"open" enum:"nobody,internal,some,everybody" doc:"Whom its rules let in."`
}

// Hardening is how the advice for a server in a DMZ stands.
type Hardening struct {
	Server    ZoneServer     `json:"server"`
	Placement string         `json:"placement" enum:"internal,dmz"`
	Rows      []HardeningRow `json:"rows"`
}

// HardeningRow is the advice about one capability.
type HardeningRow struct {
	ID       string           `json:"id"`
	Title    string           `json:"title"`
	Intent   string           `json:"intent"`
	Follows  string           `json:"follows" doc:"What changes for whom."`
	State    string           `json:"state" enum:"met,unmet,not-in-this-version,firewall"`
	Services []string         `json:"services"`
	Ports    []HardeningPort  `json:"ports" doc:"To be closed at the firewall before the server."`
	Changes  []DoorDifference `json:"changes" doc:"What following it would change."`
}

// HardeningPort is a port to be closed at the firewall.
type HardeningPort struct {
	Port int    `json:"port"`
	Why  string `json:"why"`
	Here string `json:"here" enum:"listens,quiet,unknown" doc:"Whether a program answers there at an address of this server's machine, as the machine itself sees it; the firewall before it cannot be seen from there. unknown: another server was asked."`
}

// HardeningDraft follows advice on one server.
type HardeningDraft struct {
	Server string   `json:"server" maxLength:"64"`
	Rows   []string `json:"rows,omitempty" maxItems:"20" doc:"Their ids; left out for all."`
	Reason string   `json:"reason,omitempty" maxLength:"500"`
}

// TrafficKeeping is for how many days it is kept who has come through which door.
type TrafficKeeping struct {
	Days int `json:"days" minimum:"0" maximum:"90" doc:"0 keeps nothing."`
}

// Exposure tells what is open to whom.
type Exposure struct {
	Zone     string           `json:"zone"`
	At       string           `json:"at"`
	Version  int64            `json:"version" doc:"Of the doors."`
	Days     int              `json:"days" doc:"Of which visits are counted."`
	Internal []string         `json:"internal"`
	Servers  []ExposureServer `json:"servers"`
	Refusals []DoorVisit      `json:"refusals" doc:"The latest."`
}

// ExposureServer is what is open on one server.
type ExposureServer struct {
	Server   ZoneServer        `json:"server"`
	Services []ExposureService `json:"services"`
}

// ExposureService is how far one service is open.
type ExposureService struct {
	Service   Service    `json:"service"`
	Reach     string     `json:"reach" enum:"nobody,internal,some,everybody" doc:"Whom the rules let in."`
	Told      string     `json:"told,omitempty" enum:"everywhere,internal,external,withheld" doc:"Which computers are told of this server for it; left out where computers are told of no server."`
	Rules     []DoorRule `json:"rules"`
	Otherwise string     `json:"otherwise" enum:"allow,deny"`
	Total     DoorTotal  `json:"total"`
}
