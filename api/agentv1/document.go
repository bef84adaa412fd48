package agentv1

import "encoding/json"

// Envelope is a signed document. The signature is over the octets of the payload as they stand, behind the words
// "drover agent document 1" and a zero octet.
type Envelope struct {
	Payload   []byte `json:"payload" doc:"A document in JSON; in base64, so that no reader writes it anew before it is checked."`
	Signature []byte `json:"signature" doc:"By the zone's signing key: Ed25519, or ECDSA P-256 as two numbers of 32 octets. In base64."`
	KeyID     string `json:"keyId" doc:"Which of the zone's signing keys."`
}

// The kinds of documents.
const (
	KindSettings    = "settings"
	KindPolicies    = "policies"
	KindAssignments = "assignments"
	KindLocations   = "locations"
)

// Document is what the zone tells one computer. An agent takes it only when the signature is right, the device and the kind
// are its own, it has not expired, and its version is not below that of the one it holds; the one it holds stays in force
// when it expires, and the agent tells that it is stale. The ETag of the answer is the version in quotation marks.
type Document struct {
	Device  string          `json:"device" doc:"The device's id."`
	Kind    string          `json:"kind" enum:"settings,policies,assignments,locations"`
	Version int64           `json:"version" doc:"Only ever rises, for one device and kind: the time at which it was made, in microseconds, or one more than before. After a restore from a backup it therefore still rises."`
	Made    string          `json:"made"`
	Expires string          `json:"expires" doc:"From then on no agent takes it. The server makes it anew in time."`
	Body    json.RawMessage `json:"body" doc:"Settings, Policies, Assignments or Locations."`
}

// Settings say how an agent works.
type Settings struct {
	Name      string      `json:"name" doc:"What the zone calls the computer."`
	Zone      string      `json:"zone" doc:"The zone's name."`
	Contact   string      `json:"contact,omitempty" maxLength:"512" doc:"Whom the person at the machine may ask; shown by the agent's status."`
	Refresh   Interval    `json:"refresh" doc:"How often the agent asks for news."`
	Hold      bool        `json:"hold" doc:"Whether it holds a connection for hints."`
	LogLevel  string      `json:"logLevel" enum:"debug,info,warn,error"`
	Inventory Inventories `json:"inventory"`
	Events    []string    `json:"events,omitempty" doc:"What happens on the computer that is told: login, elevation, usb. What is not named here is not looked at. The agent's own start, stop and message come in any case."`
	Uninstall Uninstall   `json:"uninstall"`
	Signing   []PublicKey `json:"signing" doc:"The keys that sign documents from now on. The next one is told here before it signs."`
}

// Interval is how often something is done. Each agent takes a time of its own within the jitter.
type Interval struct {
	Minutes int `json:"minutes" minimum:"0" maximum:"10080"`
	Jitter  int `json:"jitter" minimum:"0" maximum:"1440" doc:"Minutes that a turn may come later."`
}

// Inventories say what an agent collects. What is not named here is not collected.
type Inventories struct {
	Every    Interval `json:"every"`
	Sections []string `json:"sections" doc:"hardware, system, disks, volumes, networks, users, packages, certificates, services."`
	Extra    []string `json:"extra,omitempty" doc:"Sources of packages that are looked at only when asked for: pip, npm."`
}

// Uninstall says who may remove the agent.
type Uninstall struct {
	Free  bool     `json:"free" doc:"Whoever administers the computer."`
	Codes []string `json:"codes,omitempty" maxItems:"16" doc:"One-time codes that allow it without the network: each the SHA-256, in hexadecimal digits, of the device's id, a colon, and the code, which holds 80 random bits at least. A code that was used is told by Leave."`
}

// Policies are what a computer must obey.
type Policies struct {
	Revision string          `json:"revision" doc:"Names these policies; comes back in the status."`
	Settings []PolicySetting `json:"settings" maxItems:"200"`
}

// PolicySetting is one setting of a policy.
type PolicySetting struct {
	Setting string          `json:"setting" maxLength:"64" doc:"The setting's name."`
	Value   json.RawMessage `json:"value" doc:"true or false, a whole number, a text, or a list of texts or objects, as the setting asks."`
	Repair  bool            `json:"repair" doc:"Whether the agent mends what it finds otherwise, or only tells."`
}

