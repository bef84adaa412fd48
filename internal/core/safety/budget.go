package safety

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Actor is on whose account an act is counted.
type Actor struct {
	ID    string   // the administrator, user or mail server who asked
	Roles []string // the administrator's roles
	Self  bool     // a user on the user's own device: counted apart from what administrators do
}

// ActorOf returns the account of a caller.
func ActorOf(c scope.Caller) Actor {
	a := Actor{ID: c.ID, Self: c.Kind == scope.User}
	for _, g := range c.Grants {
		if g.Role != "" {
			a.Roles = append(a.Roles, g.Role)
		}
	}
	return a
}

// account is one budget and how its spending is found.
type account struct {
	words  string
	budget Budget
	where  string
	args   []any
}

func (r Rules) accounts(a Actor) []account {
	if a.Self {
		return []account{
			{"your own devices", r.Self, "self AND actor = $2", []any{a.ID}},
			// Whoever takes over the users' accounts, one by one, meets the breaker too.
			{"all users together", r.Zone, "self", nil},
		}
	}
	list := []account{
		{"one administrator", r.Actor, "NOT self AND actor = $2", []any{a.ID}},
		{"the zone", r.Zone, "NOT self", nil},
	}
	for _, role := range a.Roles {
		// Roles are stored as " id id ": ids hold no spaces.
		list = append(list, account{"one role", r.Role, "NOT self AND roles LIKE $2", []any{"% " + role + " %"}})
	}
	return list
}

// Room tells whether n further acts on devices fit the budgets now; a problem that names the budget when not.
func (s *Safety) Room(ctx context.Context, q sqldb.Querier, a Actor, n int) error {
	rules, _, err := zone.Get(ctx, q, Setting)
	if err != nil {
		return err
	}
	now := s.clock.Now()
	for _, acc := range rules.accounts(a) {
		for _, w := range []struct {
			words string
			span  time.Duration
			bound int
		}{{"hour", time.Hour, acc.budget.Hour}, {"day", 24 * time.Hour, acc.budget.Day}} {
			spent, err := sqldb.One(ctx, q, sqldb.Scan1[int], "SELECT count(*) FROM safety_spend WHERE at > $1 AND "+acc.where,
				append([]any{sqldb.Micros(now.Add(-w.span))}, acc.args...)...)
			if err != nil {
				return err
			}
			if spent+n > w.bound {
				return problem.Newf(problem.Throttled, "safety.budget",
					"The budget of %s allows %d destructive commands an %s; %d are spent and %d were asked for.",
					acc.words, w.bound, w.words, spent, n).WithRetry(w.span)
			}
		}
	}
	return nil
}

// Spend counts one act at the moment it is carried out, where every path ends. ok is false when a budget is passed:
// then the breaker is open, the transaction should commit, and the act must not happen.
func (s *Safety) Spend(ctx context.Context, tx *sqldb.Tx, a Actor, class Class, id string) (ok bool, err error) {
	if err := s.alone(ctx, tx); err != nil {
		return false, err
	}
	if err := s.closed(ctx, tx); err != nil {
		if problem.Is(err, problem.Conflict) {
			return false, nil
		}
		return false, err
	}
	if err := s.Room(ctx, tx, a, 1); err != nil {
		if !problem.Is(err, problem.Throttled) {
			return false, err
		}
		return false, s.trip(ctx, tx, "an approved act came to its delivery over a budget: "+problem.From(err).Message)
	}
	err = s.count(ctx, tx, a, class, id)
	return err == nil, err
}

func (s *Safety) count(ctx context.Context, tx *sqldb.Tx, a Actor, class Class, id string) error {
	_, err := tx.Exec(ctx, "INSERT INTO safety_spend (id, class, actor, roles, self, at) VALUES ($1, $2, $3, $4, $5, $6)",
		id, string(class), a.ID, a.stored(), a.Self, sqldb.Micros(s.clock.Now()))
	return err
}

// stored is how an account's roles are kept, so that one is found between its spaces.
func (a Actor) stored() string { return " " + strings.Join(a.Roles, " ") + " " }

// alone lets one act at a time be counted over all servers: two who count at once would both find room for the last one.
func (s *Safety) alone(ctx context.Context, tx *sqldb.Tx) error {
	_, err := tx.Exec(ctx, "UPDATE safety_breaker SET open = open WHERE one = 1")
	return err
}

// Covers tells whether an approval was given for this class of act on this device. Needed approvers are counted anew
// from their votes: what a row says of itself is not enough.
func (s *Safety) Covers(ctx context.Context, q sqldb.Querier, approval string, class Class, device string) (bool, error) {
	a, err := sqldb.One(ctx, q, scanApproval, selectApproval+` WHERE a.id = $1 AND a.class = $2 AND a.state = 'approved'
		AND EXISTS (SELECT 1 FROM approval_device ad WHERE ad.approval = a.id AND ad.device = $3)`, approval, string(class), device)
	if errors.Is(err, sqldb.ErrNotFound) {
		return false, nil
	}
	return err == nil && a.Given >= a.Needed, err
}

