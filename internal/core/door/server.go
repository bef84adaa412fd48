package door

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/scope"
)

// Node is a server of the zone, as it has registered itself.
type Node struct {
	ID        string
	Name      string
	Addresses []netip.Addr // from which it calls others; never loopback
	Started   time.Time
	Seen      time.Time
}

const (
	// SeenEvery is how often a server says that it is there.
	SeenEvery = time.Minute
	// goneAfter is how long the addresses of a server that is silent are still let in everywhere: somebody else may get
	// them one day.
	goneAfter = 24 * time.Hour
	// maxServers bounds the servers of a zone.
	maxServers = 200
)

func scanNode(r sqldb.Row) (n Node, err error) {
	var addresses string
	var started, seen int64
	err = r.Scan(&n.ID, &n.Name, &addresses, &started, &seen)
	n.Started, n.Seen = sqldb.Time(started), sqldb.Time(seen)
	for text := range strings.FieldsSeq(addresses) {
		if a, err := netip.ParseAddr(text); err == nil {
			n.Addresses = append(n.Addresses, a)
		}
	}
	return n, err
}

func nodes(ctx context.Context, q sqldb.Querier) ([]Node, error) {
	return sqldb.All(ctx, q, scanNode, "SELECT id, name, addresses, started, seen FROM door_server ORDER BY name, id LIMIT $1", maxServers)
}

// Register says that this server is there, under a name, with the addresses from which it calls other servers. What is
// loopback, unspecified or of one link alone is left out.
func (s *Store) Register(ctx context.Context, name string, addresses []netip.Addr) error {
	var kept []string
	for _, a := range addresses {
		if a = a.Unmap().WithZone(""); a.IsGlobalUnicast() && !slices.Contains(kept, a.String()) {
			kept = append(kept, a.String())
		}
	}
	slices.Sort(kept)
	now, text := sqldb.Micros(s.with.Clock.Now()), strings.Join(kept, " ")
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		old, err := sqldb.One(ctx, tx, scanNode, "SELECT id, name, addresses, started, seen FROM door_server WHERE id = $1", s.Self())
		if err != nil && !errors.Is(err, sqldb.ErrNotFound) {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO door_server (id, name, addresses, started, seen) VALUES ($1, $2, $3, $4, $4)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, addresses = excluded.addresses, started = excluded.started, seen = excluded.seen`,
			s.Self(), sqldb.Clean(name, 255), text, now)
		if err != nil {
			return err
		}
		if slices.EqualFunc(old.Addresses, kept, func(a netip.Addr, text string) bool { return a.String() == text }) && old.ID != "" &&
			s.with.Clock.Now().Sub(old.Seen) < goneAfter {
			return nil
		}
		err = s.with.Log.Append(ctx, tx, audit.Record{
			Action: "server.registered", Caller: scope.System("server"), Subject: audit.Subject{Kind: "server", ID: s.Self()},
			After: map[string]any{"name": name, "addresses": kept},
		})
		if err != nil {
			return err
		}
		return s.with.Zone.Bump(ctx, tx)
	})
}

// Seen says that this server is still there.
func (s *Store) Seen(ctx context.Context) error {
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE door_server SET seen = $1 WHERE id = $2", sqldb.Micros(s.with.Clock.Now()), s.Self())
		return err
	})
}

// Nodes returns the servers of the zone by their names.
func (s *Store) Nodes(ctx context.Context, c scope.Caller) ([]Node, error) {
	if err := c.Require(scope.ServiceRead); err != nil {
		return nil, err
	}
	return nodes(ctx, s.db)
}

// Forget forgets a server that is no more, but not the one that is asked. What the document says of it stays in its versions.
func (s *Store) Forget(ctx context.Context, c scope.Caller, id string) error {
	if err := c.Require(scope.ServiceEdit); err != nil {
		return err
	}
	if id == s.Self() {
		return problem.New(problem.Conflict, "server.self", "This is the server that answers you: it cannot be forgotten.")
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		n, err := tx.Exec(ctx, "DELETE FROM door_server WHERE id = $1", id)
		if err != nil {
			return err
		}
		if n == 0 {
			return problem.New(problem.NotFound, "server.unknown", "There is no such server.")
		}
		err = s.with.Log.Append(ctx, tx, audit.Record{Action: "server.forgotten", Caller: c, Subject: audit.Subject{Kind: "server", ID: id}})
		if err != nil {
			return err
		}
		return s.with.Zone.Bump(ctx, tx)
	})
}

// addresses returns those of the servers that have been seen lately.
func (s *Store) addresses(ctx context.Context, q sqldb.Querier) (list []netip.Addr, err error) {
	all, err := nodes(ctx, q)
	since := s.with.Clock.Now().Add(-goneAfter)
	for _, n := range all {
		if n.Seen.After(since) {
			list = append(list, n.Addresses...)
		}
	}
	return list, err
}
