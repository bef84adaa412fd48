package watch

import (
	"context"
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"drover/agent/system"
	"drover/api/agentv1"
)

// source is where the journal tells of one kind of events, and what they look like there.
type source struct {
	match string // of journalctl
	words *regexp.Regexp
	event func(found []string) agentv1.Event
}

// sources by kind. Of an elevation the command is left out: it may hold what nobody should know.
var sources = map[string]source{
	agentv1.EventLogin: {
		"_SYSTEMD_UNIT=systemd-logind.service", regexp.MustCompile(`^New session \S+ of user (\S+?)\.$`),
		func(f []string) agentv1.Event {
			return agentv1.Event{Level: "info", Words: "Somebody signed in.", User: f[1]}
		},
	},
	agentv1.EventElevation: {
		"SYSLOG_IDENTIFIER=sudo", regexp.MustCompile(`^\s*(\S+) : (.*?)TTY=\S+ ; PWD=.* ; USER=(\S+) ;`),
		func(f []string) agentv1.Event {
			if f[2] != "" { // "3 incorrect password attempts ; " and the like
				return agentv1.Event{Level: "warn", Words: "Somebody tried to act as " + f[3] + " by sudo and was refused.", User: f[1]}
			}
			return agentv1.Event{Level: "info", Words: "Somebody acted as " + f[3] + " by sudo.", User: f[1]}
		},
	},
	agentv1.EventUSB: {
		"_TRANSPORT=kernel", regexp.MustCompile(`^usb \S+: New USB device found, idVendor=([0-9a-f]{4}), idProduct=([0-9a-f]{4})`),
		func(f []string) agentv1.Event {
			return agentv1.Event{Level: "info", Words: "A USB device was plugged in: " + f[1] + ":" + f[2] + "."}
		},
	},
}

// line is one of the journal, as far as it is looked at (systemd.journal-fields(7)).
type line struct {
	Cursor  string          `json:"__CURSOR"`
	Time    string          `json:"__REALTIME_TIMESTAMP"` // microseconds
	Message json.RawMessage `json:"MESSAGE"`              // a text, or octets where it is no UTF-8
}

// Take returns what happened after the cursor, of the kinds that are asked for, and the cursor to go on from. Without a
// cursor it returns nothing but where the journal ends now: what was before the zone asked is none of its business.
func Take(ctx context.Context, m system.Machine, kinds []string, cursor string) ([]agentv1.Event, string, error) {
	args := []string{"--output=json", "--no-pager", "--quiet"}
	if cursor == "" {
		args = append(args, "--lines=1")
	} else {
		args = append(args, "--after-cursor="+cursor)
		args = append(args, matches(kinds)...)
	}
	if m.Platform() != system.Linux || len(kinds) == 0 {
		return nil, "", nil
	}
	text, err := system.Do(ctx, m, system.Command("journalctl", args...))
	if errors.Is(err, system.ErrNoProgram) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", err // a cursor that the journal does not know any more is not tried again
	}
	var events []agentv1.Event
	next := cursor
	for raw := range strings.Lines(text) {
		var l line
		if json.Unmarshal([]byte(raw), &l) != nil || l.Cursor == "" {
			break // broken off; it is read again
		}
		next = l.Cursor
		if e, ok := l.event(kinds); ok && cursor != "" {
			events = append(events, e)
		}
	}
	return events, next, nil
}

// matches are what journalctl is asked for: any of them.
func matches(kinds []string) []string {
	var list []string
	for _, k := range kinds {
		s, ok := sources[k]
		if !ok {
			continue
		}
		if list != nil {
			list = append(list, "+")
		}
		list = append(list, s.match)
	}
	return list
}

func (l line) event(kinds []string) (agentv1.Event, bool) {
	var text string
	if json.Unmarshal(l.Message, &text) != nil {
		return agentv1.Event{}, false
	}
	for kind, s := range sources {
		found := s.words.FindStringSubmatch(text)
		if found == nil || !slices.Contains(kinds, kind) {
			continue
		}
		e := s.event(found)
		e.Kind = kind
		if micros, err := strconv.ParseInt(l.Time, 10, 64); err == nil {
			e.At = time.UnixMicro(micros).UTC().Format(time.RFC3339)
		}
		e.User = short(e.User)
		return e, true
	}
	return agentv1.Event{}, false
}

func short(s string) string {
	if len(s) > 200 {
		return strings.ToValidUTF8(s[:200], "")
	}
	return s
}
