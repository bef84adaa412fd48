package journal

import (
	"time"

	"drover/internal/base/sqldb"
)

// Happening is one thing that happened on a computer: of the kind [SignIn], [Elevation] or [USB].
type Happening struct {
	Event string    `json:"-"` // the device's own name for it: the same one again is the same
	What  Kind      `json:"-"`
	At    time.Time `json:"at"`
	Level string    `json:"level"`          // info, warn or error
	Words string    `json:"words"`          // for people
	User  string    `json:"user,omitempty"` // the account on the computer that it is about
}

const (
	maxWords   = 1024
	maxAccount = 256
)

func (h *Happening) kind() Kind    { return h.What }
func (h *Happening) at() time.Time { return h.At }

func (h *Happening) check(Ask) error {
	if h.What != SignIn && h.What != Elevation && h.What != USB {
		return invalid("kind", "What happens on a computer is a sign-in, an elevation, or usb.")
	}
	if h.Level != "info" && h.Level != "warn" && h.Level != "error" {
		return invalid("level", "The level is info, warn or error.")
	}
	h.Words, h.User = sqldb.Line(h.Words, maxWords), sqldb.Line(h.User, maxAccount)
	return nil
}
