package upstream

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/roundtrip"
	"drover/internal/base/sqldb"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
)

// Server is a mail server in use. It is never changed; a change makes another.
type Server struct {
	Config
	ID       string
	Endpoint *url.URL
	// Transport is the way to it; see [roundtrip.Transport]. It may be used until long after another has taken its place.
	Transport http.RoundTripper

	version   int64
	validator *validator
	transport *roundtrip.Transport
}

// Host is the Host header to send.
func (s *Server) Host() string {
	if s.ServerName != "" {
		return s.ServerName
	}
	return s.Endpoint.Host
}

// TakesBearer tells whether the server's users may come with bearer tokens.
func (s *Server) TakesBearer() bool { return s.validator != nil }

// Subject returns the login name in a valid bearer token. A problem of kind Unauthenticated when it is not valid,
// Unavailable when the issuer cannot be asked.
func (s *Server) Subject(ctx context.Context, token string) (string, error) {
	if s.validator == nil {
		return "", errBearer
	}
	return s.validator.subject(ctx, token)
}

// Enrols tells whether a new device of a user in these groups may enrol by itself.
func (s *Server) Enrols(groups []string) bool {
	return s.HandsOff || slices.ContainsFunc(s.HandsOffGroups, func(g string) bool { return slices.Contains(groups, g) })
}

// Choice is the server that a login name leads to.
type Choice struct {
	Server *Server
	User   string // the name under which Drover knows the user
	Mail   string // the mail address that the name tells, or ""
}

// Users is what a choice asks of the directory.
type Users interface {
	ByName(ctx context.Context, c scope.Caller, name string) (directory.User, error)
	GroupIDs(ctx context.Context, c scope.Caller, user string) ([]string, error)
}

// table is all servers at one revision.
type table struct {
	revision int64
	servers  []*Server         // in order
	users    map[string]string // assigned user -> server's id
	groups   map[string]string
}

// chooser keeps the table of the current revision.
type chooser struct {
	reading chan struct{} // one reads the table anew, the others wait
	table   atomic.Pointer[table]
}

// readTime is how long a choice may wait for the database. Whoever asks has no end of its own: see [Store.Choose].
const readTime = 10 * time.Second

// current returns the table, read anew when the revision has changed. Ways to servers that did not change stay.
func (s *Store) current(ctx context.Context) (*table, error) {
	revision, err := s.with.Revision.Current()
	if err != nil {
		return nil, err
	}
	if t := s.chooser.table.Load(); t != nil && t.revision == revision {
		return t, nil
	}
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	select {
	case s.chooser.reading <- struct{}{}:
		defer func() { <-s.chooser.reading }()
	case <-ctx.Done():
		return nil, errSlow.WithDetail(ctx.Err())
	}
	old := s.chooser.table.Load()
	if old != nil && old.revision >= revision {
		return old, nil
	}
	t, err := s.readTable(ctx, revision, old)
	if err != nil {
		return nil, err
	}
	s.chooser.table.Store(t)
	old.closeUnused(t)
	return t, nil
}

var errSlow = problem.New(problem.Unavailable, "upstream.slow", "Which mail server is meant cannot be told now.").WithRetry(readTime)

func (s *Store) readTable(ctx context.Context, revision int64, old *table) (*table, error) {
	t := &table{revision: revision, users: make(map[string]string), groups: make(map[string]string)}
	err := s.with.DB.Read(ctx, func(q sqldb.Querier) error {
		all, err := sqldb.All(ctx, q, scanUpstream, "SELECT "+upstreamColumns+" FROM upstream u ORDER BY u.position, u.id")
		if err != nil {
			return err
		}
		for _, u := range all {
			server, err := old.reuse(u, s)
			if err != nil {
				return err
			}
			t.servers = append(t.servers, server)
		}
		assigned, err := sqldb.All(ctx, q, scanAssignment, assignmentText)
		for _, a := range assigned {
			if a.Kind == ToUser {
				t.users[a.Target] = a.Upstream
			} else {
				t.groups[a.Target] = a.Upstream
			}
		}
		return err
	})
	return t, err
}