// Delay returns how long an act on so many devices waits after its approval.
func (s *Safety) Delay(ctx context.Context, q sqldb.Querier, devices int) (time.Duration, error) {
	rules, _, err := zone.Get(ctx, q, Setting)
	return rules.DelayFor(devices), err
}

// Breaker is the state of the breaker.
type Breaker struct {
	Open    bool
	Since   time.Time
	Because string
}

// Breaker returns the state of the breaker.
func (s *Safety) Breaker(ctx context.Context, c scope.Caller) (Breaker, error) {
	if !c.Has(scope.ApprovalRead) {
		return Breaker{}, problem.New(problem.Forbidden, "right.missing", "This needs the right to see approvals.")
	}
	return s.breaker(ctx, s.db)
}

func (s *Safety) breaker(ctx context.Context, q sqldb.Querier) (Breaker, error) {
	return sqldb.One(ctx, q, func(r sqldb.Row) (b Breaker, err error) {
		var since int64
		err = r.Scan(&b.Open, &since, &b.Because)
		b.Since = sqldb.Time(since)
		return b, err
	}, "SELECT open, since, because FROM safety_breaker WHERE one = 1")
}

// closed returns a problem of kind Conflict when the breaker is open.
func (s *Safety) closed(ctx context.Context, q sqldb.Querier) error {
	b, err := s.breaker(ctx, q)
	if err != nil {
		return err
	}
	if b.Open {
		return problem.New(problem.Conflict, "safety.breaker",
			"The breaker is open: nothing destructive is carried out until administrators have looked and closed it.")
	}
	return nil
}

// trip opens the breaker: every destructive queue stands still.
func (s *Safety) trip(ctx context.Context, tx *sqldb.Tx, because string) error {
	_, err := tx.Exec(ctx, "UPDATE safety_breaker SET open = TRUE, since = $1, because = $2 WHERE one = 1 AND NOT open",
		sqldb.Micros(s.clock.Now()), because)
	if err != nil {
		return err
	}
	tx.AfterCommit(func() {
		s.bus.Publish(bus.Message{Topic: "event", Body: "breaker open"})
		s.tell("The breaker is open", "Nothing destructive is carried out until administrators have looked and closed it. It opened because "+because)
	})
	return s.log.Append(ctx, tx, audit.Record{
		Action: "breaker.opened", Caller: scope.System("safety"), Subject: audit.Subject{Kind: "breaker", ID: "zone"},
		After: map[string]string{"because": because},
	})
}

const (
	kindRules   = "safety.rules"
	kindBreaker = "safety.breaker"
)

// CloseBreaker asks to close the breaker; it takes the quorum of any loosening.
func (s *Safety) CloseBreaker(ctx context.Context, c scope.Caller, reason string) (Approval, error) {
	if err := c.Require(scope.SafetyEdit); err != nil {
		return Approval{}, err
	}
	var a Approval
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		b, err := s.breaker(ctx, tx)
		if err != nil {
			return err
		}
		if !b.Open {
			return problem.New(problem.Conflict, "safety.breaker", "The breaker is closed already.")
		}
		a, err = s.Order(ctx, tx, c, Ask{
			Class: SafetyChange, Kind: kindBreaker, Subject: "breaker", Reason: reason,
			Words: "Close the breaker, so that destructive commands are carried out again. It opened because " + b.Because,
		})
		return err
	})
	return a, err
}

type breakerExecutor struct{ s *Safety }

func (e breakerExecutor) Approved(ctx context.Context, tx *sqldb.Tx, a Approval) error {
	if _, err := tx.Exec(ctx, "UPDATE safety_breaker SET open = FALSE, since = $1, because = '' WHERE one = 1", sqldb.Micros(e.s.clock.Now())); err != nil {
		return err
	}
	tx.AfterCommit(func() { e.s.bus.Publish(bus.Message{Topic: "event", Body: "breaker closed"}) })
	return e.s.log.Append(ctx, tx, audit.Record{
		Action: "breaker.closed", Caller: scope.Caller{Kind: a.RequesterKind, ID: a.Requester},
		Subject: audit.Subject{Kind: "breaker", ID: "zone"}, After: map[string]string{"approval": a.ID},
	})
}

func (breakerExecutor) Ended(context.Context, *sqldb.Tx, Approval) error { return nil }

// Rules returns the rules in force and their version.
func (s *Safety) Rules(ctx context.Context, c scope.Caller) (Rules, int64, error) {
	if !c.Has(scope.SettingRead) && !c.Has(scope.ApprovalRead) {
		return Rules{}, 0, problem.New(problem.Forbidden, "right.missing", "This needs the right to see settings.")
	}
	return zone.Get(ctx, s.db, Setting)
}

