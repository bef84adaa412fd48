package adminv1

// Condition is something that a device must not be.
type Condition struct {
	Condition string   `json:"condition"`
	Words     string   `json:"words"`
	Mend      string   `json:"mend" doc:"What the owner of the device does about it."`
	Needs     []string `json:"needs" doc:"The parameters of a rule that the condition needs: hours, platforms, floors, apps, count, area."`
}

// Point is a place on the earth, in degrees (WGS 84).
type Point struct {
	Latitude  float64 `json:"latitude" minimum:"-90" maximum:"90"`
	Longitude float64 `json:"longitude" minimum:"-180" maximum:"180"`
}

// Circle is all that is within some distance of a place.
type Circle struct {
	Point
	Metres float64 `json:"metres" minimum:"100" maximum:"5000000" doc:"The radius."`
}

// Area is a circle or a polygon on the earth.
type Area struct {
	Circle  *Circle `json:"circle,omitempty"`
	Polygon []Point `json:"polygon,omitempty" maxItems:"100" doc:"Its corners in order, 3 or more. It goes around neither pole."`
	Hours   int     `json:"hours,omitempty" minimum:"1" maximum:"8760" doc:"How old a position may be to tell anything: from an older one the answer is unknown. 24 when left out."`
	During  *Week   `json:"during,omitempty" doc:"When the area is asked for; at other times a device may be anywhere. Always when left out."`
}

// Floor is the least version of a platform's system, from a day on.
type Floor struct {
	Platform string `json:"platform" maxLength:"64"`
	Version  string `json:"version" maxLength:"32" doc:"Such as 17.2."`
	From     string `json:"from,omitempty" maxLength:"10" doc:"The first day on which it is asked, such as 2027-01-31, in UTC; always when left out."`
}

// ComplianceRuleDraft is a condition, the devices it is for, and what follows.
type ComplianceRuleDraft struct {
	Name          string `json:"name" minLength:"1" maxLength:"128"`
	Enabled       bool   `json:"enabled"`
	Condition     string `json:"condition" maxLength:"64"`
	UnknownCounts bool   `json:"unknownCounts,omitempty" doc:"A device of which it is not known breaks the rule too."`

	Hours     int      `json:"hours,omitempty" minimum:"0" maximum:"8760"`
	Platforms []string `json:"platforms,omitempty" maxItems:"100" doc:"Those that are allowed."`
	Floors    []Floor  `json:"floors,omitempty" maxItems:"100" doc:"The least versions of systems. Of those of one platform, the highest that is asked by now holds."`
	Apps      []string `json:"apps,omitempty" maxItems:"100" doc:"Ids; * at the end stands for any text."`
	Count     int      `json:"count,omitempty" minimum:"0" maximum:"100" doc:"The most devices of one owner."`
	Area      *Area    `json:"area,omitempty"`

	OnPlatforms  []string `json:"onPlatforms,omitempty" maxItems:"100" doc:"Whom the rule is for; none is all, here and below."`
	UserGroups   []string `json:"userGroups,omitempty" maxItems:"100"`
	DeviceGroups []string `json:"deviceGroups,omitempty" maxItems:"100"`
	Liability    string   `json:"liability,omitempty" enum:"any,corporate,personal"`

	TellOwner   bool   `json:"tellOwner,omitempty" doc:"A mail to the owner, at once."`
	TellStaff   bool   `json:"tellStaff,omitempty" doc:"A mail to the owners of the zone, at once."`
	Grace       int    `json:"grace,omitempty" minimum:"0" maximum:"8760" doc:"Hours until the rest follows."`
	Access      string `json:"access,omitempty" enum:"none,quarantine,block" doc:"What becomes of the device's mail. A computer with our agent, which has none, goes into the folder /Quarantine by either, and back when it keeps the rule again."`
	Mark        string `json:"mark,omitempty" enum:"none,stale,lost" doc:"What the device is called while it breaks the rule."`
	RetireAfter int    `json:"retireAfter,omitempty" minimum:"0" maximum:"365" doc:"Days after the grace until the device is retired; 0 for never. It needs the right to remove devices; budgets and the breaker hold, and readmitting undoes it."`
	WipeAfter   int    `json:"wipeAfter,omitempty" minimum:"0" maximum:"365" doc:"Days after the grace until the organization's data is erased; 0 for never. It needs the right to erase it."`
}

