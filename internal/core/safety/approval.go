package safety

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// State is where an approval stands.
type State string

// The states.
const (
	Awaiting  State = "awaiting"
	Approved  State = "approved"
	Rejected  State = "rejected"
	Expired   State = "expired"
	Cancelled State = "cancelled"
)

// Approval is one destructive act, the request for it, and where it stands.
type Approval struct {
	ID            string
	Class         Class
	Kind          string // what carries it out: "command", "admin.create", ...
	Subject       string
	Words         string // what will happen, for people
	About         string // the user it is about or whose devices they are, or ""
	Reason        string // the requester's; only where approvals are read for people
	Payload       json.RawMessage
	Hash          []byte // over all that an approver agrees to
	RequesterKind scope.Kind
	Requester     string
	Needed        int // approvers besides the requester
	Given         int
	Targets       int // devices
	State         State
	Created       time.Time
	Expires       time.Time
	Decided       time.Time

	roles  string // the requester's, as " id id "
	reason seal.Sealed
}

// Ask is a request for a destructive act.
type Ask struct {
	Class   Class
	Kind    string // names the registered [Executor]
	Subject string // the row it is about, or the batch
	Payload any    // what the executor needs; JSON without secrets
	Words   string
	About   string   // the user it is about or whose devices they are, under whose key the reason is sealed; "" for nobody
	Reason  string   // why, at most 500 bytes; kept sealed
	Devices []string // the devices it touches
	Own     bool     // the caller acts on the caller's own devices alone
}

// Executor carries approved acts out. Both methods run in the transaction that decides.
type Executor interface {
	Approved(ctx context.Context, tx *sqldb.Tx, a Approval) error
	// Ended is told of an act that was rejected, cancelled or has expired.
	Ended(ctx context.Context, tx *sqldb.Tx, a Approval) error
}

// Proof shows that the person is there, not a session or token that was stolen.
type Proof struct {
	Method   string // "totp" or "passkey"
	Code     string // the one-time code
	Response []byte // the passkey's assertion over the approval's hash
}

// Administrators is what safety asks of those who approve.
type Administrators interface {
	// Try runs fn, in which the caller gives proof, and bounds how often a wrong one is tried.
	Try(ctx context.Context, c scope.Caller, fn func() error) error
	// Prove checks the proof of an enabled administrator; a one-time code is used up by it, in the transaction.
	Prove(ctx context.Context, tx *sqldb.Tx, admin string, p Proof, hash []byte) error
	// Established tells since when the administrator has been there unchanged; a problem when disabled or gone.
	Established(ctx context.Context, q sqldb.Querier, admin string) (time.Time, error)
	// Approvers counts the active administrators who may approve in the whole zone.
	Approvers(ctx context.Context, q sqldb.Querier) (int, error)
}

// Parts are what a [Safety] stands on. All are needed.
type Parts struct {
	DB    *sqldb.DB
	Clock clock.Clock
	Log   *audit.Log
	Zone  *zone.Zone
	Keys  audit.Keys
	Bus   *bus.Bus
	// Tell lets the owners know of what matters to them; it must not block.
	Tell func(subject, words string)
}

// Safety asks for approvals and counts budgets.
type Safety struct {
	db        *sqldb.DB
	clock     clock.Clock
	log       *audit.Log
	zone      *zone.Zone
	keys      audit.Keys
	bus       *bus.Bus
	tell      func(subject, words string)
	admins    Administrators
	executors map[string]Executor
}

// New returns the safety of the zone. Register the executors, and the administrators with [Safety.SetAdministrators],
// before use.
func New(p Parts) *Safety {
	s := &Safety{
		db: p.DB, clock: p.Clock, log: p.Log, zone: p.Zone, keys: p.Keys, bus: p.Bus, tell: p.Tell,
		executors: make(map[string]Executor),
	}
	s.Register(kindRules, rulesExecutor{s})
	s.Register(kindBreaker, breakerExecutor{s})
	return s
}

// SetAdministrators says whom to ask about administrators: their package stands above this one.
func (s *Safety) SetAdministrators(a Administrators) { s.admins = a }

// Register names the executor of a kind of acts.
func (s *Safety) Register(kind string, e Executor) { s.executors[kind] = e }

