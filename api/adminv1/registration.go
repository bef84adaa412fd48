package adminv1

// RegistrationCondition is one question to what a computer tells when it registers.
type RegistrationCondition struct {
	Fact   string   `json:"fact" enum:"host,platform,os,version,address,attribute,key,maker,model,serial,uuid,machine,mac,arch,agent"`
	Name   string   `json:"name,omitempty" maxLength:"64" doc:"Of the attribute."`
	Test   string   `json:"test" enum:"is,is-not,like,unlike,within,outside,from,below,told,untold" doc:"within and outside go with addresses alone; from and below with the version."`
	Values []string `json:"values,omitempty" maxItems:"50" doc:"One of them is enough; for is-not, unlike and outside, none of them. None for told and untold."`
}

// RegistrationRule decides over the computers that meet all of its conditions. The first rule that fits wins.
type RegistrationRule struct {
	ID         string                  `json:"id"`
	Position   int                     `json:"position" doc:"From 1."`
	Name       string                  `json:"name"`
	Enabled    bool                    `json:"enabled"`
	Conditions []RegistrationCondition `json:"conditions"`
	Verdict    string                  `json:"verdict" enum:"admit,quarantine,review,refuse"`
	Place      ComputerPlace           `json:"place"`
	Note       string                  `json:"note"`
	Version    int64                   `json:"version"`
}

// RegistrationRuleDraft makes or changes a rule.
type RegistrationRuleDraft struct {
	Name       string                  `json:"name" minLength:"1" maxLength:"128"`
	Enabled    bool                    `json:"enabled"`
	Conditions []RegistrationCondition `json:"conditions,omitempty" maxItems:"20" doc:"All must hold; without one the rule fits every computer."`
	Verdict    string                  `json:"verdict" enum:"admit,quarantine,review,refuse"`
	Place      ComputerPlace           `json:"place,omitempty" doc:"For admit alone."`
	Note       string                  `json:"note,omitempty" maxLength:"500"`
}

// RegistrationDefault decides where no rule does.
type RegistrationDefault struct {
	Verdict string        `json:"verdict" enum:"admit,quarantine,review,refuse"`
	Place   ComputerPlace `json:"place,omitempty" doc:"For admit alone."`
}

