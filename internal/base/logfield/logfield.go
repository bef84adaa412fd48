// Package logfield holds the names of log fields, so that the same thing has the same name in every line. None of them
// may carry a secret or personal data: no user names, no query strings, no message contents.
package logfield

// The fields.
const (
	Service  = "service"  // a name from the catalogue of services
	Route    = "route"    // the pattern of a route, never the path that was asked for
	Method   = "method"   // the HTTP method
	Status   = "status"   // the HTTP status
	Reason   = "reason"   // why something was refused: a constant
	Client   = "client"   // the network address a request came from
	Request  = "request"  // the id of a request
	BytesIn  = "in"       // octets received
	BytesOut = "out"      // octets sent
	Duration = "duration" // how long it took
	Address  = "address"  // where a listener listens
	Name     = "name"     // the name of a part of the server
	Error    = "error"    // an error's text
	Stack    = "stack"    // where a panic came from
	Kind     = "kind"     // what sort of thing
	Count    = "count"    // how many
	Expires  = "expires"  // when something ends
	Device   = "device"   // the id of a device
	Upstream = "upstream" // the id of a mail server
	Command  = "command"  // the id of a command
	Actor    = "actor"    // the id of who acted
	Topic    = "topic"    // a topic of the bus
	Version  = "version"  // a version or revision
)

// Personal are the fields by which a line can be traced to a person: to a device, to who acted, to where somebody is on
// the network. They are for whoever may read the files of the server; the pages of administrators leave them out.
var Personal = []string{Client, Device, Actor, Command}
