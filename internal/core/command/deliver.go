package command

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
)

// Pending tells from memory whether the device may have something to fetch. A wrong yes costs one look into the
// database; a no is at most a second old.
func (cs *Commands) Pending(device string) bool {
	cs.mu.RLock()
	defer cs.mu.RUnlock()
	_, there := cs.pending[device]
	return there
}

func (cs *Commands) mark(device string) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.pending[device] = struct{}{}
	if cs.marked != nil {
		cs.marked[device] = struct{}{}
	}
}

// maxPending bounds the memory for devices with something to fetch: the largest zone, whole.
const maxPending = 200000

// Refresh reads which devices have something to fetch. Run it every second, from one goroutine: a message of another
// server may have been lost.
func (cs *Commands) Refresh(ctx context.Context) error {
	cs.mu.Lock()
	cs.marked = make(map[string]struct{})
	cs.mu.Unlock()
	ids, err := sqldb.All(ctx, cs.db, sqldb.Scan1[string], `SELECT DISTINCT device FROM command
		WHERE state IN ('delayed', 'queued', 'delivered', 'postponed') LIMIT $1`, maxPending)
	if err != nil {
		return fmt.Errorf("read the pending commands: %w", err)
	}
	fresh := make(map[string]struct{}, len(ids))
	for _, id := range ids {
		fresh[id] = struct{}{}
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	maps.Copy(fresh, cs.marked)
	cs.pending, cs.marked = fresh, nil
	return nil
}

// Next returns the command that the channel must hand to the device now, or nil. A delivered command is returned again
// until the device answers: the answer may have been lost. A destructive one passes here only with its approval, within
// the budgets, and while the breaker is closed, however it came into the queue.
func (cs *Commands) Next(ctx context.Context, device string, ch platform.Channel) (*Command, error) {
	list, err := cs.Hand(ctx, device, ch, 1)
	if err != nil || len(list) == 0 {
		return nil, err // nothing to do is no error
	}
	return &list[0], nil
}

// maxHanded bounds the orders that a device is handed at once.
const maxHanded = 20

// Hand is [Commands.Next] for a channel that takes several orders at once: at most n of them, the oldest first.
func (cs *Commands) Hand(ctx context.Context, device string, ch platform.Channel, n int) (handed []Command, err error) {
	if !cs.Pending(device) {
		return nil, nil // nothing to do is no error
	}
	err = cs.db.Write(ctx, func(tx *sqldb.Tx) error {
		handed = nil
		// Who asks for the same device at the same moment waits here, and is handed the same command.
		_, err := tx.Exec(ctx, "UPDATE command SET state = state WHERE device = $1 AND channel = $2 AND state IN ('delayed', 'queued', 'delivered')",
			device, string(ch))
		if err != nil {
			return err
		}
		list, err := sqldb.All(ctx, tx, scanCommand, selectCommand+` WHERE c.device = $1 AND c.channel = $2
			AND c.state IN ('delayed', 'queued', 'delivered') ORDER BY c.id LIMIT $3`, device, string(ch), maxHanded)
		if err != nil {
			return err
		}
		for i := range list {
			ok, err := cs.deliver(ctx, tx, &list[i])
			if err != nil {
				return err
			}
			if ok {
				handed = append(handed, list[i])
			}
			if len(handed) == n {
				return nil
			}
		}
		return nil
	})
	for i := range handed {
		err = errors.Join(err, cs.open(ctx, &handed[i]))
	}
	return handed, err
}

// deliver hands one command out if it may go now.
func (cs *Commands) deliver(ctx context.Context, tx *sqldb.Tx, c *Command) (bool, error) {
	if kinds[c.Kind].class != "" { // not what the row says of itself
		if over, err := cs.handedOver(ctx, tx, c); err != nil || over {
			return false, err
		}
	}
	now := cs.clock.Now()
	switch {
	case c.State == Delivered:
		return true, nil
	case !now.Before(c.Expires):
		return false, cs.move(ctx, tx, scope.System("command"), c, Expired, "The device did not come for it in time.")
	case now.Before(c.NotBefore):
		return false, nil
	}
	if kinds[c.Kind].class != "" {
		if ok, err := cs.cleared(ctx, tx, c); err != nil || !ok {
			return false, err
		}
	}
	by := scope.Caller{Kind: scope.Device, ID: c.Device}
	return true, cs.move(ctx, tx, by, c, Delivered, "The device has it.")
}

// handedOver ends a command whose device belongs to somebody else by now: what was approved was to erase one person's
// device, not the next one's.
func (cs *Commands) handedOver(ctx context.Context, tx *sqldb.Tx, c *Command) (bool, error) {
	everywhere, err := scope.System("command").Scope(scope.DeviceRead)
	if err != nil {
		return false, err
	}
	list, err := cs.devices.Targets(ctx, tx, everywhere, []string{c.Device})
	if err != nil || len(list) == 0 || list[0].Owner == c.Owner {
		return false, err
	}
	return true, cs.moot(ctx, tx, c, "The device belongs to somebody else now.")
}

// moot ends a command that must not, or need not, be carried out any more.
func (cs *Commands) moot(ctx context.Context, tx *sqldb.Tx, c *Command, words string) error {
	by := scope.System("command")
	if c.State.undelivered() {
		return cs.takeBack(ctx, tx, by, c, words)
	}
	return cs.move(ctx, tx, by, c, Failed, words)
}

// cleared checks a destructive command where every path ends.
func (cs *Commands) cleared(ctx context.Context, tx *sqldb.Tx, c *Command) (bool, error) {
	class := kinds[c.Kind].class
	approved, err := cs.safety.Covers(ctx, tx, c.Approval, class, c.Device)
	if err != nil {
		return false, err
	}
	if !approved {
		return false, cs.move(ctx, tx, scope.System("command"), c, Cancelled, "No approval covers it: it did not come the way a command comes.")
	}
	actor := safety.Actor{ID: c.Requester, Roles: strings.Fields(c.roles), Self: c.RequesterKind == scope.User}
	return cs.safety.Spend(ctx, tx, actor, class, c.ID)
}

// Answer is what a device says about a command.
type Answer struct {
	State    State // Acknowledged, Done, Failed or Postponed
	Unproven bool  // the device could not prove its user
	Words    string
}

// Report takes a device's answer. An unproven answer can acknowledge, never more: it ends nothing, and takes nothing back
// that was proven. A wipe that was acknowledged keeps the device out until an administrator lets it enrol again.
func (cs *Commands) Report(ctx context.Context, id string, a Answer) error {
	switch a.State {
	case Acknowledged, Done, Failed, Postponed:
	default:
		return fmt.Errorf("a device cannot report the state %s", a.State)
	}
	if a.Unproven && a.State == Done {
		a.State = Acknowledged
	}
	return cs.db.Write(ctx, func(tx *sqldb.Tx) error {
		// An answer that is given twice at one moment is one answer.
		if _, err := tx.Exec(ctx, "UPDATE command SET state = state WHERE id = $1", id); err != nil {
			return err
		}
		c, err := sqldb.One(ctx, tx, scanCommand, selectCommand+" WHERE c.id = $1", id)
		if errors.Is(err, sqldb.ErrNotFound) {
			return problem.New(problem.NotFound, "command.unknown", "There is no such command.")
		}
		if err != nil {
			return err
		}
		if c.State == a.State && (a.Unproven || !c.Unproven) {
			return nil // told twice
		}
		if a.Unproven && a.State != Acknowledged {
			return nil
		}
		if c.State != Delivered && c.State != Postponed && c.State != Acknowledged {
			return errMoved
		}
		by := scope.Caller{Kind: scope.Device, ID: c.Device}
		first := c.State != Acknowledged
		c.Unproven = a.Unproven
		if err := cs.move(ctx, tx, by, &c, a.State, sqldb.Clean(a.Words, 300)); err != nil {
			return err
		}
		if first && keepsOut(c.Kind) && (a.State == Acknowledged || a.State == Done) {
			return cs.wiped(ctx, tx, by, c.Device)
		}
		return nil
	})
}

// wiped keeps a device out, and ends what else waits for it: none of it must reach the device after an administrator has
// let it in again.
func (cs *Commands) wiped(ctx context.Context, tx *sqldb.Tx, by scope.Caller, device string) error {
	if err := cs.endAll(ctx, tx, device, "", "The device was wiped by another command."); err != nil {
		return err
	}
	return cs.devices.MarkWiped(ctx, tx, by, device)
}

// DeviceMoved ends what waits for a device that leaves, as [device.Follower]. A retired one can still be told a wipe by its
// mail client, and by nothing else: its keys have ended.
func (cs *Commands) DeviceMoved(ctx context.Context, tx *sqldb.Tx, id string, to device.State) error {
	switch to {
	case device.Retired:
		return cs.endAll(ctx, tx, id, platform.ActiveSync, "The device was taken out of service.")
	case device.Removed:
		return cs.endAll(ctx, tx, id, "", "The device was removed.")
	case device.Wiped, device.Active, device.Pending: // what was wiped is ended where the wipe is acknowledged
	}
	return nil
}

// endAll ends all that waits for a device, but what goes over the channel that is spared, "" for none.
func (cs *Commands) endAll(ctx context.Context, tx *sqldb.Tx, device string, spared platform.Channel, words string) error {
	rest, err := sqldb.All(ctx, tx, scanCommand, selectCommand+` WHERE c.device = $1 AND c.channel <> $2
		AND c.state IN ('awaiting', 'delayed', 'queued', 'delivered', 'postponed') ORDER BY c.id`, device, string(spared))
	if err != nil {
		return err
	}
	for i := range rest {
		if err := cs.moot(ctx, tx, &rest[i], words); err != nil {
			return err
		}
	}
	return nil
}

// Cancel takes a command back that no device has been given yet.
func (cs *Commands) Cancel(ctx context.Context, c scope.Caller, id string) (Command, error) {
	var x Command
	err := cs.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		if x, err = cs.byID(ctx, tx, c, scope.CommandCancel, id); err != nil {
			return err
		}
		return cs.takeBack(ctx, tx, c, &x, "It was cancelled.")
	})
	return x, err
}