// ComputerFacts are what a computer says it is. None of them proves anything.
type ComputerFacts struct {
	Host       string            `json:"host,omitempty" maxLength:"253"`
	Serial     string            `json:"serial,omitempty" maxLength:"128"`
	UUID       string            `json:"uuid,omitempty" maxLength:"64"`
	Machine    string            `json:"machine,omitempty" maxLength:"64"`
	MACs       []string          `json:"macs,omitempty" maxItems:"32"`
	Maker      string            `json:"maker,omitempty" maxLength:"128"`
	Model      string            `json:"model,omitempty" maxLength:"128"`
	Platform   string            `json:"platform" enum:"linux,windows,macos"`
	OS         string            `json:"os,omitempty" maxLength:"128"`
	OSVersion  string            `json:"osVersion,omitempty" maxLength:"64"`
	Arch       string            `json:"arch,omitempty" maxLength:"32"`
	Agent      string            `json:"agent,omitempty" maxLength:"64"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// RegistrationQuestion asks what would become of a computer.
type RegistrationQuestion struct {
	Facts   ComputerFacts `json:"facts"`
	Address string        `json:"address,omitempty" maxLength:"45" doc:"From where it calls."`
	Key     string        `json:"key,omitempty" maxLength:"64" doc:"The id of the key that it shows."`
}

// RegistrationAnswer says what would become of a computer, and why.
type RegistrationAnswer struct {
	Verdict  string              `json:"verdict" enum:"admit,quarantine,review,refuse"`
	Place    ComputerPlace       `json:"place"`
	Origin   string              `json:"origin" enum:"rule,key,default" doc:"What says where it is put."`
	Rule     string              `json:"rule" doc:"The id of the rule that fits; empty for none."`
	Sentence string              `json:"sentence"`
	Steps    []RegistrationStep  `json:"steps"`
	Why      string              `json:"why" enum:",rule,again,cloned,several,approved,differs" doc:"Why an administrator decides first; empty when nobody does."`
	Matches  []RegistrationMatch `json:"matches"`
}

// RegistrationStep is one rule on the way to the answer.
type RegistrationStep struct {
	Position int    `json:"position"`
	Name     string `json:"name"`
	Matched  bool   `json:"matched"`
	Sentence string `json:"sentence"`
}

// RegistrationMatch is a computer that is there and tells the same of itself.
type RegistrationMatch struct {
	Device  Ref      `json:"device"`
	By      []string `json:"by" doc:"In what they agree: serial, uuid, mac, machine."`
	Against []string `json:"against" doc:"What both tell, and tell differently."`
}

// RegistrationReconcile says by what a computer that registers is compared with those that are there.
type RegistrationReconcile struct {
	By []string `json:"by" maxItems:"4" doc:"serial, uuid, mac, machine; without any, each new key is a new computer."`
}

// RegistrationReview is a computer over which an administrator decides.
type RegistrationReview struct {
	ID      string              `json:"id"`
	Why     string              `json:"why" enum:"rule,again,cloned,several,approved,differs,moved"`
	Rule    string              `json:"rule" doc:"The id of the rule that asks for it."`
	Facts   ComputerFacts       `json:"facts"`
	Address string              `json:"address" doc:"From where it asked last."`
	Key     string              `json:"key" doc:"The id of the key that it has shown; empty for none."`
	Matches []RegistrationMatch `json:"matches"`
	State   string              `json:"state" enum:"open,same,new,refused,done"`
	Device  Ref                 `json:"device" doc:"Which it is, where somebody has decided so."`
	By      Actor               `json:"by" doc:"Who has decided."`
	Created string              `json:"created"`
	Asked   string              `json:"asked" doc:"When it asked last."`
	Decided string              `json:"decided"`
}

// RegistrationDecision decides over a computer that waits.
type RegistrationDecision struct {
	Decision string `json:"decision" enum:"same,new,refused"`
	Device   string `json:"device,omitempty" maxLength:"64" doc:"For same: which of the computers that it tells the same as. Its old key ends, unless it came by that."`
	Folder   string `json:"folder,omitempty" maxLength:"64" doc:"For new: where it is put; empty for where the rules put it."`
}

// ApprovalImport is what became of a file of computers.
type ApprovalImport struct {
	DryRun  bool               `json:"dryRun"`
	Read    int                `json:"read" doc:"Lines without a fault."`
	Entered []ApprovedComputer `json:"entered" doc:"None when there is a fault: all or nothing."`
	Faults  []ApprovalFault    `json:"faults"`
}

// ApprovalFault is what is wrong with a line.
type ApprovalFault struct {
	Line    int    `json:"line"`
	Message string `json:"message"`
}

// ApprovedComputer is a computer that was entered before it comes, with its one-time code, which is told this once.
type ApprovedComputer struct {
	Line   int    `json:"line"`
	Device string `json:"device"`
	Name   string `json:"name"`
	Serial string `json:"serial"`
	Code   string `json:"code" doc:"What the computer shows as its key. Whoever has it comes in as this computer, once."`
}

// ComputerCode is a one-time code by which one computer comes in, or comes again. The code itself is told when it is made.
type ComputerCode struct {
	ID      string `json:"id"`
	Device  Ref    `json:"device"`
	State   string `json:"state" enum:"open,used,expired,ended"`
	By      Actor  `json:"by"`
	Created string `json:"created"`
	Expires string `json:"expires"`
}

// ComputerCodeDraft makes a one-time code.
type ComputerCodeDraft struct {
	Hours int `json:"hours,omitempty" minimum:"1" maximum:"8784" default:"72"`
}

// NewComputerCode is a one-time code, which is told this once.
type NewComputerCode struct {
	Code    string        `json:"code"`
	Expires string        `json:"expires"`
	Join    []JoinCommand `json:"join" doc:"What to run on the computer; one for each system where it is not known."`
}

// Folder is a place in the tree of folders. It is a group too: of the devices in it and in the folders below it.
type Folder struct {
	ID          string `json:"id"`
	Path        string `json:"path" doc:"/Vienna/Servers."`
	Description string `json:"description"`
	Members     int    `json:"members" doc:"Devices in it and in the folders below it."`
	Quarantine  bool   `json:"quarantine" doc:"Nothing but the default policy reaches what is in it."`
	Version     int64  `json:"version"`
}

// FolderDraft makes or changes a folder. Another path moves it, with all that is in it and below it.
type FolderDraft struct {
	Path        string `json:"path" minLength:"1" maxLength:"240"`
	Description string `json:"description,omitempty" maxLength:"1000"`
}

// FolderMove puts devices into a folder; each is taken out of the one in which it was.
type FolderMove struct {
	Folder  string   `json:"folder" maxLength:"64" doc:"Empty for the topmost."`
	Devices []string `json:"devices" minItems:"1" maxItems:"1000"`
}

// GroupCondition is one question to what is known of a device.
type GroupCondition struct {
	Fact   string   `json:"fact" enum:"name,platform,model,os,version,type,serial,liability,operator,language"`
	Test   string   `json:"test" enum:"is,is-not,like,unlike,from,below" doc:"from and below go with the version alone."`
	Values []string `json:"values" minItems:"1" maxItems:"50" doc:"One of them is enough; for is-not and unlike, none of them."`
}

// GroupConditions say which devices are in a group: those that meet all of them. Without any, they are chosen one by one.
type GroupConditions struct {
	Conditions []GroupCondition `json:"conditions" maxItems:"20"`
}
