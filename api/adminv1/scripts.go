package adminv1

// ScriptDraft is what a script says.
type ScriptDraft struct {
	Name        string   `json:"name" minLength:"1" maxLength:"128"`
	Interpreter string   `json:"interpreter" enum:"sh,bash,python3,powershell"`
	Text        string   `json:"text" minLength:"1" maxLength:"65536" doc:"Runs as administrator of the computer."`
	Minutes     int      `json:"minutes" minimum:"0" maximum:"10080" doc:"Between two runs, 5 at least; 0 for once."`
	Seconds     int      `json:"seconds" minimum:"1" maximum:"3600" doc:"After which a run is ended."`
	Groups      []string `json:"groups,omitempty" maxItems:"50" doc:"Groups of devices whose computers run it; none for every computer."`
}

// Script is one that computers run by a schedule, with its newest version.
type Script struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Version     int64  `json:"version" doc:"The newest."`
	Live        int64  `json:"live" doc:"The version that computers run; 0 for none yet."`
	State       string `json:"state" enum:"awaiting,approved,rejected" doc:"Of the newest version."`
	Approval    string `json:"approval" doc:"On which the newest version waits, or by which it came in force; empty where it reached few."`
	Interpreter string `json:"interpreter"`
	Text        string `json:"text" doc:"Empty in lists."`
	Minutes     int    `json:"minutes"`
	Seconds     int    `json:"seconds"`
	Groups      []Ref  `json:"groups"`
	Reach       int    `json:"reach" doc:"Computers that the newest version reached when it was written."`
	By          Actor  `json:"by" doc:"Who wrote the newest version."`
	Created     string `json:"created"`
	Written     string `json:"written" doc:"When the newest version was."`
}

// ScriptVersion is one state of a script. It is never changed.
type ScriptVersion struct {
	Version     int64   `json:"version"`
	Live        bool    `json:"live" doc:"Computers run it."`
	State       string  `json:"state" enum:"awaiting,approved,rejected"`
	Approval    string  `json:"approval" doc:"On which it waits, or by which it came in force; empty where it reached few."`
	ApprovedBy  []Actor `json:"approvedBy" doc:"Who approved it besides who wrote it. Empty where it reached few, and for who may not see approvals."`
	Interpreter string  `json:"interpreter"`
	Text        string  `json:"text" doc:"Empty in lists."`
	Minutes     int     `json:"minutes"`
	Seconds     int     `json:"seconds"`
	Groups      []Ref   `json:"groups"`
	Reach       int     `json:"reach" doc:"Computers that it reached when it was written."`
	By          Actor   `json:"by"`
	Written     string  `json:"written"`
}
