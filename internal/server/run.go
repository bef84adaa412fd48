package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"reflect"
	"runtime"
	"runtime/debug"
	"syscall"

	"drover/internal/base/clock"
	"drover/internal/base/logfield"
)

// Most of what a busy server holds are thousands of small things that live for an hour, and what it throws away is little
// beside them: a quarter of Go's usual share of garbage costs little there. A server that holds nothing would collect all
// the time with that, so the share is taken of the ballast too: memory that is reserved, counted, and never touched.
const (
	garbageShare = 25 // how much the heap may grow between collections, in percent of what lives
	ballastSize  = 64 << 20
)

// Run is the whole life of a server process: it checks the configuration, starts, says on out where it is, and serves
// until ctx ends or the process is told to stop. A configuration that comes from changed, which may be nil, takes the place
// of the one before once everything that it names has been opened; until then, and where that fails, the server goes on
// as it was and says so in its log.
func Run(ctx context.Context, cfg Config, out io.Writer, changed <-chan Config) error {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(garbageShare)
		defer runtime.KeepAlive(make([]byte, ballastSize))
	}
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	r, err := open(ctx, nil, cfg)
	if err != nil {
		return err
	}
	for r != nil {
		if ctx.Err() != nil { // told to stop while one server followed another
			return r.close(context.WithoutCancel(ctx))
		}
		if err := r.greet(ctx, out); err != nil {
			return errors.Join(err, r.close(ctx))
		}
		next, err := r.serve(ctx, changed)
		r.closeLog()
		if err != nil && next != nil {
			return errors.Join(err, next.close(ctx))
		}
		if err != nil {
			return err
		}
		r = next
	}
	return nil
}

// running is a server with its own log.
type running struct {
	*Server
	cfg      Config
	closeLog func()
}

// open makes a server, which takes the place of old where there is one.
func open(ctx context.Context, old *Server, cfg Config) (*running, error) {
	if err := cfg.Check(); err != nil {
		return nil, fmt.Errorf("the configuration cannot be used:\n%w", err)
	}
	if err := prepareDir(cfg.Data); err != nil {
		return nil, err
	}
	log, kept, err := openLog(cfg)
	if err != nil {
		return nil, err
	}
	s, err := follow(ctx, old, cfg, clock.System{}, log, kept)
	if err != nil {
		kept.close()
		return nil, err
	}
	return &running{Server: s, cfg: cfg, closeLog: kept.close}, nil
}

// close closes a server that has not served.
func (r *running) close(ctx context.Context) error {
	defer r.closeLog()
	return r.Server.close(ctx)
}

// serve serves until the end, or until another configuration can take the place: its server is returned then, open, when
// this one has ended in order.
func (r *running) serve(ctx context.Context, changed <-chan Config) (*running, error) {
	serving, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- r.Serve(serving) }()
	for {
		select {
		case err := <-ended:
			return nil, err
		case cfg := <-changed:
			if reflect.DeepEqual(cfg, r.cfg) {
				r.log.Info("the configuration is as it was")
				continue
			}
			next, err := open(ctx, r.Server, cfg)
			if err != nil {
				r.log.Warn("the server goes on as it was: the new configuration cannot be used", slog.Any(logfield.Error, err))
				continue
			}
			stop()
			return next, <-ended
		}
	}
}

// greet tells the person at the terminal where the server is, and how to make the first administrator.
func (s *Server) greet(ctx context.Context, out io.Writer) error {
	cfg := s.zone.Config
	link, err := s.zone.Admins.FirstLink(ctx)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Drover serves.\n  devices    %s  (listens on %s)\n  dashboard  %s  (listens on %s)\n", cfg.PublicURL(), s.DeviceAddr(), cfg.AdminURL(), s.AdminAddr())
	if cfg.TLSMode == "zone" {
		fmt.Fprintf(out, "  trust      %s\n", filepath.Join(cfg.Data, "tls", "ca.pem"))
	}
	if link != "" {
		fmt.Fprintf(out, "\nThere is no administrator yet. Create the first one here, within 24 hours:\n  %s/setup#token=%s\n", cfg.AdminURL(), link)
	}
	return nil
}