// takeBack cancels a command that no device has been given yet, and the request for approval when nothing is left of it.
func (cs *Commands) takeBack(ctx context.Context, tx *sqldb.Tx, by scope.Caller, x *Command, words string) error {
	if x.State == Awaiting { // an approval that comes at the same time has gone first, or finds it cancelled
		if err := cs.safety.Hold(ctx, tx, x.Approval); err != nil {
			return err
		}
		now, err := sqldb.One(ctx, tx, scanCommand, selectCommand+" WHERE c.id = $1", x.ID)
		if err != nil {
			return err
		}
		*x = now
	}
	if !x.State.undelivered() {
		return problem.Newf(problem.Conflict, "command.late", "It is %s and cannot be cancelled any more.", x.State)
	}
	waited := x.State == Awaiting
	if err := cs.move(ctx, tx, by, x, Cancelled, words); err != nil || !waited {
		return err
	}
	left, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM command WHERE approval = $1 AND state = 'awaiting'", x.Approval)
	if err != nil || left > 0 {
		return err
	}
	return cs.safety.Cancel(ctx, tx, by, x.Approval)
}

// Withdraw takes back, in the transaction of a package that orders by rules of its own, what c has ordered of a device under
// a key that begins with prefix, and returns what has become of it: [Cancelled]; the state of what the device has been given
// already and cannot be taken back any more; "" when nothing is open. Words say why, and name nobody.
func (cs *Commands) Withdraw(ctx context.Context, tx *sqldb.Tx, c scope.Caller, device, prefix, words string) (State, error) {
	// A device that comes for it at the same moment has gone first, or finds it cancelled.
	_, err := tx.Exec(ctx, "UPDATE command SET state = state WHERE device = $1 AND state IN ('delayed', 'queued', 'delivered')", device)
	if err != nil {
		return "", err
	}
	list, err := sqldb.All(ctx, tx, scanCommand, selectCommand+` JOIN command_batch b ON b.id = c.batch WHERE c.device = $1
		AND c.state IN ('awaiting', 'delayed', 'queued', 'delivered', 'postponed', 'acknowledged') AND b.requester_kind = $2
		AND b.requester = $3 AND b.request_key LIKE $4 ORDER BY c.id`, device, string(c.Kind), c.ID, prefix+"%")
	if err != nil {
		return "", err
	}
	var became State
	for i := range list {
		err := cs.takeBack(ctx, tx, c, &list[i], words)
		if err != nil && !problem.Is(err, problem.Conflict) { // a conflict: the device has it
			return "", err
		}
		became = list[i].State
	}
	return became, nil
}

