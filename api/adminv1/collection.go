package adminv1

// Upload is a file that a computer sends, until what is in it has been taken.
type Upload struct {
	ID       string `json:"id"`
	Device   Ref    `json:"device"`
	Kind     string `json:"kind" enum:"log,inventory,audit,message"`
	State    string `json:"state" enum:"receiving,waiting,imported,aside" doc:"waiting: whole, and to be imported. aside: it cannot be imported, for the reason."`
	Size     int64  `json:"size" doc:"In bytes."`
	Received int64  `json:"received" doc:"In bytes."`
	Tries    int    `json:"tries" doc:"To import it."`
	Reason   string `json:"reason" doc:"Why the last one failed."`
	Begun    string `json:"begun"`
	Changed  string `json:"changed"`
}

// AgentEvent is one thing that an agent says of itself.
type AgentEvent struct {
	ID       string `json:"id"`
	Device   Ref    `json:"device"`
	At       string `json:"at" doc:"By the computer's clock."`
	Received string `json:"received"`
	Kind     string `json:"kind" enum:"start,stop,message"`
	Level    string `json:"level" enum:"info,warn,error"`
	Words    string `json:"words"`
}
