package adminv1

// Info says what answers here.
type Info struct {
	Zone    string `json:"zone" doc:"The zone's name."`
	Version string `json:"version"`
	API     string `json:"api"`
}

// ZoneName names a zone.
type ZoneName struct {
	Name string `json:"name" minLength:"1" maxLength:"60"`
}

// MapTiles is the operator's own server of map tiles; without an address maps are drawn on a bundled outline.
type MapTiles struct {
	URL         string `json:"url" maxLength:"500" doc:"Where a tile is, with {z}, {x} and {y}; empty for no server."`
	Attribution string `json:"attribution" maxLength:"200" doc:"Who has made the map: it stands below each map."`
}

// Count is how many there are of one kind.
type Count struct {
	Key   string `json:"key"`
	Label string `json:"label"`
	Count int    `json:"count"`
}

// Overview is the zone at a glance, within the caller's scope.
type Overview struct {
	Devices      DeviceCounts  `json:"devices"`
	Commands     CommandCounts `json:"commands"`
	Approvals    int           `json:"approvals" doc:"Waiting, up to 500."`
	Waiting      int           `json:"waiting" doc:"Computers that wait at the door for a decision."`
	Breaker      Breaker       `json:"breaker"`
	Certificates []Certificate `json:"certificates" doc:"Those that expire soon."`
	Notes        []Note        `json:"notes"`
}

// DeviceCounts tells how many devices there are of each kind.
type DeviceCounts struct {
	Total      int     `json:"total"`
	ByPlatform []Count `json:"byPlatform"`
	ByState    []Count `json:"byState"`
	ByAccess   []Count `json:"byAccess"`
	ByPolicy   []Count `json:"byPolicy"`
	ByContact  []Count `json:"byContact"`
}

// CommandCounts tells how many commands are in which state; finished ones of the last seven days.
type CommandCounts struct {
	Pending          int     `json:"pending"`
	Failed           int     `json:"failed"`
	AwaitingApproval int     `json:"awaitingApproval"`
	ByState          []Count `json:"byState"`
}

// Certificate is one that expires.
type Certificate struct {
	Name    string `json:"name"`
	Expires string `json:"expires"`
}

// Platform is one kind of device.
type Platform struct {
	Key        string   `json:"key"`
	ID         string   `json:"id"`
	Label      string   `json:"label"`
	Name       string   `json:"name" doc:"Of the platform; its kinds differ by version."`
	Recognised string   `json:"recognised" doc:"How it is told from others."`
	Channels   []string `json:"channels"`
	TLS        string   `json:"tls" doc:"The newest version it speaks; empty when it is not known."`
	Connects   bool     `json:"connects" doc:"It speaks a version of TLS that Drover takes."`
	Connection string   `json:"connection"`
	Encryption string   `json:"encryption"`
	Notes      []string `json:"notes"`
	Commands   []Order  `json:"commands"`
}

// Order is what a platform makes of one command.
type Order struct {
	Kind         string        `json:"kind"`
	Ways         []Way         `json:"ways" doc:"The channels that can carry it, best first; a device must be enrolled in one of them."`
	Refusal      string        `json:"refusal" doc:"Why it cannot be sent where no way is open."`
	Alternatives []Alternative `json:"alternatives"`
}

// Way is one channel that carries a command, and what the command then does.
type Way struct {
	Channel string `json:"channel"`
	Since   string `json:"since" doc:"The oldest version of the channel's protocol that can say it; empty for any."`
	Extent  string `json:"extent" doc:"How much it touches, from nothing to device."`
	Removes string `json:"removes"`
	Leaves  string `json:"leaves"`
	Caveat  string `json:"caveat"`
}

