package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"path/filepath"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"drover/internal/base/clock"
	"drover/internal/base/lease"
	"drover/internal/base/logfield"
	"drover/internal/base/pki"
	"drover/internal/base/sqldb"
	"drover/internal/base/syslog"
	"drover/internal/core/audit"
	"drover/internal/core/door"
	"drover/internal/core/duress"
	"drover/internal/core/zone"
	"drover/internal/gate"
	"drover/internal/service/activesync"
	"drover/internal/service/autodiscover"
	"drover/internal/service/collection"
	"drover/internal/service/companion"
	"drover/internal/service/dashboard"
	"drover/internal/service/management"
	"drover/web"
)

// Server is one node of the zone.
type Server struct {
	zone       *Zone
	node       string
	log        *slog.Logger
	logs       *logs // nil where the log is kept elsewhere
	gate       *gate.Gate
	gateway    *activesync.Gateway
	mail       *activesync.Zone
	companion  *companion.Service
	duress     *duress.Store
	management *management.Service
	collection *collection.Service
	metrics    *prometheus.Registry
	sealer     *audit.Sealer
	device     *Listener
	admin      *Listener
	expires    func() time.Time
	tell       *teller
	layers     layers
	ready      readiness
}

// New puts a server together and opens its listeners; nothing is served before [Server.Serve]. The configuration has
// been checked.
func New(ctx context.Context, cfg Config, c clock.Clock, log *slog.Logger) (*Server, error) {
	return follow(ctx, nil, cfg, c, log, nil)
}

// follow is New for a server that takes the place of another, and has its sockets where the addresses are the same.
func follow(ctx context.Context, old *Server, cfg Config, c clock.Clock, log *slog.Logger, kept *logs) (*Server, error) {
	tell, err := newTeller(cfg, log)
	if err != nil {
		return nil, err
	}
	z, err := OpenZone(ctx, cfg, c, log, tell.owners)
	if err != nil {
		return nil, err
	}
	tell.admins, tell.zone = z.Admins, z.Zone
	z.letters.tell = tell
	z.Users.WriteBy(tell.one)
	z.Admins.WriteBy(tell.one)
	z.openLogbook(kept)
	s := &Server{zone: z, node: sqldb.NewID(), log: log, logs: kept, metrics: prometheus.NewRegistry(), tell: tell}
	if err := errors.Join(s.eraseAgain(ctx), s.assemble(ctx, old)); err != nil {
		return nil, errors.Join(err, z.Close())
	}
	return s, nil
}

func (s *Server) assemble(ctx context.Context, old *Server) error {
	certs, err := s.certificates()
	if err != nil {
		return err
	}
	if s.sealer, err = s.newSealer(); err != nil {
		return err
	}
	s.metrics.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if err := s.buildGate(); err != nil {
		return err
	}
	if err := s.listen(ctx, certs, old); err != nil {
		return err
	}
	if err := s.register(ctx); err != nil {
		return errors.Join(err, s.device.Stop(ctx), s.admin.Stop(ctx))
	}
	return nil
}

// certificates returns what the listeners show.
func (s *Server) certificates() (Certificates, error) {
	cfg := s.zone.Config
	switch cfg.TLSMode {
	case "files":
		files, err := pki.NewFiles(cfg.TLSCert, cfg.TLSKey, s.zone.Clock, s.log)
		if err == nil {
			s.expires = files.Expires
		}
		return files, err
	case "acme":
		ordered := NewACME(cfg.Data, cfg.ACMEDirectory, cfg.ACMEContact, cfg.Names)
		s.expires = ordered.Expires
		return ordered, nil
	}
	authority, err := pki.OpenAuthority(filepath.Join(cfg.Data, "tls"), s.zone.Clock)
	if err != nil {
		return nil, err
	}
	own, err := pki.NewServer(authority, cfg.Hosts(), s.log)
	if err == nil {
		s.expires = own.Expires
	}
	return own, err
}

