package duress

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/logfield"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

const (
	// Quiet is how long the same device raises no second call: who has it may press the button again and again.
	Quiet = time.Minute
	// Retry and GiveUp are how often, and how long, a call is tried that the mail server does not take.
	Retry  = 15 * time.Second
	GiveUp = 6 * time.Hour

	// maxWaiting bounds the calls that wait for the mail server.
	maxWaiting = 1_000
	// held is how long a server has a call for itself. Longer than a mail may take: two servers do not send the same.
	held = 2 * time.Minute
	// senders bounds the mails under way: one that hangs must not keep the next.
	senders = 4
)

// Parts are what a [Store] stands on. All are needed.
type Parts struct {
	DB    *sqldb.DB
	Clock clock.Clock
	Log   *audit.Log
	Keys  *seal.Keyring
	Slog  *slog.Logger
	// Tell sends a mail of the highest priority, in less than a minute.
	Tell func(ctx context.Context, to, subject, words string) error
}

// Store keeps the calls that nobody has been told of yet.
type Store struct {
	with Parts
	db   *sqldb.DB
	wake chan struct{}

	mu     sync.Mutex
	raised map[string]time.Time // by device
}

// New returns the calls of the zone. Run [Store.Run] beside it.
func New(p Parts) *Store {
	return &Store{with: p, db: p.DB, wake: make(chan struct{}, 1), raised: map[string]time.Time{}}
}

// call is one call for help. Its exported part is what is sealed under the owner's key.
type call struct {
	id, owner string
	at        time.Time
	Device    string `json:"device"`
	To        string `json:"to"`
	Subject   string `json:"subject"`
	Words     string `json:"words"`
}

// Raise has the address told that the device's user was forced to unlock it. It does not wait for the mail server. Of a device
// that has called within [Quiet] it takes no second call.
func (s *Store) Raise(ctx context.Context, d device.Device, to string) error {
	now := s.with.Clock.Now()
	if !s.first(d.ID, now) {
		return nil
	}
	x := call{id: sqldb.NewID(), owner: d.Owner, at: now, Device: d.ID, To: to, Subject: "Duress: " + d.OwnerName + " was forced to unlock a device"}
	x.Words = "The user " + d.OwnerName + " has unlocked the device \"" + d.Name + "\" at " + now.UTC().Format("2006-01-02 15:04:05") +
		" UTC by the altered form of the password, which tells that it was under duress.\n\nWho has the device sees nothing of this mail. " +
		"Do not call the device, and do not lock or erase it before you know that the user is safe.\n"
	if err := s.db.Write(ctx, func(tx *sqldb.Tx) error { return s.keep(ctx, tx, x) }); err != nil {
		s.forget(d.ID)
		return err
	}
	select {
	case s.wake <- struct{}{}:
	default: // somebody is called already
	}
	return nil
}

// first tells whether the device has not called lately, and takes note that it does.
func (s *Store) first(device string, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, at := range s.raised {
		if now.Sub(at).Abs() >= Quiet { // a clock that was set back must not silence it
			delete(s.raised, id)
		}
	}
	if _, lately := s.raised[device]; lately {
		return false
	}
	s.raised[device] = now
	return true
}

// forget lets a device call again whose call was not kept.
func (s *Store) forget(device string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.raised, device)
}

func (s *Store) keep(ctx context.Context, tx *sqldb.Tx, x call) error {
	n, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM duress_call")
	if err != nil {
		return err
	}
	if n >= maxWaiting {
		s.with.Slog.Error("an urgent notice was not sent: the mail server is behind")
		return s.record(ctx, tx, x, audit.Failed)
	}
	text, err := json.Marshal(x)
	if err != nil {
		return err
	}
	sealed, err := s.with.Keys.Seal(ctx, tx, field(x.id), seal.User(x.owner), text)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "INSERT INTO duress_call (id, owner, at, due_at, words) VALUES ($1, $2, $3, $3, $4)",
		x.id, x.owner, sqldb.Micros(x.at), []byte(sealed))
	if err != nil {
		return err
	}
	return s.record(ctx, tx, x, audit.OK)
}

func field(id string) seal.Field { return seal.Field{Table: "duress_call", Column: "words", Row: id} }

