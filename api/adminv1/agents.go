package adminv1

// DeviceAgent is how a computer stands, as its agent told last.
type DeviceAgent struct {
	Version   string          `json:"version" doc:"Of the agent."`
	Made      string          `json:"made"`
	Received  string          `json:"received"`
	Documents []AgentDocument `json:"documents" doc:"What is in force there."`
	Refused   []AgentRefusal  `json:"refused" doc:"What the agent did not take, and why."`
	Waiting   int             `json:"waiting" doc:"Results and events that the agent could not deliver yet."`
	Lost      int             `json:"lost" doc:"Events that the agent dropped because there were too many, since it was installed."`
}

// AgentDocument is one that is in force on a computer.
type AgentDocument struct {
	Kind    string `json:"kind" enum:"settings,policies,assignments"`
	Version int64  `json:"version" doc:"When it was made, in microseconds since 1970."`
	Stale   bool   `json:"stale" doc:"It has expired, and none has come since; it stays in force."`
}

// AgentRefusal is a document that an agent did not take.
type AgentRefusal struct {
	Kind   string `json:"kind"`
	Reason string `json:"reason" enum:"signature,key,device,kind,older,expired,form"`
}

// AgentResult is what became of one order, or of one run of a script.
type AgentResult struct {
	ID       string `json:"id"`
	Device   Ref    `json:"device"`
	Command  string `json:"command" doc:"Empty of a script."`
	Script   string `json:"script" doc:"Empty of an order."`
	Revision string `json:"revision" doc:"Of the script."`
	State    string `json:"state" enum:"done,failed,postponed"`
	Reason   string `json:"reason" enum:",not-supported,expired,interrupted,no-consent,busy,error"`
	Words    string `json:"words" doc:"The agent's, for people."`
	Exit     int    `json:"exit" doc:"Of a script: its exit status."`
	Output   string `json:"output" doc:"Of a script: the end of what it wrote."`
	Made     string `json:"made"`
	Received string `json:"received"`
}

// RemovalCode lets the agent of one computer be removed there, once.
type RemovalCode struct {
	Code string `json:"code" doc:"Typed there as: drover-agent uninstall --code CODE."`
}