// buildGate hands the routes of every service to the gate.
func (s *Server) buildGate() error {
	z := s.zone
	pages, err := dashboard.New(web.Files(), zone.NewTileOrigin(z.DB, z.Revision).Now)
	if err != nil {
		return err
	}
	s.mail = z.mail()
	apiRoutes, authenticate, err := s.adminAPI()
	if err != nil {
		return err
	}
	s.duress = duress.New(duress.Parts{DB: z.DB, Clock: z.Clock, Log: z.Audit, Keys: z.Keys, Slog: s.log, Tell: s.tell.urgent})
	s.companion = s.newCompanion()
	companionRoutes, err := s.companion.Routes()
	if err != nil {
		return err
	}
	s.management = s.newManagement()
	portalRoutes, authenticateUser, err := s.portal()
	if err != nil {
		return err
	}
	s.gateway = activesync.New(activesync.Options{
		Core: s.mail, Upstreams: s.mail, Revision: z.Revision, Bus: z.Bus, Clock: z.Clock, Log: s.log,
	})
	z.Doors.Follow(func() {
		s.gateway.Recheck()
		s.management.Recheck()
	})
	var routes []gate.Route
	routes = append(routes, s.gateway.Routes()...)
	routes = append(routes, autodiscover.New(s.gateway, z.Config.PublicURL()+activesync.Path).Routes()...)
	routes = append(routes, companionRoutes...)
	routes = append(routes, s.management.Routes()...)
	routes = append(routes, s.registration().Routes()...)
	s.collection = s.newCollection()
	routes = append(routes, s.collection.Routes()...)
	routes = append(routes, portalRoutes...)
	routes = append(routes, apiRoutes...)
	routes = append(routes, pages.Routes()...)
	routes = append(routes, s.monitoring()...)
	s.gate, err = gate.New(gate.Options{
		Routes: routes, Doors: z.Doors, Authenticators: map[gate.Audience]gate.Authenticator{
			gate.AudienceAdmin: authenticate, gate.AudienceDevice: z.authenticateDevice(),
			gate.AudienceAgent: z.authenticateAgent(), gate.AudienceUser: authenticateUser,
		},
		Log: s.log, Metrics: s.metrics, Traffic: traffic{syncs{z.Logbook}, visits{z.DoorStore}},
	})
	if err != nil {
		return err
	}
	proxies, err := z.Config.proxies()
	if err != nil {
		return err
	}
	s.gate.TrustProxies(proxies)
	return nil
}

func (s *Server) listen(ctx context.Context, certs Certificates, old *Server) (err error) {
	total, each := Bounds()
	o := ListenerOptions{Connections: total, PerAddress: each, Exempt: s.gate.TrustsProxy, Announced: s.zone.Config.ProxyProtocol, Log: s.log}
	o.Name, o.Address, o.Handler, o.TLS = "device", s.zone.Config.DeviceAddr, s.gate.Device(), TLSConfig(certs)
	if o.Socket, err = old.socket(o.Address); err != nil {
		return err
	}
	if s.device, err = Listen(ctx, o); err != nil {
		return err
	}
	o.Name, o.Address, o.Handler, o.HTTP2 = "admin", s.zone.Config.AdminAddr, s.gate.Admin(), true
	o.TLS = TLSConfig(certs) // one of its own: serving HTTP/2 writes into it
	if o.Socket, err = old.socket(o.Address); err != nil {
		return errors.Join(err, s.device.Stop(ctx))
	}
	if s.admin, err = Listen(ctx, o); err != nil {
		return errors.Join(err, s.device.Stop(ctx))
	}
	return nil
}

// socket returns the socket of the address in the configuration of s; nil where s, which may be nil, has none.
func (s *Server) socket(address string) (net.Listener, error) {
	switch {
	case s == nil:
		return nil, nil
	case address == s.zone.Config.DeviceAddr:
		return s.device.Socket()
	case address == s.zone.Config.AdminAddr:
		return s.admin.Socket()
	}
	return nil, nil
}

// DeviceAddr and AdminAddr return the addresses that are listened on.
func (s *Server) DeviceAddr() string { return s.device.Addr().String() }

// AdminAddr returns the address of the dashboard and the admin API.
func (s *Server) AdminAddr() string { return s.admin.Addr().String() }

// Gate returns what stands before every service.
func (s *Server) Gate() *gate.Gate { return s.gate }

// Zone returns the core below the server.
func (s *Server) Zone() *Zone { return s.zone }

