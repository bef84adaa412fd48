package adminv1

// Budget bounds acts within an hour and a day.
type Budget struct {
	Hour int `json:"hour" minimum:"0"`
	Day  int `json:"day" minimum:"0"`
}

// SafetyRules are the zone's rules for destructive acts. Durations are seconds.
type SafetyRules struct {
	Quorum       int    `json:"quorum" minimum:"0" maximum:"5" doc:"How many administrators besides the one who asks must approve."`
	Delay        int    `json:"delay" minimum:"0" doc:"Between approval and delivery, when it can still be cancelled."`
	BatchDelay   int    `json:"batchDelay" minimum:"0" doc:"The delay of acts on more than one device."`
	Expiry       int    `json:"expiry" minimum:"0" doc:"When an approval that was not given ends."`
	Probation    int    `json:"probation" minimum:"0" doc:"How long a new or reset administrator neither orders nor approves anything destructive."`
	Actor        Budget `json:"actor" doc:"Of one administrator."`
	Role         Budget `json:"role" doc:"Of all who hold one role."`
	Zone         Budget `json:"zone" doc:"Of the zone."`
	Self         Budget `json:"self" doc:"Of one user, on the user's own devices."`
	Scripts      int    `json:"scripts" minimum:"0" maximum:"100000" doc:"How many computers a script may reach that nobody else has approved."`
	PassUpstream bool   `json:"passUpstream" doc:"A mail server's own order to wipe is carried out without asking anybody."`
}

// SafetyChange is what became of a change of the rules.
type SafetyChange struct {
	Rules   SafetyRules `json:"rules" doc:"In force now."`
	Waiting Waiting     `json:"waiting"`
}

// Breaker freezes every destructive queue when a budget is passed.
type Breaker struct {
	Open    bool   `json:"open"`
	Since   string `json:"since"`
	Because string `json:"because"`
}

// Approval is a destructive act that others must agree to, and where it stands.
type Approval struct {
	ID          string `json:"id"`
	Class       string `json:"class"`
	Kind        string `json:"kind"`
	Subject     string `json:"subject"`
	Title       string `json:"title" doc:"What will happen, in words, with what it removes and leaves."`
	Reason      string `json:"reason" doc:"Why the requester wants it, where that is kept and the caller may see it."`
	State       string `json:"state" enum:"awaiting,approved,rejected,expired,cancelled"`
	RequestedBy Actor  `json:"requestedBy"`
	Requested   string `json:"requested"`
	Expires     string `json:"expires"`
	Decided     string `json:"decided"`
	Needed      int    `json:"needed"`
	Given       int    `json:"given"`
	Targets     int    `json:"targets" doc:"How many devices it touches."`
	Device      Ref    `json:"device" doc:"The device, when it is one."`
	User        Ref    `json:"user" doc:"The user whom it is about, or whose device or devices it is about, when it is one."`
	Mine        bool   `json:"mine" doc:"The caller has asked for it."`
	Refusal     string `json:"refusal" doc:"Why the caller may not approve it; empty where nothing is known against it."`
}

