package command

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/platform"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
)

// Request asks for one kind of command on some devices.
type Request struct {
	Kind    platform.Command
	Devices []string // 1 to 10,000
	Reason  string   // why, at most 500 characters; kept sealed
	// Text is a message, what a locked device shows, or by commas the accounts that are not disabled: at most 500 characters;
	// kept sealed.
	Text string
	// Key makes a repeated request the same request: at most 100 characters, chosen by the caller, unique for the caller.
	Key string

	switches map[string]map[platform.Setting]bool // what the policies say of what the command goes by, device by device
}

const (
	maxDevices = 10000
	// maxDestroyed bounds a request that erases: it is decided on, and written, as one.
	maxDestroyed = 500
	maxReason    = 500
	maxText      = 500
	maxKey       = 100
)

// Effect is what a command will do to one device, in its platform's words.
type Effect struct {
	Device  string
	Name    string
	Row     string // the platform's name
	Verdict platform.Verdict
}

// Preview tells what a request would do, device by device, before anybody confirms it.
func (cs *Commands) Preview(ctx context.Context, c scope.Caller, r Request) ([]Effect, error) {
	sc, err := r.check(c)
	if err != nil {
		return nil, err
	}
	if err := cs.readSwitches(ctx, sc, &r); err != nil {
		return nil, err
	}
	targets, err := cs.targets(ctx, cs.db, sc, r, r.Devices)
	if err != nil {
		return nil, err
	}
	effects := make([]Effect, len(targets))
	for i, t := range targets {
		row := platform.Resolve(t.Facts)
		effects[i] = Effect{t.ID, t.Name, row.Name, row.Ask(r.Kind, t.Reach)}
	}
	return effects, nil
}

// check judges the request's form, and returns where the caller may ask for it.
func (r *Request) check(c scope.Caller) (scope.Scope, error) {
	k, known := kinds[r.Kind]
	if !known {
		return scope.Scope{}, problem.New(problem.Invalid, "command.kind", "There is no such command; there are "+kindList()+".").WithField("kind")
	}
	sc, err := c.Scope(k.right)
	if err != nil {
		return sc, err
	}
	slices.Sort(r.Devices)
	r.Devices = slices.Compact(r.Devices)
	most := maxDevices
	if k.class != "" {
		most = maxDestroyed
	}
	if len(r.Devices) == 0 || len(r.Devices) > most {
		return sc, problem.Newf(problem.Invalid, "command.devices", "This command goes to 1 to %d devices at once.", most).WithField("devices")
	}
	if len(r.Reason) > maxReason || len(r.Key) > maxKey {
		return sc, problem.Newf(problem.Invalid, "command.reason", "A reason has at most %d characters, a key %d.", maxReason, maxKey).WithField("reason")
	}
	return sc, nil
}

// targets finds all the devices within the scope, or fails.
func (cs *Commands) targets(ctx context.Context, q sqldb.Querier, sc scope.Scope, r Request, devices []string) ([]Target, error) {
	targets, err := cs.devices.Targets(ctx, q, sc, devices)
	if err == nil && len(targets) != len(devices) {
		err = problem.Newf(problem.NotFound, "device.unknown", "%d of the %d devices are not there.",
			len(devices)-len(targets), len(devices))
	}
	for i := range targets {
		targets[i].Reach.Switches = r.switches[targets[i].ID]
	}
	return targets, err
}

// readSwitches reads what the policies of the devices say of what the command goes by. It needs connections of its own, and so
// comes before any transaction.
func (cs *Commands) readSwitches(ctx context.Context, sc scope.Scope, r *Request) error {
	targets, err := cs.targets(ctx, cs.db, sc, *r, r.Devices)
	if err != nil {
		return err
	}
	r.switches = map[string]map[platform.Setting]bool{}
	for _, t := range targets {
		if !platform.Resolve(t.Facts).Heeds(r.Kind) {
			continue
		}
		if r.switches[t.ID], err = cs.devices.Switches(ctx, t.ID); err != nil {
			return err
		}
	}
	return nil
}

// Request asks for a command. Either every device gets its order or none does; the error then names the devices and
// why. What comes back says whether it waits for others. Of many devices the orders are written in pieces, and who is
// found unable only when the turn comes is left out and named; where the server dies in between, another goes on.
func (cs *Commands) Request(ctx context.Context, c scope.Caller, r Request) (b Batch, err error) {
	if strings.TrimSpace(r.Reason) == "" && c.Kind != scope.Upstream {
		return b, problem.New(problem.Invalid, "command.reason", "Say why: the reason is kept with the command.").WithField("reason")
	}
	if err := r.checkText(); err != nil {
		return b, err
	}
	if r.Key == "" {
		r.Key = sqldb.NewID()
	}
	sc, err := r.check(c)
	if err != nil {
		return b, err
	}
	if b, err = cs.again(ctx, cs.db, c, r); err == nil && b.ID == "" {
		b, err = cs.begin(ctx, c, sc, r)
	}
	if err != nil || b.Complete() {
		return b, err
	}
	if err := cs.carry(ctx, c, b.ID); err != nil {
		return b, err
	}
	return cs.again(ctx, cs.db, c, r)
}