// shutdownTime bounds a stop, within the ten seconds that are promised.
const shutdownTime = 9 * time.Second

// noticeTime is how long a stop waits for notices that are being sent.
const noticeTime = time.Second

// Serve serves until ctx ends, then stops in order: held exchanges end, running ones are let finish, the background
// work writes what it holds, the database closes.
func (s *Server) Serve(ctx context.Context) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	background := s.start(work)
	failed := make(chan error, 2)
	for _, l := range []*Listener{s.device, s.admin} {
		go func() { failed <- l.Serve() }()
	}
	s.ready.set(true)
	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	s.ready.set(false)
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	s.gate.Stop()
	var stopping sync.WaitGroup
	for _, l := range []*Listener{s.device, s.admin} {
		stopping.Go(func() {
			if stopErr := l.Stop(limit); stopErr != nil {
				s.log.Warn("a listener was cut", slog.Any(logfield.Error, stopErr))
			}
		})
	}
	stopping.Wait()
	stopWork()
	background.Wait()
	moment, cancel := context.WithTimeout(limit, noticeTime)
	defer cancel()
	s.tell.finish(moment)
	return errors.Join(err, s.zone.Close())
}

// close closes a server that has not served.
func (s *Server) close(ctx context.Context) error {
	return errors.Join(s.device.Stop(ctx), s.admin.Stop(ctx), s.zone.Close())
}

// start runs the work beside the listeners until ctx ends.
func (s *Server) start(ctx context.Context) *sync.WaitGroup {
	z, wait := s.zone, &sync.WaitGroup{}
	report := func(work string) func(error) {
		return func(err error) {
			s.log.Error("background work failed and will be tried again", slog.String(logfield.Name, work), slog.Any(logfield.Error, err))
		}
	}
	if z.DB.Engine() == sqldb.PostgreSQL {
		send, receive := z.Bus.Link(z.DB.Pool(), s.node, s.log)
		wait.Go(func() { send(ctx) })
		wait.Go(func() { receive(ctx) })
	}
	wait.Go(func() { z.Revision.Run(ctx) })
	wait.Go(func() { z.Doors.Run(ctx, s.log) })
	wait.Go(func() { z.DoorStore.Run(ctx, report("traffic record")) })
	wait.Go(func() { every(ctx, 5*time.Second, report("traffic record"), z.DoorStore.Refresh) })
	wait.Go(func() { every(ctx, door.SeenEvery, report("register"), z.DoorStore.Seen) })
	wait.Go(func() { s.gateway.Run(ctx) })
	wait.Go(func() { s.mail.Run(ctx) })
	wait.Go(func() { s.companion.Run(ctx) })
	wait.Go(func() { s.duress.Run(ctx) })
	wait.Go(func() { s.management.Run(ctx) })
	wait.Go(func() { z.Spool.Run(ctx, s.log, s.collection.Import) })
	wait.Go(func() { every(ctx, time.Hour, report("spool"), z.Spool.Sweep) })
	wait.Go(func() {
		s.leased(ctx, "reports", time.Minute, func(ctx context.Context) error { return z.Reports.Send(ctx, s.tell.report) })
	})
	wait.Go(func() { z.Devices.Run(ctx, report("device contacts")) })
	wait.Go(func() { z.Logbook.Run(ctx, report("synchronisation log")) })
	wait.Go(func() { every(ctx, 5*time.Second, report("synchronisation log"), z.Logbook.Refresh) })
	wait.Go(func() {
		s.leased(ctx, "synchronisation log", time.Hour, func(ctx context.Context) error {
			_, err := z.Logbook.Purge(ctx)
			return err
		})
	})
	wait.Go(func() { s.logs.run(ctx) })
	wait.Go(func() { s.sealer.Run(ctx, report("audit sealer")) })
	wait.Go(func() { every(ctx, time.Second, report("pending commands"), z.Commands.Refresh) })
	wait.Go(func() { every(ctx, time.Minute, report("policy roll-outs"), z.Policies.Advance) })
	wait.Go(func() {
		lease.New(z.DB, z.Clock, "commands", s.node, 10*time.Second).RunWhen(ctx, time.Second, s.log, z.Commands.Overdue, func(ctx context.Context) error {
			_, err := z.Commands.Tick(ctx)
			return err
		})
	})
	wait.Go(func() {
		lease.New(z.DB, z.Clock, "approvals", s.node, time.Minute).Run(ctx, 20*time.Second, s.log, func(ctx context.Context) error {
			_, err := z.Safety.Expire(ctx)
			return err
		})
	})
	wait.Go(func() {
		lease.New(z.DB, z.Clock, "directories", s.node, time.Minute).Run(ctx, 20*time.Second, s.log, z.Directories.Tick)
	})
	wait.Go(func() { z.Compliance.Run(ctx, s.log) })
	wait.Go(func() {
		lease.New(z.DB, z.Clock, "compliance", s.node, 10*time.Minute).RunWhen(ctx, time.Second, s.log, z.Compliance.Due, z.Compliance.Sweep)
	})
	wait.Go(func() { z.Access.Run(ctx, s.log) })
	wait.Go(func() {
		lease.New(z.DB, z.Clock, "access", s.node, 10*time.Minute).RunWhen(ctx, time.Second, s.log, z.Access.Due, z.Access.Sweep)
	})
	wait.Go(func() {
		s.leased(ctx, "notices", time.Minute, func(ctx context.Context) error {
			_, err := z.Compliance.Send(ctx)
			return err
		})
	})
	wait.Go(func() {
		s.leased(ctx, "registration notices", time.Minute, func(ctx context.Context) error { return z.Enrol.TellWaiting(ctx, s.tell.holders) })
	})
	wait.Go(func() {
		s.leased(ctx, "retention", time.Hour, func(ctx context.Context) error {
			_, err := z.Journal.Purge(ctx)
			_, err2 := z.DoorStore.Purge(ctx)
			_, err3 := z.Computers.Purge(ctx)
			return errors.Join(err, err2, err3, z.Inventory.Purge(ctx), z.Events.Purge(ctx))
		})
	})
	wait.Go(func() {
		lease.New(z.DB, z.Clock, "updates", s.node, 2*time.Minute).RunWhen(ctx, time.Minute, s.log, z.Updates.Due, z.Updates.Tick)
	})
	wait.Go(func() { every(ctx, time.Hour, report("key maintenance"), s.maintainKeys) })
	wait.Go(func() { every(ctx, time.Hour, report("database statistics"), z.DB.Analyze) })
	return wait
}

