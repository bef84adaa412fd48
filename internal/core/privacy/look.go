package privacy

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/directory"
	"drover/internal/core/journal"
	"drover/internal/core/scope"
)

// Devices tells who owns a device and what it is called, and opens its phone number, within the caller's scope.
type Devices interface {
	OwnerOf(ctx context.Context, c scope.Caller, device string) (string, error)
	Names(ctx context.Context, c scope.Caller, ids ...string) (map[string]string, error)
	OpenPhone(ctx context.Context, tx *sqldb.Tx, c scope.Caller, device string) (number, owner string, err error)
}

// Users opens the phone numbers that directories tell, within the caller's scope.
type Users interface {
	OpenPhone(ctx context.Context, tx *sqldb.Tx, c scope.Caller, user string) (string, error)
}

// Parts are what a [Store] stands on. All are needed.
type Parts struct {
	DB      *sqldb.DB
	Clock   clock.Clock
	Log     *audit.Log
	Keys    journal.Keys
	Journal *journal.Store
	Devices Devices
	Users   Users
}

// Store shows personal data and records who has looked.
type Store struct {
	with     Parts
	db       *sqldb.DB
	chapters []Chapter
}

// New returns the privacy of the zone.
func New(p Parts) *Store { return &Store{with: p, db: p.DB} }

// Look is one look at somebody's personal data.
type Look struct {
	ID      string
	Owner   string
	Device  string
	Kind    string // a [journal.Kind], or "export", "phone", "audit"
	At      time.Time
	ByKind  scope.Kind
	By      string // an administrator's id
	Reason  string
	Entries int

	record string // of the audit log that was opened, or ""
}

const maxReason = 500

// reasonOf checks why somebody wants to look. Owners look at what is theirs without a reason.
func reasonOf(c scope.Caller, owner, reason string) (string, error) {
	if own(c, owner) {
		return "", nil
	}
	if c.Kind == scope.User {
		return "", problem.New(problem.NotFound, "privacy.unknown", "There is nothing of yours here.")
	}
	if reason = strings.TrimSpace(sqldb.Clean(reason, maxReason)); reason == "" {
		return "", problem.New(problem.Invalid, "privacy.reason",
			"Say why you look. The owner of the data sees it.").WithField("reason")
	}
	return reason, nil
}

func own(c scope.Caller, owner string) bool { return c.Kind == scope.User && c.ID == owner }

// Entries shows what a device has told, newest first, and records the look.
func (s *Store) Entries(ctx context.Context, c scope.Caller, query journal.Query, reason string) (page.Page[journal.Entry], error) {
	owner, err := s.owner(ctx, c, query.Device)
	if err != nil {
		return page.Page[journal.Entry]{}, err
	}
	if reason, err = reasonOf(c, owner, reason); err != nil {
		return page.Page[journal.Entry]{}, err
	}
	query.Owner = owner
	var p page.Page[journal.Entry]
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if p, err = s.with.Journal.Read(ctx, tx, c, query); err != nil {
			return err
		}
		return s.record(ctx, tx, c, Look{Owner: owner, Device: query.Device, Kind: string(query.Kind), Reason: reason, Entries: len(p.Items)})
	})
	return p, err
}

// owner returns whose device it is; of users only their own.
func (s *Store) owner(ctx context.Context, c scope.Caller, device string) (string, error) {
	if device == "" {
		return "", problem.New(problem.Invalid, "privacy.device", "Name the device.").WithField("device")
	}
	if c.Kind != scope.User && !c.Has(scope.UserPersonalRead) {
		_, err := c.Scope(scope.UserPersonalRead)
		return "", err
	}
	return s.with.Devices.OwnerOf(ctx, c, device)
}

// File records the look at one file and returns its entry with a function that writes its content.
func (s *Store) File(ctx context.Context, c scope.Caller, id, reason string) (journal.Entry, func(io.Writer) error, error) {
	var e journal.Entry
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		if e, err = s.with.Journal.FindFile(ctx, tx, c, id); err != nil {
			return err
		}
		why, err := reasonOf(c, e.Owner, reason)
		if err != nil {
			return err
		}
		return s.record(ctx, tx, c, Look{Owner: e.Owner, Device: e.Device, Kind: string(journal.File), Reason: why, Entries: 1})
	})
	if err != nil {
		return journal.Entry{}, nil, err
	}
	return e, func(w io.Writer) error { return s.with.Journal.WriteFile(ctx, e, w) }, nil
}

