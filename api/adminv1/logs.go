package adminv1

// LogLine is one line of the server's own log, without what leads to a person.
type LogLine struct {
	At      string            `json:"at"`
	Level   string            `json:"level" enum:"debug,info,warn,error"`
	Message string            `json:"message"`
	Fields  map[string]string `json:"fields"`
}

// SyncRecord is one exchange with a device.
type SyncRecord struct {
	ID       string  `json:"id"`
	At       string  `json:"at"`
	Device   Ref     `json:"device"`
	User     Ref     `json:"user"`
	Channel  string  `json:"channel" enum:"activesync,companion"`
	Command  string  `json:"command"`
	Outcome  string  `json:"outcome" enum:"ok,refused,failed"`
	Reason   string  `json:"reason" doc:"What the device was asked for, or refused with; empty for nothing."`
	Status   int     `json:"status" doc:"Of HTTP."`
	Duration float64 `json:"duration" doc:"Seconds. A device that waits for news makes long ones."`
	Received int64   `json:"received" doc:"Octets of the request's body."`
	Sent     int64   `json:"sent" doc:"Octets of the answer's body."`
}

// SyncKeeping says for how long synchronisations are kept.
type SyncKeeping struct {
	Days int `json:"days" minimum:"0" maximum:"90" doc:"0 keeps none, and deletes those that there are."`
}