// begin writes the first piece, once it is known that all devices can take the command.
func (cs *Commands) begin(ctx context.Context, c scope.Caller, sc scope.Scope, r Request) (b Batch, err error) {
	if err := cs.readSwitches(ctx, sc, &r); err != nil {
		return b, err
	}
	first := r.Devices
	if kinds[r.Kind].class == "" {
		first = r.Devices[:min(len(r.Devices), pieceSize)]
	}
	if len(first) < len(r.Devices) {
		if _, _, err := cs.able(ctx, cs.db, sc, r, r.Devices); err != nil {
			return b, err
		}
	}
	err = cs.db.Write(ctx, func(tx *sqldb.Tx) error {
		if b, err = cs.again(ctx, tx, c, r); err != nil || b.ID != "" {
			return err
		}
		targets, ways, err := cs.able(ctx, tx, sc, r, first)
		if err != nil {
			return err
		}
		b, err = cs.order(ctx, tx, c, r, targets, ways)
		return err
	})
	if problem.Is(err, problem.Conflict) { // with the same request, perhaps, that came to another server at once
		if same, againErr := cs.again(ctx, cs.db, c, r); againErr == nil && same.ID != "" {
			return same, nil
		}
	}
	return b, err
}

// able finds the devices and how each is reached, or says of each that cannot take the command why.
func (cs *Commands) able(ctx context.Context, q sqldb.Querier, sc scope.Scope, r Request, devices []string) ([]Target, []platform.Way, error) {
	targets, err := cs.targets(ctx, q, sc, r, devices)
	if err != nil {
		return nil, nil, err
	}
	ways, err := waysTo(r.Kind, targets)
	if err != nil {
		return nil, nil, err
	}
	var busy []string
	for part := range slices.Chunk(devices, pieceSize) {
		var a sqldb.Args
		list, err := sqldb.All(ctx, q, sqldb.Scan1[string], "SELECT device FROM command WHERE kind = "+a.Add(string(r.Kind))+
			" AND state IN ('awaiting', 'delayed', 'queued', 'delivered', 'postponed') AND device IN "+a.In(part...), a.List()...)
		if err != nil {
			return nil, nil, err
		}
		busy = append(busy, list...)
	}
	if len(busy) > 0 {
		return nil, nil, alreadyOpen(busy...)
	}
	return targets, ways, nil
}

// waysTo finds how each device is reached, or says of each that is not why.
func waysTo(k platform.Command, targets []Target) ([]platform.Way, error) {
	ways := make([]platform.Way, len(targets))
	var faults []problem.Field
	for i, t := range targets {
		v := platform.Resolve(t.Facts).Ask(k, t.Reach)
		switch {
		case t.Wiped:
			faults = append(faults, fault(t.ID, "It has been wiped and must enrol again first."))
		case !v.Possible:
			faults = append(faults, fault(t.ID, refusal(v)))
		}
		ways[i] = v.Way
	}
	switch {
	case len(faults) == 0:
		return ways, nil
	case len(targets) == 1:
		return nil, problem.New(problem.Conflict, "command.refused", faults[0].Message)
	}
	return nil, problem.Newf(problem.Conflict, "command.refused", "%d of %d devices cannot take this command.", len(faults), len(targets)).
		WithFields(faults...)
}

// fault says what is wrong with one of several devices.
func fault(device, words string) problem.Field {
	return problem.Field{Name: "devices[" + device + "]", Message: words}
}

func refusal(v platform.Verdict) string {
	words := v.Reason
	for _, a := range v.Alternatives {
		words += " " + a.Words
	}
	return words
}

// order writes the commands, and asks for approval where the class demands it.
func (cs *Commands) order(ctx context.Context, tx *sqldb.Tx, c scope.Caller, r Request, targets []Target, ways []platform.Way) (Batch, error) {
	now := cs.clock.Now().Truncate(time.Microsecond)
	first, notBefore, approval, needed := Queued, now, "", 0
	class := kinds[r.Kind].class
	if class != "" {
		a, delay, err := cs.clear(ctx, tx, c, r, class, targets)
		if err != nil {
			return Batch{}, err
		}
		approval = a.ID
		if a.State == safety.Awaiting {
			first, needed = Awaiting, a.Needed
		} else if delay > 0 {
			first, notBefore = Delayed, now.Add(delay)
		}
	}
	b := Batch{
		ID: sqldb.NewID(), Kind: r.Kind, RequesterKind: c.Kind, Requester: c.ID, Total: len(r.Devices), Written: len(targets),
		Needed: needed, Created: now, Changed: now,
	}
	if first == Awaiting {
		b.Approval = approval
	}
	if err := cs.insertBatch(ctx, tx, &b, r); err != nil {
		return Batch{}, err
	}
	x := Command{
		Batch: b.ID, Kind: r.Kind, Destructive: class != "", State: first, RequesterKind: c.Kind, Requester: c.ID, Approval: approval,
		Created: now, NotBefore: notBefore, Expires: now.Add(lifetime), Changed: now, roles: " " + strings.Join(safety.ActorOf(c).Roles, " ") + " ", Words: firstWords[first],
	}
	for i, t := range targets {
		written, err := cs.write(ctx, tx, c, x, r, t, ways[i])
		if err != nil {
			return Batch{}, err
		}
		b.Commands = append(b.Commands, written)
	}
	return b, nil
}

