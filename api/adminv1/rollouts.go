package adminv1

// RolloutPlan says who gets a new version of a suite first.
type RolloutPlan struct {
	Groups  []string `json:"groups,omitempty" maxItems:"50" doc:"Ids of groups of devices or users whose devices get it at once."`
	Percent int      `json:"percent" minimum:"0" maximum:"100" doc:"Share of the other devices that get it now."`
	Step    int      `json:"step,omitempty" minimum:"0" maximum:"100" doc:"By how much the share rises each time; 0 for not by itself."`
	Minutes int      `json:"minutes,omitempty" minimum:"0" maximum:"43200" doc:"Minutes between steps, 10 at least."`
}

// RolloutDraft makes a new version of a suite and puts it in force for some devices.
type RolloutDraft struct {
	RolloutPlan
	Note      string `json:"note,omitempty" maxLength:"500" doc:"Why, for people."`
	Corporate Values `json:"corporate"`
	Personal  Values `json:"personal"`
}

// RolloutEdit changes who gets the new version.
type RolloutEdit struct {
	RolloutPlan
	Paused bool `json:"paused" doc:"No step is taken while it is paused."`
}

// Rollout is a version of a suite that is in force for some of its devices.
type Rollout struct {
	Suite   Ref    `json:"suite"`
	Version int    `json:"version"`
	Groups  []Ref  `json:"groups"`
	Percent int    `json:"percent"`
	Step    int    `json:"step"`
	Minutes int    `json:"minutes"`
	Paused  bool   `json:"paused"`
	By      string `json:"by"`
	Started string `json:"started"`
	Changed string `json:"changed"`
	Due     string `json:"due" doc:"When the next step is taken; empty for never."`
}

// Supposition is a change that is not made: what a suite would say, a suite assigned, or an assignment taken away. One of
// the three.
type Supposition struct {
	Suite     string           `json:"suite,omitempty" maxLength:"64" doc:"The suite that would say corporate and personal."`
	Corporate Values           `json:"corporate,omitempty"`
	Personal  Values           `json:"personal,omitempty"`
	Assign    *AssignmentDraft `json:"assign,omitempty"`
	Unassign  string           `json:"unassign,omitempty" maxLength:"80" doc:"The id of an assignment."`
}

// Simulation is what a change would do to the devices in service that the caller sees.
type Simulation struct {
	Devices   int                 `json:"devices"`
	Changed   int                 `json:"changed" doc:"Some value changes for them."`
	Told      int                 `json:"told" doc:"They must fetch their policy anew."`
	Out       int                 `json:"out" doc:"They could not keep what is newly asked, or would get no mail."`
	Platforms []SimulatedPlatform `json:"platforms"`
	Settings  []SimulatedSetting  `json:"settings"`
}

// SimulatedPlatform is the part of one platform in a simulation.
type SimulatedPlatform struct {
	Key     string `json:"key"`
	Label   string `json:"label"`
	Devices int    `json:"devices"`
	Changed int    `json:"changed"`
	Out     int    `json:"out"`
}

// SimulatedSetting is the part of one setting in a simulation.
type SimulatedSetting struct {
	Key     string `json:"key"`
	Label   string `json:"label"`
	Changed int    `json:"changed"`
	Out     int    `json:"out"`
}

// SimulatedDevice is one device that a change would reach.
type SimulatedDevice struct {
	ID       string          `json:"id"`
	Name     string          `json:"name"`
	User     Ref             `json:"user"`
	Platform string          `json:"platform"`
	Changes  []SuiteDiffLine `json:"changes"`
	Out      []Warning       `json:"out" doc:"What it could not keep, and why."`
}

// PolicyLayer is one suite that reaches a device. Of several, each setting has the value of the first that sets it.
type PolicyLayer struct {
	Kind    string `json:"kind" enum:"device,user,group,default"`
	Target  Ref    `json:"target"`
	Suite   Ref    `json:"suite"`
	Version int    `json:"version"`
	Staged  bool   `json:"staged" doc:"The version is being rolled out, and the device is among the first."`
	Sets    int    `json:"sets" doc:"How many values of the device come from it."`
}