// Ask records the request for a destructive act in the caller's transaction. When the approval comes back Approved,
// nobody else is needed and the caller goes on; the executor is not called. It refuses callers on probation, and
// everything while the breaker is open.
func (s *Safety) Ask(ctx context.Context, tx *sqldb.Tx, c scope.Caller, ask Ask) (Approval, error) {
	if err := s.mayOrder(ctx, tx, c, ask); err != nil {
		return Approval{}, err
	}
	rules, _, err := zone.Get(ctx, tx, Setting)
	if err != nil {
		return Approval{}, err
	}
	if err := s.judgeOwn(ctx, tx, rules, c, &ask); err != nil {
		return Approval{}, err
	}
	payload, err := json.Marshal(ask.Payload)
	if err != nil {
		return Approval{}, fmt.Errorf("approval payload: %w", err)
	}
	now := s.clock.Now().Truncate(time.Microsecond)
	a := Approval{
		ID: sqldb.NewID(), Class: ask.Class, Kind: ask.Kind, Subject: ask.Subject, Words: ask.Words, Payload: payload,
		About: ask.About, Reason: ask.Reason,
		RequesterKind: c.Kind, Requester: c.ID, Targets: len(ask.Devices), State: Awaiting,
		Created: now, Expires: now.Add(time.Duration(rules.Expiry) * time.Second), roles: ActorOf(c).stored(),
	}
	a.Needed = neededFor(rules, c, ask)
	if a.Needed == 0 {
		a.State, a.Decided = Approved, now
	} else if err := s.fewWait(ctx, tx, c); err != nil {
		return Approval{}, err
	}
	if err := s.seal(ctx, tx, &a); err != nil {
		return Approval{}, err
	}
	a.Hash = a.hash(ask.Devices)
	if err := s.insert(ctx, tx, a, ask.Devices); err != nil {
		return Approval{}, err
	}
	if a.State == Awaiting {
		s.changed(tx, a.ID)
	}
	if ask.Class == SafetyChange {
		tx.AfterCommit(func() { s.tell("The rules for destructive acts are to be loosened", a.Words+".") })
	}
	return a, s.record(ctx, tx, c, a, "approval.requested", "")
}

// neededFor: one's own devices need nobody else, as long as nobody doubts that they are, and so does what the operator does at the server's shell, who holds
// the keys anyway. A mail server's order is not taken on its own word unless the rules say so.
func neededFor(r Rules, c scope.Caller, ask Ask) int {
	switch {
	case c.Kind == scope.User && ask.Own, c.Kind == scope.Internal && c.ID != scope.Compliance:
		return 0
	case c.Kind == scope.Upstream && !r.PassUpstream:
		return max(1, r.Quorum)
	case c.Kind == scope.Upstream:
		return 0
	}
	return r.Quorum
}

// mayOrder refuses what needs no counting.
func (s *Safety) mayOrder(ctx context.Context, q sqldb.Querier, c scope.Caller, ask Ask) error {
	if _, known := s.executors[ask.Kind]; !known {
		return fmt.Errorf("no executor for acts of kind %s", ask.Kind)
	}
	if ask.Kind != kindBreaker {
		if err := s.closed(ctx, q); err != nil {
			return err
		}
	}
	if c.Kind != scope.Admin && c.Kind != scope.Token {
		return nil
	}
	return s.pastProbation(ctx, q, c.ID)
}

// pastProbation refuses an administrator who is new or was reset.
func (s *Safety) pastProbation(ctx context.Context, q sqldb.Querier, admin string) error {
	since, err := s.admins.Established(ctx, q, admin)
	if err != nil {
		return err
	}
	rules, _, err := zone.Get(ctx, q, Setting)
	if err != nil {
		return err
	}
	until := since.Add(time.Duration(rules.Probation) * time.Second)
	if s.clock.Now().Before(until) {
		return problem.Newf(problem.Forbidden, "safety.probation",
			"This account is new or was reset: it neither orders nor approves anything destructive until %s.",
			until.Format("2 January 15:04 UTC")).WithRetry(until.Sub(s.clock.Now()))
	}
	return nil
}

