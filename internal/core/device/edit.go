package device

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"drover/internal/base/csvsafe"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/directory"
	"drover/internal/core/platform"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
)

// Change is what an administrator changes of a device. Nil leaves it as it is.
type Change struct {
	Name      *string      // 1 to 128 bytes
	Platform  *platform.ID // by hand; "" goes back to what is recognised
	Liability *Liability
	Owner     *string // another user's id; the device must provision anew, but a computer stays registered
}

var changedMeanwhile = problem.New(problem.Precondition, "changed",
	"This has been changed in the meantime: look at it again before you change it.")

func (ch Change) check() error {
	if ch.Name != nil {
		*ch.Name = strings.TrimSpace(*ch.Name)
		if n := *ch.Name; n == "" || sqldb.Line(n, maxName) != n || csvsafe.Formula(n) {
			return problem.New(problem.Invalid, "device.name",
				"A device's name has 1 to 128 bytes, no control characters, and does not begin with = + - or @.").WithField("name")
		}
	}
	if ch.Platform != nil && *ch.Platform != "" && !ch.Platform.Known() {
		return problem.New(problem.Invalid, "device.platform", "There is no such platform.").WithField("platform")
	}
	if ch.Liability != nil && !ch.Liability.Known() {
		return problem.New(problem.Invalid, "device.liability", "The liability is corporate or personal.").WithField("liability")
	}
	return nil
}

// Edit changes a device. version is the one that the caller has seen.
func (s *Store) Edit(ctx context.Context, c scope.Caller, id string, version int64, ch Change) (Device, error) {
	if err := ch.check(); err != nil {
		return Device{}, err
	}
	if c.Kind == scope.User && (ch.Platform != nil || ch.Liability != nil || ch.Owner != nil) {
		return Device{}, problem.New(problem.Forbidden, "device.own", "Of a device of yours you can change the name alone.")
	}
	var owner *directory.User
	if ch.Owner != nil {
		u, err := s.with.Owners.Get(ctx, c, *ch.Owner)
		if err != nil {
			return Device{}, err
		}
		owner = &u
	}
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.edit(ctx, tx, c, id, version, ch, owner) })
	if err != nil {
		return Device{}, err
	}
	return s.Find(ctx, s.db, c, scope.DeviceEdit, id)
}

func (s *Store) edit(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id string, version int64, ch Change, owner *directory.User) error {
	d, err := s.Find(ctx, tx, c, scope.DeviceEdit, id)
	if err != nil {
		return err
	}
	if d.Version != version {
		return changedMeanwhile
	}
	before := d
	if ch.Name != nil {
		d.Name = *ch.Name
	}
	if ch.Liability != nil {
		d.Liability = *ch.Liability
	}
	if ch.Platform != nil {
		d.Platform, d.ByHand = *ch.Platform, *ch.Platform != ""
		if !d.ByHand {
			d.Platform = platform.Recognise(d.PlatformFacts())
		}
	}
	if owner != nil && owner.ID != d.Owner {
		d.Owner, d.OwnerName = owner.ID, owner.Name
		if err := handOver(ctx, tx, d.ID); err != nil {
			return err
		}
		if err := s.with.Safety.Doubt(ctx, tx, c, d.ID); err != nil {
			return err
		}
	}
	if err := s.update(ctx, tx, d); err != nil {
		return ownersTaken(err)
	}
	if d.Owner != before.Owner {
		if err := s.moved(ctx, tx, d.ID, d.State); err != nil {
			return err
		}
	}
	s.wake(tx, id)
	if err := s.record(ctx, tx, c, "device.changed", d, before.audited(), d.audited()); err != nil {
		return err
	}
	return s.with.Zone.BumpPeople(ctx, tx)
}

// handOver takes away what belonged to the owner before: the phone number is sealed under that owner's key.
func handOver(ctx context.Context, tx *sqldb.Tx, id string) error {
	if _, err := tx.Exec(ctx, "UPDATE device SET phone = NULL WHERE id = $1", id); err != nil {
		return err
	}
	return resetPartnership(ctx, tx, id)
}

func ownersTaken(err error) error {
	if errors.Is(err, sqldb.ErrConflict) {
		return problem.New(problem.Conflict, "device.owner", "That user has a device of this id already.").WithField("owner")
	}
	return err
}

// kindRemove names the removal of devices to safety.
const kindRemove = "device.remove"

// removable are the states that a device can be removed in.
var removable = []State{Active, Pending, Retired, Wiped}

// Remove takes a device out of the lists; its mail ends at once. When it comes back with its owner's credentials it
// enrols anew. It takes the quorum.
func (s *Store) Remove(ctx context.Context, c scope.Caller, id, reason string) (a safety.Approval, err error) {
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		d, err := s.movable(ctx, tx, c, scope.DeviceRemove, id, reason, removable)
		if err != nil {
			return err
		}
		a, err = s.with.Safety.Order(ctx, tx, c, safety.Ask{
			Class: safety.RemoveDevice, Kind: kindRemove, Subject: d.ID, About: d.Owner, Reason: reason, Devices: []string{d.ID},
			Words: fmt.Sprintf("Remove %q from the zone. Its mail ends, and what is known of it goes; nothing is erased on it", d.Name),
		})
		return err
	})
	return a, err
}