// reuse returns the server as the old table has it, when it has not changed.
func (t *table) reuse(u Upstream, s *Store) (*Server, error) {
	if t != nil {
		for _, server := range t.servers {
			if server.ID == u.ID && server.version == u.Version {
				return server, nil
			}
		}
	}
	return newServer(u, s)
}

func newServer(u Upstream, s *Store) (*Server, error) {
	endpoint, err := url.Parse(u.URL)
	if err != nil {
		return nil, err
	}
	way, err := newTransport(u.Config, endpoint)
	if err != nil {
		return nil, err
	}
	lean := roundtrip.New(way)
	server := &Server{Config: u.Config, ID: u.ID, Endpoint: endpoint, Transport: lean, version: u.Version, transport: lean}
	if u.Bearer != nil {
		server.validator, err = newValidator(*u.Bearer, s.with.Clock)
	}
	return server, err
}

func (t *table) closeUnused(next *table) {
	if t == nil {
		return
	}
	for _, server := range t.servers {
		if !slices.Contains(next.servers, server) {
			server.transport.CloseIdleConnections()
		}
	}
}

func (t *table) byID(id string) *Server {
	i := slices.IndexFunc(t.servers, func(s *Server) bool { return s.ID == id })
	if i < 0 {
		return nil
	}
	return t.servers[i]
}

// Choose returns the server for a login name, and whom the name means there. What is said of the user itself comes
// first, then of the user's groups (the server that stands first wins), then the domain of the name, then the default
// server. A problem of kind NotFound when none of them says anything.
func (s *Store) Choose(ctx context.Context, name string) (Choice, error) {
	t, err := s.current(ctx)
	if err != nil {
		return Choice{}, err
	}
	l := parseLogin(name)
	if l.local == "" {
		return Choice{}, errNoServer
	}
	if len(t.users)+len(t.groups) > 0 {
		server, err := s.assigned(ctx, t, l)
		if err != nil {
			return Choice{}, err
		}
		if server != nil {
			return server.choice(l), nil
		}
	}
	if i := slices.IndexFunc(t.servers, func(s *Server) bool { return (l.domain != "" || l.windows != "") && !s.foreign(l) }); i >= 0 {
		return t.servers[i].choice(l), nil
	}
	if i := slices.IndexFunc(t.servers, func(s *Server) bool { return s.Default }); i >= 0 {
		return t.servers[i].choice(l), nil
	}
	return Choice{}, errNoServer
}

var errNoServer = problem.New(problem.NotFound, "upstream.none",
	"No mail server is configured for this user: assign one, name the mail domain, or make a server the default.")

func (s *Server) choice(l login) Choice { return Choice{s, s.user(l), s.mail(l)} }

// assigned finds the server that is said for the user, or for one of the user's groups. Who the user is depends on the
// server, so each is asked in turn.
func (s *Store) assigned(ctx context.Context, t *table, l login) (*Server, error) {
	ctx, cancel := context.WithTimeout(ctx, readTime)
	defer cancel()
	caller := scope.System("upstream")
	var grouped *Server
	for _, server := range t.servers {
		u, err := s.with.Users.ByName(ctx, caller, server.user(l))
		if problem.Is(err, problem.NotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if t.users[u.ID] == server.ID {
			return server, nil
		}
		if grouped != nil {
			continue
		}
		groups, err := s.with.Users.GroupIDs(ctx, caller, u.ID)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(groups, func(g string) bool { return t.groups[g] == server.ID }) {
			grouped = server
		}
	}
	return grouped, nil
}

// Bearer returns the server that validates bearer tokens: the first that does. A problem of kind NotFound when none does.
func (s *Store) Bearer(ctx context.Context) (*Server, error) {
	t, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	if i := slices.IndexFunc(t.servers, (*Server).TakesBearer); i >= 0 {
		return t.servers[i], nil
	}
	return nil, errBearer
}

// Server returns a server in use by its id.
func (s *Store) Server(ctx context.Context, id string) (*Server, error) {
	t, err := s.current(ctx)
	if err != nil {
		return nil, err
	}
	if server := t.byID(id); server != nil {
		return server, nil
	}
	return nil, errUnknown
}

var errUnknown = problem.New(problem.NotFound, "upstream.unknown", "There is no such mail server.")

func unknown(err error) error {
	if errors.Is(err, sqldb.ErrNotFound) {
		return errUnknown
	}
	return err
}
