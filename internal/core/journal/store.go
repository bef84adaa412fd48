package journal

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Keys seals and opens what belongs to a user.
type Keys interface {
	Seal(ctx context.Context, tx *sqldb.Tx, f seal.Field, o seal.Owner, plain []byte) (seal.Sealed, error)
	Open(ctx context.Context, q sqldb.Querier, f seal.Field, o seal.Owner, sealed seal.Sealed) ([]byte, error)
}

// Ask is what the policy of a device asks of one kind. The zero value asks for nothing.
type Ask struct {
	Wanted  bool
	Bodies  bool     // of [TextLog]: the texts too
	Exact   bool     // of [Location]: exact, and otherwise to about a kilometre
	Paths   []string // of [File]: the folders; a file lies in one of them
	Types   []string // of [File]: the endings of names, without the dot; none means all
	MaxSize int64    // of [File]: bytes
}

// Policy tells what is asked of a device now.
type Policy interface {
	Asks(ctx context.Context, device string, k Kind) (Ask, error)
}

// Parts are what a [Store] stands on. All are needed.
type Parts struct {
	DB     *sqldb.DB
	Clock  clock.Clock
	Log    *audit.Log
	Zone   *zone.Zone
	Keys   Keys
	Policy Policy
}

// Store keeps entries.
type Store struct {
	with Parts
	db   *sqldb.DB
}

// New returns the journal of the zone.
func New(p Parts) *Store { return &Store{with: p, db: p.DB} }

// Source is a device with its owner, as its channel has proven it, and the device's own name for what it sends now: the same
// piece sent again is the same piece, and is kept once.
type Source struct {
	Device, Owner, Piece string

	asks map[Kind]Ask // what [Store.Admit] has found
}

// id names one entry of a piece; what happened on a computer has a name of its own.
func (f Source) id(it Item, n int) string {
	if h, ok := it.(*Happening); ok && h.Event != "" {
		f.Piece, n = "event/"+h.Event, 0
	}
	if f.Piece == "" {
		return sqldb.NewID()
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\x00%s\x00%d", f.Device, f.Piece, n))
	return hex.EncodeToString(sum[:16])
}

// MaxItems bounds the items of one call of [Store.Keep].
const MaxItems = 500

// Keep stores what a device tells, all of it or nothing. c is the device itself. Problems: Forbidden when one of the kinds
// is not asked of the device, Invalid for an item that cannot be, TooLarge when the device has told more than is kept.
func (s *Store) Keep(ctx context.Context, c scope.Caller, from Source, items ...Item) error {
	if len(items) > MaxItems {
		return problem.Newf(problem.Invalid, "journal.many", "Send at most %d entries at once.", MaxItems)
	}
	if _, err := s.door(ctx, c, from, items); err != nil {
		return err
	}
	rules, _, err := zone.Get(ctx, s.db, Setting)
	if err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if last := lastPosition(items); last >= 0 && !rules.LocationHistory {
			items = slices.DeleteFunc(slices.Clone(items), func(it Item) bool { return it.kind() == Location && it != items[last] })
			if err := s.forgetPositions(ctx, tx, from.Device); err != nil {
				return err
			}
		}
		for i, it := range items {
			if _, err := s.insert(ctx, tx, from.id(it, i), from, it, content{}); err != nil {
				return err
			}
		}
		return s.checkRoom(ctx, tx, from.Device, items)
	})
}

// Admit asks the policy of a device whether it wants a kind, before anything that the device sends of it is read. What comes
// back need not ask again. A problem of kind Forbidden when the policy does not want it. c is the device itself.
func (s *Store) Admit(ctx context.Context, c scope.Caller, from Source, k Kind) (Source, error) {
	if c.Kind != scope.Device || c.ID != from.Device || from.Owner == "" {
		return from, problem.New(problem.Forbidden, "journal.device", "Only a device itself tells this.")
	}
	ask, known := from.asks[k]
	if !known {
		var err error
		if ask, err = s.with.Policy.Asks(ctx, from.Device, k); err != nil {
			return from, err
		}
		from.asks = maps.Clone(from.asks)
		if from.asks == nil {
			from.asks = map[Kind]Ask{}
		}
		from.asks[k] = ask
	}
	if !ask.Wanted {
		return from, problem.Newf(problem.Forbidden, "collect.off",
			"The policy of this device does not ask for %s: do not send it. Nothing has been kept.", k)
	}
	return from, nil
}

