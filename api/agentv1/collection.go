package agentv1

// Events are what happened on a computer.
type Events struct {
	ID     string  `json:"id" minLength:"16" maxLength:"64" doc:"Tells this request from every other; the same one again is the same request."`
	Events []Event `json:"events" minItems:"1" maxItems:"500"`
}

// Event is one thing that happened.
type Event struct {
	ID    string `json:"id" minLength:"16" maxLength:"64" doc:"The same one again is the same event."`
	At    string `json:"at"`
	Kind  string `json:"kind" enum:"start,stop,login,elevation,usb,message"`
	Level string `json:"level" enum:"info,warn,error"`
	Words string `json:"words" maxLength:"1024" doc:"For people."`
	User  string `json:"user,omitempty" maxLength:"256" doc:"The account that it is about."`
}

// The kinds of events.
const (
	EventStart     = "start"     // the agent began
	EventStop      = "stop"      // it ended as asked
	EventLogin     = "login"     // somebody signed in
	EventElevation = "elevation" // somebody became an administrator
	EventUSB       = "usb"       // a device was plugged in
	EventMessage   = "message"   // something the agent has to say
)

// Taken answers events, once they are durable.
type Taken struct {
	Count int `json:"count" doc:"How many are kept; the others tell of people what the policy does not ask for any more."`
}

// NewUpload begins the upload of a file. The same id again answers with the upload as it stands.
type NewUpload struct {
	ID     string `json:"id" minLength:"16" maxLength:"64" doc:"Tells this upload from every other; the same one again is the same upload."`
	Kind   string `json:"kind" enum:"log,inventory,audit,message" doc:"log: the agent's own, as the answer to an order. inventory: an InventoryReport. audit and message: Events, as many as there are."`
	Order  string `json:"order,omitempty" maxLength:"64" doc:"The order that it answers."`
	Type   string `json:"type" maxLength:"128" doc:"The media type: text/plain, application/gzip."`
	Size   int64  `json:"size" minimum:"1" maximum:"67108864" doc:"Octets."`
	SHA256 string `json:"sha256" minLength:"64" maxLength:"64" doc:"Of the whole, in hexadecimal digits."`
}

// Upload is how an upload stands. A chunk is sent by PUT of PathUploads/{upload}?offset=N with its octets as the body, media
// type application/octet-stream; one that begins elsewhere than at the offset is refused with 409 upload.offset. With the
// last chunk the whole is checked, and the answer comes once it is durable: 422 upload.hash when it is another file.
type Upload struct {
	Upload string `json:"upload" doc:"The server's name of it."`
	Offset int64  `json:"offset" doc:"How many octets are kept: where the next chunk begins."`
	Chunk  int    `json:"chunk" doc:"How many octets a chunk may hold at most."`
	Done   bool   `json:"done" doc:"All of it is kept."`
}
