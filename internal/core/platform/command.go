package platform

import "slices"

// Command is the name of one order to a device.
type Command string

// The commands.
const (
	Lock            Command = "lock"
	FullWipe        Command = "full-wipe"
	SelectiveWipe   Command = "selective-wipe"
	WipeCard        Command = "wipe-card"
	ClearPasscode   Command = "clear-passcode"
	Locate          Command = "locate"
	RequestLog      Command = "request-log"
	Message         Command = "message"
	UpdateInventory Command = "update-inventory"
	Block           Command = "block"

	// Of computers that our own agent manages.
	Refresh         Command = "refresh"          // ask for everything anew, and check every policy
	DisableAccounts Command = "disable-accounts" // nobody but those named signs in
	EnableAccounts  Command = "enable-accounts"  // undoes it
	Reboot          Command = "reboot"
	Uninstall       Command = "uninstall" // the zone's consent to remove the agent
)

var commands = []Command{
	Lock, FullWipe, SelectiveWipe, WipeCard, ClearPasscode, Locate, RequestLog, Message, UpdateInventory, Block,
	Refresh, DisableAccounts, EnableAccounts, Reboot, Uninstall,
}

// Commands returns every command that a row answers for.
func Commands() []Command { return slices.Clone(commands) }

// Channel is the protocol that reaches a device.
type Channel string

// The channels that a row may name. That a row names a channel says what the platform can do over it, not that a device
// is enrolled in it.
const (
	ActiveSync Channel = "activesync"
	AppleMDM   Channel = "apple-mdm"
	Companion  Channel = "companion" // an application on the device that takes orders beside the mail client
	Agent      Channel = "agent"     // our own agent on a computer
	Inventory  Channel = "inventory" // an inventory agent of others, which takes none
)

var channelNames = map[Channel]string{
	ActiveSync: "ActiveSync", AppleMDM: "Apple device management", Companion: "a companion application", Agent: "Drover's agent", Inventory: "an inventory agent",
}

// Name returns the channel's name for people.
func (c Channel) Name() string { return channelNames[c] }

// Extent says how much of a device a command touches.
type Extent string

// The extents, from nothing to everything.
const (
	Nothing   Extent = "nothing"   // no data is removed
	Account   Extent = "account"   // the managed account and what it brought
	App       Extent = "app"       // the data of one application
	Card      Extent = "card"      // the storage card
	Device    Extent = "device"    // factory state
	Uncertain Extent = "uncertain" // from the account up to the whole device, depending on the client
)

// Way is one channel that carries a command, and what the command then does. Removes, Leaves and Caveat are sentences
// for people; Caveat may be "".
type Way struct {
	Channel Channel
	Since   Version // oldest protocol version of the channel that can say it; zero for any
	Extent  Extent
	Removes string
	Leaves  string
	Caveat  string
	Needs   Setting // what the device's policy must have on, "" for nothing
	Option  *Option // what a switch of the policy changes in it, nil for nothing
}

// Option is a switch of the policy that changes what a command does. What a [Way] says itself holds where it is not known how
// the switch stands.
type Option struct {
	Setting Setting
	On, Off Way // their sentences alone
}

// Alternative is what an administrator can do instead of a command that is refused. Command is "" where it is no command.
type Alternative struct {
	Command Command
	Words   string
}

// Order is what a platform makes of one command: the ways it can be sent, best first; or why it cannot.
type Order struct {
	Ways         []Way
	Refusal      string // why no way is open, for people
	Alternatives []Alternative
}

// Reach says how one device can be reached.
type Reach struct {
	Channels   []Channel // the channels in which it is enrolled
	ActiveSync Version   // the protocol version it speaks there; zero when it is not known
	// Switches are those of [Switches] of which the policy that the device must obey says something, and whether they are on;
	// nil where the policy is not known, which refuses nothing.
	Switches map[Setting]bool
}

// Verdict answers whether a command can be sent to a device, and what it will do. When Possible, Way is the way it will
// go; otherwise Reason says why not and Alternatives what else can be done over the same reach.
type Verdict struct {
	Possible     bool
	Way          Way
	Reason       string
	Alternatives []Alternative
}

// ofComputers are the orders that mean something to computers with our agent alone.
var ofComputers = []Command{Refresh, DisableAccounts, EnableAccounts, Reboot, Uninstall}