// hash covers what an approver agrees to: the act, its targets in order, who asked, and until when.
func (a Approval) hash(devices []string) []byte {
	h := sha256.New()
	put := func(p []byte) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		h.Write(p)
	}
	for _, s := range []string{"drover approval 2", a.ID, string(a.Class), a.Kind, a.Subject, a.About, a.Words, string(a.RequesterKind), a.Requester} {
		put([]byte(s))
	}
	put(a.reason)
	put(a.Payload)
	put(binary.BigEndian.AppendUint64(nil, uint64(sqldb.Micros(a.Expires))))
	for _, d := range devices {
		put([]byte(d))
	}
	return h.Sum(nil)
}

// Decide approves or rejects for the caller, who must be an administrator other than the requester, in person.
func (s *Safety) Decide(ctx context.Context, c scope.Caller, id string, approve bool, p Proof) (a Approval, err error) {
	err = s.admins.Try(ctx, c, func() error {
		a, err = s.decide(ctx, c, id, approve, p)
		return err
	})
	return a, err
}

func (s *Safety) decide(ctx context.Context, c scope.Caller, id string, approve bool, p Proof) (Approval, error) {
	var a Approval
	var overdue bool
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		if err := s.Hold(ctx, tx, id); err != nil {
			return err
		}
		if a, err = s.visible(ctx, tx, c, scope.ApprovalDecide, id); err != nil {
			return err
		}
		if a.State != Awaiting {
			return problem.Newf(problem.Conflict, "approval.ended", "This request is %s already.", a.State)
		}
		if !s.clock.Now().Before(a.Expires) {
			overdue = true
			a.State = Expired
			return s.end(ctx, tx, scope.System("safety"), a)
		}
		if err := s.mayDecide(ctx, tx, c, a, approve); err != nil {
			return err
		}
		if p.Method == "" {
			return ErrProof
		}
		if err := s.admins.Prove(ctx, tx, c.ID, p, a.Hash); err != nil {
			return err
		}
		return s.vote(ctx, tx, c, &a, approve, p.Method)
	})
	if err == nil && overdue {
		err = problem.New(problem.Conflict, "approval.ended", "This request has expired; it must be made anew.")
	}
	return a, err
}

// Hold keeps every other transaction from deciding on the approval until this one ends: votes at once are counted one
// after the other. Take it before the rows of what the approval is about, or two transactions wait for each other.
func (s *Safety) Hold(ctx context.Context, tx *sqldb.Tx, id string) error {
	_, err := tx.Exec(ctx, "UPDATE approval SET state = state WHERE id = $1", id)
	return err
}

// ErrProof asks for a second factor: a session or a token alone decides nothing.
var ErrProof = problem.New(problem.Forbidden, "approval.proof",
	"A session or an API token alone approves nothing and makes no token or link: give a one-time code, or use a passkey in the dashboard.")

func (s *Safety) mayDecide(ctx context.Context, tx *sqldb.Tx, c scope.Caller, a Approval, approve bool) error {
	if c.Kind != scope.Admin && c.Kind != scope.Token {
		return problem.New(problem.Forbidden, "approval.person", "Only an administrator approves.")
	}
	if approve && a.Requester == c.ID {
		return problem.New(problem.Forbidden, "approval.self", "Nobody approves what they have asked for themselves.")
	}
	if approve {
		if err := s.closedUnless(ctx, tx, a.Kind); err != nil {
			return err
		}
		if err := s.stillThere(ctx, tx, a); err != nil {
			return err
		}
		if err := s.uninvolved(ctx, tx, c, a); err != nil {
			return err
		}
	}
	return s.pastProbation(ctx, tx, c.ID)
}

func (s *Safety) closedUnless(ctx context.Context, q sqldb.Querier, kind string) error {
	if kind == kindBreaker {
		return nil
	}
	return s.closed(ctx, q)
}

