package door

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
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
	URLs      []string     // at which computers reach it, as far as it knows itself
	Ports     Ports
	Started   time.Time
	Seen      time.Time
}

// Ports are those on which a server listens; 0 is not known.
type Ports struct{ Device, Admin int }

// Port returns the port at which a server has a service: that on which it really listens, where it is known.
func (n Node) Port(s Service) int { return n.port(s.Port) }

// port returns the port on which a server listens, instead of the one where it usually does.
func (n Node) port(usual int) int {
	switch {
	case usual == devicePort && n.Ports.Device > 0:
		return n.Ports.Device
	case usual == adminPort && n.Ports.Admin > 0:
		return n.Ports.Admin
	}
	return usual
}

const (
	// devicePort and adminPort are where servers usually listen.
	devicePort, adminPort = 443, 7443
	// SeenEvery is how often a server says that it is there.
	SeenEvery = time.Minute
	// goneAfter is how long the addresses of a server that is silent are still let in everywhere: somebody else may get
	// them one day.
	goneAfter = 24 * time.Hour
	// maxServers bounds the servers of a zone.
	maxServers = 200
)

const nodeColumns = "id, name, addresses, urls, ports, started, seen"

func scanNode(r sqldb.Row) (n Node, err error) {
	var addresses, urls, ports string
	var started, seen int64
	err = r.Scan(&n.ID, &n.Name, &addresses, &urls, &ports, &started, &seen)
	if device, admin, ok := strings.Cut(ports, " "); ok {
		n.Ports.Device, _ = strconv.Atoi(device) // what is no number is not known
		n.Ports.Admin, _ = strconv.Atoi(admin)
	}
	n.URLs = strings.Fields(urls)
	n.Started, n.Seen = sqldb.Time(started), sqldb.Time(seen)
	for text := range strings.FieldsSeq(addresses) {
		if a, err := netip.ParseAddr(text); err == nil {
			n.Addresses = append(n.Addresses, a)
		}
	}
	return n, err
}

func nodes(ctx context.Context, q sqldb.Querier) ([]Node, error) {
	return sqldb.All(ctx, q, scanNode, "SELECT "+nodeColumns+" FROM door_server ORDER BY name, id LIMIT $1", maxServers)
}

// Register says that this server is there, under a name, with the addresses from which it calls other servers, the ports on
// which it listens, and the URLs at which computers reach it. Of the addresses what is loopback, unspecified or of one link alone
// is left out, of the URLs what [CheckURL] does not take.
func (s *Store) Register(ctx context.Context, name string, addresses []netip.Addr, ports Ports, urls ...string) error {
	var kept []string
	for _, a := range addresses {
		if a = a.Unmap().WithZone(""); a.IsGlobalUnicast() && !slices.Contains(kept, a.String()) {
			kept = append(kept, a.String())
		}
	}
	slices.Sort(kept)
	var told []string
	for _, text := range urls {
		if u, err := CheckURL(text); err == nil && !slices.Contains(told, u) && len(told) < maxAddresses {
			told = append(told, u)
		}
	}
	now, text := sqldb.Micros(s.with.Clock.Now()), strings.Join(kept, " ")
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		old, err := sqldb.One(ctx, tx, scanNode, "SELECT "+nodeColumns+" FROM door_server WHERE id = $1", s.Self())
		if err != nil && !errors.Is(err, sqldb.ErrNotFound) {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO door_server (id, name, addresses, urls, ports, started, seen) VALUES ($1, $2, $3, $4, $5, $6, $6)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, addresses = excluded.addresses, urls = excluded.urls, ports = excluded.ports,
			started = excluded.started, seen = excluded.seen`,
			s.Self(), sqldb.Clean(name, 255), text, strings.Join(told, " "), fmt.Sprint(ports.Device, ports.Admin), now)
		if err != nil {
			return err
		}
		if slices.EqualFunc(old.Addresses, kept, func(a netip.Addr, text string) bool { return a.String() == text }) && old.ID != "" &&
			slices.Equal(old.URLs, told) && s.with.Clock.Now().Sub(old.Seen) < goneAfter {
			return nil
		}
		err = s.with.Log.Append(ctx, tx, audit.Record{
			Action: "server.registered", Caller: scope.System("server"), Subject: audit.Subject{Kind: "server", ID: s.Self()},
			After: map[string]any{"name": name, "addresses": kept, "urls": told},
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
func (s *Store) addresses(ctx context.Context, q sqldb.Querier) ([]netip.Addr, error) {
	all, err := nodes(ctx, q)
	return s.living(all), err
}

func (s *Store) living(all []Node) (list []netip.Addr) {
	since := s.with.Clock.Now().Add(-goneAfter)
	for _, n := range all {
		if n.Seen.After(since) {
			list = append(list, n.Addresses...)
		}
	}
	return list
}
