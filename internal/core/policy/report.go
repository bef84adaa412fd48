package policy

import (
	"cmp"
	"time"

	"drover/internal/core/platform"
)

// State is what is known of one setting on one device. There is no "enforced": nobody but the device could know it.
type State string

// The states.
const (
	Asked        State = "asked"         // the policy asks it; the device has been sent no policy yet
	Pending      State = "pending"       // the policy has changed since the device was last sent it
	SentOut      State = "sent"          // sent, not acknowledged yet
	Acknowledged State = "acknowledged"  // the device says that it applies the policy
	NotSupported State = "not-supported" // the platform or its protocol version cannot keep it
	Violated     State = "violated"      // the device says that it does not, or it was found out of policy
	Unknown      State = "unknown"       // the device applies part of the policy and does not say which
	Met          State = "met"           // the device's agent has looked, and it is so
	Repaired     State = "repaired"      // the device's agent has found it otherwise and put it right
	Failed       State = "failed"        // the device's agent could not put it right
	Kept         State = "kept"          // Drover keeps it by itself
)

// AckStatus is what the device answered to the policy (MS-ASPROV 2.2.2.54.1, Status of the client's Policy).
type AckStatus int

// The answers.
const (
	NotAnswered       AckStatus = 0
	Applied           AckStatus = 1
	AppliedInPart     AckStatus = 2 // at least the password
	NotApplied        AckStatus = 3
	ManagedExternally AckStatus = 4 // by somebody else
)

// Exchange is how far the policy has come with one device over one channel.
type Exchange struct {
	Channel      platform.Channel // "" is ActiveSync
	Version      platform.Version // the protocol version it speaks
	Sent         string           // the revision it was last sent, "" for none
	Acknowledged string           // the revision it last answered to, "" for none
	Status       AckStatus        // what it answered
	// Violations are the settings that facts have shown to be broken, with the reason in words.
	Violations map[platform.Setting]string
	// Findings are what the device has found of each setting, where it looks at each: of the policy that it acknowledged.
	Findings map[platform.Setting]Finding
}

// Finding is how a device has found one setting.
type Finding struct {
	State State
	Words string // the reason, for people; may be ""
	Found string // what it was before anything was put right, for people; may be ""
	At    time.Time
}

// Item is one setting of a report.
type Item struct {
	Setting platform.Setting
	Value   Value
	Source  Source
	Layer   int // as in [Sourced]
	State   State
	Channel platform.Channel // over which it is known
	Words   string           // a caveat or a reason, for people; may be ""
	Found   string           // what the device has found, for people; may be ""
	At      time.Time        // when; zero where the device does not look at each setting
}

// Report says, for each setting that somebody sets and that has an effect, what is known of it on the device, over the
// first of its channels that serves it. With no channel at all, it is reported as for ActiveSync.
func Report(e *Effective, row platform.Row, channels ...Exchange) []Item {
	if len(channels) == 0 {
		channels = []Exchange{{}}
	}
	values := e.Values()
	var items []Item
	for i := range definitions {
		d, s := &definitions[i], e.values[i]
		if s.Source == FromDefault || !d.effective(values) {
			continue
		}
		item := Item{Setting: d.Key, Value: s.Value, Source: s.Source, Layer: s.Layer}
		for _, x := range channels {
			x.Channel = cmp.Or(x.Channel, platform.ActiveSync)
			if state, words := d.state(e, row, x); item.State == "" || item.State == NotSupported {
				item.State, item.Words, item.Channel = state, words, x.Channel
				item.Found, item.At = x.Findings[d.Key].Found, x.Findings[d.Key].At
			}
		}
		items = append(items, item)
	}
	return items
}

func (d *Definition) state(e *Effective, row platform.Row, x Exchange) (State, string) {
	answer := row.Over(x.Channel, d.Key)
	switch {
	case d.keptHere(x.Channel) && answer.Support != platform.Ignored:
		return Kept, answer.Caveat
	case !d.Key.CarriedBy(x.Channel), !x.Version.IsZero() && !d.CarriedOver(x.Channel, x.Version):
		return NotSupported, d.uncarried(x.Channel, x.Version)
	case answer.Support == platform.Ignored || answer.Support == platform.Inexpressible:
		return NotSupported, answer.Caveat
	}
	if why, broken := x.Violations[d.Key]; broken {
		return Violated, why
	}
	state := d.progress(e.RevisionOver(x.Channel, x.Version), x)
	if state == Acknowledged && x.Findings != nil {
		return d.found(x.Findings, answer)
	}
	return state, answer.Caveat
}

// found is what a device that looks at each setting says of this one. How the device's own agent works needs no looking at.
func (d *Definition) found(list map[platform.Setting]Finding, answer platform.Answer) (State, string) {
	f, ok := list[d.Key]
	switch {
	case ok:
		return f.State, cmp.Or(f.Words, answer.Caveat)
	case d.OfAgent():
		return Acknowledged, answer.Caveat
	}
	return Unknown, "The agent has told nothing of it: the value asks for nothing, or names nothing that this system has."
}

func (d *Definition) progress(wanted string, x Exchange) State {
	switch {
	case x.Acknowledged == wanted:
		return d.acknowledged(x.Status)
	case x.Sent == wanted:
		return SentOut
	case x.Sent == "" && x.Acknowledged == "":
		return Asked
	default:
		return Pending
	}
}

func (d *Definition) acknowledged(s AckStatus) State {
	switch {
	case s == Applied, s == AppliedInPart && d.Key == platform.PasswordRequired:
		return Acknowledged
	case s == NotApplied:
		return Violated
	default:
		return Unknown
	}
}
