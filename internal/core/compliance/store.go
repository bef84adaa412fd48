package compliance

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/command"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Devices is what compliance asks of package device.
type Devices interface {
	Sweep(ctx context.Context, c scope.Caller, r scope.Right, after string, limit int) ([]device.Member, error)
	Members(ctx context.Context, c scope.Caller, ids ...string) ([]device.Member, error)
	Signs(ctx context.Context, c scope.Caller, ids ...string) (map[string]device.Sign, error)
	CountByOwner(ctx context.Context, c scope.Caller, owners ...string) (map[string]int, error)
	Find(ctx context.Context, q sqldb.Querier, c scope.Caller, r scope.Right, id string) (device.Device, error)
	Lineage(ctx context.Context, folder string) ([]string, error)
	NoteMark(ctx context.Context, tx *sqldb.Tx, id string, m device.Mark) error
	Isolate(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id string) (from string, moved bool, err error)
	Release(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id, to string) error
	RetireByRule(ctx context.Context, c scope.Caller, id, reason string) error
}

// Users is what compliance asks of package directory.
type Users interface {
	Memberships(ctx context.Context, c scope.Caller, users ...string) (map[string][]string, error)
	Get(ctx context.Context, c scope.Caller, id string) (directory.User, error)
}

// Commands orders the erasure of the organization's data, and takes the order back.
type Commands interface {
	Request(ctx context.Context, c scope.Caller, r command.Request) (command.Batch, error)
	Withdraw(ctx context.Context, tx *sqldb.Tx, c scope.Caller, device, prefix, words string) (command.State, error)
}

// Teller sends notices. Each blocks until the notice is handed over, or returns why it was not.
type Teller interface {
	Owner(ctx context.Context, u directory.User, subject, text string) error
	Staff(ctx context.Context, subject, text string) error
}

// Keys seals and opens what people have written of a user's devices, and what their owners are told.
type Keys interface {
	Seal(ctx context.Context, tx *sqldb.Tx, f seal.Field, o seal.Owner, plain []byte) (seal.Sealed, error)
	OpenAll(ctx context.Context, q sqldb.Querier, pieces []seal.Piece) ([][]byte, error)
}

// Revision tells the zone's revision; see [zone.Revision.Current].
type Revision interface{ Current() (int64, error) }

// Parts are what a [Store] stands on. All are needed.
type Parts struct {
	DB       *sqldb.DB
	Clock    clock.Clock
	Log      *audit.Log
	Zone     *zone.Zone
	Revision Revision
	Bus      *bus.Bus
	Keys     Keys
	Devices  Devices
	Users    Users
	Commands Commands
	Teller   Teller
}

// Store keeps rules and holds devices to them.
type Store struct {
	with Parts
	db   *sqldb.DB

	mu   sync.Mutex // one reads the book anew, the others wait
	book atomic.Pointer[book]

	changedRules atomic.Bool  // since the last sweep was due here
	nextSweep    atomic.Int64 // microseconds
}

// New returns the compliance of the zone.
func New(p Parts) *Store {
	s := &Store{with: p, db: p.DB}
	p.Bus.Subscribe(topic, func(bus.Message) { s.changedRules.Store(true) }) // for as long as the bus lives
	return s
}

var errNoDevice = problem.New(problem.NotFound, "device.unknown", "There is no such device.")

// self acts for the rules.
var self = scope.System(scope.Compliance)

// book is what is in force at one revision.
type book struct {
	revision   int64
	rules      []Rule
	restricted map[string]Restriction // by device
}

// Restriction keeps mail from a device.
type Restriction struct {
	Access  device.Access
	Because string // the rule and what it asks; what it says of this device is in [Store.Explain]
}