// door lets in what the device's policy asks for, and returns what it asks of each kind among the items.
func (s *Store) door(ctx context.Context, c scope.Caller, from Source, items []Item) (map[Kind]Ask, error) {
	for _, it := range items {
		var err error
		if from, err = s.Admit(ctx, c, from, it.kind()); err != nil {
			return nil, err
		}
		if it.at().IsZero() && it.kind() != File { // not every system tells when a file was changed
			return nil, invalid("at", "Say when it was.")
		}
		if err := it.check(from.asks[it.kind()]); err != nil {
			return nil, err
		}
	}
	return from.asks, nil
}

// lastPosition returns which item is the newest position, or -1.
func lastPosition(items []Item) int {
	last := -1
	for i, it := range items {
		if it.kind() == Location && (last < 0 || !it.at().Before(items[last].at())) {
			last = i
		}
	}
	return last
}

func (s *Store) forgetPositions(ctx context.Context, tx *sqldb.Tx, device string) error {
	_, err := tx.Exec(ctx, "DELETE FROM journal_entry WHERE device = $1 AND kind = $2 AND "+Unheld("journal_entry.owner"),
		device, string(Location))
	return err
}

func (s *Store) insert(ctx context.Context, tx *sqldb.Tx, id string, from Source, it Item, with content) (bool, error) {
	text, err := json.Marshal(it)
	if err != nil {
		return false, err
	}
	sealed, err := s.with.Keys.Seal(ctx, tx, bodyField(id), seal.User(from.Owner), text)
	if err != nil {
		return false, err
	}
	now := s.with.Clock.Now()
	n, err := tx.Exec(ctx, `INSERT INTO journal_entry (id, kind, device, owner, at, received_at, size, content, parts, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING`, id, string(it.kind()), from.Device, from.Owner,
		sqldb.Micros(plausible(it.at(), now)), sqldb.Micros(now), int64(len(text))+with.size, with.id, with.parts, []byte(sealed))
	return n > 0, err
}

func bodyField(id string) seal.Field {
	return seal.Field{Table: "journal_entry", Column: "body", Row: id}
}

// checkRoom bounds what is kept of one device.
func (s *Store) checkRoom(ctx context.Context, tx *sqldb.Tx, device string, items []Item) error {
	checked := map[Kind]bool{}
	for _, it := range items {
		if checked[it.kind()] {
			continue
		}
		checked[it.kind()] = true
		d, err := Describe(it.kind())
		if err != nil {
			return err
		}
		n, size, err := s.kept(ctx, tx, device, d.Kind)
		if err != nil {
			return err
		}
		if n > d.most || size > d.mostSize {
			return problem.Newf(problem.TooLarge, "journal.full",
				"Of this device as much is kept of the kind %s as the zone keeps: what is older must be deleted first.", d.Kind)
		}
	}
	return nil
}

func (s *Store) kept(ctx context.Context, q sqldb.Querier, device string, k Kind) (n int, size int64, err error) {
	type sum struct {
		n    int
		size int64
	}
	x, err := sqldb.One(ctx, q, func(r sqldb.Row) (x sum, err error) { return x, r.Scan(&x.n, &x.size) },
		"SELECT count(*), CAST(COALESCE(sum(size), 0) AS BIGINT) FROM journal_entry WHERE device = $1 AND kind = $2", device, string(k))
	return x.n, x.size, err
}

// Stock is what is kept of one kind, without a look at it.
type Stock struct {
	Kind           Kind
	Entries        int
	Size           int64 // bytes
	Oldest, Newest time.Time
}

// Stocks tells what is kept of a device, kind by kind, without opening any of it.
func (s *Store) Stocks(ctx context.Context, c scope.Caller, device string) ([]Stock, error) {
	var a sqldb.Args
	where := "e.device = " + a.Add(device)
	within, err := s.readable(c, scope.DeviceRead, &a)
	if err != nil {
		return nil, err
	}
	return sqldb.All(ctx, s.db, func(r sqldb.Row) (x Stock, err error) {
		var oldest, newest int64
		err = r.Scan(&x.Kind, &x.Entries, &x.Size, &oldest, &newest)
		x.Oldest, x.Newest = sqldb.Time(oldest), sqldb.Time(newest)
		return x, err
	}, "SELECT e.kind, count(*), CAST(sum(e.size) AS BIGINT), min(e.at), max(e.at) FROM journal_entry e WHERE "+where+" AND "+
		within+" GROUP BY e.kind ORDER BY e.kind", a.List()...)
}

// readable is the condition that the caller may read an entry: users their own, administrators those of their devices.
func (s *Store) readable(c scope.Caller, r scope.Right, a *sqldb.Args) (string, error) {
	if c.Kind == scope.User {
		return "e.owner = " + a.Add(c.ID), nil
	}
	sc, err := c.Scope(r)
	if err != nil {
		return "", err
	}
	return sc.Devices("e.device", a), nil
}