// record writes the look down, and in the audit log. What owners see of their own leaves no record.
func (s *Store) record(ctx context.Context, tx *sqldb.Tx, c scope.Caller, l Look) error {
	if own(c, l.Owner) {
		return nil
	}
	id := sqldb.NewID()
	sealed, err := s.with.Keys.Seal(ctx, tx, reasonField(id), seal.User(l.Owner), []byte(l.Reason))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO personal_look (id, owner, device, kind, at, by_kind, by_whom, reason, entries)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`, id, l.Owner, l.Device, l.Kind, sqldb.Micros(s.with.Clock.Now()),
		string(c.Kind), c.ID, []byte(sealed), l.Entries)
	if err != nil {
		return err
	}
	return s.with.Log.Append(ctx, tx, audit.Record{
		Action: "personal.looked", Caller: c, Subject: audit.Subject{Kind: "look", ID: id}, Device: l.Device, Owner: l.Owner,
		Reason: l.Reason, After: l.audited(),
	})
}

// audited is what the audit log says of the look.
func (l Look) audited() map[string]any {
	after := map[string]any{"kind": l.Kind, "entries": l.Entries}
	if l.record != "" {
		after["record"] = l.record
	}
	return after
}

func reasonField(id string) seal.Field {
	return seal.Field{Table: "personal_look", Column: "reason", Row: id}
}

// Looks returns who has looked at a user's data, newest first: to the user, and to who may read the audit log of the whole
// zone.
func (s *Store) Looks(ctx context.Context, c scope.Caller, owner string, r page.Request) (page.Page[Look], error) {
	if !own(c, owner) {
		if err := c.Require(scope.AuditRead); err != nil {
			return page.Page[Look]{}, err
		}
	}
	size, err := r.Size()
	if err != nil {
		return page.Page[Look]{}, err
	}
	var a sqldb.Args
	where := "owner = " + a.Add(owner)
	if r.After != "" {
		_, id, err := page.Parse[string](r.After)
		if err != nil {
			return page.Page[Look]{}, err
		}
		where += " AND id < " + a.Add(id)
	}
	rows, err := sqldb.All(ctx, s.db, scanLook,
		"SELECT id, owner, device, kind, at, by_kind, by_whom, reason, entries FROM personal_look WHERE "+where+
			" ORDER BY id DESC LIMIT "+a.Add(size+1), a.List()...)
	if err != nil {
		return page.Page[Look]{}, err
	}
	cut := page.Cut(rows, size, func(l sealedLook) string { return page.Cursor(l.ID, l.ID) })
	looks := make([]Look, 0, len(cut.Items))
	for _, l := range cut.Items {
		text, err := s.with.Keys.Open(ctx, s.db, reasonField(l.ID), seal.User(l.Owner), seal.Sealed(l.sealed))
		if err != nil && !errors.Is(err, seal.ErrErased) {
			return page.Page[Look]{}, err
		}
		l.Reason = string(text)
		looks = append(looks, l.Look)
	}
	return page.Page[Look]{Items: looks, Next: cut.Next}, nil
}

type sealedLook struct {
	Look
	sealed []byte
}

func scanLook(r sqldb.Row) (l sealedLook, err error) {
	var at int64
	err = r.Scan(&l.ID, &l.Owner, &l.Device, &l.Kind, &at, &l.ByKind, &l.By, &l.sealed, &l.Entries)
	l.At = sqldb.Time(at)
	return l, err
}

// UserChanged is for [directory.Follower]: looks hang on ids, not on names.
func (s *Store) UserChanged(context.Context, *sqldb.Tx, directory.User) error { return nil }

// UserErased deletes the looks at a user's data with the user, as [directory.Follower]; the audit log keeps that they
// happened.
func (s *Store) UserErased(ctx context.Context, tx *sqldb.Tx, id string) error {
	_, err := tx.Exec(ctx, "DELETE FROM personal_look WHERE owner = $1", id)
	return err
}