const dueCondition = "(c.state = 'delayed' AND c.not_before <= $1) OR (c.state IN ('delayed', 'queued') AND c.expires <= $2)"

// Overdue tells whether there is anything for [Commands.Tick] to do.
func (cs *Commands) Overdue(ctx context.Context) (bool, error) {
	now := cs.clock.Now()
	due, err := sqldb.One(ctx, cs.db, sqldb.Scan1[bool], "SELECT EXISTS (SELECT 1 FROM command c WHERE "+dueCondition+")",
		sqldb.Micros(now), sqldb.Micros(now))
	if err != nil || due {
		return due, err
	}
	return sqldb.One(ctx, cs.db, sqldb.Scan1[bool], "SELECT EXISTS ("+abandonedBatches+")", sqldb.Micros(now.Add(-abandoned)))
}

// Tick queues the commands whose delay is over, so that their devices are woken, ends those that nobody came for, and
// returns how many it touched. It also carries on what was asked of many devices and broke off. Run it when
// [Commands.Overdue] says so; ask that every second.
func (cs *Commands) Tick(ctx context.Context) (n int, err error) {
	n, err = cs.tick(ctx)
	return n, errors.Join(err, cs.carryAbandoned(ctx))
}

func (cs *Commands) tick(ctx context.Context) (n int, err error) {
	err = cs.db.Write(ctx, func(tx *sqldb.Tx) error {
		n = 0
		now := sqldb.Micros(cs.clock.Now())
		due, err := sqldb.All(ctx, tx, scanCommand, selectCommand+" WHERE "+dueCondition+" ORDER BY c.id LIMIT 500", now, now)
		if err != nil {
			return err
		}
		for i := range due {
			to, words := Queued, "Its time has come; it waits for the device's next contact."
			if sqldb.Micros(due[i].Expires) <= now {
				to, words = Expired, "The device did not come for it in time."
			}
			err := cs.move(ctx, tx, scope.System("command"), &due[i], to, words)
			if errors.Is(err, errMoved) {
				continue // fetched or cancelled at this moment
			}
			if err != nil {
				return err
			}
			n++
		}
		return nil
	})
	return n, err
}

