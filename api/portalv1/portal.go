package portalv1

import "encoding/json"

// Way is a provider by which users sign in.
type Way struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Ways is what a browser is told before anybody has signed in.
type Ways struct {
	Zone      string `json:"zone" doc:"The zone's name, for people."`
	Providers []Way  `json:"providers" doc:"OpenID Connect providers, beside name and password."`
}

// Farewell tells where else one is still signed in.
type Farewell struct {
	Provider string `json:"provider" doc:"The name of the provider by which the user signed in; empty for none."`
	URL      string `json:"url" doc:"Where one signs out there."`
}

// Login proves a user.
type Login struct {
	Name     string `json:"name" minLength:"1" maxLength:"256"`
	Password string `json:"password" minLength:"1" maxLength:"256"`
}

// Password proves once more who is signed in.
type Password struct {
	Password string `json:"password" minLength:"1" maxLength:"256"`
}

// Begun leads the browser to a provider.
type Begun struct {
	URL string `json:"url"`
}

// Me is who is signed in.
type Me struct {
	ID          string   `json:"id"`
	Name        string   `json:"name"`
	DisplayName string   `json:"displayName"`
	Mail        string   `json:"mail"`
	Zone        string   `json:"zone"`
	Providers   []Way    `json:"providers" doc:"Where the user proves it once more; empty for by the password."`
	Abilities   []string `json:"abilities" doc:"What the zone lets users do."`
	Session     string   `json:"session"`
	Map         MapTiles `json:"map" doc:"From where maps take their tiles."`
}

// MapTiles is the zone's own server of map tiles; without an address maps are drawn on a bundled outline.
type MapTiles struct {
	URL         string `json:"url" doc:"Where a tile is, with {z}, {x} and {y}; empty for no server."`
	Attribution string `json:"attribution" doc:"Who has made the map: it stands below each map."`
}

// Session is one sign-in.
type Session struct {
	ID      string `json:"id"`
	Agent   string `json:"agent"`
	Created string `json:"created"`
	Seen    string `json:"seen"`
	Present bool   `json:"present" doc:"The one that asks."`
}

// List is a list that needs no pages.
type List[T any] struct {
	Items []T `json:"items"`
}

// Page is a part of a list.
type Page[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next" doc:"The cursor of the next page; empty at the end."`
}

// Device is one of the user's devices.
type Device struct {
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Platform    string    `json:"platform"`
	Model       string    `json:"model"`
	OS          string    `json:"os"`
	Liability   string    `json:"liability" enum:"corporate,personal"`
	State       string    `json:"state"`
	Access      string    `json:"access" doc:"To mail: allow, block, quarantine, or empty before it has asked."`
	Policy      string    `json:"policy" doc:"How far it is with its policy."`
	Companion   bool      `json:"companion" doc:"It has the companion application."`
	LastContact string    `json:"lastContact" doc:"Empty for never."`
	Enrolled    string    `json:"enrolled"`
	Version     int64     `json:"version"`
	Findings    []Finding `json:"findings" doc:"Rules that it does not keep."`
}

// Finding is a rule that a device does not keep.
type Finding struct {
	Condition string `json:"condition"`
	Rule      string `json:"rule"`
	Because   string `json:"because"`
	Mend      string `json:"mend"`
	Since     string `json:"since"`
	Due       string `json:"due" doc:"When mail is kept from the device; empty for never."`
	Wipe      string `json:"wipe" doc:"When the organization's data is erased; empty for never."`
	Access    string `json:"access" doc:"What is in force now."`
}

// Effect is what a command does to a device, in its platform's words.
type Effect struct {
	Command  string   `json:"command"`
	Possible bool     `json:"possible"`
	Offered  bool     `json:"offered" doc:"The zone lets users do it."`
	Proof    bool     `json:"proof" doc:"It needs a proof first."`
	Removes  string   `json:"removes"`
	Leaves   string   `json:"leaves"`
	Caveat   string   `json:"caveat"`
	Reason   string   `json:"reason" doc:"Why it is not possible."`
	Instead  []string `json:"instead"`
}

// DeviceDetail is one device with what can be done to it.
type DeviceDetail struct {
	Device
	Effects []Effect `json:"effects"`
}

// Naming is a new name.
type Naming struct {
	Name    string `json:"name" minLength:"1" maxLength:"128"`
	Version int64  `json:"version"`
}