func (s *Safety) vote(ctx context.Context, tx *sqldb.Tx, c scope.Caller, a *Approval, approve bool, method string) error {
	_, err := tx.Exec(ctx, "INSERT INTO approval_vote (approval, admin, approved, method, at) VALUES ($1, $2, $3, $4, $5)",
		a.ID, c.ID, approve, method, sqldb.Micros(s.clock.Now()))
	if errors.Is(err, sqldb.ErrConflict) {
		return problem.New(problem.Conflict, "approval.twice", "You have decided on this already.")
	}
	if err != nil {
		return err
	}
	action := "approval.approved"
	if !approve {
		action, a.State = "approval.rejected", Rejected
	} else if a.Given++; a.Given >= a.Needed {
		a.State = Approved
	}
	if err := s.record(ctx, tx, c, *a, action, method); err != nil {
		return err
	}
	if a.State == Awaiting {
		s.changed(tx, a.ID)
		return nil
	}
	return s.end(ctx, tx, c, *a)
}

// end writes the final state and tells the executor.
func (s *Safety) end(ctx context.Context, tx *sqldb.Tx, c scope.Caller, a Approval) error {
	n, err := tx.Exec(ctx, "UPDATE approval SET state = $1, decided = $2 WHERE id = $3 AND state = 'awaiting'",
		string(a.State), sqldb.Micros(s.clock.Now()), a.ID)
	if err != nil {
		return err
	}
	if n != 1 {
		return problem.New(problem.Conflict, "approval.ended", "This request was decided in the meantime.")
	}
	s.changed(tx, a.ID)
	if a.State == Approved {
		return s.executors[a.Kind].Approved(ctx, tx, a)
	}
	if a.State == Expired || a.State == Cancelled {
		if err := s.record(ctx, tx, c, a, "approval."+string(a.State), ""); err != nil {
			return err
		}
	}
	return s.executors[a.Kind].Ended(ctx, tx, a)
}

// Withdraw takes a request back that still awaits approval: the requester's own, or any for those who may decide.
func (s *Safety) Withdraw(ctx context.Context, c scope.Caller, id string) (Approval, error) {
	var a Approval
	err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		if a, err = s.visible(ctx, tx, c, scope.ApprovalRead, id); err != nil {
			return err
		}
		if a.Requester != c.ID {
			if _, err := s.visible(ctx, tx, c, scope.ApprovalDecide, id); err != nil {
				return err
			}
		}
		if a.State != Awaiting {
			return problem.Newf(problem.Conflict, "approval.ended", "This request is %s already.", a.State)
		}
		a.State = Cancelled
		return s.end(ctx, tx, c, a)
	})
	return a, err
}

// Cancel takes a request back in the transaction of a package that has seen to it that the caller may.
func (s *Safety) Cancel(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id string) error {
	a, err := s.byID(ctx, tx, id)
	if err != nil {
		return err
	}
	if a.State != Awaiting {
		return nil
	}
	a.State = Cancelled
	return s.end(ctx, tx, c, a)
}

// Expire ends the requests whose time is over and returns how many. Call it every minute or so. Each is ended by itself,
// so that none keeps the others alive.
func (s *Safety) Expire(ctx context.Context) (n int, err error) {
	due, err := sqldb.All(ctx, s.db, sqldb.Scan1[string],
		"SELECT id FROM approval WHERE state = 'awaiting' AND expires <= $1 ORDER BY created, id LIMIT 100", sqldb.Micros(s.clock.Now()))
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, id := range due {
		err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
			a, err := s.byID(ctx, tx, id)
			if err != nil || a.State != Awaiting {
				return err
			}
			a.State = Expired
			return s.end(ctx, tx, scope.System("safety"), a)
		})
		if err == nil {
			n++
		}
		errs = append(errs, err)
	}
	return n, errors.Join(errs...)
}

func (s *Safety) record(ctx context.Context, tx *sqldb.Tx, c scope.Caller, a Approval, action, method string) error {
	after := map[string]any{"class": a.Class, "kind": a.Kind, "needed": a.Needed, "given": a.Given, "state": a.State, "targets": a.Targets}
	if method != "" {
		after["method"] = method
	}
	return s.log.Append(ctx, tx, audit.Record{
		Action: action, Caller: c, Subject: audit.Subject{Kind: "approval", ID: a.ID}, After: after,
	})
}

// changed tells the live views of it.
func (s *Safety) changed(tx *sqldb.Tx, id string) {
	tx.AfterCommit(func() { s.bus.Publish(bus.Message{Topic: "event", Body: "approval " + id}) })
}
