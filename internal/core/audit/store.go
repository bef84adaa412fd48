package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Filter narrows a list. Zero values do not narrow.
type Filter struct {
	Action  string // a whole action, or its beginning when it ends with "."
	Subject string
	Device  string
	Owner   string
	Caller  string
	Outcome Outcome
	From    time.Time // inclusive
	Until   time.Time // exclusive
}

// Page says which part of a list is wanted, newest first.
type Page struct {
	Limit int    // 1 to 500
	After string // the cursor of the page before, or ""
}

const maxPage = 500

const entryColumns = rawColumns + `, coalesce(k.number, 0)`

func scanEntry(r sqldb.Row) (Entry, error) {
	var x raw
	var number int64
	if err := r.Scan(append(x.targets(), &number)...); err != nil {
		return Entry{}, err
	}
	return x.entry(number)
}

func (x *raw) entry(number int64) (Entry, error) {
	var d struct {
		Before, After json.RawMessage
		Reason        string
	}
	if err := json.Unmarshal([]byte(x.details), &d); err != nil {
		return Entry{}, fmt.Errorf("audit record %s: %w", x.id, err)
	}
	e := Entry{Number: number}
	e.ID, e.At, e.Action, e.Outcome = x.id, sqldb.Time(x.at), x.action, Outcome(x.outcome)
	e.CallerKind, e.Caller, e.Token, e.Address = scope.Kind(x.callerKind), x.caller, x.token, x.address
	e.Subject, e.Device, e.Owner = Subject{x.subjectKind, x.subject}, x.device, x.owner
	e.Before, e.After, e.Reason, e.Personal = d.Before, d.After, d.Reason, len(x.personal) > 0
	return e, nil
}

// List returns the records within the caller's scope, newest first, and the cursor of the next page ("" at the end).
// A caller limited to device groups sees the records of those devices alone.
func (l *Log) List(ctx context.Context, c scope.Caller, f Filter, p Page) (entries []Entry, next string, err error) {
	sc, err := c.Scope(scope.AuditRead)
	if err != nil {
		return nil, "", err
	}
	if p.Limit < 1 || p.Limit > maxPage {
		return nil, "", problem.Newf(problem.Invalid, "page.limit", "A page holds 1 to %d records.", maxPage).WithField("limit")
	}
	var a sqldb.Args
	where, err := f.where(&a)
	if err != nil {
		return nil, "", err
	}
	where = append(where, sc.Devices("r.device", &a), concealed(c))
	if p.After != "" {
		at, id, err := parseCursor(p.After)
		if err != nil {
			return nil, "", err
		}
		where = append(where, "(r.at, r.id) < ("+a.Add(at)+", "+a.Add(id)+")")
	}
	entries, err = sqldb.All(ctx, l.db, scanEntry, "SELECT "+entryColumns+
		" FROM audit_record r LEFT JOIN audit_link k ON k.record = r.id WHERE "+strings.Join(where, " AND ")+
		" ORDER BY r.at DESC, r.id DESC LIMIT "+a.Add(p.Limit+1), a.List()...)
	if err != nil {
		return nil, "", err
	}
	if len(entries) > p.Limit {
		entries = entries[:p.Limit]
		next = cursor(entries[p.Limit-1])
	}
	return entries, next, nil
}

func cursor(e Entry) string { return fmt.Sprintf("%d.%s", sqldb.Micros(e.At), e.ID) }

// Get returns one record within the caller's scope.
func (l *Log) Get(ctx context.Context, c scope.Caller, id string) (Entry, error) {
	sc, err := c.Scope(scope.AuditRead)
	if err != nil {
		return Entry{}, err
	}
	var a sqldb.Args
	where := "r.id = " + a.Add(id) + " AND " + sc.Devices("r.device", &a) + " AND " + concealed(c)
	e, err := sqldb.One(ctx, l.db, scanEntry, "SELECT "+entryColumns+
		" FROM audit_record r LEFT JOIN audit_link k ON k.record = r.id WHERE "+where, a.List()...)
	if errors.Is(err, sqldb.ErrNotFound) {
		return Entry{}, problem.New(problem.NotFound, "audit.unknown", "There is no such record.")
	}
	return e, err
}

// Duress is the action of a record that only few may see: who forces somebody to unlock a device must not learn, even
// with that somebody's help, that it was told.
const Duress = "duress.told"

// concealed is a condition that hides from a caller what only few may see.
func concealed(c scope.Caller) string {
	if c.Require(scope.DuressRead) == nil {
		return "TRUE"
	}
	return "r.action <> 'duress.told'"
}

func (f Filter) where(a *sqldb.Args) ([]string, error) {
	where := []string{"TRUE"}
	equal := func(column, v string) {
		if v != "" {
			where = append(where, column+" = "+a.Add(v))
		}
	}
	if begin, ok := strings.CutSuffix(f.Action, "."); ok {
		if strings.ContainsAny(begin, `%_\`) {
			return nil, problem.New(problem.Invalid, "audit.action", "An action is made of letters and dots.").WithField("action")
		}
		where = append(where, "r.action LIKE "+a.Add(begin+".%"))
	} else {
		equal("r.action", f.Action)
	}
	equal("r.subject", f.Subject)
	equal("r.device", f.Device)
	equal("r.owner", f.Owner)
	equal("r.caller", f.Caller)
	equal("r.outcome", string(f.Outcome))
	if !f.From.IsZero() {
		where = append(where, "r.at >= "+a.Add(sqldb.Micros(f.From)))
	}
	if !f.Until.IsZero() {
		where = append(where, "r.at < "+a.Add(sqldb.Micros(f.Until)))
	}
	return where, nil
}

func parseCursor(s string) (at int64, id string, err error) {
	number, id, ok := strings.Cut(s, ".")
	if _, err := fmt.Sscanf(number, "%d", &at); err != nil || !ok || len(id) != 36 {
		return 0, "", problem.New(problem.Invalid, "page.cursor", "This is no cursor: start again from the first page.").WithField("cursor")
	}
	return at, id, nil
}

// Revealed are the personal values of a record, with whose they are.
type Revealed struct {
	Owner, Device string
	Values        map[string]string
}

// Open opens the personal values of a record within the caller's scope, for package privacy, which records the look in the
// same transaction.
func (l *Log) Open(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id string) (Revealed, error) {
	sc, err := c.Scope(scope.UserPersonalRead)
	if err != nil {
		return Revealed{}, err
	}
	var a sqldb.Args
	where := "r.id = " + a.Add(id) + " AND r.personal IS NOT NULL AND " + sc.Devices("r.device", &a) + " AND " + concealed(c)
	x, err := sqldb.One(ctx, tx, func(r sqldb.Row) (x raw, err error) {
		err = r.Scan(x.targets()...)
		return x, err
	}, "SELECT "+rawColumns+" FROM audit_record r WHERE "+where, a.List()...)
	if errors.Is(err, sqldb.ErrNotFound) {
		return Revealed{}, problem.New(problem.NotFound, "audit.unknown", "There is no such record with personal values.")
	}
	if err != nil {
		return Revealed{}, err
	}
	values, err := l.values(ctx, tx, x)
	return Revealed{x.owner, x.device, values}, err
}

// values opens what of a record is sealed.
func (l *Log) values(ctx context.Context, q sqldb.Querier, x raw) (map[string]string, error) {
	plain, err := l.keys.Open(ctx, q, personalField(x.id), seal.User(x.owner), x.personal)
	if err != nil {
		return nil, err
	}
	values := make(map[string]string)
	return values, json.Unmarshal(plain, &values)
}
