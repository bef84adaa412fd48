package agentv1

import "encoding/json"

// Status is how a computer stands. The last one counts; an agent sends one after each turn in which something changed, and
// once a day at least.
type Status struct {
	ID        string         `json:"id" minLength:"16" maxLength:"64" doc:"Tells this request from every other; the same one again is the same request."`
	Made      string         `json:"made" doc:"By the agent's clock, set right by what it knows of the server's."`
	Agent     string         `json:"agent" maxLength:"64" doc:"Its version."`
	Facts     *Facts         `json:"facts,omitempty" doc:"Where they changed."`
	Documents []Held         `json:"documents" maxItems:"4" doc:"What is in force."`
	Refused   []Refusal      `json:"refused,omitempty" maxItems:"4" doc:"Documents that the agent did not take."`
	Revision  string         `json:"revision,omitempty" maxLength:"64" doc:"Of the policies that the settings below are of."`
	Settings  []SettingState `json:"settings,omitempty" maxItems:"200"`
	Waiting   int            `json:"waiting" doc:"Results and events that have not been delivered yet."`
	Lost      int            `json:"lost" doc:"Events that were dropped because the agent's queue was full, since it was installed. Results of orders never are; of one script, the newest hundred are kept."`
}

// Held is the last good document of a kind.
type Held struct {
	Kind    string `json:"kind" enum:"settings,policies,assignments,locations"`
	Version int64  `json:"version"`
	Stale   bool   `json:"stale,omitempty" doc:"It has expired, and none has come since."`
}

// Refusal says why a document was not taken.
type Refusal struct {
	Kind   string `json:"kind" enum:"settings,policies,assignments,locations"`
	Reason string `json:"reason" enum:"signature,key,device,kind,older,expired,form"`
}

// SettingState is how one setting stands.
type SettingState struct {
	Setting string          `json:"setting" maxLength:"64"`
	State   string          `json:"state" enum:"met,repaired,violated,failed,unsupported,unknown" doc:"met: found as asked. repaired: found otherwise and mended. violated: found otherwise, and the policy does not ask to mend it, or it cannot be mended from here. failed: mending failed. unsupported: this system cannot be asked. unknown: it could not be found out."`
	Asked   json.RawMessage `json:"asked,omitempty"`
	Found   string          `json:"found,omitempty" maxLength:"512" doc:"Before anything was mended; for people."`
	Reason  string          `json:"reason,omitempty" maxLength:"512" doc:"A sentence for people."`
	At      string          `json:"at" doc:"When it was looked at."`
}

// The states of a setting.
const (
	StateMet         = "met"
	StateRepaired    = "repaired"
	StateViolated    = "violated"
	StateFailed      = "failed"
	StateUnsupported = "unsupported"
	StateUnknown     = "unknown"
)

// StatusTaken answers a status.
type StatusTaken struct {
	Renew bool `json:"renew" doc:"The key should be renewed, whatever its certificate says."`
}

// Results are what became of orders and scripts.
type Results struct {
	Results []Result `json:"results" minItems:"1" maxItems:"100"`
}

// Result is what became of one order, or of one run of a script. Its id tells it from every other: an agent sends it until
// it is taken, and the same one again changes nothing.
type Result struct {
	ID        string `json:"id" minLength:"16" maxLength:"64"`
	Order     string `json:"order,omitempty" maxLength:"64" doc:"Of an order: its id."`
	Script    string `json:"script,omitempty" maxLength:"64" doc:"Of a script: its id."`
	Revision  string `json:"revision,omitempty" maxLength:"64" doc:"Of the script."`
	State     string `json:"state" enum:"begun,done,failed,postponed"`
	Challenge string `json:"challenge,omitempty" maxLength:"64" doc:"Of begun: the order's."`
	Reason    string `json:"reason,omitempty" enum:"not-supported,expired,interrupted,no-consent,busy,error" doc:"Why it failed or is postponed. interrupted: the agent ended while it was carried out, and nobody knows how far it came; it is not begun again."`
	Words     string `json:"words,omitempty" maxLength:"1024" doc:"What was done, or why not, for people."`
	Exit      int    `json:"exit,omitempty" doc:"Of a script: its exit status."`
	Output    string `json:"output,omitempty" maxLength:"65536" doc:"Of a script: the end of what it wrote."`
	Made      string `json:"made"`
}

// The states of a result.
const (
	ResultBegun     = "begun"
	ResultDone      = "done"
	ResultFailed    = "failed"
	ResultPostponed = "postponed"
)

// ResultsTaken answers results, once they are durable.
type ResultsTaken struct {
	Taken []string `json:"taken" doc:"Ids of results; those that no order or script belongs to any more are named too, so that nothing is sent for ever."`
	Go    []string `json:"go" doc:"Ids of orders that may be carried out now: of begun with the right challenge, while the order holds. Asked again, the same answer."`
}

// Locations say where a computer is and which servers are close. An agent keeps them and uses them without a server, as it does
// all documents: it tries the first, then the next, and comes back to the first after a while. Where none of a role answers, it
// turns to the server that it registered with.
type Locations struct {
	Location string   `json:"location" doc:"The place's name, for people; empty where the zone knows none for its address."`
	Servers  []Server `json:"servers" maxItems:"10"`
}

// Server is where one role is played.
type Server struct {
	Role string   `json:"role" enum:"management,registration,collection"`
	URLs []string `json:"urls" maxItems:"16" doc:"The closest first: https://server.example.org"`
}

// The roles.
const (
	RoleManagement   = "management"
	RoleRegistration = "registration"
	RoleCollection   = "collection"
)

// MaxServers bounds the addresses of one role.
const MaxServers = 16

// Hint is what a held connection carries to an agent, one JSON text frame of at most 1 KiB each. It only ever says that it is
// worth asking: who forges or swallows one gains a question that would have come anyway.
type Hint struct {
	Hint    string `json:"hint" enum:"check,drain,ping"`
	Seconds int    `json:"seconds,omitempty" doc:"Of check and drain: within which time, each agent at its own moment. Of drain: the server is about to stop; hold the connection to another."`
}

// The hints.
const (
	HintCheck = "check" // ask for documents
	HintDrain = "drain"
	HintPing  = "ping" // nothing to do
)