// leased has one server of the zone do the work, at each interval, until ctx ends.
func (s *Server) leased(ctx context.Context, name string, interval time.Duration, work func(context.Context) error) {
	lease.New(s.zone.DB, s.zone.Clock, name, s.node, 2*interval).Run(ctx, interval, s.log, work)
}

// every calls work at once and then every interval, until ctx ends.
func every(ctx context.Context, interval time.Duration, report func(error), work func(context.Context) error) {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		if err := work(ctx); err != nil && ctx.Err() == nil {
			report(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (s *Server) maintainKeys(ctx context.Context) error {
	rep, err := s.zone.Keys.Maintain(ctx)
	if rep.Lost > 0 {
		s.log.Error("personal data cannot be opened any more: a backup older than the key retention was restored", slog.Int(logfield.Count, rep.Lost))
	}
	return errors.Join(err, s.eraseAgain(ctx))
}

// eraseAgain sees to it that nobody who was erased comes back with a backup.
func (s *Server) eraseAgain(ctx context.Context) error {
	n, err := s.zone.Users.EraseAgain(ctx)
	if n > 0 {
		s.log.Warn("users who had been erased came back with a restored backup, and were erased again", slog.Int(logfield.Count, n))
	}
	return err
}

// newSealer makes the sealer of the audit log, with every place that its heads go to.
func (s *Server) newSealer() (*audit.Sealer, error) {
	sinks := []audit.Sink{audit.NewFileSink(s.zone.Config.Heads())}
	if cfg := s.zone.Config; cfg.AuditSyslog != "" {
		to, err := syslog.Parse(cfg.AuditSyslog, cfg.SyslogCA)
		if err != nil {
			return nil, err
		}
		sinks = append(sinks, audit.NewSyslogSink(to))
	}
	return audit.NewSealer(s.zone.DB, s.zone.Clock, s.zone.Keys.SigningKey(), s.node, sinks...), nil
}