// remove carries an approved removal out.
func (s *Store) remove(ctx context.Context, tx *sqldb.Tx, a safety.Approval) error {
	d, err := s.movable(ctx, tx, scope.System("device"), scope.DeviceRemove, a.Subject, "", removable)
	if err != nil {
		return err
	}
	if d.Owner != a.About {
		return problem.New(problem.Conflict, "device.owner", "The device belongs to somebody else by now: ask anew.")
	}
	if err := s.with.Safety.Use(ctx, tx, a); err != nil {
		return err
	}
	if err := s.with.Safety.Explain(ctx, tx, &a); err != nil {
		return err
	}
	return s.setState(ctx, tx, a.By(), d, Removed, "device.removed", a.Reason)
}

// Retire takes a device out of service: it stays in the lists, and out of mail, until it is readmitted.
func (s *Store) Retire(ctx context.Context, c scope.Caller, id, reason string) error {
	return s.move(ctx, c, scope.DeviceRemove, id, reason, "device.retired", Retired, Active, Pending)
}

// Readmit lets a wiped or retired device enrol again.
func (s *Store) Readmit(ctx context.Context, c scope.Caller, id, reason string) error {
	return s.move(ctx, c, scope.DeviceReadmit, id, reason, "device.readmitted", Pending, Wiped, Retired)
}

const maxReason = 500

func (s *Store) move(ctx context.Context, c scope.Caller, r scope.Right, id, reason, action string, to State, from ...State) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		d, err := s.movable(ctx, tx, c, r, id, reason, from)
		if err != nil {
			return err
		}
		return s.setState(ctx, tx, c, d, to, action, reason)
	})
}

// movable finds a device that is in one of the states.
func (s *Store) movable(ctx context.Context, tx *sqldb.Tx, c scope.Caller, r scope.Right, id, reason string, from []State) (Device, error) {
	if sqldb.Clean(reason, maxReason) != reason {
		return Device{}, problem.New(problem.Invalid, "device.reason", "A reason has at most 500 bytes.").WithField("reason")
	}
	d, err := s.Find(ctx, tx, c, r, id)
	if err == nil && !slices.Contains(from, d.State) {
		err = problem.Newf(problem.Conflict, "device.state", "The device is %s, and this does not fit that.", d.State)
	}
	return d, err
}

func (s *Store) setState(ctx context.Context, tx *sqldb.Tx, c scope.Caller, d Device, to State, action, reason string) error {
	before, was := d.audited(), d.State
	d.State = to
	_, err := tx.Exec(ctx, "UPDATE device SET state = $1, policy_state = 'none', version = version + 1 WHERE id = $2", string(to), d.ID)
	if err != nil {
		return err
	}
	if to == Removed {
		if err := setContact(ctx, tx, d.ID, time.Time{}); err != nil {
			return err
		}
	}
	if to != Pending {
		if err := s.moved(ctx, tx, d.ID, to); err != nil {
			return err
		}
	}
	if to == Pending && was == Retired {
		for _, do := range s.returned {
			if err := do(ctx, tx, d.ID); err != nil {
				return err
			}
		}
	}
	if to != Wiped { // a wiped device's key still proves its acknowledgement when that is repeated
		if err := resetPartnership(ctx, tx, d.ID); err != nil {
			return err
		}
	}
	err = s.with.Log.Append(ctx, tx, audit.Record{
		Action: action, Caller: c, Subject: audit.Subject{Kind: "device", ID: d.ID}, Device: d.ID, Owner: d.Owner,
		Before: before, After: d.audited(), Reason: reason,
	})
	if err != nil {
		return err
	}
	s.wake(tx, d.ID)
	return s.with.Zone.BumpPeople(ctx, tx)
}

// MarkWiped notes, in the transaction of the command, that a device has acknowledged a wipe, full or selective. From then on it stays
// out until [Store.Readmit]. For package command alone.
func (s *Store) MarkWiped(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id string) error {
	if c.Kind == scope.Admin || c.Kind == scope.Token || c.Kind == scope.User {
		return notTheGateway
	}
	d, err := s.Find(ctx, tx, scope.System("device"), scope.DeviceRead, id)
	if err != nil {
		return err
	}
	if d.State == Wiped {
		return nil
	}
	return s.setState(ctx, tx, c, d, Wiped, "device.wiped", "")
}

// SaveAccess notes what package access has decided for devices, where that is news. For the gateway and package access alone.
func (s *Store) SaveAccess(ctx context.Context, c scope.Caller, decided map[string]Access) error {
	if err := gateway(c, ""); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, id := range slices.Sorted(maps.Keys(decided)) { // in a fixed order, so that two never wait for each other
			if err := s.noteAccess(ctx, tx, id, decided[id]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) noteAccess(ctx context.Context, tx *sqldb.Tx, id string, a Access) error {
	if !a.Known() {
		return problem.New(problem.Invalid, "device.access", "Access is allow, block or quarantine.").WithField("decision")
	}
	n, err := tx.Exec(ctx, "UPDATE device SET access = $1, version = version + 1 WHERE id = $2 AND access <> $3",
		string(a), id, string(a))
	if err == nil && n > 0 {
		s.tell(tx, id)
	}
	return err
}
