package adminv1

// Device is one row of the list of devices.
type Device struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	User          Ref    `json:"user"`
	Platform      string `json:"platform"`
	PlatformLabel string `json:"platformLabel"`
	ByHand        bool   `json:"byHand" doc:"The platform was set by an administrator."`
	Model         string `json:"model"`
	OS            string `json:"os"`
	State         string `json:"state" enum:"active,pending,retired,wiped,removed"`
	Access        string `json:"access" enum:"allow,block,quarantine" doc:"To mail. A device that is wiped or retired is blocked until it is let in again, whatever the rules say."`
	PolicyState   string `json:"policyState" enum:"none,pending,sent,acknowledged,partial,refused,external"`
	Liability     string `json:"liability" enum:"corporate,personal"`
	LastContact   string `json:"lastContact"`
	Enrolled      string `json:"enrolled"`
	DeviceID      string `json:"deviceId" doc:"What the device calls itself; no proof of anything."`
	Protocol      string `json:"protocol"`
	Upstream      Ref    `json:"upstream"`
	Requests      int64  `json:"requests"`
	Mark          string `json:"mark,omitempty" enum:"stale,lost" doc:"What the rules of compliance call it; nothing where they do not."`
	Version       int64  `json:"version"`
}

// DeviceDetail is everything about one device that is not a list of its own.
type DeviceDetail struct {
	Device
	Facts        []Fact       `json:"facts"`
	Folder       Ref          `json:"folder" doc:"The folder in which it is; empty for the topmost."`
	Groups       []GroupRef   `json:"groups" doc:"The folders above it are among them."`
	Capabilities []Capability `json:"capabilities"`
}

// Fact is something that is known about a device.
type Fact struct {
	Key    string `json:"key"`
	Label  string `json:"label"`
	Value  string `json:"value"`
	Source string `json:"source" enum:"device,gateway,catalogue" doc:"What a device says of itself may be a lie."`
	At     string `json:"at"`
}

// Capability is one command that the device takes or refuses, in its platform's words.
type Capability struct {
	Kind         string        `json:"kind" enum:"lock,full-wipe,selective-wipe,wipe-card,clear-passcode,locate,message,request-log,update-inventory,refresh,disable-accounts,enable-accounts,reboot,uninstall"`
	Label        string        `json:"label"`
	Available    bool          `json:"available"`
	Reason       string        `json:"reason" doc:"Why it is not available."`
	Destructive  bool          `json:"destructive"`
	Typed        bool          `json:"typed" doc:"The administrator is to type the device's name."`
	Removes      string        `json:"removes"`
	Leaves       string        `json:"leaves"`
	Caveat       string        `json:"caveat"`
	Alternatives []Alternative `json:"alternatives"`
	Approvals    int           `json:"approvals" doc:"How many others must approve it."`
}

// DeviceEdit changes a device. What is left out stays.
type DeviceEdit struct {
	Name      *string `json:"name,omitempty" minLength:"1" maxLength:"128"`
	Platform  *string `json:"platform,omitempty" maxLength:"40" doc:"By hand; empty goes back to what is recognised."`
	Liability *string `json:"liability,omitempty" enum:"corporate,personal"`
	Owner     *string `json:"owner,omitempty" maxLength:"40" doc:"Another user's id; the device must provision anew."`
}

// DevicePolicy says what a device must obey, and what is known of that.
type DevicePolicy struct {
	Suite     Ref    `json:"suite"`
	Version   int    `json:"version"`
	Liability string `json:"liability"`
	Origin    string `json:"origin" doc:"Whose assignment it is: device, user, group or default."`
	State     string `json:"state"`

	Quarantined bool `json:"quarantined" doc:"It lies in the folder /Quarantine: of the policies, only the default and those assigned to that folder reach it."`

	Layers   []PolicyLayer `json:"layers" doc:"The suites that reach it, the most specific first."`
	Settings []PolicyLine  `json:"settings"`
}

// PolicyLine is one setting on one device. Nothing is ever called enforced: nobody but the device could know.
type PolicyLine struct {
	Key            string `json:"key"`
	Category       string `json:"category"`
	Label          string `json:"label"`
	Asked          string `json:"asked"`
	Origin         string `json:"origin" enum:"suite,default,upstream,rule"`
	From           Ref    `json:"from" doc:"The suite that sets it."`
	Locked         bool   `json:"locked" doc:"The user may choose no stricter value."`
	Channel        string `json:"channel"`
	Sent           string `json:"sent" doc:"The value the device was sent last; empty when it was sent none."`
	SentAt         string `json:"sentAt"`
	AcknowledgedAt string `json:"acknowledgedAt"`
	State          string `json:"state" enum:"asked,pending,sent,acknowledged,not-supported,violated,unknown,kept,met,repaired,failed"`
	Words          string `json:"words"`
	Found          string `json:"found" doc:"What a computer's agent has found, before it put anything right; empty where nothing is looked at."`
	FoundAt        string `json:"foundAt"`
}

// View is a list of devices that an administrator wants to see again.
type View struct {
	ID      string            `json:"id"`
	Name    string            `json:"name"`
	Query   map[string]string `json:"query"`
	Columns []string          `json:"columns"`
}

// ViewDraft makes a view.
type ViewDraft struct {
	Name    string            `json:"name" minLength:"1" maxLength:"128"`
	Query   map[string]string `json:"query"`
	Columns []string          `json:"columns" maxItems:"50"`
}

// Phone is a device's phone number.
type Phone struct {
	Phone string `json:"phone" doc:"Empty when none is known."`
}