// Collected is one kind of personal data.
type Collected struct {
	Kind  string `json:"kind"`
	On    bool   `json:"on" doc:"The policy asks for it, and this device can tell it."`
	Asked bool   `json:"asked" doc:"The policy asks for it."`
	Days  int    `json:"days" doc:"How long it is kept; 0 for as long as the policy asks for it."`
	// What of it is told.
	Exact   bool     `json:"exact" doc:"Positions are exact, not to about a kilometre."`
	History bool     `json:"history" doc:"All positions are kept, not the last alone."`
	Bodies  bool     `json:"bodies" doc:"The text of messages too."`
	Paths   []string `json:"paths" doc:"Folders whose files are copied."`
}

// Demand is a setting of the policy that is in force.
type Demand struct {
	Key      string   `json:"key"`
	Category string   `json:"category"`
	Kind     string   `json:"kind" enum:"bool,number,choice,text,list,files"`
	Title    string   `json:"title"`
	Help     string   `json:"help"`
	Value    string   `json:"value" doc:"yes, no, a number, no-limit for one that bounds nothing, none for one that asks nothing, the words of a choice, or a text; empty for a list and for files."`
	List     []string `json:"list" doc:"The texts of a list, or the paths of files."`
	Unit     string   `json:"unit"`
	Kept     bool     `json:"kept" doc:"The device keeps it, or part of it."`
}

// Fact is one thing that a device has told of itself.
type Fact struct {
	Key   string `json:"key"`
	Value string `json:"value" doc:"Empty for what is kept sealed."`
}

// Employer is what the organization sees of a device and can do to it.
type Employer struct {
	Facts    []Fact      `json:"facts"`
	Collects []Collected `json:"collects"`
	Effects  []Effect    `json:"effects" doc:"What administrators can order."`
	Demands  []Demand    `json:"demands"`
}

// Order asks for a command.
type Order struct {
	Command string `json:"command" maxLength:"40"`
	Text    string `json:"text,omitempty" maxLength:"2000" doc:"Of a message, or shown by a locked device."`
	Key     string `json:"key,omitempty" maxLength:"100" doc:"Makes a repeated request the same request."`
}

// Command is an order to a device.
type Command struct {
	ID         string `json:"id"`
	Device     string `json:"device"`
	Command    string `json:"command"`
	State      string `json:"state"`
	Words      string `json:"words"`
	Mine       bool   `json:"mine" doc:"The user has asked for it; else the organization has."`
	Open       bool   `json:"open"`
	Cancelable bool   `json:"cancelable"`
	Created    string `json:"created"`
	Changed    string `json:"changed"`
}

// Unenrolled says how a device is taken out of service.
type Unenrolled struct {
	Command string `json:"command" doc:"The wipe of the organization's data that was ordered; empty where the device takes none."`
	Retired bool   `json:"retired" doc:"It is out of service already."`
}

// Mail is what a mail client is told.
type Mail struct {
	Server string `json:"server"`
	URL    string `json:"url"`
	User   string `json:"user"`
	Mail   string `json:"mail"`
}

// Invitation lets devices of the user in.
type Invitation struct {
	ID      string `json:"id"`
	Created string `json:"created"`
	Expires string `json:"expires"`
	Mine    bool   `json:"mine"`
}

// NewInvitation is one with its secret, which is told this once.
type NewInvitation struct {
	Invitation
	Link string `json:"link"`
}

// Enrolment is what a user needs for another device.
type Enrolment struct {
	Mail        Mail         `json:"mail"`
	Terms       string       `json:"terms" doc:"The terms of use; empty for none."`
	Invitations []Invitation `json:"invitations" doc:"Those that are still good."`
}

// Stock is what is kept of one kind, without a look at it.
type Stock struct {
	Kind    string `json:"kind"`
	Entries int    `json:"entries"`
	Oldest  string `json:"oldest"`
	Newest  string `json:"newest"`
}

// Entry is one thing that a device has told.
type Entry struct {
	ID   string          `json:"id"`
	At   string          `json:"at"`
	Body json.RawMessage `json:"body" doc:"A position, a call, a text message, a piece of a log, or a file's name."`
}

// Look is one look at the user's personal data.
type Look struct {
	ID      string `json:"id"`
	At      string `json:"at"`
	Kind    string `json:"kind"`
	Device  string `json:"device" doc:"Its name; empty where the look was at no device."`
	By      string `json:"by"`
	Reason  string `json:"reason"`
	Entries int    `json:"entries"`
}