// The settings that agents know. A value of nothing asked (0, false, an empty list) is left out by the server.
const (
	PasswordMinLength     = "password.min-length"      // number of characters
	PasswordComplexGroups = "password.complex-groups"  // number, 1 to 4: kinds of characters
	PasswordExpiration    = "password.expiration-days" // number
	PasswordHistory       = "password.history"         // number of passwords that do not come again
	PasswordMaxFailures   = "password.max-failures"    // number; then the account is locked for a time
	LockInactivity        = "lock.inactivity"          // number of minutes until the screen locks
	EncryptDevice         = "encryption.device"        // true: the disks that hold the system and its data are encrypted
	FirewallEnabled       = "firewall.enabled"         // true: incoming connections are filtered
	UpdatesAutomatic      = "updates.automatic"        // true: security updates are installed without asking
	AdminsAllowed         = "admins.allowed"           // list of account names that may administer, besides the built-in one
	ServicesRunning       = "services.running"         // list of names of services that must be enabled and run
	ServicesStopped       = "services.stopped"         // list of names of services that must be disabled
	FilesPresent          = "files.present"            // list of [File]
	FilesAbsent           = "files.absent"             // list of absolute paths
	LogLevel              = "device.log-level"         // debug, info, warn, error: what the agent logs
)

// File is one that must be there as told.
type File struct {
	Path string `json:"path" maxLength:"1024" doc:"Absolute."`
	Mode string `json:"mode,omitempty" doc:"In octal digits: 0644. Left as it is on Windows."`
	Text string `json:"text" maxLength:"65536" doc:"The whole content."`
}

// Assignments are what a computer is to do.
type Assignments struct {
	Orders  []Order  `json:"orders" maxItems:"100"`
	Scripts []Script `json:"scripts" maxItems:"100"`
}

// Order is one command. An agent carries out each id once, whatever comes twice or out of an old document.
type Order struct {
	ID         string            `json:"id"`
	Kind       string            `json:"kind"`
	Class      string            `json:"class" enum:"none,disruptive,destructive" doc:"destructive: the agent reports begun with the challenge, and erases only once told to go."`
	Parameters map[string]string `json:"parameters,omitempty"`
	Challenge  string            `json:"challenge,omitempty" doc:"Comes back with begun."`
	Removes    string            `json:"removes,omitempty" doc:"What goes, in words for people."`
	Leaves     string            `json:"leaves,omitempty" doc:"What stays."`
	Made       string            `json:"made"`
	Expires    string            `json:"expires" doc:"From then on it is not begun."`
}

// The kinds of orders.
const (
	OrderRefresh         = "refresh"          // ask for everything anew, check all policies
	OrderInventory       = "update-inventory" // scan now
	OrderMessage         = "message"          // parameter text: shown to whoever is signed in
	OrderLog             = "request-log"      // upload the agent's own log
	OrderLock            = "lock"             // lock the sessions of all users
	OrderDisableAccounts = "disable-accounts" // parameter except: names, by commas; no other local person can sign in
	OrderEnableAccounts  = "enable-accounts"  // undoes what disable-accounts did
	OrderReboot          = "reboot"
	OrderWipe            = "full-wipe" // destroy the keys of encrypted disks, disable the accounts, switch off
	OrderUninstall       = "uninstall" // the zone's consent to remove the agent
)

// Script is one that an agent runs by a schedule. It comes in a signed document, so that nobody but the zone can have it run.
type Script struct {
	ID          string   `json:"id"`
	Revision    string   `json:"revision" doc:"Another revision runs anew, also where it is to run once."`
	Name        string   `json:"name" doc:"For people."`
	Interpreter string   `json:"interpreter" enum:"sh,bash,python3,powershell"`
	Text        string   `json:"text" maxLength:"262144"`
	Every       Interval `json:"every" doc:"0 minutes: once."`
	Seconds     int      `json:"seconds" minimum:"1" maximum:"3600" doc:"After which it is ended."`
}
