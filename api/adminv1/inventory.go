package adminv1

// ComputerDraft is a computer that is to tell its inventory.
type ComputerDraft struct {
	Name      string `json:"name" minLength:"1" maxLength:"128"`
	User      string `json:"user,omitempty" maxLength:"64" doc:"The id of the user whose it is; left out for a computer of no person."`
	Liability string `json:"liability,omitempty" enum:"corporate,personal" doc:"corporate when left out."`
}

// InventoryToken is what is known of the token by which an inventory agent proves whose inventory it tells.
type InventoryToken struct {
	Exists  bool   `json:"exists"`
	Created string `json:"created,omitempty"`
	By      string `json:"by,omitempty" doc:"The administrator who has made it."`
}

// NewInventoryToken is told once.
type NewInventoryToken struct {
	Token string   `json:"token" doc:"The password of the agent; any user name."`
	URL   string   `json:"url" doc:"The server's address for an agent that cannot send a password: the token is in it."`
	URLs  []string `json:"urls" doc:"The usual addresses of such servers, with the token as the password."`
}

// InventorySection is what is known of one section of a device's inventory.
type InventorySection struct {
	Section string `json:"section"`
	Title   string `json:"title"`
	Items   int    `json:"items"`
	Source  string `json:"source" doc:"The program that has told it."`
	Changed string `json:"changed"`
}

// InventoryItems are the items of one section.
type InventoryItems struct {
	InventoryKind
	Items []map[string]string `json:"items" doc:"Each with the fields that are known."`
}

// InventoryKind describes a section.
type InventoryKind struct {
	Section string           `json:"section"`
	Title   string           `json:"title"`
	Single  bool             `json:"single" doc:"It has one item, by whose fields devices can be found."`
	Fields  []InventoryField `json:"fields"`
}

// InventoryField is one property of an item.
type InventoryField struct {
	Name  string `json:"name"`
	Title string `json:"title"`
	Unit  string `json:"unit" enum:",number,bytes,time,truth"`
}

// InventoryChange is one step of a device's history.
type InventoryChange struct {
	ID      string            `json:"id"`
	At      string            `json:"at"`
	Section string            `json:"section"`
	Kind    string            `json:"kind" enum:"added,gone,changed"`
	Before  map[string]string `json:"before,omitempty"`
	After   map[string]string `json:"after,omitempty"`
}

// InventoryMatch is a device that fulfils a question.
type InventoryMatch struct {
	Device   Ref                 `json:"device"`
	Software []map[string]string `json:"software" doc:"What made it fulfil the tests of software."`
}

// Software is one program of the zone.
type Software struct {
	Name     string `json:"name"`
	Source   string `json:"source" doc:"dpkg, rpm, windows, ..."`
	Versions int    `json:"versions"`
	Devices  int    `json:"devices"`
}

// SoftwareVersion is one version of a program.
type SoftwareVersion struct {
	Version string `json:"version"`
	Arch    string `json:"arch"`
	Devices int    `json:"devices"`
}

// Collection says from whom inventories are taken.
type Collection struct {
	Foreign bool `json:"foreign" doc:"From GLPI Agent, FusionInventory and OCS Inventory, by a token for each computer. Off at first."`
}

// ZoneChange is one step of the history of any device.
type ZoneChange struct {
	Device Ref `json:"device"`
	InventoryChange
}
