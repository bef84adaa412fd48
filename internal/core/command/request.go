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
	Text    string   // of a message, or shown by a locked device: at most 500 characters; kept sealed
	// Key makes a repeated request the same request: at most 100 characters, chosen by the caller, unique for the caller.
	Key string
}

const (
	maxDevices = 10000
	maxReason  = 500
	maxText    = 500
	maxKey     = 100
)

// Batch is what a request became.
type Batch struct {
	Approval string // where it waits for others, or ""
	Needed   int    // approvers still needed
	Commands []Command
}

// Effect is what a command will do to one device, in its platform's words.
type Effect struct {
	Device  string
	Name    string
	Row     string // the platform's name
	Verdict platform.Verdict
}

// Preview tells what a request would do, device by device, before anybody confirms it.
func (cs *Commands) Preview(ctx context.Context, c scope.Caller, r Request) ([]Effect, error) {
	targets, err := cs.targets(ctx, cs.db, c, &r)
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

// targets checks the request's form and the caller's right, and finds the devices.
func (cs *Commands) targets(ctx context.Context, q sqldb.Querier, c scope.Caller, r *Request) ([]Target, error) {
	k, known := kinds[r.Kind]
	if !known {
		return nil, problem.New(problem.Invalid, "command.kind", "There is no such command; there are "+kindList()+".").WithField("kind")
	}
	sc, err := c.Scope(k.right)
	if err != nil {
		return nil, err
	}
	slices.Sort(r.Devices)
	r.Devices = slices.Compact(r.Devices)
	if len(r.Devices) == 0 || len(r.Devices) > maxDevices {
		return nil, problem.Newf(problem.Invalid, "command.devices", "A command goes to 1 to %d devices.", maxDevices).WithField("devices")
	}
	if len(r.Reason) > maxReason || len(r.Key) > maxKey {
		return nil, problem.Newf(problem.Invalid, "command.reason", "A reason has at most %d characters, a key %d.", maxReason, maxKey).WithField("reason")
	}
	targets, err := cs.devices.Targets(ctx, q, sc, r.Devices)
	if err != nil {
		return nil, err
	}
	if len(targets) != len(r.Devices) {
		return nil, problem.Newf(problem.NotFound, "device.unknown", "%d of the %d devices are not there.",
			len(r.Devices)-len(targets), len(r.Devices))
	}
	return targets, nil
}

// Request asks for a command. Either every device gets its order or none does; the error then names the devices and
// why. What comes back says whether it waits for others.
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
	err = cs.db.Write(ctx, func(tx *sqldb.Tx) error {
		targets, err := cs.targets(ctx, tx, c, &r)
		if err != nil {
			return err
		}
		if b, err = cs.again(ctx, tx, c, r); err != nil || len(b.Commands) > 0 {
			return err
		}
		ways, err := waysTo(r.Kind, targets)
		if err != nil {
			return err
		}
		b, err = cs.order(ctx, tx, c, r, targets, ways)
		return err
	})
	if problem.Is(err, problem.Conflict) { // with the same request, perhaps, that came to another server at once
		if same, againErr := cs.again(ctx, cs.db, c, r); againErr == nil && len(same.Commands) > 0 {
			return same, nil
		}
	}
	return b, err
}

// again finds what an earlier request with the same key has become.
func (cs *Commands) again(ctx context.Context, q sqldb.Querier, c scope.Caller, r Request) (Batch, error) {
	list, err := sqldb.All(ctx, q, scanCommand, selectCommand+" WHERE c.requester = $1 AND c.request_key = $2 ORDER BY c.id", c.ID, r.Key)
	if err != nil || len(list) == 0 {
		return Batch{}, err
	}
	devices := make([]string, len(list))
	for i, x := range list {
		devices[i] = x.Device
	}
	slices.Sort(devices)
	if list[0].Kind != r.Kind || !slices.Equal(devices, r.Devices) {
		return Batch{}, problem.New(problem.Conflict, "command.key",
			"This idempotency key was used for another request: use a new one.").WithField("key")
	}
	b := Batch{Commands: list}
	if list[0].State == Awaiting {
		b.Approval = list[0].Approval
	}
	return b, nil
}

// waysTo finds how each device is reached, or says of each that is not why.
func waysTo(k platform.Command, targets []Target) ([]platform.Way, error) {
	ways := make([]platform.Way, len(targets))
	var faults []problem.Field
	for i, t := range targets {
		v := platform.Resolve(t.Facts).Ask(k, t.Reach)
		switch {
		case t.Wiped:
			faults = append(faults, problem.Field{Name: t.ID, Message: "It has been wiped and must enrol again first."})
		case !v.Possible:
			faults = append(faults, problem.Field{Name: t.ID, Message: refusal(v)})
		}
		ways[i] = v.Way
	}
	if len(faults) > 0 {
		words := faults[0].Message
		if len(targets) > 1 {
			words = fmt.Sprintf("%d of %d devices cannot take this command.", len(faults), len(targets))
		}
		return nil, problem.New(problem.Conflict, "command.refused", words).WithFields(faults...)
	}
	return ways, nil
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
	b := Batch{Needed: needed}
	if first == Awaiting {
		b.Approval = approval
	}
	roles := " " + strings.Join(safety.ActorOf(c).Roles, " ") + " "
	for i, t := range targets {
		x := Command{
			ID: sqldb.NewID(), Device: t.ID, Owner: t.Owner, Kind: r.Kind, Destructive: class != "", Channel: ways[i].Channel,
			State: first, RequesterKind: c.Kind, Requester: c.ID, Approval: approval, Created: now, NotBefore: notBefore,
			Expires: now.Add(lifetime), Changed: now, roles: roles, Words: firstWords[first],
		}
		if err := cs.insert(ctx, tx, &x, r); err != nil {
			return Batch{}, err
		}
		if err := cs.record(ctx, tx, c, &x, "requested", ""); err != nil {
			return Batch{}, err
		}
		b.Commands = append(b.Commands, x)
	}
	return b, nil
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
		Words: summary(r.Kind, targets), Devices: r.Devices, Own: own,
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

// checkText judges what is to be shown on the device.
func (r *Request) checkText() error {
	r.Text = strings.TrimSpace(sqldb.Clean(r.Text, 4*maxText))
	switch {
	case r.Kind == platform.Message && r.Text == "":
		return problem.New(problem.Invalid, "command.text", "Say what the message is.").WithField("text")
	case r.Text != "" && r.Kind != platform.Message && r.Kind != platform.Lock:
		return problem.New(problem.Invalid, "command.text", "Only a message and a lock show a text.").WithField("text")
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
