package script

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"drover/api/agentv1"
	"drover/internal/base/problem"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

// State says where a version stands.
type State string

// The states.
const (
	Awaiting State = "awaiting" // approval
	Approved State = "approved" // or in no need of it
	Rejected State = "rejected" // or not approved in time
)

// Draft is what a script says.
type Draft struct {
	Name        string
	Interpreter string   // sh, bash, python3 or powershell
	Text        string   // at most 64 KiB
	Minutes     int      // between two runs, 5 minutes to a week; 0 for once
	Seconds     int      // after which a run is ended, 1 to 3,600
	Groups      []string // of devices, whose computers run it; none for every computer
}

// Version is one state of a script. It is never changed.
type Version struct {
	Draft
	Number   int64
	Reach    int // computers that it reached when it was written
	State    State
	Approval string // by which it came in force, "" where it needed none
	ByKind   scope.Kind
	By       string
	Created  time.Time
}

// Script is one with its newest version.
type Script struct {
	ID      string
	Live    int64 // the version that computers are told; 0 for none yet
	Created time.Time
	Version
}

// Interpreters are the programs that run scripts.
var Interpreters = []string{"sh", "bash", "python3", "powershell"}

const (
	maxName    = 128
	maxText    = 64 << 10
	maxSeconds = 3600
	maxMinutes = 7 * 24 * 60
	minMinutes = 5
	maxGroups  = 50
	maxJitter  = 15
	// maxScripts bounds the scripts of a zone: they travel in one document.
	maxScripts = 100
)

// check judges the form.
func (d *Draft) check() error {
	d.Name = strings.TrimSpace(d.Name)
	slices.Sort(d.Groups)
	d.Groups = slices.Compact(d.Groups)
	fault := func(field, words string) error {
		return problem.New(problem.Invalid, "script."+field, words).WithField(field)
	}
	switch {
	case d.Name == "" || len(d.Name) > maxName || strings.ContainsFunc(d.Name, func(r rune) bool { return r < ' ' }) || !utf8.ValidString(d.Name):
		return fault("name", "A script has a name of at most 128 bytes in one line.")
	case !slices.Contains(Interpreters, d.Interpreter):
		return fault("interpreter", "A script is run by sh, bash, python3 or powershell.")
	case strings.TrimSpace(d.Text) == "" || len(d.Text) > maxText || !utf8.ValidString(d.Text) || strings.ContainsRune(d.Text, 0):
		return fault("text", "A script is a text of at most 64 KiB.")
	case d.Minutes != 0 && (d.Minutes < minMinutes || d.Minutes > maxMinutes):
		return fault("minutes", "A script runs once (0), or every 5 to 10,080 minutes.")
	case d.Seconds < 1 || d.Seconds > maxSeconds:
		return fault("seconds", "A run takes 1 to 3,600 seconds at most.")
	case len(d.Groups) > maxGroups:
		return fault("groups", "A script is for at most 50 groups.")
	}
	return nil
}

// runsOn tells whether a platform can have the interpreter.
func (d Draft) runsOn(id platform.ID) bool {
	switch d.Interpreter {
	case "powershell":
		return id == platform.WindowsAgent
	case "sh", "bash":
		return id == platform.LinuxAgent || id == platform.MacOSAgent
	}
	return true
}

// wire says a script as agents read it.
func (x Script) wire() agentv1.Script {
	return agentv1.Script{
		ID: x.ID, Revision: strconv.FormatInt(x.Number, 10), Name: x.Name, Interpreter: x.Interpreter, Text: x.Text,
		Every: agentv1.Interval{Minutes: x.Minutes, Jitter: min(x.Minutes/4, maxJitter)}, Seconds: x.Seconds,
	}
}