type rulesPayload struct {
	Rules   Rules `json:"rules"`
	Version int64 `json:"version"`
}

// ChangeRules changes the rules: at once when they become tighter, by quorum when anything becomes looser.
func (s *Safety) ChangeRules(ctx context.Context, c scope.Caller, n Rules, version int64) (Approval, error) {
	if err := c.Require(scope.SafetyEdit); err != nil {
		return Approval{}, err
	}
	if err := n.check(); err != nil {
		return Approval{}, err
	}
	var a Approval
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		old, _, err := zone.Get(ctx, tx, Setting)
		if err != nil {
			return err
		}
		if err := s.reachable(ctx, tx, old, n); err != nil {
			return err
		}
		if !old.looser(n) {
			a = Approval{State: Approved}
			return zone.Set(ctx, s.zone, tx, c, Setting, n, version)
		}
		a, err = s.Order(ctx, tx, c, Ask{
			Class: SafetyChange, Kind: kindRules, Subject: Setting.Name, Payload: rulesPayload{n, version},
			Words: "Loosen the rules for destructive acts: " + old.difference(n),
		})
		return err
	})
	return a, err
}

// reachable refuses a quorum that the zone cannot reach: lowering it would take that very quorum, so that one session
// could stop everything for good.
func (s *Safety) reachable(ctx context.Context, q sqldb.Querier, old, n Rules) error {
	if n.Quorum <= old.Quorum {
		return nil
	}
	approvers, err := s.admins.Approvers(ctx, q)
	if err != nil {
		return err
	}
	if n.Quorum > approvers-1 {
		return problem.Newf(problem.Conflict, "safety.quorum",
			"%d administrators may approve in the whole zone, so at most %d can be asked for besides the one who asks.",
			approvers, max(0, approvers-1)).WithField("quorum")
	}
	return nil
}

// difference says part by part what changes, tighter parts too: they come with the looser ones.
func (r Rules) difference(n Rules) string {
	var w Words
	for _, p := range []struct{ name, from, to string }{
		{"administrators who must approve, besides the one who asks", fmt.Sprint(r.Quorum), fmt.Sprint(n.Quorum)},
		{"time to cancel, one device", span(r.Delay), span(n.Delay)},
		{"time to cancel, several devices", span(r.BatchDelay), span(n.BatchDelay)},
		{"an approval lapses after", span(r.Expiry), span(n.Expiry)},
		{"a new administrator waits", span(r.Probation), span(n.Probation)},
		{"budget of one administrator", r.Actor.words(), n.Actor.words()},
		{"budget of all who hold one role", r.Role.words(), n.Role.words()},
		{"budget of the zone", r.Zone.words(), n.Zone.words()},
		{"budget of one user, on own devices", r.Self.words(), n.Self.words()},
		{"computers that a script reaches without approval", fmt.Sprint(r.Scripts), fmt.Sprint(n.Scripts)},
		{"a mail server's own wipe is carried out unasked", said(r.PassUpstream), said(n.PassUpstream)},
	} {
		w.Say(p.from != p.to, "%s: %s (now %s)", p.name, p.to, p.from)
	}
	return w.String()
}

func (b Budget) words() string { return fmt.Sprintf("%d an hour, %d a day", b.Hour, b.Day) }

// span writes seconds in the greatest units that leave no rest.
func span(seconds int) string {
	if seconds == 0 {
		return "none"
	}
	for _, u := range []struct {
		of   int
		name string
	}{{day, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}} {
		if n := seconds / u.of; seconds%u.of == 0 && n == 1 {
			return "1 " + u.name
		} else if seconds%u.of == 0 {
			return fmt.Sprintf("%d %ss", n, u.name)
		}
	}
	return ""
}

func said(yes bool) string {
	if yes {
		return "yes"
	}
	return "no"
}

type rulesExecutor struct{ s *Safety }

func (e rulesExecutor) Approved(ctx context.Context, tx *sqldb.Tx, a Approval) error {
	p, err := Payload[rulesPayload](a)
	if err != nil {
		return err
	}
	c := scope.Caller{Kind: a.RequesterKind, ID: a.Requester, Grants: []scope.Grant{{Rights: []scope.Right{scope.SafetyEdit}}}}
	return zone.Set(ctx, e.s.zone, tx, c, Setting, p.Rules, p.Version)
}

func (rulesExecutor) Ended(context.Context, *sqldb.Tx, Approval) error { return nil }

// RaiseQuorum makes the quorum at least n. The package of administrators calls it when a second one is made.
func (s *Safety) RaiseQuorum(ctx context.Context, tx *sqldb.Tx, n int) error {
	rules, version, err := zone.Get(ctx, tx, Setting)
	if err != nil || rules.Quorum >= n {
		return err
	}
	rules.Quorum = n
	return zone.Set(ctx, s.zone, tx, scope.System("safety"), Setting, rules, version)
}
