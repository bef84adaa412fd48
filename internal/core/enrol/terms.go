package enrol

import (
	"context"
	"errors"
	"strings"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
)

// Terms is a text that users agree to when they enrol. Version 0 stands for none.
type Terms struct {
	Version int
	Text    string // plain text
	Created time.Time
}

const maxTerms = 64 << 10

func scanTerms(r sqldb.Row) (t Terms, err error) {
	var created int64
	err = r.Scan(&t.Version, &t.Text, &created)
	t.Created = sqldb.Time(created)
	return t, err
}

// Terms returns the newest text, which is no secret: users read it before anybody knows them.
func (s *Store) Terms(ctx context.Context) (Terms, error) { return newestTerms(ctx, s.db) }

func newestTerms(ctx context.Context, q sqldb.Querier) (Terms, error) {
	t, err := sqldb.One(ctx, q, scanTerms, "SELECT version, text, created FROM enrol_terms ORDER BY version DESC LIMIT 1")
	if errors.Is(err, sqldb.ErrNotFound) {
		return Terms{}, nil
	}
	return t, err
}

// SetTerms puts another text in force, of 1 to 65,536 bytes; devices are asked to agree to it at their next check-in.
// version is the one that the caller has seen.
func (s *Store) SetTerms(ctx context.Context, c scope.Caller, text string, version int) (t Terms, err error) {
	if err := c.Require(scope.SettingEdit); err != nil {
		return t, err
	}
	text = strings.TrimSpace(text)
	if text == "" || sqldb.Clean(text, maxTerms) != text {
		return t, problem.New(problem.Invalid, "terms.text", "The terms of use are a text of at most 64 KiB.").WithField("text")
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		old, err := newestTerms(ctx, tx)
		if err != nil {
			return err
		}
		if old.Version != version {
			return problem.New(problem.Precondition, "changed",
				"This has been changed in the meantime: look at it again before you change it.")
		}
		t = Terms{old.Version + 1, text, s.with.Clock.Now().Truncate(time.Microsecond)}
		_, err = tx.Exec(ctx, "INSERT INTO enrol_terms (version, text, created) VALUES ($1, $2, $3)", t.Version, t.Text, sqldb.Micros(t.Created))
		if err != nil {
			return err
		}
		return s.with.Log.Append(ctx, tx, audit.Record{
			Action: "terms.changed", Caller: c, Subject: audit.Subject{Kind: "terms"}, Before: old.Version, After: t.Version,
		})
	})
	return t, err
}

// agree records that a device's user agrees to the newest terms. A problem of kind Conflict when version is another one.
func (s *Store) agree(ctx context.Context, tx *sqldb.Tx, device, owner string, version int) error {
	t, err := newestTerms(ctx, tx)
	if err != nil || t.Version == 0 {
		return err
	}
	if t.Version != version {
		return problem.Newf(problem.Conflict, "enrol.terms",
			"The user must agree to version %d of the terms of use: show them, and send the version that the user agreed to.", t.Version).WithField("terms")
	}
	_, err = tx.Exec(ctx, `INSERT INTO enrol_consent (device, owner, terms, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (device, owner, terms) DO NOTHING`, device, owner, version, sqldb.Micros(s.with.Clock.Now()))
	return err
}

// Agree records that the user of a device agrees to the newest terms of use. For the device alone.
func (s *Store) Agree(ctx context.Context, p Proof, version int) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if err := s.agree(ctx, tx, p.Device, p.Owner, version); err != nil {
			return err
		}
		return s.record(ctx, tx, deviceCaller(p), "device.terms-agreed", p.Device, p.Owner, map[string]any{"terms": version})
	})
}

// Agreed returns the newest terms that the user of a device has agreed to; 0 for none. For the device alone.
func (s *Store) Agreed(ctx context.Context, p Proof) (int, error) {
	return sqldb.One(ctx, s.db, sqldb.Scan1[int], "SELECT coalesce(max(terms), 0) FROM enrol_consent WHERE device = $1 AND owner = $2",
		p.Device, p.Owner)
}

// Consent is one agreement.
type Consent struct {
	Device string
	Owner  string
	Terms  int
	At     time.Time
}

// Consents returns what was agreed to with a device, newest first.
func (s *Store) Consents(ctx context.Context, c scope.Caller, device string) ([]Consent, error) {
	sc, err := c.Scope(scope.DeviceRead)
	if err != nil {
		return nil, err
	}
	var a sqldb.Args
	where := "n.device = " + a.Add(device) + " AND " + sc.Devices("n.device", &a)
	return sqldb.All(ctx, s.db, scanConsent, "SELECT "+consentColumns+" FROM enrol_consent n WHERE "+where+" ORDER BY n.at DESC LIMIT 100", a.List()...)
}

const consentColumns = "n.device, n.owner, n.terms, n.at"

func scanConsent(r sqldb.Row) (x Consent, err error) {
	var at int64
	err = r.Scan(&x.Device, &x.Owner, &x.Terms, &at)
	x.At = sqldb.Time(at)
	return x, err
}