func (s *Store) current(ctx context.Context) (*book, error) {
	revision, err := s.with.Revision.Current()
	if err != nil {
		return nil, err
	}
	if b := s.book.Load(); b != nil && b.revision >= revision {
		return b, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.book.Load(); b != nil && b.revision >= revision {
		return b, nil
	}
	b, err := s.readBook(ctx, revision)
	if err != nil {
		return nil, err
	}
	s.book.Store(b)
	return b, nil
}

func (s *Store) readBook(ctx context.Context, revision int64) (*book, error) {
	b := &book{revision: revision, restricted: map[string]Restriction{}}
	err := s.db.Read(ctx, func(q sqldb.Querier) (err error) {
		if b.rules, err = sqldb.All(ctx, q, scanRule, rulesText); err != nil {
			return err
		}
		_, err = sqldb.All(ctx, q, func(r sqldb.Row) (struct{}, error) {
			var id, rule string
			var x Restriction
			if err := r.Scan(&id, &x.Access, &rule); err != nil {
				return struct{}{}, err
			}
			x.Because = b.words(rule)
			if b.restricted[id].Access != device.Block { // the stricter of several
				b.restricted[id] = x
			}
			return struct{}{}, nil
		}, "SELECT device, access, rule FROM compliance_breach WHERE restricted_at > 0 AND access <> '' ORDER BY device, rule")
		return err
	})
	return b, err
}

// words say what a rule asks: "Encryption: The device's storage is not encrypted."
func (b *book) words(rule string) string {
	for _, r := range b.rules {
		if d, ok := describe(r.Condition); ok && r.ID == rule {
			return r.Name + ": " + d.Words + "."
		}
	}
	return "a rule"
}

// Restriction returns what keeps mail from a device now, if anything does; from memory, for package access at each request.
func (s *Store) Restriction(ctx context.Context, id string) (Restriction, error) {
	b, err := s.current(ctx)
	if err != nil {
		return Restriction{}, err
	}
	return b.restricted[id], nil
}

const rulesText = "SELECT id, name, enabled, rule, version FROM compliance_rule ORDER BY name, id"

func scanRule(row sqldb.Row) (r Rule, err error) {
	var text string
	if err := row.Scan(&r.ID, &r.Name, &r.Enabled, &text, &r.Version); err != nil {
		return r, err
	}
	return r, json.Unmarshal([]byte(text), &r)
}

// Rules returns all rules by name.
func (s *Store) Rules(ctx context.Context, c scope.Caller) ([]Rule, error) {
	if _, err := c.Scope(scope.ComplianceRead); err != nil {
		return nil, err
	}
	return sqldb.All(ctx, s.db, scanRule, rulesText)
}

// Rule returns one rule.
func (s *Store) Rule(ctx context.Context, c scope.Caller, id string) (Rule, error) {
	if _, err := c.Scope(scope.ComplianceRead); err != nil {
		return Rule{}, err
	}
	return ruleByID(ctx, s.db, id)
}

func ruleByID(ctx context.Context, q sqldb.Querier, id string) (Rule, error) {
	r, err := sqldb.One(ctx, q, scanRule, "SELECT id, name, enabled, rule, version FROM compliance_rule WHERE id = $1", id)
	if errors.Is(err, sqldb.ErrNotFound) {
		return r, problem.New(problem.NotFound, "compliance.unknown", "There is no such rule.")
	}
	return r, err
}

// mayEdit asks for the right to change the rule, and where it erases data or retires devices for the right to do that too.
func mayEdit(c scope.Caller, r Rule) error {
	if err := c.Require(scope.ComplianceEdit); err != nil {
		return err
	}
	if r.WipeAfter > 0 {
		if err := c.Require(scope.DeviceWipeAccount); err != nil {
			return err
		}
	}
	if r.RetireAfter > 0 {
		return c.Require(scope.DeviceRemove)
	}
	return nil
}

// AddRule makes a rule.
func (s *Store) AddRule(ctx context.Context, c scope.Caller, r Rule) (Rule, error) {
	if err := mayEdit(c, r); err != nil {
		return Rule{}, err
	}
	if err := r.check(); err != nil {
		return Rule{}, err
	}
	r.ID, r.Version = sqldb.NewID(), 1
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM compliance_rule")
		if err != nil {
			return err
		}
		if n >= maxRules {
			return problem.Newf(problem.Conflict, "compliance.many", "A zone has at most %d rules.", maxRules)
		}
		text, err := json.Marshal(r)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "INSERT INTO compliance_rule (id, name, enabled, rule, version) VALUES ($1, $2, $3, $4, 1)",
			r.ID, r.Name, r.Enabled, string(text))
		if err != nil {
			return err
		}
		return s.changed(ctx, tx, c, "compliance.rule-added", r.ID, nil, r)
	})
	return r, err
}

func (s *Store) changed(ctx context.Context, tx *sqldb.Tx, c scope.Caller, action, id string, before, after any) error {
	err := s.with.Log.Append(ctx, tx, audit.Record{
		Action: action, Caller: c, Subject: audit.Subject{Kind: "compliance-rule", ID: id}, Before: before, After: after,
	})
	if err != nil {
		return err
	}
	tx.AfterCommit(func() { s.with.Bus.Publish(bus.Message{Topic: topic}) })
	return s.with.Zone.Bump(ctx, tx)
}

