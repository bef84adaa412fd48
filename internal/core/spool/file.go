package spool

import (
	"regexp"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

// Kind says what is in a file.
type Kind string

// The kinds.
const (
	Log       Kind = "log"       // the agent's own log
	Inventory Kind = "inventory" // an inventory that was too large for one request, or taken without a network
	Audit     Kind = "audit"     // events
	Message   Kind = "message"   // events that the agent tells of itself
)

// Known tells whether there is such a kind.
func (k Kind) Known() bool { return k == Log || k == Inventory || k == Audit || k == Message }

// State is where a file stands.
type State string

// The states.
const (
	Receiving State = "receiving"
	Waiting   State = "waiting"  // whole; it will be imported
	Imported  State = "imported" // its octets are gone
	Aside     State = "aside"    // it cannot be imported
)

// Known tells whether there is such a state.
func (s State) Known() bool {
	return s == Receiving || s == Waiting || s == Imported || s == Aside
}

// File is one file that a device sends.
type File struct {
	ID       string
	Device   string
	Owner    string // of the device when it began: whose key seals it
	Upload   string // the device's own name for it: the same one again is the same file
	Kind     Kind
	Command  string // that it answers, or ""
	Media    string // as the device says
	Size     int64  // octets
	SHA256   string // of the whole, in hexadecimal digits
	Received int64  // octets that are kept
	State    State
	Tries    int       // to import it
	Due      time.Time // the next one
	Reason   string    // why the last one failed, for people
	Begun    time.Time
	Changed  time.Time

	server string
}

// Draft is what a device says of a file before it sends it.
type Draft struct {
	Upload  string
	Kind    Kind
	Command string
	Media   string
	Size    int64
	SHA256  string
}

const (
	// Chunk bounds a chunk, in octets.
	Chunk = 1 << 20
	// MaxSize bounds a file, in octets.
	MaxSize = 64 << 20

	maxOpen  = 20       // files of one device that are not imported
	maxFiles = 10_000   // of the zone
	maxBytes = 32 << 30 // of the zone
	maxMedia = 128
)

var (
	uploadPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{16,64}$`)
	hashPattern   = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

func (d *Draft) check() error {
	invalid := func(field, words string) error {
		return problem.New(problem.Invalid, "upload.form", words).WithField(field)
	}
	switch {
	case !uploadPattern.MatchString(d.Upload):
		return invalid("id", "An upload has an id of 16 to 64 letters, digits, - and _.")
	case !d.Kind.Known():
		return invalid("kind", "An upload is a log, an inventory, audit or message.")
	case d.Size < 1 || d.Size > MaxSize:
		return invalid("size", "An upload has 1 octet to 64 MiB.")
	case !hashPattern.MatchString(d.SHA256):
		return invalid("sha256", "The SHA-256 is 64 hexadecimal digits in lower case.")
	case len(d.Command) > maxMedia || len(d.Media) > maxMedia:
		return invalid("type", "The media type and the order have at most 128 characters.")
	}
	d.Command, d.Media = sqldb.Clean(d.Command, maxMedia), sqldb.Clean(d.Media, maxMedia)
	return nil
}

// is tells whether the file is the one that the device speaks of.
func (f File) is(d Draft) bool {
	return f.Kind == d.Kind && f.Size == d.Size && f.SHA256 == d.SHA256 && f.Command == d.Command
}

const columns = `f.id, f.device, f.owner, f.upload, f.kind, f.command, f.media, f.size, f.sha256, f.server, f.received, f.state, f.tries,
	f.due, f.reason, f.begun, f.changed`

func scanFile(r sqldb.Row) (f File, err error) {
	var due, begun, changed int64
	err = r.Scan(&f.ID, &f.Device, &f.Owner, &f.Upload, &f.Kind, &f.Command, &f.Media, &f.Size, &f.SHA256, &f.server, &f.Received, &f.State,
		&f.Tries, &due, &f.Reason, &begun, &changed)
	f.Due, f.Begun, f.Changed = sqldb.Time(due), sqldb.Time(begun), sqldb.Time(changed)
	return f, err
}
