package computer

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"drover/api/agentv1"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

// Result is what became of one order, or of one run of a script.
type Result struct {
	ID       string
	Device   string
	Command  string // "" of a script
	Script   string // "" of an order
	Revision string // of the script
	State    string // as in [agentv1.Result], but begun
	Reason   string
	Exit     int
	Words    string // the agent's, for people
	Output   string // the end of what a script wrote
	Made     time.Time
	Received time.Time
}

const (
	maxID     = 64
	maxSaid   = 1024
	maxOutput = 64 << 10
)

// said is what of a result is sealed.
type said struct {
	Words  string `json:"w,omitempty"`
	Output string `json:"o,omitempty"`
}

var reasons = []string{"", "not-supported", "expired", "interrupted", "no-consent", "busy", "error"}

// Check tells whether a result has the form that agents give it: a problem of kind Invalid where not.
func Check(r agentv1.Result) error {
	fault := func(field, words string) error {
		return problem.New(problem.Invalid, "result.form", words).WithField(field)
	}
	switch {
	case len(r.ID) < 16 || !short(r.ID) || !short(r.Order) || !short(r.Script) || !short(r.Revision) || !short(r.Challenge):
		return fault("id", "An id has 16 to 64 characters.")
	case (r.Order == "") == (r.Script == ""):
		return fault("order", "A result is of an order or of a script.")
	case !slices.Contains([]string{agentv1.ResultBegun, agentv1.ResultDone, agentv1.ResultFailed, agentv1.ResultPostponed}, r.State):
		return fault("state", "A result has a state that there is not.")
	case !slices.Contains(reasons, r.Reason):
		return fault("reason", "A result has a reason that there is not.")
	}
	return nil
}

// short tells whether a text can be an id: what is kept and compared holds no controls.
func short(s string) bool {
	return len(s) <= maxID && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// Keep writes results; they are durable on return, and those that are there already stay as they are. d is the computer, for
// whose channel alone this is; the results have been checked by [Check].
func (s *Store) Keep(ctx context.Context, c scope.Caller, d device.Device, list []agentv1.Result) error {
	if err := own(c, d.ID); err != nil || len(list) == 0 {
		return err
	}
	return s.db.WriteSoon(ctx, func(tx *sqldb.Tx) error {
		for _, r := range list {
			if err := s.insert(ctx, tx, d, r); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *Store) insert(ctx context.Context, tx *sqldb.Tx, d device.Device, r agentv1.Result) error {
	now := s.with.Clock.Now()
	made, err := s.made(r.Made)
	if err != nil {
		made = now // an order's own result counts all the same
	}
	plain, err := json.Marshal(said{sqldb.Line(r.Words, maxSaid), sqldb.Shown(r.Output, maxOutput)})
	if err != nil {
		return err
	}
	hidden, err := s.sealIn(ctx, tx, saidOf(d.ID, r.ID), d.Owner, plain)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO agent_result (device, id, owner, command, script, revision, state, reason, exit_status, words, made,
		received) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (device, id) DO NOTHING`,
		d.ID, r.ID, d.Owner, r.Order, r.Script, r.Revision, r.State, r.Reason, r.Exit, hidden, sqldb.Micros(made), sqldb.Micros(now))
	return err
}

func saidOf(device, id string) seal.Field {
	return seal.Field{Table: "agent_result", Column: "words", Row: device + "/" + id}
}

// resultRow is a result as the database keeps it.
type resultRow struct {
	Result
	owner string
	words []byte
}

func scanResult(r sqldb.Row) (x resultRow, err error) {
	var made, received int64
	err = r.Scan(&x.Device, &x.ID, &x.owner, &x.Command, &x.Script, &x.Revision, &x.State, &x.Reason, &x.Exit, &x.words, &made, &received)
	x.Made, x.Received = sqldb.Time(made), sqldb.Time(received)
	return x, err
}

const resultColumns = "r.device, r.id, r.owner, r.command, r.script, r.revision, r.state, r.reason, r.exit_status, r.words, r.made, r.received"

// Filter narrows results. Zero values do not narrow.
type Filter struct {
	Device  string
	Command string
	Script  string
}

// Results returns what became of orders and scripts on the computers within the caller's scope of the right command.read,
// newest first.
func (s *Store) Results(ctx context.Context, c scope.Caller, f Filter, r page.Request) (page.Page[Result], error) {
	none := page.Page[Result]{}
	sc, err := c.Scope(scope.CommandRead)
	if err != nil {
		return none, err
	}
	size, err := r.Size()
	if err != nil {
		return none, err
	}
	var a sqldb.Args
	where := []string{sc.Devices("r.device", &a)}
	if sc.Owner() != "" {
		where = append(where, "r.owner = "+a.Add(sc.Owner()))
	}
	for _, eq := range []struct{ column, value string }{{"r.device", f.Device}, {"r.command", f.Command}, {"r.script", f.Script}} {
		if eq.value != "" {
			where = append(where, eq.column+" = "+a.Add(eq.value))
		}
	}
	if r.After != "" {
		at, id, err := page.Parse[int64](r.After)
		if err != nil {
			return none, err
		}
		where = append(where, "(r.received < "+a.Add(at)+" OR (r.received = "+a.Add(at)+" AND r.id < "+a.Add(id)+"))")
	}
	rows, err := sqldb.All(ctx, s.db, scanResult, "SELECT "+resultColumns+" FROM agent_result r WHERE "+strings.Join(where, " AND ")+
		" ORDER BY r.received DESC, r.id DESC LIMIT "+a.Add(size+1), a.List()...)
	if err != nil {
		return none, err
	}
	cut := page.Cut(rows, size, func(x resultRow) string { return page.Cursor(sqldb.Micros(x.Received), x.ID) })
	out := page.Page[Result]{Next: cut.Next}
	for i := range cut.Items {
		if err := s.reveal(ctx, &cut.Items[i]); err != nil {
			return none, err
		}
		out.Items = append(out.Items, cut.Items[i].Result)
	}
	return out, nil
}

func (s *Store) reveal(ctx context.Context, x *resultRow) error {
	plain, err := s.open(ctx, saidOf(x.Device, x.ID), x.owner, x.words)
	if err != nil || len(plain) == 0 {
		return err
	}
	var t said
	err = json.Unmarshal(plain, &t)
	x.Words, x.Output = t.Words, t.Output
	return err
}
