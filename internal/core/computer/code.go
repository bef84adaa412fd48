package computer

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
)

const (
	// spareCodes are those that an agent knows beforehand and nobody has been shown: a computer without a network learns of no
	// other.
	spareCodes = 2
	// codeLength is that of a code: 80 random bits, five to a letter.
	codeLength = 16
	// codeLife is how long an agent is told of a code that was shown.
	codeLife = 7 * 24 * time.Hour
	// maxCodes bounds the codes that an agent is told of.
	maxCodes = 16
)

// code is one that lets an agent go.
type code struct {
	number int64
	sealed []byte
	shown  time.Time // zero for never
}

func scanCode(r sqldb.Row) (c code, err error) {
	var shown int64
	err = r.Scan(&c.number, &c.sealed, &shown)
	c.shown = sqldb.Time(shown)
	return c, err
}

func codeField(device string, number int64) seal.Field {
	return seal.Field{Table: "agent_code", Column: "code", Row: device + "/" + hex.EncodeToString([]byte{byte(number >> 8), byte(number)})}
}

// newest reads the newest codes of a computer, the oldest of them first.
func newest(ctx context.Context, q sqldb.Querier, device string) ([]code, error) {
	return sqldb.All(ctx, q, scanCode, `SELECT number, code, shown FROM (SELECT number, code, shown FROM agent_code WHERE device = $1
		ORDER BY number DESC LIMIT $2) c ORDER BY number`, device, maxCodes)
}

// CodePrints returns the hashes of the codes by which the computer's agent may go, as the settings name them: those that nobody
// has seen, and those that were shown in the last seven days and after the time since. For the computer's channel alone.
func (s *Store) CodePrints(ctx context.Context, c scope.Caller, id string, since time.Time) ([]string, error) {
	if err := own(c, id); err != nil {
		return nil, err
	}
	list, err := newest(ctx, s.db, id)
	if err == nil && spare(list) < spareCodes {
		err = s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
			list, err = s.fillCodes(ctx, tx, id)
			return err
		})
	}
	if err != nil {
		return nil, err
	}
	now := s.with.Clock.Now()
	var prints []string
	for _, x := range list {
		if !x.shown.IsZero() && (x.shown.Before(since) || now.Sub(x.shown) > codeLife) {
			continue
		}
		plain, err := s.with.Keys.Open(ctx, s.db, codeField(id, x.number), seal.Zone, x.sealed)
		if err != nil {
			return nil, err
		}
		sum := sha256.Sum256([]byte(id + ":" + string(plain)))
		prints = append(prints, hex.EncodeToString(sum[:]))
	}
	return prints, nil
}

func spare(list []code) (n int) {
	for _, x := range list {
		if x.shown.IsZero() {
			n++
		}
	}
	return n
}

// fillCodes makes codes until there are enough to spare, and returns the newest.
func (s *Store) fillCodes(ctx context.Context, tx *sqldb.Tx, id string) ([]code, error) {
	list, err := newest(ctx, tx, id)
	for n := spare(list); err == nil && n < spareCodes; n++ {
		next := int64(1)
		if len(list) > 0 {
			next = list[len(list)-1].number + 1
		}
		var x code
		if x, err = s.makeCode(ctx, tx, id, next); err == nil {
			list = append(list, x)
		}
	}
	return list, err
}

func (s *Store) makeCode(ctx context.Context, tx *sqldb.Tx, id string, number int64) (code, error) {
	sealed, err := s.with.Keys.Seal(ctx, tx, codeField(id, number), seal.Zone, []byte(rand.Text()[:codeLength]))
	if err != nil {
		return code{}, err
	}
	_, err = tx.Exec(ctx, "INSERT INTO agent_code (device, number, code, shown) VALUES ($1, $2, $3, 0)", id, number, []byte(sealed))
	return code{number: number, sealed: sealed}, err
}

var errNoCode = problem.New(problem.Conflict, "computer.code",
	"The agent of this computer knows of no code yet, or all that it knows of were shown: it learns of new ones when it asks for its settings.")

// ShowCode returns a code by which the agent of a computer may be removed there without the network, once, and records that it
// was shown. It needs the right device.remove over the computer. A problem of kind Conflict when the agent knows of none.
func (s *Store) ShowCode(ctx context.Context, c scope.Caller, id string) (plain string, err error) {
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		d, err := s.with.Devices.Find(ctx, tx, c, scope.DeviceRemove, id)
		if err != nil {
			return err
		}
		list, err := sqldb.All(ctx, tx, scanCode, "SELECT number, code, shown FROM agent_code WHERE device = $1 AND shown = 0 ORDER BY number LIMIT 1", id)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return errNoCode
		}
		text, err := s.with.Keys.Open(ctx, tx, codeField(id, list[0].number), seal.Zone, list[0].sealed)
		if err != nil {
			return err
		}
		plain = string(text)
		n, err := tx.Exec(ctx, "UPDATE agent_code SET shown = $1 WHERE device = $2 AND number = $3 AND shown = 0",
			sqldb.Micros(s.with.Clock.Now()), id, list[0].number)
		if err != nil {
			return err
		}
		if n != 1 {
			return errNoCode
		}
		return s.with.Log.Append(ctx, tx, audit.Record{
			Action: "computer.code-shown", Caller: c, Subject: audit.Subject{Kind: "device", ID: d.ID}, Device: d.ID, Owner: d.Owner,
			After: map[string]any{"number": list[0].number},
		})
	})
	return plain, err
}

// Leaves tells whether the agent of a computer may have gone by a code: one was shown since. For the computer's channel alone.
func (s *Store) Leaves(ctx context.Context, c scope.Caller, id string, since time.Time) (bool, error) {
	if err := own(c, id); err != nil {
		return false, err
	}
	return sqldb.One(ctx, s.db, sqldb.Scan1[bool], "SELECT EXISTS (SELECT 1 FROM agent_code WHERE device = $1 AND shown > 0 AND shown >= $2)", id, sqldb.Micros(since))
}

// Told tells whether a document of a kind was ever made for the computer. For the computer's channel alone.
func (s *Store) Told(ctx context.Context, c scope.Caller, id, kind string) (bool, error) {
	if err := own(c, id); err != nil {
		return false, err
	}
	v, err := s.version(ctx, s.db, id, kind)
	return v.Number > 0, err
}
