package journal

import (
	"encoding/json"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

// Entry is one thing that a device has told, opened.
type Entry struct {
	ID       string
	Kind     Kind
	Device   string
	Owner    string
	At       time.Time // when it happened, by the device's clock
	Received time.Time
	Size     int64           // bytes as they came
	Body     json.RawMessage // a [Position], [Call], [Text], [Lines], [Copy] or [Happening]
}

// Item is what can be told.
type Item interface {
	kind() Kind
	at() time.Time
	// check cleans the item and says what is wrong with it, or what of it is not asked for.
	check(Ask) error
}

// Position is where a device was (WGS 84).
type Position struct {
	At        time.Time `json:"at"`
	Latitude  float64   `json:"latitude"`  // degrees, north is positive
	Longitude float64   `json:"longitude"` // degrees, east is positive
	Accuracy  float64   `json:"accuracy"`  // metres, 0 when the device does not say
}

// Direction tells which way a call or a message went.
type Direction string

// The directions.
const (
	In     Direction = "in"
	Out    Direction = "out"
	Missed Direction = "missed"
)

// Call is one phone call.
type Call struct {
	At        time.Time `json:"at"`
	Number    string    `json:"number"`
	Direction Direction `json:"direction"`
	Seconds   int       `json:"seconds"`
}

// Text is one text message.
type Text struct {
	At        time.Time `json:"at"`
	Number    string    `json:"number"`
	Direction Direction `json:"direction"`
	Text      string    `json:"text,omitempty"` // empty where the policy does not ask for it
}

// Lines is a piece of a device's log.
type Lines struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	Text  string    `json:"text"`
}

// Copy is one file of a device. Its content follows by [Store.KeepFile].
type Copy struct {
	Path     string    `json:"path"`
	Modified time.Time `json:"modified"`
	SHA256   string    `json:"sha256"` // of the content, in hexadecimal digits
}

func (p *Position) kind() Kind    { return Location }
func (p *Position) at() time.Time { return p.At }

func (p *Position) check(ask Ask) error {
	inside := func(v, bound float64) bool { return !math.IsNaN(v) && math.Abs(v) <= bound }
	if !inside(p.Latitude, 90) || !inside(p.Longitude, 180) || !inside(p.Accuracy, 1e8) || p.Accuracy < 0 {
		return invalid("latitude", "A position has a latitude of -90 to 90, a longitude of -180 to 180, and an accuracy in metres.")
	}
	if !ask.Exact {
		p.Latitude, p.Longitude = coarse(p.Latitude), coarse(p.Longitude)
		p.Accuracy = max(p.Accuracy, coarseMetres)
	}
	return nil
}

// Two digits of a degree are about a kilometre.
const coarseMetres = 1000

func coarse(degrees float64) float64 { return math.Round(degrees*100) / 100 }

const (
	maxNumber = 64
	maxText   = 16 << 10
	maxLines  = 256 << 10
	maxPath   = 1024
	maxCall   = 7 * 24 * 3600
)

func (c *Call) kind() Kind    { return PhoneLog }
func (c *Call) at() time.Time { return c.At }

func (c *Call) check(Ask) error {
	if c.Direction != In && c.Direction != Out && c.Direction != Missed {
		return invalid("direction", "A call goes in or out, or is missed.")
	}
	if c.Seconds < 0 || c.Seconds > maxCall {
		return invalid("seconds", "A call lasts 0 seconds to 7 days.")
	}
	c.Number = sqldb.Clean(c.Number, maxNumber)
	return nil
}

func (m *Text) kind() Kind    { return TextLog }
func (m *Text) at() time.Time { return m.At }

func (m *Text) check(ask Ask) error {
	if m.Direction != In && m.Direction != Out {
		return invalid("direction", "A text message goes in or out.")
	}
	if len(m.Text) > maxText {
		return invalid("text", "A text message has at most 16 KiB.")
	}
	if m.Text != "" && !ask.Bodies {
		return problem.New(problem.Forbidden, "journal.unasked",
			"The policy of this device asks for the log of text messages, not for their texts. Nothing has been kept.")
	}
	m.Number, m.Text = sqldb.Clean(m.Number, maxNumber), strings.ToValidUTF8(m.Text, "\uFFFD")
	return nil
}

func (l *Lines) kind() Kind    { return DeviceLog }
func (l *Lines) at() time.Time { return l.Until }

func (l *Lines) check(Ask) error {
	if len(l.Text) > maxLines {
		return invalid("text", "A piece of a log has at most 256 KiB: send several.")
	}
	if l.From.After(l.Until) {
		return invalid("from", "A piece of a log begins before it ends.")
	}
	l.Text = redact(strings.ToValidUTF8(l.Text, "\uFFFD"))
	return nil
}

func (c *Copy) kind() Kind    { return File }
func (c *Copy) at() time.Time { return c.Modified }

func (c *Copy) check(ask Ask) error {
	if c.Path == "" || len(c.Path) > maxPath {
		return invalid("path", "A file has a path of 1 to 1024 bytes.")
	}
	c.Path = sqldb.Clean(c.Path, maxPath)
	if !ask.covers(c.Path) {
		return problem.New(problem.Forbidden, "journal.unasked",
			"The policy of this device does not ask for files of this folder or type. Nothing has been kept.")
	}
	return nil
}

// covers tells whether a file is asked for. Paths are the device's and never touch a file of the server.
func (a Ask) covers(file string) bool {
	file = strings.ReplaceAll(file, `\`, "/")
	if path.Clean(file) != file {
		return false
	}
	inside := func(folder string) bool {
		folder = strings.TrimSuffix(strings.ReplaceAll(folder, `\`, "/"), "/")
		return len(file) > len(folder)+1 && strings.EqualFold(file[:len(folder)+1], folder+"/")
	}
	ending := func(t string) bool { return strings.EqualFold(path.Ext(file), "."+strings.TrimPrefix(t, ".")) }
	return slices.ContainsFunc(a.Paths, inside) && (len(a.Types) == 0 || slices.ContainsFunc(a.Types, ending))
}

func invalid(field, words string) error {
	return problem.New(problem.Invalid, "journal.entry", words).WithField(field)
}

// The clock of a device may be wrong by years; what it says is kept within what a database can hold.
var (
	earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	ahead    = 24 * time.Hour
)

// plausible returns t, or now where a device's clock cannot be right.
func plausible(t, now time.Time) time.Time {
	if t.Before(earliest) || t.After(now.Add(ahead)) {
		return now
	}
	return t
}