// Actor is who did something.
type Actor struct {
	Kind string `json:"kind" enum:"admin,token,user,device,upstream,system"`
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Command is one order to one device.
type Command struct {
	ID          string `json:"id"`
	Kind        string `json:"kind" enum:"lock,full-wipe,selective-wipe,wipe-card,clear-passcode,locate,message,request-log,update-inventory,refresh,disable-accounts,enable-accounts,reboot,uninstall"`
	Label       string `json:"label"`
	Destructive bool   `json:"destructive"`
	Device      Ref    `json:"device"`
	User        Ref    `json:"user"`
	Channel     string `json:"channel"`
	State       string `json:"state" enum:"awaiting,rejected,expired,delayed,queued,delivered,acknowledged,done,failed,postponed,cancelled"`
	Unproven    bool   `json:"unproven" doc:"Acknowledged by a device that could not prove its user any more."`
	Reason      string `json:"reason" doc:"Only where one command is read."`
	RequestedBy Actor  `json:"requestedBy"`
	Requested   string `json:"requested"`
	Updated     string `json:"updated"`
	NotBefore   string `json:"notBefore"`
	Expires     string `json:"expires"`
	Approval    string `json:"approval"`
	Detail      string `json:"detail" doc:"The last step, in words."`
	Steps       []Step `json:"steps" doc:"Only where one command is read."`
}

// Step is one change of a command's state.
type Step struct {
	State  string `json:"state"`
	At     string `json:"at"`
	Detail string `json:"detail"`
}

// CommandDraft orders something from devices.
type CommandDraft struct {
	Kind    string   `json:"kind" enum:"lock,full-wipe,selective-wipe,wipe-card,clear-passcode,locate,message,request-log,update-inventory,refresh,disable-accounts,enable-accounts,reboot,uninstall"`
	Reason  string   `json:"reason" minLength:"1" maxLength:"500"`
	Text    string   `json:"text,omitempty" maxLength:"500" doc:"Of a message, or shown by a locked device. Kept sealed."`
	Devices []string `json:"devices" minItems:"1" maxItems:"10000"`
}

// DeviceCommandDraft orders something from one device.
type DeviceCommandDraft struct {
	Kind   string `json:"kind" enum:"lock,full-wipe,selective-wipe,wipe-card,clear-passcode,locate,message,request-log,update-inventory,refresh,disable-accounts,enable-accounts,reboot,uninstall"`
	Reason string `json:"reason" minLength:"1" maxLength:"500"`
	Text   string `json:"text,omitempty" maxLength:"500" doc:"Of a message, or shown by a locked device. Kept sealed."`
}

// CommandPreview asks what an order would do.
type CommandPreview struct {
	Kind    string   `json:"kind" enum:"lock,full-wipe,selective-wipe,wipe-card,clear-passcode,locate,message,request-log,update-inventory,refresh,disable-accounts,enable-accounts,reboot,uninstall"`
	Devices []string `json:"devices" minItems:"1" maxItems:"10000"`
}

// Effect is what an order will do to one device, in its platform's words.
type Effect struct {
	Device       Ref           `json:"device"`
	Platform     string        `json:"platform"`
	Possible     bool          `json:"possible"`
	Reason       string        `json:"reason" doc:"Why it is not possible."`
	Channel      string        `json:"channel"`
	Extent       string        `json:"extent" doc:"How much it touches, from nothing to device."`
	Removes      string        `json:"removes"`
	Leaves       string        `json:"leaves"`
	Caveat       string        `json:"caveat"`
	Alternatives []Alternative `json:"alternatives"`
}

// Alternative is what can be done instead.
type Alternative struct {
	Command string `json:"command" doc:"Empty where it is no command."`
	Words   string `json:"words"`
}

// Batch is what an order has become.
type Batch struct {
	Waiting  Waiting       `json:"waiting"`
	Progress BatchProgress `json:"progress"`
	Items    []Command     `json:"items"`
}

// BatchProgress tells how far an order to many devices has come. Their commands are written in pieces; what breaks off is
// carried on by the server.
type BatchProgress struct {
	ID          string    `json:"id"`
	Kind        string    `json:"kind"`
	Label       string    `json:"label"`
	RequestedBy Actor     `json:"requestedBy"`
	Requested   string    `json:"requested"`
	Updated     string    `json:"updated"`
	Total       int       `json:"total" doc:"Devices that it is for."`
	Written     int       `json:"written" doc:"Devices whose turn has come."`
	Complete    bool      `json:"complete"`
	Left        int       `json:"left" doc:"Devices that could not take it any more when their turn came."`
	LeftOut     []LeftOut `json:"leftOut" doc:"The first hundred of them."`
}

// LeftOut is a device that was left out of an order.
type LeftOut struct {
	Device Ref    `json:"device"`
	Reason string `json:"reason"`
}