// ComplianceRule is a rule that devices are held to.
type ComplianceRule struct {
	ID string `json:"id"`
	ComplianceRuleDraft
	Broken     int   `json:"broken" doc:"Devices that break it, of those that the caller may see."`
	Restricted int   `json:"restricted" doc:"Of them, those that mail is kept from."`
	Version    int64 `json:"version"`
}

// ComplianceTrial is what a rule would find; nobody is held to it.
type ComplianceTrial struct {
	Devices int   `json:"devices" doc:"That the rule is for."`
	Breaks  int   `json:"breaks" doc:"That would break it, with those of which it is not known, where that counts."`
	Unknown int   `json:"unknown" doc:"Of which it is not known, whether that counts or not."`
	Some    []Ref `json:"some" doc:"Up to 100 of the devices that break it."`
}

// Breach is a rule that a device breaks.
type Breach struct {
	Device     Ref    `json:"device"`
	Rule       Ref    `json:"rule"`
	Unknown    bool   `json:"unknown" doc:"It is not known, and that counts."`
	Because    string `json:"because"`
	Since      string `json:"since"`
	Restricted string `json:"restricted" doc:"Since when mail is kept from the device; empty while it is not."`
	Access     string `json:"access" enum:"none,quarantine,block"`
	Wiped      string `json:"wiped" doc:"When the erasure of the organization's data was asked for."`
}

// Finding is what one rule says of one device.
type Finding struct {
	Rule    Ref    `json:"rule"`
	Answer  string `json:"answer" enum:"keeps,breaks,unknown,exempt,not"`
	Because string `json:"because"`
	Mend    string `json:"mend"`
	Breach  bool   `json:"breach" doc:"It counts as broken."`
	Since   string `json:"since"`
	Due     string `json:"due" doc:"When what follows comes into force; empty where nothing does."`
	Wipe    string `json:"wipe" doc:"When the organization's data is erased; empty for never."`
	Access  string `json:"access" enum:"none,quarantine,block" doc:"What is in force now."`
	Then    string `json:"then" enum:"none,quarantine,block" doc:"What will be when it is due."`
}

// WaiverDraft exempts a device for a time.
type WaiverDraft struct {
	Device string `json:"device" minLength:"1" maxLength:"64"`
	Rule   string `json:"rule,omitempty" maxLength:"64" doc:"Left out for all rules."`
	Reason string `json:"reason" minLength:"1" maxLength:"500"`
	Until  string `json:"until" doc:"At most a year from now."`
}

// Waiver exempts a device from a rule, or from all.
type Waiver struct {
	ID      string `json:"id"`
	Device  Ref    `json:"device"`
	Rule    Ref    `json:"rule" doc:"Empty for all."`
	Reason  string `json:"reason"`
	Until   string `json:"until"`
	Created string `json:"created"`
	By      Ref    `json:"by"`
}

// NoticePlaceholder is what is replaced in a mail: its name stands in braces.
type NoticePlaceholder struct {
	Name  string `json:"name"`
	Words string `json:"words" doc:"What stands there in a mail."`
}

// ComplianceNoticesHelp is what one needs to write the mails.
type ComplianceNoticesHelp struct {
	BuiltIn      ComplianceNotices   `json:"builtIn" doc:"The texts that Drover brings along."`
	Placeholders []NoticePlaceholder `json:"placeholders"`
}

// ComplianceNotices are the mails that owners get. {device}, {rule}, {because}, {mend}, {until} and {then} are replaced.
type ComplianceNotices struct {
	BreachSubject     string `json:"breachSubject" minLength:"1" maxLength:"200"`
	Breach            string `json:"breach" minLength:"1" maxLength:"4000"`
	RestrictedSubject string `json:"restrictedSubject" minLength:"1" maxLength:"200"`
	Restricted        string `json:"restricted" minLength:"1" maxLength:"4000"`
	RestoredSubject   string `json:"restoredSubject" minLength:"1" maxLength:"200"`
	Restored          string `json:"restored" minLength:"1" maxLength:"4000"`
	ReleasedSubject   string `json:"releasedSubject" minLength:"1" maxLength:"200"`
	Released          string `json:"released" minLength:"1" maxLength:"4000" doc:"Of a device that is exempt, or not held to the rule any more for another reason than that it keeps it."`
}
