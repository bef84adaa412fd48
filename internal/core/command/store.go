package command

import (
	"context"
	"errors"
	"strings"

	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

// errMoved is returned when a command's state was changed by somebody else meanwhile.
var errMoved = problem.New(problem.Conflict, "command.moved", "The command has moved on in the meantime: look at it again.")

const selectCommand = `SELECT c.id, c.batch, c.device, c.owner, c.kind, c.destructive, c.channel, c.state, c.unproven, c.requester_kind,
	c.requester, c.roles, c.approval, c.reason, c.payload, c.challenge, c.challenged, c.words, c.created, c.not_before, c.expires,
	c.changed FROM command c`

func scanCommand(r sqldb.Row) (Command, error) {
	var c Command
	var kind, channel, state, by string
	var created, notBefore, expires, changed, challenged int64
	err := r.Scan(&c.ID, &c.Batch, &c.Device, &c.Owner, &kind, &c.Destructive, &channel, &state, &c.Unproven, &by,
		&c.Requester, &c.roles, &c.Approval, &c.reason, &c.payload, &c.challenge, &challenged, &c.Words, &created, &notBefore, &expires, &changed)
	c.Kind, c.Channel, c.State, c.RequesterKind = platform.Command(kind), platform.Channel(channel), State(state), scope.Kind(by)
	c.Created, c.NotBefore, c.Expires, c.Changed = sqldb.Time(created), sqldb.Time(notBefore), sqldb.Time(expires), sqldb.Time(changed)
	c.challenged = sqldb.Time(challenged)
	return c, err
}

func (cs *Commands) insert(ctx context.Context, tx *sqldb.Tx, c *Command, r Request) error {
	if r.Reason != "" {
		sealed, err := cs.keys.Seal(ctx, tx, reasonField(c.ID), seal.User(c.Owner), []byte(r.Reason))
		if err != nil {
			return err
		}
		c.reason = sealed
	}
	if r.Text != "" {
		sealed, err := cs.keys.Seal(ctx, tx, payloadField(c.ID), seal.User(c.Owner), []byte(r.Text))
		if err != nil {
			return err
		}
		c.payload = sealed
	}
	n, err := tx.Exec(ctx, `INSERT INTO command (id, batch, device, owner, kind, destructive, channel, state, unproven, requester_kind,
		requester, roles, approval, reason, words, created, not_before, expires, changed, payload)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, FALSE, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
		ON CONFLICT DO NOTHING`,
		c.ID, c.Batch, c.Device, c.Owner, string(c.Kind), c.Destructive, string(c.Channel), string(c.State), string(c.RequesterKind),
		c.Requester, c.roles, c.Approval, c.reason, c.Words, sqldb.Micros(c.Created), sqldb.Micros(c.NotBefore),
		sqldb.Micros(c.Expires), sqldb.Micros(c.Changed), c.payload)
	if err != nil {
		return err
	}
	if n == 0 {
		return alreadyOpen(c.Device)
	}
	return cs.step(ctx, tx, c)
}

func alreadyOpen(devices ...string) error {
	if len(devices) == 1 {
		return problem.New(problem.Conflict, "command.open", "The device has an open command of this kind already: cancel that one, or wait for it.")
	}
	faults := make([]problem.Field, len(devices))
	for i, id := range devices {
		faults[i] = fault(id, "It has an open command of this kind.")
	}
	return problem.Newf(problem.Conflict, "command.open", "%d devices have an open command of this kind already: cancel those, or wait for them.", len(devices)).
		WithFields(faults...)
}

func (cs *Commands) byID(ctx context.Context, q sqldb.Querier, c scope.Caller, r scope.Right, id string) (Command, error) {
	sc, err := c.Scope(r)
	if err != nil {
		return Command{}, err
	}
	var a sqldb.Args
	where := " WHERE c.id = " + a.Add(id) + " AND " + within(sc, &a)
	x, err := sqldb.One(ctx, q, scanCommand, selectCommand+where, a.List()...)
	if errors.Is(err, sqldb.ErrNotFound) {
		return x, problem.New(problem.NotFound, "command.unknown", "There is no such command.")
	}
	return x, err
}

// within is the condition that a command lies in the scope. What a device was told under an earlier owner is none of its
// present owner's business.
func within(sc scope.Scope, a *sqldb.Args) string {
	where := sc.Devices("c.device", a)
	if sc.Owner() != "" {
		where += " AND c.owner = " + a.Add(sc.Owner())
	}
	return where
}

// Get returns one command with its reason and its steps.
func (cs *Commands) Get(ctx context.Context, c scope.Caller, id string) (Command, error) {
	x, err := cs.byID(ctx, cs.db, c, scope.CommandRead, id)
	if err != nil {
		return x, err
	}
	if len(x.reason) > 0 {
		plain, err := cs.keys.Open(ctx, cs.db, reasonField(id), seal.User(x.Owner), x.reason)
		if err != nil && !errors.Is(err, seal.ErrErased) {
			return x, err
		}
		x.Reason = string(plain)
	}
	x.Steps, err = sqldb.All(ctx, cs.db, func(r sqldb.Row) (s Step, err error) {
		var state string
		var at int64
		err = r.Scan(&state, &at, &s.Words)
		s.State, s.At = State(state), sqldb.Time(at)
		return s, err
	}, "SELECT state, at, words FROM command_step WHERE command = $1 ORDER BY number", id)
	return x, err
}

// Filter narrows a list. Zero values do not narrow.
type Filter struct {
	Device   string
	Owner    string
	State    State
	Open     bool // only those of which more can happen
	Kind     platform.Command
	Approval string
	Batch    string
}

const maxPage = 500

// List returns commands within the caller's scope, newest first, and the cursor of the next page.
func (cs *Commands) List(ctx context.Context, c scope.Caller, f Filter, limit int, after string) (list []Command, next string, err error) {
	sc, err := c.Scope(scope.CommandRead)
	if err != nil {
		return nil, "", err
	}
	if limit < 1 || limit > maxPage {
		return nil, "", problem.Newf(problem.Invalid, "page.limit", "A page holds 1 to %d commands.", maxPage).WithField("limit")
	}
	var a sqldb.Args
	where := []string{"TRUE"}
	for _, eq := range []struct{ column, value string }{
		{"c.device", f.Device},
		{"c.owner", f.Owner},
		{"c.state", string(f.State)},
		{"c.kind", string(f.Kind)},
		{"c.approval", f.Approval},
		{"c.batch", f.Batch},
	} {
		if eq.value != "" {
			where = append(where, eq.column+" = "+a.Add(eq.value))
		}
	}
	if f.Open {
		where = append(where, "c.state IN ('awaiting', 'delayed', 'queued', 'delivered', 'postponed')")
	}
	if after != "" { // ids are made in the order of time
		where = append(where, "c.id < "+a.Add(after))
	}
	where = append(where, within(sc, &a))
	list, err = sqldb.All(ctx, cs.db, scanCommand, selectCommand+" WHERE "+strings.Join(where, " AND ")+
		" ORDER BY c.id DESC LIMIT "+a.Add(limit+1), a.List()...)
	if err == nil && len(list) > limit {
		list, next = list[:limit], list[limit-1].ID
	}
	return list, next, err
}

// Count returns how many commands within the caller's scope are in each state; finished ones are counted back to since
// (in microseconds) alone.
func (cs *Commands) Count(ctx context.Context, c scope.Caller, since int64) (map[State]int, error) {
	sc, err := c.Scope(scope.CommandRead)
	if err != nil {
		return nil, err
	}
	type row struct {
		state string
		n     int
	}
	var a sqldb.Args
	where := "(c.state IN ('awaiting', 'delayed', 'queued', 'delivered', 'postponed') OR c.changed >= " + a.Add(since) + ") AND " + within(sc, &a)
	rows, err := sqldb.All(ctx, cs.db, func(r sqldb.Row) (x row, err error) {
		err = r.Scan(&x.state, &x.n)
		return x, err
	}, "SELECT c.state, count(*) FROM command c WHERE "+where+" GROUP BY c.state", a.List()...)
	counts := make(map[State]int, len(rows))
	for _, x := range rows {
		counts[State(x.state)] = x.n
	}
	return counts, err
}