// Service is a capability that the zone offers over the network.
type Service struct {
	Name     string   `json:"name"`
	Surface  string   `json:"surface" enum:"device,admin,user,tools,zone"`
	Category string   `json:"category" enum:"administration,endpoint,tools" doc:"Whose address rules it has unless it has some of its own."`
	Purpose  string   `json:"purpose"`
	Callers  string   `json:"callers"`
	Proof    string   `json:"proof" doc:"What proves the caller's identity."`
	Port     int      `json:"port"`
	DMZ      string   `json:"dmz"`
	Open     bool     `json:"open" doc:"It may be offered without proof of identity."`
	Required bool     `json:"required" doc:"It cannot be switched off."`
	Built    bool     `json:"built" doc:"This version has it."`
	On       bool     `json:"on"`
	Level    string   `json:"level" enum:"open,observe,strict"`
	Levels   []string `json:"levels" doc:"Those that it can have."`
	Signed   bool     `json:"signed" doc:"Its devices prove themselves by signatures, so that the gate can count the requests of each."`
	Reach    string   `json:"reach" enum:"nobody,internal,some,everybody" doc:"Whom the rules let in."`
	Apart    []string `json:"apart,omitempty" doc:"Where no server was asked for: the names of those on which it is on or off, asks for proof or lets in otherwise than told here."`
	Told     string   `json:"told,omitempty" enum:"everywhere,internal,external,withheld" doc:"Which computers are told of a server for it; left out where computers are told of no server."`
}

// AuditRecord is one thing that happened.
type AuditRecord struct {
	ID       string       `json:"id"`
	Number   int64        `json:"number" doc:"Its place in the chain; 0 while it waits for the sealer."`
	At       string       `json:"at"`
	Actor    Actor        `json:"actor"`
	Token    string       `json:"token" doc:"The API token that was used, or empty."`
	Address  string       `json:"address"`
	Action   string       `json:"action"`
	Subject  AuditSubject `json:"subject"`
	Device   Ref          `json:"device"`
	User     Ref          `json:"user"`
	Outcome  string       `json:"outcome" enum:"ok,refused,failed"`
	Reason   string       `json:"reason"`
	Personal bool         `json:"personal" doc:"It has personal values, which can be looked at with a reason."`
	Before   any          `json:"before,omitempty"`
	After    any          `json:"after,omitempty"`
}

// AuditSubject is what a record is about.
type AuditSubject struct {
	Kind string `json:"kind"`
	ID   string `json:"id"`
	Name string `json:"name" doc:"Of a command which kind of order it is."`
}

// AuditValues are the personal values of a record.
type AuditValues struct {
	Values map[string]string `json:"values"`
}

// AuditReport is what a verification of the log found.
type AuditReport struct {
	Sound    bool         `json:"sound"`
	Sentence string       `json:"sentence"`
	Linked   int64        `json:"linked" doc:"Records in the chain."`
	Waiting  int64        `json:"waiting" doc:"Committed, not chained yet."`
	Oldest   string       `json:"oldest" doc:"The oldest of those that wait."`
	Heads    int          `json:"heads" doc:"Signed heads compared, in the database and outside."`
	Torn     int          `json:"torn" doc:"Unreadable lines in the file of heads."`
	Faults   []AuditFault `json:"faults"`
	Checked  string       `json:"checked"`
}

// AuditState is how the audit log stands, as far as it can be told without walking it.
type AuditState struct {
	Number   int64         `json:"number" doc:"The last record of the chain."`
	Hash     string        `json:"hash" doc:"Of the chain up to it, in hexadecimal."`
	Signed   int64         `json:"signed" doc:"The last record that a signed head covers."`
	SignedAt string        `json:"signedAt"`
	Waiting  int64         `json:"waiting" doc:"Committed, not chained yet."`
	Oldest   string        `json:"oldest" doc:"The oldest of those that wait; more than a few seconds ago, the sealer stands still."`
	Verified AuditVerified `json:"verified" doc:"The last verification."`
	Sinks    []AuditSink   `json:"sinks" doc:"The places outside the database that get the signed heads, as the answering server has seen them since it started. One server at a time writes to them."`
}

// AuditVerified is what the last verification through the API found.
type AuditVerified struct {
	At     string `json:"at" doc:"Empty where there was none."`
	Linked int64  `json:"linked"`
	Faults int    `json:"faults"`
}

// AuditSink is a place outside the database.
type AuditSink struct {
	Name   string `json:"name" enum:"file,syslog"`
	OK     bool   `json:"ok" doc:"The last head was taken, or there was none yet."`
	Number int64  `json:"number" doc:"The last head it took; 0 for none."`
	At     string `json:"at"`
	Error  string `json:"error"`
}

// AuditFault is one thing that is wrong with the log.
type AuditFault struct {
	Number int64  `json:"number"`
	Record string `json:"record"`
	Words  string `json:"words"`
}

// ServiceSwitch switches a service.
type ServiceSwitch struct {
	On     bool   `json:"on"`
	Reason string `json:"reason,omitempty" maxLength:"500"`
}
