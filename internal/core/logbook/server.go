package logbook

import (
	"log/slog"
	"slices"
	"strings"
	"time"

	"drover/internal/base/logfield"
	"drover/internal/base/logfile"
	"drover/internal/base/problem"
	"drover/internal/core/scope"
)

// Lines reads the server's log, newest first, until visit returns false.
type Lines interface {
	Walk(visit func(logfile.Line) bool) error
}

// ServerFilter narrows the lines of the server's log. Zero values do not narrow, but Level, of which 0 is Info.
type ServerFilter struct {
	Level  slog.Level // the least important
	Search string     // in the message and the fields that are shown, in any case
	From   time.Time  // inclusive
	Until  time.Time  // exclusive
}

const maxLines = 1000

// Server returns at most limit (1 to 1,000) lines of this server's own log, newest first, without the fields that lead
// to a person ([logfield.Personal]). It looks at everything that is kept, and works without the database. More tells that
// there are older ones; the next page is asked for with Until as the time of the last line.
func (s *Store) Server(c scope.Caller, f ServerFilter, limit int) (lines []logfile.Line, more bool, err error) {
	if err := c.Require(scope.LogServerRead); err != nil {
		return nil, false, err
	}
	if limit < 1 || limit > maxLines {
		return nil, false, problem.Newf(problem.Invalid, "page.limit", "A page holds 1 to %d lines.", maxLines).WithField("limit")
	}
	if s.with.Lines == nil {
		return nil, false, problem.New(problem.Unavailable, "log.none", "This server writes its log elsewhere: look at its standard error.")
	}
	f.Search = strings.ToLower(f.Search)
	err = s.with.Lines.Walk(func(l logfile.Line) bool {
		if l.At.Before(f.From) {
			return false
		}
		shown(&l)
		if !f.takes(l) {
			return true
		}
		// Lines of one moment stay together, as a page ends between two moments.
		if len(lines) >= limit && l.At.Before(lines[len(lines)-1].At) {
			more = true
			return false
		}
		lines = append(lines, l)
		return true
	})
	if err != nil {
		return nil, false, problem.New(problem.Unavailable, "log.unreadable",
			"The server's log cannot be read: look at its files on the server.").WithDetail(err)
	}
	return lines, more, nil
}

// shown leaves out of a line what leads to a person.
func shown(l *logfile.Line) {
	for name := range l.Fields {
		if slices.Contains(logfield.Personal, name) {
			delete(l.Fields, name)
		}
	}
}

func (f ServerFilter) takes(l logfile.Line) bool {
	if l.Level < f.Level || !f.Until.IsZero() && !l.At.Before(f.Until) {
		return false
	}
	if f.Search == "" || strings.Contains(strings.ToLower(l.Message), f.Search) {
		return true
	}
	for name, value := range l.Fields {
		if strings.Contains(strings.ToLower(name+"="+value), f.Search) {
			return true
		}
	}
	return false
}
