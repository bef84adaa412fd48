package adminv1

// ComputerKey lets some computers register. What a computer shows is told once, when it is made.
type ComputerKey struct {
	ID        string        `json:"id"`
	Name      string        `json:"name"`
	Platforms []string      `json:"platforms" doc:"linux, windows, macos; none for all."`
	Place     ComputerPlace `json:"place" doc:"Where those are put that come in by it."`
	Uses      int           `json:"uses" doc:"How many computers."`
	Used      int           `json:"used"`
	Open      bool          `json:"open" doc:"A computer can still come in by it."`
	By        Actor         `json:"by"`
	Created   string        `json:"created"`
	Expires   string        `json:"expires"`
	Ended     string        `json:"ended" doc:"When it was taken back."`
}

// ComputerPlace says where a computer is put that comes in, and what it is called.
type ComputerPlace struct {
	Folder string   `json:"folder,omitempty" maxLength:"64" doc:"A folder's id; empty for the topmost."`
	Groups []string `json:"groups,omitempty" maxItems:"20" doc:"Ids of groups of devices."`
	Name   string   `json:"name,omitempty" maxLength:"128" doc:"A template; empty for the host name. {host}, {fqdn}, {serial}, {model}, {platform}, {user}, {attribute:NAME}, {number} and {number:4} stand for what the computer tells, and for a number that counts up."`
}

// ComputerKeyDraft makes an authorization key.
type ComputerKeyDraft struct {
	Name      string        `json:"name" minLength:"1" maxLength:"128" doc:"What it is for, for people."`
	Platforms []string      `json:"platforms,omitempty" maxItems:"3" doc:"linux, windows, macos; none for all."`
	Place     ComputerPlace `json:"place,omitempty"`
	Uses      int           `json:"uses,omitempty" minimum:"1" maximum:"100000" default:"1"`
	Hours     int           `json:"hours,omitempty" minimum:"1" maximum:"8784" default:"72"`
}

// NewComputerKey is an authorization key with what a computer shows, which is told this once.
type NewComputerKey struct {
	ComputerKey
	Key  string        `json:"key" doc:"Whoever has it brings computers in."`
	Join []JoinCommand `json:"join" doc:"What to run on a computer, one for each system."`
}

// JoinCommand is one line that brings a computer in.
type JoinCommand struct {
	Platform string `json:"platform" enum:"linux,windows,macos"`
	Command  string `json:"command" doc:"For an administrator of the computer, on which the agent's program is."`
	Words    string `json:"words" doc:"What to know about it."`
}

// ComputersClosed says where no new computers are taken in. Those that are in stay, and renew their keys.
type ComputersClosed struct {
	Zone    bool     `json:"zone" doc:"Everywhere."`
	Servers []string `json:"servers" maxItems:"200" doc:"Ids of servers."`
}