// executor carries out what safety has approved.
type executor struct{ cs *Commands }

// Approved releases the commands that still wait for the approval.
func (e executor) Approved(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	delay, err := e.cs.safety.Delay(ctx, tx, a.Targets)
	if err != nil {
		return err
	}
	return e.each(ctx, tx, a, func(c *Command) (State, string) {
		c.NotBefore = e.cs.clock.Now().Add(delay).Truncate(time.Microsecond)
		if delay > 0 {
			return Delayed, firstWords[Delayed]
		}
		return Queued, firstWords[Queued]
	})
}

// Ended ends them.
func (e executor) Ended(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	return e.each(ctx, tx, a, func(*Command) (State, string) {
		switch a.State {
		case safety.Rejected:
			return Rejected, "Another administrator has rejected it."
		case safety.Cancelled:
			return Cancelled, "It was cancelled."
		}
		return Expired, "Nobody approved it in time."
	})
}

func (e executor) each(ctx context.Context, tx *sqldb.Tx, a safety.Approval, to func(*Command) (State, string)) error {
	list, err := sqldb.All(ctx, tx, scanCommand, selectCommand+" WHERE c.approval = $1 AND c.state = 'awaiting' ORDER BY c.id", a.ID)
	if err != nil {
		return err
	}
	for i := range list {
		state, words := to(&list[i])
		if err := e.cs.move(ctx, tx, scope.System("safety"), &list[i], state, words); err != nil {
			return err
		}
	}
	return nil
}

// PendingWipe tells whether a wipe waits for this device now, from the database: for a channel that must not tell an
// unproven device anything else.
func (cs *Commands) PendingWipe(ctx context.Context, device string, ch platform.Channel) (bool, error) {
	if !cs.Pending(device) {
		return false, nil
	}
	n, err := sqldb.One(ctx, cs.db, sqldb.Scan1[int], `SELECT count(*) FROM command WHERE device = $1 AND channel = $2
		AND kind IN ($3, $4) AND (state = 'delivered' OR (state IN ('queued', 'delayed') AND not_before <= $5))`,
		device, string(ch), string(platform.FullWipe), string(platform.SelectiveWipe), sqldb.Micros(cs.clock.Now()))
	return n > 0, err
}