// EditRule puts another rule in the place of one; r.Version is the one that the caller has seen. Breaches of a rule that is
// switched off end at the next sweep; those of one that says something else are judged anew, and begin anew where the
// condition is another.
func (s *Store) EditRule(ctx context.Context, c scope.Caller, r Rule) (Rule, error) {
	if err := mayEdit(c, r); err != nil {
		return Rule{}, err
	}
	if err := r.check(); err != nil {
		return Rule{}, err
	}
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		before, err := ruleByID(ctx, tx, r.ID)
		if err != nil {
			return err
		}
		if before.Version != r.Version {
			return problem.New(problem.Precondition, "compliance.changed", "Somebody has changed this rule: look at it again.")
		}
		r.Version++
		text, err := json.Marshal(r)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE compliance_rule SET name = $1, enabled = $2, rule = $3, version = $4 WHERE id = $5",
			r.Name, r.Enabled, string(text), r.Version, r.ID)
		if err == nil && before.Condition != r.Condition {
			err = s.endAll(ctx, tx, r.ID, "The rule that asked for it asks for something else now.")
		}
		if err == nil {
			err = displace(ctx, tx, before, r)
		}
		if err != nil {
			return err
		}
		return s.changed(ctx, tx, c, "compliance.rule-edited", r.ID, before, r)
	})
	return r, err
}

// RemoveRule takes a rule away with all that follows from it.
func (s *Store) RemoveRule(ctx context.Context, c scope.Caller, id string) error {
	if err := c.Require(scope.ComplianceEdit); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		before, err := ruleByID(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.endAll(ctx, tx, id, "The rule that asked for it is gone."); err != nil {
			return err
		}
		if err := s.endWaivers(ctx, tx, "rule", id); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, "DELETE FROM compliance_rule WHERE id = $1", id); err != nil {
			return err
		}
		return s.changed(ctx, tx, c, "compliance.rule-removed", id, before, nil)
	})
}

// endAll ends all breaches of a rule, takes back what it has ordered, and wakes the devices that were kept out.
func (s *Store) endAll(ctx context.Context, tx *sqldb.Tx, rule, because string) error {
	ids, err := sqldb.All(ctx, tx, sqldb.Scan1[string], "DELETE FROM compliance_breach WHERE rule = $1 RETURNING device", rule)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := s.with.Commands.Withdraw(ctx, tx, self, id, ordersOf(rule), because); err != nil {
			return err
		}
		if err := s.stand(ctx, tx, id); err != nil {
			return err
		}
	}
	_, err = tx.Exec(ctx, "DELETE FROM compliance_place WHERE rule = $1", rule)
	s.wake(tx, ids)
	return err
}

func (s *Store) wake(tx *sqldb.Tx, ids []string) {
	tx.AfterCommit(func() {
		for _, id := range ids {
			s.with.Bus.Publish(bus.Message{Topic: "event", Body: "device " + id})
			s.with.Bus.Publish(bus.Message{Topic: device.Topic(id)})
		}
	})
}

// DeviceMoved ends what is kept of a device that leaves, as [device.Follower]. What the rules say of a device is its state now
// and no record of it: a legal hold keeps the exemptions alone. What the rules have ordered of a device that is retired stands
// until it is readmitted: the organization's data is on it still.
func (s *Store) DeviceMoved(ctx context.Context, tx *sqldb.Tx, id string, to device.State) error {
	if to != device.Retired {
		if err := s.withdraw(ctx, tx, id, "The device has left, or belongs to somebody else now."); err != nil {
			return err
		}
	}
	for _, text := range []string{
		"DELETE FROM compliance_breach WHERE device = $1", "DELETE FROM compliance_place WHERE device = $1",
		"DELETE FROM compliance_notice WHERE device = $1",
	} {
		if _, err := tx.Exec(ctx, text, id); err != nil {
			return err
		}
	}
	if err := s.stand(ctx, tx, id); err != nil {
		return err
	}
	return s.endWaivers(ctx, tx, "device", id)
}

// DeviceReturned takes back what the rules have ordered of a device before it was retired, for [device.Store.OnReturn]: from now
// on it is judged anew.
func (s *Store) DeviceReturned(ctx context.Context, tx *sqldb.Tx, id string) error {
	return s.withdraw(ctx, tx, id, "The device was readmitted.")
}

// withdraw takes back what any rule has ordered of a device.
func (s *Store) withdraw(ctx context.Context, tx *sqldb.Tx, id, because string) error {
	_, err := s.with.Commands.Withdraw(ctx, tx, self, id, "", because)
	return err
}

// Waiver exempts one device from a rule, or from all, for a time.
type Waiver struct {
	ID      string
	Device  string
	Rule    string // "" for all
	Reason  string // 1 to 500 bytes
	Until   time.Time
	Created time.Time
	By      string
}
