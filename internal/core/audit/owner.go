package audit

import (
	"context"
	"errors"

	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Told is a record as the user whom it is about may know it: with what of it is sealed, and without the network addresses of
// administrators.
type Told struct {
	Entry
	Values map[string]string
}

// Of returns what was recorded about the user who calls, newest first, and the cursor of the next page ("" at the end). That
// somebody was told of duress and that a legal hold stands is not in it: a user must not learn the one by force of others, nor
// the other.
func (l *Log) Of(ctx context.Context, c scope.Caller, p Page) (list []Told, next string, err error) {
	owner, err := c.Self()
	if err != nil {
		return nil, "", err
	}
	if p.Limit < 1 || p.Limit > maxPage {
		return nil, "", problem.Newf(problem.Invalid, "page.limit", "A page holds 1 to %d records.", maxPage).WithField("limit")
	}
	var a sqldb.Args
	where := "r.owner = " + a.Add(owner) + " AND r.action NOT IN ('duress.told', 'hold.placed', 'hold.lifted')"
	if p.After != "" {
		at, id, err := parseCursor(p.After)
		if err != nil {
			return nil, "", err
		}
		where += " AND (r.at, r.id) < (" + a.Add(at) + ", " + a.Add(id) + ")"
	}
	rows, err := sqldb.All(ctx, l.db, scanOwned, "SELECT "+entryColumns+
		" FROM audit_record r LEFT JOIN audit_link k ON k.record = r.id WHERE "+where+
		" ORDER BY r.at DESC, r.id DESC LIMIT "+a.Add(p.Limit+1), a.List()...)
	if err != nil {
		return nil, "", err
	}
	if len(rows) > p.Limit {
		rows = rows[:p.Limit]
		next = cursor(rows[p.Limit-1].entry)
	}
	for _, x := range rows {
		t, err := l.told(ctx, x)
		if err != nil {
			return nil, "", err
		}
		list = append(list, t)
	}
	return list, next, nil
}

// owned is a record with what of it is sealed.
type owned struct {
	raw   raw
	entry Entry
}

func scanOwned(r sqldb.Row) (x owned, err error) {
	var number int64
	if err := r.Scan(append(x.raw.targets(), &number)...); err != nil {
		return x, err
	}
	x.entry, err = x.raw.entry(number)
	return x, err
}

func (l *Log) told(ctx context.Context, x owned) (Told, error) {
	t := Told{Entry: x.entry}
	t.Address = ""
	if !x.entry.Personal {
		return t, nil
	}
	values, err := l.values(ctx, l.db, x.raw)
	if errors.Is(err, seal.ErrErased) {
		err = nil
	}
	t.Values = values
	return t, err
}
