package command

import (
	"context"
	"sync"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/platform"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
)

// State is where a command stands.
type State string

// The states.
const (
	Awaiting     State = "awaiting"     // approval
	Rejected     State = "rejected"     // by an approver
	Expired      State = "expired"      // not approved, or not fetched by the device, in time
	Delayed      State = "delayed"      // approved; it can be cancelled until its time has come
	Queued       State = "queued"       // for the device's next contact
	Delivered    State = "delivered"    // to the device, which has not answered yet
	Acknowledged State = "acknowledged" // by the device, which has not said that it is done
	Done         State = "done"         // by the device's own, authenticated word
	Failed       State = "failed"       // the device said so
	Postponed    State = "postponed"    // by the device
	Cancelled    State = "cancelled"    // before delivery
)

// undelivered tells whether the command can still be cancelled.
func (s State) undelivered() bool { return s == Awaiting || s == Delayed || s == Queued }

// Command is one order to one device.
type Command struct {
	ID            string
	Batch         string // what it was asked for with
	Device        string
	Owner         string
	Kind          platform.Command
	Destructive   bool
	Channel       platform.Channel
	State         State
	Unproven      bool // acknowledged by a device that could not prove its user any more
	RequesterKind scope.Kind
	Requester     string
	Approval      string
	Reason        string // only where one command is read
	Text          string // what is shown on the device; only where the command is handed to it
	Words         string // the last step, for people
	Created       time.Time
	NotBefore     time.Time
	Expires       time.Time
	Changed       time.Time
	Steps         []Step // only where one command is read

	roles      string
	reason     []byte
	payload    []byte
	challenge  string
	challenged time.Time
}

// Step is one change of a command's state.
type Step struct {
	State State
	At    time.Time
	Words string
}

// lifetime is how long a command waits for its device: a phone in a drawer should not be erased years later.
const lifetime = 30 * 24 * time.Hour

// kind is what a kind of command takes.
type kind struct {
	right scope.Right
	class safety.Class // "" for what destroys nothing
}

var kinds = map[platform.Command]kind{
	platform.Lock:          {scope.DeviceLock, ""},
	platform.FullWipe:      {scope.DeviceWipeFull, safety.WipeFull},
	platform.SelectiveWipe: {scope.DeviceWipeAccount, safety.WipeAccount},
	platform.WipeCard:      {scope.DeviceWipeCard, safety.WipeCard},

	platform.ClearPasscode:   {scope.DeviceClearPasscode, ""},
	platform.Locate:          {scope.DeviceLocate, ""},
	platform.Message:         {scope.DeviceMessage, ""},
	platform.RequestLog:      {scope.DeviceLog, ""},
	platform.UpdateInventory: {scope.DeviceRefresh, ""},

	platform.Refresh:         {scope.DeviceRefresh, ""},
	platform.DisableAccounts: {scope.DeviceAccounts, ""},
	platform.EnableAccounts:  {scope.DeviceAccounts, ""},
	platform.Reboot:          {scope.DeviceReboot, ""},
	platform.Uninstall:       {scope.DeviceRemove, ""},
}

// Disrupts tells whether a kind of command stops somebody's work, though it erases nothing.
func Disrupts(k platform.Command) bool {
	switch k {
	case platform.Lock, platform.DisableAccounts, platform.Reboot:
		return true
	}
	return false
}

// Destroys tells whether a kind of command erases something, and so takes budgets and perhaps approvals.
func Destroys(k platform.Command) bool { return kinds[k].class != "" }

// Target is a device as commands see it.
type Target struct {
	ID    string
	Owner string
	Name  string
	Facts platform.Facts
	Reach platform.Reach
	Wiped bool // wiped, and not let in again yet
}

// Devices is what commands ask of the devices.
type Devices interface {
	// Targets returns the devices among ids that lie within the scope, in any order.
	Targets(ctx context.Context, q sqldb.Querier, s scope.Scope, ids []string) ([]Target, error)
	// Switches returns those of [platform.Switches] of which the policy of a device says something, and whether they are on.
	Switches(ctx context.Context, id string) (map[platform.Setting]bool, error)
	// MarkWiped keeps the device out until an administrator lets it enrol again.
	MarkWiped(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id string) error
}

