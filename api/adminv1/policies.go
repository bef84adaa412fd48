package adminv1

// Values is a set of settings: true or false, a number (also for a choice), a text, a list of texts or one of files, by the setting's
// key. {"locked": VALUE} leaves the user no choice of a stricter one.
type Values map[string]any

// SettingSpec is one setting of the catalogue.
type SettingSpec struct {
	Key      string   `json:"key"`
	Category string   `json:"category"`
	Group    string   `json:"group" doc:"What the category is called."`
	Title    string   `json:"title"`
	Help     string   `json:"help"`
	Kind     string   `json:"kind" enum:"bool,number,choice,text,list,files"`
	Format   string   `json:"format" doc:"What a text, or each of a list, must look like; empty for any."`
	Min      int64    `json:"min"`
	Max      int64    `json:"max"`
	Unit     string   `json:"unit"`
	None     int64    `json:"none" doc:"The number that means no limit."`
	Options  []Option `json:"options"`
	Default  any      `json:"default"`
	Stricter string   `json:"stricter" enum:"yes,no,more,less,both,common"`
	Needs    string   `json:"needs" doc:"A setting that must be on, or this one has no effect."`
	Lockable bool     `json:"lockable" doc:"A value can be locked, so that the user may choose no stricter one."`
	Channels []string `json:"channels" doc:"What can carry it to a device; none for what Drover keeps by itself."`
}

// Option is one choice.
type Option struct {
	Number int64  `json:"number"`
	Words  string `json:"words"`
}

// Preset is a suite to start from.
type Preset struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Corporate   Values `json:"corporate"`
	Personal    Values `json:"personal"`
}

// Suite is a named set of rules.
type Suite struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
	Version     int    `json:"version" doc:"The newest, which is in force."`
	Created     string `json:"created"`
	Updated     string `json:"updated"`
	Retired     bool   `json:"retired"`
	Assigned    int    `json:"assigned"`
	IsDefault   bool   `json:"isDefault" doc:"It is assigned to everybody else."`
}

// SuiteDetail is a suite with the values in force.
type SuiteDetail struct {
	Suite
	UpdatedBy string    `json:"updatedBy"`
	Corporate Values    `json:"corporate"`
	Personal  Values    `json:"personal"`
	Warnings  []Warning `json:"warnings" doc:"Values that have no effect, and why."`
}

// Warning is about one value.
type Warning struct {
	Name    string `json:"name"`
	Message string `json:"message"`
}

// SuiteDraft makes a suite, from a preset or from values.
type SuiteDraft struct {
	Name        string `json:"name" minLength:"1" maxLength:"128"`
	Description string `json:"description,omitempty" maxLength:"1000"`
	Preset      string `json:"preset,omitempty" maxLength:"40"`
	Corporate   Values `json:"corporate,omitempty"`
	Personal    Values `json:"personal,omitempty"`
}

// SuiteEdit changes a suite: what it is called, and with a new version what it says.
type SuiteEdit struct {
	Name        string `json:"name" minLength:"1" maxLength:"128"`
	Description string `json:"description,omitempty" maxLength:"1000"`
	Note        string `json:"note,omitempty" maxLength:"500" doc:"Why, for people."`
	Corporate   Values `json:"corporate"`
	Personal    Values `json:"personal"`
}

// RollBack makes a new version that says what an old one said.
type RollBack struct {
	Version int    `json:"version" minimum:"1"`
	Note    string `json:"note,omitempty" maxLength:"500"`
}

// SuiteVersion is one version of a suite.
type SuiteVersion struct {
	Version   int    `json:"version"`
	Created   string `json:"created"`
	By        string `json:"by"`
	Note      string `json:"note"`
	From      int    `json:"from" doc:"The version it repeats; 0 for none."`
	Corporate Values `json:"corporate"`
	Personal  Values `json:"personal"`
}

// SuiteDiffLine is one value that two versions do not share.
type SuiteDiffLine struct {
	Key       string `json:"key"`
	Label     string `json:"label"`
	Liability string `json:"liability" enum:"corporate,personal"`
	Before    string `json:"before" doc:"In words; empty where it is not set."`
	After     string `json:"after"`
}

// SuitePreview says what a suite sends to a platform, and what the platform makes of it.
type SuitePreview struct {
	Platform string        `json:"platform"`
	Protocol string        `json:"protocol"`
	Lines    []PreviewLine `json:"lines"`
}

// PreviewLine is one setting of a preview.
type PreviewLine struct {
	Key    string `json:"key"`
	Label  string `json:"label"`
	Value  string `json:"value"`
	Fate   string `json:"fate" enum:"sent,partly,ignored,untold,inexpressible,idle,kept"`
	Over   string `json:"over" doc:"The channel that carries it; empty where none does."`
	Sends  string `json:"sends" doc:"What goes over the wire; empty when nothing does."`
	Reason string `json:"reason"`
}

// Assignment puts a suite in force for a target.
type Assignment struct {
	ID       string `json:"id"`
	Kind     string `json:"kind" enum:"device,user,group,default"`
	Target   Ref    `json:"target"`
	Suite    Ref    `json:"suite"`
	Priority int    `json:"priority" doc:"Between groups alone: the greatest wins."`
	At       string `json:"at"`
}

// AssignmentMade is a new assignment, and what it took the place of.
type AssignmentMade struct {
	Assignment
	Replaced Ref `json:"replaced" doc:"The suite that the target had until now; empty for none."`
}

// AssignmentDraft assigns a suite.
type AssignmentDraft struct {
	Kind     string `json:"kind" enum:"device,user,group,default"`
	Target   string `json:"target,omitempty" maxLength:"40" doc:"The id of the device, user or group; empty for the default."`
	Suite    string `json:"suite" minLength:"1" maxLength:"40"`
	Priority int    `json:"priority,omitempty" minimum:"-1000000" maximum:"1000000"`
}
