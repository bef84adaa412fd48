package device

import (
	"context"
	"strings"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
)

// computerType is the device type of computers, by which their platform is recognised.
const computerType = "computer"

// AddComputer makes the entry of a computer that is to tell its inventory: it is pending until it has. owner is the user
// whose it is, "" for nobody's. It needs the right device.enrol over the whole zone.
func (s *Store) AddComputer(ctx context.Context, c scope.Caller, name, owner string, l Liability) (Device, error) {
	if err := c.Require(scope.DeviceEnrol); err != nil {
		return Device{}, err
	}
	name = strings.TrimSpace(sqldb.Line(name, maxName))
	if name == "" {
		return Device{}, problem.Newf(problem.Invalid, "device.name", "Give the computer a name of at most %d characters.", maxName).WithField("name")
	}
	if l == "" {
		l = Corporate
	}
	if !l.Known() {
		return Device{}, problem.New(problem.Invalid, "device.liability", "The liability is corporate or personal.").WithField("liability")
	}
	if owner == "" {
		owner = directory.Nobody
	}
	u, err := s.with.Owners.Get(ctx, scope.System("device"), owner)
	if err != nil {
		return Device{}, err
	}
	var id string
	err = s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		id, err = s.enrolIn(ctx, tx, c, Hello{
			Owner: u, EASID: computerType + "-" + sqldb.NewID(), Liability: l, Facts: Facts{FriendlyName: name, DeviceType: computerType},
		})
		return err
	})
	if err != nil {
		return Device{}, err
	}
	k, err := s.freshByID(ctx, id)
	return k.Device, err
}

// ComeComputer returns the computer whose agent registers, in the transaction that certifies its key, and makes it where id is
// "": nobody's, and active at once. A computer with an id is the one that somebody has decided it is again. For package enrol
// alone.
func (s *Store) ComeComputer(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id string, f Facts) (Device, error) {
	if err := gateway(c, ""); err != nil {
		return Device{}, err
	}
	f.clean()
	var err error
	if id == "" {
		id, err = s.newComputer(ctx, tx, c, f)
	} else {
		err = s.learnIn(ctx, tx, c, id, f, "")
	}
	if err != nil {
		return Device{}, err
	}
	if _, err := tx.Exec(ctx, "UPDATE device SET state = 'active', version = version + 1 WHERE id = $1 AND state = 'pending'", id); err != nil {
		return Device{}, err
	}
	k, err := sqldb.One(ctx, tx, scanKnown, knownText+"d.id = $1", id)
	if err != nil {
		return Device{}, missing(err)
	}
	return k.Device, k.Device.Refusal()
}

func (s *Store) newComputer(ctx context.Context, tx *sqldb.Tx, c scope.Caller, f Facts) (string, error) {
	u, err := s.with.Owners.Get(ctx, scope.System("device"), directory.Nobody)
	if err != nil {
		return "", err
	}
	return s.enrolIn(ctx, tx, c, Hello{Owner: u, EASID: computerType + "-" + sqldb.NewID(), Liability: Corporate, Facts: f})
}

// Inventoried notes that a computer has told its inventory, with the facts in it. For the computer's channel alone.
func (s *Store) Inventoried(ctx context.Context, c scope.Caller, id string, f Facts) error {
	f.DeviceType, f.UserAgent, f.FriendlyName, f.Phone = "", "", "", ""
	if _, err := s.RecordFacts(ctx, c, id, f); err != nil {
		return err
	}
	s.Touch(c, id)
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, "UPDATE device SET state = 'active', version = version + 1 WHERE id = $1 AND state = 'pending'", id)
		if err == nil && n > 0 {
			s.tell(tx, id)
		}
		return err
	})
}
