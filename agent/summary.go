package agent

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"drover/agent/store"
	"drover/api/agentv1"
)

// sectionWords are what is collected, for people.
var sectionWords = map[string]string{
	agentv1.SectionHardware:     "the machine: maker, model, serial number, processor, memory",
	agentv1.SectionSystem:       "the operating system, its version and when it was started",
	agentv1.SectionDisks:        "the disks",
	agentv1.SectionVolumes:      "the file systems, how full they are and whether they are encrypted; no names of files",
	agentv1.SectionNetworks:     "the network cards and their addresses",
	agentv1.SectionUsers:        "the local accounts of persons: name and whether they may administer",
	agentv1.SectionPackages:     "the installed software and its versions",
	agentv1.SectionCertificates: "the certificates that the system trusts",
	agentv1.SectionServices:     "the services that run or start with the system",
}

// eventWords are what is told when it happens, for people.
var eventWords = map[string]string{
	agentv1.EventLogin:     "when somebody signs in, and who",
	agentv1.EventElevation: "when somebody acts as another account by sudo, and who; not what they did",
	agentv1.EventUSB:       "when a USB device is plugged in, and its kind",
}

var stateWords = map[string]string{
	agentv1.StateMet: "as asked", agentv1.StateRepaired: "was not as asked, and was mended", agentv1.StateViolated: "is not as asked",
	agentv1.StateFailed: "could not be mended", agentv1.StateUnsupported: "cannot be asked of this system", agentv1.StateUnknown: "could not be found out",
}

var settingWords = map[string]string{
	agentv1.PasswordMinLength: "Length of passwords", agentv1.PasswordComplexGroups: "Kinds of characters in passwords",
	agentv1.PasswordExpiration: "Age of passwords", agentv1.PasswordHistory: "Passwords that do not come again",
	agentv1.PasswordMaxFailures: "Wrong passwords until the account is locked", agentv1.LockInactivity: "Lock of the screen",
	agentv1.EncryptDevice: "Encryption of the disks", agentv1.FirewallEnabled: "Firewall", agentv1.UpdatesAutomatic: "Automatic updates",
	agentv1.AdminsAllowed: "Who may administer", agentv1.ServicesRunning: "Services that must run", agentv1.ServicesStopped: "Services that must not run",
	agentv1.FilesPresent: "Files that must be there", agentv1.FilesAbsent: "Files that must not be there", agentv1.LogLevel: "What the agent logs",
}

// Explain says in plain language what the agent does on this machine. What a terminal would obey is left out: much of it comes
// from elsewhere.
func Explain(w io.Writer, s store.Summary, now time.Time) error {
	var b strings.Builder
	explain(&b, s, now)
	_, err := io.WriteString(w, strings.Map(func(r rune) rune {
		if r == '\n' || unicode.IsPrint(r) {
			return r
		}
		return -1
	}, b.String()))
	return err
}

func explain(w io.Writer, s store.Summary, now time.Time) {
	p := func(format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
	if s.Joining != "" {
		p("This computer belongs to no zone.")
		explainJoining(p, s, now)
		return
	}
	p("This computer is managed as %q in the zone %q since %s.", s.Name, s.Zone, day(s.Since))
	p("Server: %s", s.Server)
	if s.Location != "" {
		p("Location: %s", s.Location)
	}
	if s.Reached.IsZero() {
		p("The server has not been reached yet.")
	} else {
		p("The server was last reached %s ago.", ago(now.Sub(s.Reached)))
	}
	if s.Problem != "" {
		p("The last try did not go well: %s.", strings.TrimSuffix(s.Problem, "."))
	}
	if s.Waiting > 0 {
		p("%d messages to the server wait until it is reached.", s.Waiting)
	}
	if s.Contact != "" {
		p("Questions: %s", s.Contact)
	}
	explainSettings(w, s)
	explainCollected(w, s, now)
	if s.Free {
		p("\nWhoever administers this computer may remove the agent.")
		return
	}
	p("\nThe agent can be removed with the zone's consent alone.")
}

func explainJoining(p func(string, ...any), s store.Summary, now time.Time) {
	p("Server: %s", s.Server)
	p("Its answer, %s ago: %s.", ago(now.Sub(s.Tried)), strings.TrimSuffix(s.Problem, "."))
	if s.Joining == store.JoinWaits {
		p("The agent asks again by itself, since %s. Nothing needs to be done here.", day(s.Since))
		return
	}
	p("The agent does not ask again.")
}

func explainSettings(w io.Writer, s store.Summary) {
	if len(s.Settings) == 0 {
		fmt.Fprint(w, "\nNo policy is asked of this computer.\n")
		return
	}
	fmt.Fprint(w, "\nWhat is asked of this computer:\n")
	for _, x := range s.Settings {
		name := settingWords[x.Setting]
		if name == "" {
			name = x.Setting
		}
		fmt.Fprintf(w, "  %s: %s.", name, stateWords[x.State])
		if x.Reason != "" {
			fmt.Fprintf(w, " %s", x.Reason)
		}
		fmt.Fprintln(w)
	}
}

func explainCollected(w io.Writer, s store.Summary, now time.Time) {
	if len(s.Collected)+len(s.Watched) == 0 {
		fmt.Fprint(w, "\nNothing about this computer is collected but what it is called, its model and its system.\n")
		return
	}
	fmt.Fprint(w, "\nWhat is told to the zone about this computer:\n")
	for _, section := range s.Collected {
		if words := sectionWords[section]; words != "" {
			fmt.Fprintf(w, "  - %s\n", words)
		}
	}
	for _, kind := range s.Watched {
		if words := eventWords[kind]; words != "" {
			fmt.Fprintf(w, "  - %s\n", words)
		}
	}
	if !s.Scanned.IsZero() {
		fmt.Fprintf(w, "It was last looked at %s ago. ", ago(now.Sub(s.Scanned)))
	}
	fmt.Fprint(w, "Your files, your environment and the programs that you run are never told.\n")
}

func day(t time.Time) string {
	if t.IsZero() {
		return "an unknown day"
	}
	return t.Local().Format("2 January 2006")
}

// Tail writes the last lines of a log.
func Tail(w io.Writer, log []byte, lines int) error {
	at := len(log)
	for range max(lines, 0) + 1 {
		i := bytes.LastIndexByte(log[:at], '\n')
		if i < 0 {
			_, err := w.Write(log)
			return err
		}
		at = i
	}
	_, err := w.Write(log[at+1:])
	return err
}

// ago is a span of time for people.
func ago(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return "a moment"
	case d < 2*time.Hour:
		return fmt.Sprintf("%d minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%d hours", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}