// record writes the call into the audit log. The record names neither owner nor device where they are looked for, and only who
// has the right to see it does.
func (s *Store) record(ctx context.Context, tx *sqldb.Tx, x call, o audit.Outcome) error {
	return s.with.Log.Append(ctx, tx, audit.Record{
		Action: audit.Duress, Caller: scope.System("companion"), Subject: audit.Subject{Kind: "duress"}, Outcome: o,
		After: map[string]any{"device": x.Device},
	})
}

// Run sends calls as they are raised, and those that an earlier run left, until ctx ends.
func (s *Store) Run(ctx context.Context) {
	var sending sync.WaitGroup
	defer sending.Wait()
	slots := make(chan struct{}, senders)
	tick := time.NewTicker(Retry)
	defer tick.Stop()
	for {
		sending.Go(func() {
			if err := s.send(ctx, slots); err != nil && ctx.Err() == nil {
				s.with.Slog.Error("urgent notices cannot be read", slog.Any(logfield.Error, err))
			}
		})
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.wake:
		}
	}
}

// send sends what is due, so many at once as there are slots.
func (s *Store) send(ctx context.Context, slots chan struct{}) error {
	list, err := s.take(ctx)
	if err != nil {
		return err
	}
	var under sync.WaitGroup
	defer under.Wait()
	for _, x := range list {
		slots <- struct{}{}
		under.Go(func() {
			defer func() { <-slots }()
			s.deliver(ctx, x)
		})
	}
	return nil
}

// take takes the calls that are due, which are then nobody else's for a while. The calls of users who were erased go.
func (s *Store) take(ctx context.Context) (list []call, err error) {
	now := s.with.Clock.Now()
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		var pieces []seal.Piece
		list, err = sqldb.All(ctx, tx, func(r sqldb.Row) (x call, err error) {
			var at int64
			var sealed []byte
			err = r.Scan(&x.id, &x.owner, &at, &sealed)
			x.at = sqldb.Time(at)
			pieces = append(pieces, seal.Piece{Field: field(x.id), Owner: seal.User(x.owner), Sealed: sealed})
			return x, err
		}, "UPDATE duress_call SET due_at = $1 WHERE due_at <= $2 RETURNING id, owner, at, words", sqldb.Micros(now.Add(held)), sqldb.Micros(now))
		if err != nil || len(list) == 0 {
			return err
		}
		words, err := s.with.Keys.OpenAll(ctx, tx, pieces)
		if err != nil {
			return err
		}
		kept := list[:0]
		for i, x := range list {
			if words[i] == nil {
				err = s.drop(ctx, tx, x)
			} else {
				err = json.Unmarshal(words[i], &x)
				kept = append(kept, x)
			}
			if err != nil {
				return err
			}
		}
		list = kept
		return nil
	})
	return list, err
}

func (s *Store) drop(ctx context.Context, tx *sqldb.Tx, x call) error {
	_, err := tx.Exec(ctx, "DELETE FROM duress_call WHERE id = $1", x.id)
	return err
}

// deliver sends one call and writes down what came of it, also when the server is told to stop meanwhile.
func (s *Store) deliver(ctx context.Context, x call) {
	fault := s.with.Tell(ctx, x.To, x.Subject, x.Words)
	if fault != nil {
		s.with.Slog.Error("an urgent notice was not sent", slog.Any(logfield.Error, fault))
	}
	ctx = context.WithoutCancel(ctx)
	now := s.with.Clock.Now()
	err := s.db.Write(ctx, func(tx *sqldb.Tx) error {
		if fault == nil {
			return s.drop(ctx, tx, x)
		}
		if now.Sub(x.at) > GiveUp {
			if err := s.drop(ctx, tx, x); err != nil {
				return err
			}
			return s.record(ctx, tx, x, audit.Failed)
		}
		_, err := tx.Exec(ctx, "UPDATE duress_call SET due_at = $1 WHERE id = $2", sqldb.Micros(now.Add(Retry)), x.id)
		return err
	})
	if err != nil {
		s.with.Slog.Error("what became of an urgent notice cannot be written", slog.Any(logfield.Error, err))
	}
}