// Concerns tells whether c means anything to a device of this row's kind, whether it can take it or not.
func (r Row) Concerns(c Command) bool {
	if slices.Contains(r.Channels, Agent) {
		return len(r.orders[c].Ways) > 0 || c == FullWipe || slices.Contains(ofComputers, c)
	}
	return !slices.Contains(ofComputers, c)
}

// Ask tells whether command c can reach a device of this row over reach.
func (r Row) Ask(c Command, reach Reach) Verdict {
	o := r.orders[c]
	if w, ok := o.way(reach); ok {
		return Verdict{Possible: true, Way: w.under(reach)}
	}
	v := Verdict{Reason: o.reason(c, reach)}
	for _, a := range o.Alternatives {
		if _, ok := r.orders[a.Command].way(reach); ok || a.Command == "" {
			v.Alternatives = append(v.Alternatives, a)
		}
	}
	return v
}

// Heeds tells whether it depends on the device's policy what becomes of command c.
func (r Row) Heeds(c Command) bool {
	return slices.ContainsFunc(r.orders[c].Ways, func(w Way) bool { return w.Needs != "" || w.Option != nil })
}

// way returns the best way that is open.
func (o Order) way(reach Reach) (Way, bool) {
	for _, w := range o.Ways {
		if slices.Contains(reach.Channels, w.Channel) && reach.speaks(w) && !reach.lacks(w.Needs) {
			return w, true
		}
	}
	return Way{}, false
}

// lacks tells whether the device's policy is known not to have on what a way needs.
func (r Reach) lacks(s Setting) bool { return s != "" && r.Switches != nil && !r.Switches[s] }

// under returns the way as it goes under the policy of the device, as far as a channel brings that to it.
func (w Way) under(reach Reach) Way {
	o := w.Option
	w.Option = nil
	if o == nil || !slices.ContainsFunc(reach.Channels, o.Setting.CarriedBy) {
		return w
	}
	on, known := reach.Switches[o.Setting]
	if !known {
		return w
	}
	said := o.Off
	if on {
		said = o.On
	}
	w.Removes, w.Leaves, w.Caveat = said.Removes, said.Leaves, said.Caveat
	return w
}

func (r Reach) speaks(w Way) bool {
	return w.Channel != ActiveSync || w.Since.IsZero() || !r.ActiveSync.Less(w.Since)
}

// beyondMail tells whether the device is enrolled in another channel than ActiveSync, of which the refusals speak.
func (r Reach) beyondMail() bool {
	return slices.ContainsFunc(r.Channels, func(c Channel) bool { return c != ActiveSync })
}

func (o Order) reason(c Command, reach Reach) string {
	if len(o.Ways) == 0 {
		return o.Refusal
	}
	for _, w := range o.Ways {
		switch enrolled := slices.Contains(reach.Channels, w.Channel); {
		case enrolled && !reach.speaks(w):
			return tooOld(c, w, reach.ActiveSync)
		case enrolled: // and the policy alone is in its way
			return unasked[w.Needs]
		}
	}
	if o.Refusal != "" && !reach.beyondMail() {
		return o.Refusal
	}
	for _, w := range o.Ways {
		if w.Channel != AppleMDM {
			return needs(w.Channel)
		}
	}
	return needsApple
}

// needsApple is said of what goes over a channel alone that the catalogue knows and Drover does not serve.
const needsApple = "This command needs Apple device management, which Drover does not have."

func needs(c Channel) string {
	return "This command needs " + c.Name() + ", in which this device is not enrolled."
}

// unasked says what to change where the policy does not have on what a command needs.
var unasked = map[Setting]string{
	AuditLocation: "The policy of this device does not ask for its location: " +
		"a suite with \"Location\" (audit.location) on must reach it first.",
	AuditDeviceLog: "The policy of this device does not ask for its log: " +
		"a suite with \"Device log\" (audit.device-log) on must reach it first.",
}

// Switches returns the settings of yes or no by which orders go.
func Switches() []Setting { return []Setting{AuditLocation, AuditDeviceLog, TouchDownCleanCard} }

func tooOld(c Command, w Way, spoken Version) string {
	what := "This command"
	if c == SelectiveWipe {
		what = "An account-only wipe"
	}
	if spoken.IsZero() {
		return what + " needs ActiveSync " + w.Since.String() + "; which version this device speaks is not known yet."
	}
	return what + " needs ActiveSync " + w.Since.String() + "; this device speaks " + spoken.String() + "."
}