// write writes the command x of one device.
func (cs *Commands) write(ctx context.Context, tx *sqldb.Tx, c scope.Caller, x Command, r Request, t Target, way platform.Way) (Command, error) {
	x.ID, x.Device, x.Owner, x.Channel = sqldb.NewID(), t.ID, t.Owner, way.Channel
	if err := cs.insert(ctx, tx, &x, r); err != nil {
		return x, err
	}
	return x, cs.record(ctx, tx, c, &x, "requested", "")
}

var firstWords = map[State]string{
	Awaiting: "It waits for another administrator's approval.",
	Delayed:  "It is approved and can be cancelled until its time has come.",
	Queued:   "It waits for the device's next contact.",
}

// clear asks safety. The devices of one request share one approval.
func (cs *Commands) clear(ctx context.Context, tx *sqldb.Tx, c scope.Caller, r Request, class safety.Class, targets []Target) (safety.Approval, time.Duration, error) {
	if c.Kind != scope.Upstream {
		if err := cs.safety.Room(ctx, tx, safety.ActorOf(c), len(targets)); err != nil {
			return safety.Approval{}, 0, err
		}
	}
	own := true
	for _, t := range targets {
		own = own && c.Kind == scope.User && t.Owner == c.ID
	}
	a, err := cs.safety.Ask(ctx, tx, c, safety.Ask{
		Class: class, Kind: executorKind, Subject: string(r.Kind), Payload: map[string]any{"kind": r.Kind},
		About: owner(targets), Words: summary(r.Kind, targets), Devices: r.Devices, Own: own,
	})
	if err != nil {
		return a, 0, err
	}
	if own {
		return a, 0, nil
	}
	delay, err := cs.safety.Delay(ctx, tx, len(targets))
	return a, delay, err
}

// owner is the one user whose devices these are, or "".
func owner(targets []Target) string {
	for _, t := range targets {
		if t.Owner != targets[0].Owner {
			return ""
		}
	}
	return targets[0].Owner
}

// summary says what an approver agrees to.
func summary(k platform.Command, targets []Target) string {
	if len(targets) > 1 {
		return fmt.Sprintf("%s on %d devices", kindWords[k], len(targets))
	}
	t := targets[0]
	row := platform.Resolve(t.Facts)
	v := row.Ask(k, t.Reach)
	return fmt.Sprintf("%s on %q (%s). Removes: %s Leaves: %s", kindWords[k], t.Name, row.Name, v.Way.Removes, v.Way.Leaves)
}

var kindWords = map[platform.Command]string{
	platform.Lock: "Lock", platform.FullWipe: "Full wipe", platform.SelectiveWipe: "Selective wipe", platform.WipeCard: "Wipe of the storage card",
}

// kindList names the commands for people.
func kindList() string {
	names := make([]string, 0, len(kinds))
	for k := range kinds {
		names = append(names, string(k))
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// takesText are the commands that go with a text.
var takesText = map[platform.Command]bool{platform.Message: true, platform.Lock: true, platform.DisableAccounts: true}

// checkText judges what is to be shown on the device.
func (r *Request) checkText() error {
	r.Text = strings.TrimSpace(sqldb.Clean(r.Text, 4*maxText))
	switch {
	case r.Kind == platform.Message && r.Text == "":
		return problem.New(problem.Invalid, "command.text", "Say what the message is.").WithField("text")
	case r.Text != "" && !takesText[r.Kind]:
		return problem.New(problem.Invalid, "command.text", "Only a message and a lock show a text, and disable-accounts takes names.").WithField("text")
	case utf8.RuneCountInString(r.Text) > maxText:
		return problem.Newf(problem.Invalid, "command.text", "A text has at most %d characters.", maxText).WithField("text")
	}
	return nil
}

func reasonField(id string) seal.Field {
	return seal.Field{Table: "command", Column: "reason", Row: id}
}

func payloadField(id string) seal.Field {
	return seal.Field{Table: "command", Column: "payload", Row: id}
}
