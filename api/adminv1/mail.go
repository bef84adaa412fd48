package adminv1

// UpstreamDraft is what an administrator says of a mail server.
type UpstreamDraft struct {
	Name           string   `json:"name" minLength:"1" maxLength:"128"`
	URL            string   `json:"url" minLength:"1" maxLength:"500" doc:"Of the ActiveSync endpoint; https."`
	PlainReason    string   `json:"plainReason,omitempty" maxLength:"500" doc:"Why http to another machine is right."`
	TLSMode        string   `json:"tlsMode" enum:"system,ca" doc:"Whose word is taken for the certificate: the machine's authorities, or those given here alone."`
	CA             string   `json:"ca,omitempty" maxLength:"40000" doc:"PEM, for the mode ca."`
	ServerName     string   `json:"serverName,omitempty" maxLength:"253" doc:"In the certificate and the Host header, where it is not that of the URL."`
	TimeoutSeconds int      `json:"timeoutSeconds,omitempty" minimum:"0" maximum:"600" doc:"0 means 30."`
	Domains        []string `json:"domains,omitempty" maxItems:"100" doc:"The mail domains of its users, the main one first."`
	WindowsDomain  string   `json:"windowsDomain,omitempty" maxLength:"64"`
	Names          string   `json:"names,omitempty" enum:"plain,mail" doc:"Under which name its users are known; plain where it is left out."`
	Default        bool     `json:"default,omitempty" doc:"It takes the users whom nothing else assigns."`
	Versions       []string `json:"versions,omitempty" enum:"2.5,12.0,12.1,14.0,14.1,16.0,16.1" doc:"Of ActiveSync that devices are offered; none offers all the server has."`
	Ask449         []string `json:"ask449,omitempty" maxItems:"100" doc:"Device types, or beginnings of user agents, that are asked to provision by HTTP 449 at every version."`
	HandsOff       *bool    `json:"handsOff,omitempty" doc:"New devices enrol by themselves once their user is proven; yes where it is left out."`
	HandsOffGroups []string `json:"handsOffGroups,omitempty" maxItems:"100" doc:"User groups for which that holds although handsOff is off."`
	DeviceCap      int      `json:"deviceCap,omitempty" minimum:"0" doc:"Devices that a user may have; 0 for no bound."`
	Bearer         *Bearer  `json:"bearer,omitempty"`
}

// Bearer says how bearer tokens of mail clients are validated.
type Bearer struct {
	Issuer   string `json:"issuer" maxLength:"500"`
	Audience string `json:"audience" maxLength:"500"`
	Claim    string `json:"claim" maxLength:"100"`
}

// Upstream is a mail server.
type Upstream struct {
	ID             string   `json:"id"`
	Position       int      `json:"position"`
	Name           string   `json:"name"`
	URL            string   `json:"url"`
	PlainReason    string   `json:"plainReason"`
	TLSMode        string   `json:"tlsMode" enum:"system,ca"`
	CA             string   `json:"ca"`
	ServerName     string   `json:"serverName"`
	TimeoutSeconds int      `json:"timeoutSeconds"`
	Domains        []string `json:"domains"`
	WindowsDomain  string   `json:"windowsDomain"`
	Names          string   `json:"names" enum:"plain,mail"`
	Default        bool     `json:"default"`
	Versions       []string `json:"versions"`
	Ask449         []string `json:"ask449"`
	HandsOff       bool     `json:"handsOff"`
	HandsOffGroups []string `json:"handsOffGroups"`
	DeviceCap      int      `json:"deviceCap"`
	Bearer         *Bearer  `json:"bearer,omitempty"`
	State          string   `json:"state" enum:"untested,ok,failed" doc:"Of the last test."`
	Said           string   `json:"said" doc:"What the last test found."`
	Checked        string   `json:"checked"`
	Devices        int      `json:"devices" doc:"Devices in use that it serves; 0 for those who may not see devices."`
	Version        int64    `json:"version"`
}

// UpstreamChange is what became of a change of a mail server. While it waits, the server is as it was; a new one is there,
// and nobody is sent to it.
type UpstreamChange struct {
	Upstream
	Waiting Waiting `json:"waiting"`
}

// UpstreamLogin is a user's, for one test; it is kept nowhere.
type UpstreamLogin struct {
	Name     string `json:"name,omitempty" maxLength:"256"`
	Password string `json:"password,omitempty" maxLength:"1024"`
}

// UpstreamTry tests a mail server that is not saved.
type UpstreamTry struct {
	Server UpstreamDraft `json:"server"`
	Login  UpstreamLogin `json:"login,omitzero"`
}