// Commands is the zone's queue of orders.
type Commands struct {
	db      *sqldb.DB
	clock   clock.Clock
	log     *audit.Log
	safety  *safety.Safety
	devices Devices
	keys    audit.Keys
	bus     *bus.Bus

	mu      sync.RWMutex
	pending map[string]struct{} // devices with something to fetch
	marked  map[string]struct{} // those that came while [Commands.Refresh] was reading
}

// queued is the bus topic that tells every server which device has something to fetch.
const queued = "command"

// executorKind names the acts of this package to safety.
const executorKind = "command"

// New returns the queue on db and registers it with safety as the one that carries approved commands out.
func New(db *sqldb.DB, c clock.Clock, log *audit.Log, s *safety.Safety, d Devices, k audit.Keys, b *bus.Bus) *Commands {
	cs := &Commands{db: db, clock: c, log: log, safety: s, devices: d, keys: k, bus: b, pending: make(map[string]struct{})}
	s.Register(executorKind, executor{cs})
	b.Subscribe(queued, func(m bus.Message) { cs.mark(m.Body) })
	return cs
}

// move writes a change of state with its step and its audit record. It fails when the state is no longer the one c has.
func (cs *Commands) move(ctx context.Context, tx *sqldb.Tx, by scope.Caller, c *Command, to State, words string) error {
	now := cs.clock.Now().Truncate(time.Microsecond)
	n, err := tx.Exec(ctx, `UPDATE command SET state = $1, words = $2, changed = $3, not_before = $4, unproven = $5
		WHERE id = $6 AND state = $7`,
		string(to), words, sqldb.Micros(now), sqldb.Micros(c.NotBefore), c.Unproven, c.ID, string(c.State))
	if err != nil {
		return err
	}
	if n != 1 {
		return errMoved
	}
	before := c.State
	c.State, c.Words, c.Changed = to, words, now
	if err := cs.step(ctx, tx, c); err != nil {
		return err
	}
	return cs.record(ctx, tx, by, c, string(to), before)
}

// step appends to the command's history.
func (cs *Commands) step(ctx context.Context, tx *sqldb.Tx, c *Command) error {
	_, err := tx.Exec(ctx, `INSERT INTO command_step (command, number, state, at, words)
		VALUES ($1, (SELECT count(*) + 1 FROM command_step WHERE command = $2), $3, $4, $5)`,
		c.ID, c.ID, string(c.State), sqldb.Micros(c.Changed), c.Words)
	return err
}

func (cs *Commands) record(ctx context.Context, tx *sqldb.Tx, by scope.Caller, c *Command, action string, before State) error {
	after := map[string]any{"kind": c.Kind, "state": c.State, "approval": c.Approval, "unauthenticated": c.Unproven}
	if c.State == Cancelled {
		after["because"] = c.Words // never a device's, and of nobody
	}
	r := audit.Record{
		Action: "command." + action, Caller: by, Subject: audit.Subject{Kind: "command", ID: c.ID},
		Device: c.Device, Owner: c.Owner, After: after,
	}
	if before != "" {
		r.Before = map[string]any{"state": before}
	}
	cs.wake(tx, c)
	return cs.log.Append(ctx, tx, r)
}

// wake tells the channel that holds the device, and the live views, once it is committed.
func (cs *Commands) wake(tx *sqldb.Tx, c *Command) {
	id, device, fetchable := c.ID, c.Device, c.State == Queued
	tx.AfterCommit(func() {
		if fetchable {
			cs.bus.Publish(bus.Message{Topic: queued, Body: device}) // before the device is woken
			cs.bus.Publish(bus.Message{Topic: "device:" + device, Body: "command"})
		}
		cs.bus.Publish(bus.Message{Topic: "event", Body: "command " + id + " " + device})
	})
}