// Query says which entries are wanted. Device or Owner, and Kind, are needed.
type Query struct {
	Device string
	Owner  string
	Kind   Kind
	From   time.Time // zero: from the first on
	Until  time.Time // zero: up to the last
	page.Request
}

const entryColumns = "e.id, e.kind, e.device, e.owner, e.at, e.received_at, e.size, e.body"

type sealedEntry struct {
	Entry
	body seal.Sealed
}

func scanEntry(r sqldb.Row) (x sealedEntry, err error) {
	var at, received int64
	err = r.Scan(&x.ID, &x.Kind, &x.Device, &x.Owner, &at, &received, &x.Size, (*[]byte)(&x.body))
	x.At, x.Received = sqldb.Time(at), sqldb.Time(received)
	return x, err
}

// Read opens entries, newest first, in the transaction in which package privacy records the look. An entry whose key is
// destroyed is left out.
func (s *Store) Read(ctx context.Context, q sqldb.Querier, c scope.Caller, query Query) (page.Page[Entry], error) {
	size, err := query.Size()
	if err != nil {
		return page.Page[Entry]{}, err
	}
	var a sqldb.Args
	where, err := s.where(c, query, &a)
	if err != nil {
		return page.Page[Entry]{}, err
	}
	if query.After != "" {
		at, id, err := page.Parse[int64](query.After)
		if err != nil {
			return page.Page[Entry]{}, err
		}
		where += " AND (e.at, e.id) < (" + a.Add(at) + ", " + a.Add(id) + ")"
	}
	rows, err := sqldb.All(ctx, q, scanEntry, "SELECT "+entryColumns+" FROM journal_entry e WHERE "+where+
		" ORDER BY e.at DESC, e.id DESC LIMIT "+a.Add(size+1), a.List()...)
	if err != nil {
		return page.Page[Entry]{}, err
	}
	cut := page.Cut(rows, size, func(x sealedEntry) string { return page.Cursor(sqldb.Micros(x.At), x.ID) })
	opened, err := s.open(ctx, q, cut.Items)
	return page.Page[Entry]{Items: opened, Next: cut.Next}, err
}

func (s *Store) where(c scope.Caller, query Query, a *sqldb.Args) (string, error) {
	if _, err := Describe(query.Kind); err != nil {
		return "", err
	}
	where := "e.kind = " + a.Add(string(query.Kind))
	switch {
	case query.Device != "":
		where += " AND e.device = " + a.Add(query.Device)
	case query.Owner != "":
		where += " AND e.owner = " + a.Add(query.Owner)
	default:
		return "", problem.New(problem.Invalid, "journal.query", "Name the device or the user.").WithField("device")
	}
	if !query.From.IsZero() {
		where += " AND e.at >= " + a.Add(sqldb.Micros(query.From))
	}
	if !query.Until.IsZero() {
		where += " AND e.at < " + a.Add(sqldb.Micros(query.Until))
	}
	within, err := s.readable(c, scope.UserPersonalRead, a)
	return where + " AND " + within, err
}

func (s *Store) open(ctx context.Context, q sqldb.Querier, rows []sealedEntry) ([]Entry, error) {
	out := make([]Entry, 0, len(rows))
	for _, x := range rows {
		text, err := s.with.Keys.Open(ctx, q, bodyField(x.ID), seal.User(x.Owner), x.body)
		if errors.Is(err, seal.ErrErased) {
			continue
		}
		if err != nil {
			return nil, err
		}
		x.Body = text
		out = append(out, x.Entry)
	}
	return out, nil
}

// UserChanged is for [directory.Follower]: entries hang on ids, not on names.
func (s *Store) UserChanged(context.Context, *sqldb.Tx, directory.User) error { return nil }

// UserErased deletes everything of a user, as [directory.Follower]; a problem of kind Conflict while a hold stands.
func (s *Store) UserErased(ctx context.Context, tx *sqldb.Tx, id string) error {
	held, err := s.Held(ctx, tx, id)
	if err != nil {
		return err
	}
	if held {
		return problem.New(problem.Conflict, "journal.hold",
			"A legal hold stands on this user's data: it must be lifted before the user can be erased.")
	}
	for _, text := range []string{
		"DELETE FROM journal_part WHERE owner = $1", "DELETE FROM journal_entry WHERE owner = $1",
		"DELETE FROM journal_hold WHERE owner = $1",
	} {
		if _, err := tx.Exec(ctx, text, id); err != nil {
			return err
		}
	}
	return nil
}