// UpstreamTest is what a test saw.
type UpstreamTest struct {
	OK           bool                  `json:"ok"`
	Sentence     string                `json:"sentence"`
	Steps        []UpstreamStep        `json:"steps"`
	TLS          string                `json:"tls"`
	Certificates []UpstreamCertificate `json:"certificates"`
	Versions     []string              `json:"versions"`
	Commands     []string              `json:"commands"`
	Provisioning string                `json:"provisioning" enum:"own,none,unknown" doc:"Whether the server demands provisioning itself."`
}

// UpstreamStep is one thing that a test tried.
type UpstreamStep struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Text string `json:"text"`
}

// UpstreamCertificate is one that the server showed.
type UpstreamCertificate struct {
	Subject     string `json:"subject"`
	Issuer      string `json:"issuer"`
	Expires     string `json:"expires"`
	Fingerprint string `json:"fingerprint"`
}

// UpstreamAssignment sends a user, or the users of a group, to a mail server.
type UpstreamAssignment struct {
	ID       string `json:"id"`
	Kind     string `json:"kind" enum:"user,group"`
	Target   Ref    `json:"target"`
	Upstream Ref    `json:"upstream"`
}

// UpstreamAssignmentChange is what became of an assignment that was asked for.
type UpstreamAssignmentChange struct {
	UpstreamAssignment
	Waiting Waiting `json:"waiting"`
}

// UpstreamAssignmentDraft assigns a mail server.
type UpstreamAssignmentDraft struct {
	Kind     string `json:"kind" enum:"user,group"`
	Target   string `json:"target" minLength:"1" maxLength:"64"`
	Upstream string `json:"upstream" minLength:"1" maxLength:"64"`
}

// Ordered is the order of all objects of a kind.
type Ordered struct {
	IDs []string `json:"ids" maxItems:"1000"`
}

// AccessRule lets devices in, or keeps them out.
type AccessRule struct {
	ID       string `json:"id"`
	Position int    `json:"position"`
	Name     string `json:"name"`
	Match    string `json:"match" enum:"any,platform,model,os,agent,user,user-group,device-group,device"`
	Pattern  string `json:"pattern"`
	Decision string `json:"decision" enum:"allow,block,quarantine"`
	Note     string `json:"note" doc:"Shown to the owner of a device that the rule keeps out."`
	Expires  string `json:"expires"`
	Version  int64  `json:"version"`
}

// AccessRuleDraft is what an administrator says of a rule.
type AccessRuleDraft struct {
	Name     string `json:"name" maxLength:"128"`
	Match    string `json:"match" enum:"any,platform,model,os,agent,user,user-group,device-group,device"`
	Pattern  string `json:"pattern,omitempty" maxLength:"256" doc:"ios; SM-G9*; ios 15..17.2; Outlook*; or an id."`
	Decision string `json:"decision" enum:"allow,block,quarantine"`
	Note     string `json:"note,omitempty" maxLength:"500"`
	Expires  string `json:"expires,omitempty" maxLength:"40" doc:"RFC 3339; empty for never."`
}

// AccessDefault decides where no rule does.
type AccessDefault struct {
	Decision string `json:"decision" enum:"allow,block,quarantine"`
}

// AccessTest asks what the rules say to a device.
type AccessTest struct {
	Device string `json:"device" minLength:"1" maxLength:"64"`
}

// AccessTrail is a decision with every rule that was asked before it.
type AccessTrail struct {
	Decision string         `json:"decision" enum:"allow,block,quarantine"`
	Origin   string         `json:"origin" enum:"override,compliance,rule,default,state" doc:"state: it has been wiped or taken out of service."`
	Rule     string         `json:"rule" doc:"The id of the rule that decided."`
	Sentence string         `json:"sentence"`
	Note     string         `json:"note" doc:"What the owner is told."`
	Steps    []AccessStep   `json:"steps"`
	Override AccessOverride `json:"override" doc:"What is said of this single device."`
}

// AccessStep is one rule on the way to a decision.
type AccessStep struct {
	Position int    `json:"position"`
	Name     string `json:"name"`
	Matched  bool   `json:"matched"`
	Sentence string `json:"sentence"`
}

// AccessOverride is what is said of a single device, before all rules.
type AccessOverride struct {
	Decision string `json:"decision" doc:"Empty when nothing is said."`
	Note     string `json:"note"`
	Expires  string `json:"expires"`
}

// AccessOverrideDraft says something of a single device.
type AccessOverrideDraft struct {
	Decision string `json:"decision" enum:"allow,block,quarantine"`
	Note     string `json:"note,omitempty" maxLength:"500" doc:"Shown to the owner of a device that is kept out."`
	Expires  string `json:"expires,omitempty" maxLength:"40" doc:"RFC 3339; empty for never."`
}
