package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/alecthomas/kong"

	"drover/cmd/drover/settings"
	"drover/internal/base/seal"
	"drover/internal/server"
)

// configFile is the flag that names the configuration file; settings.FlagName finds it.
type configFile struct {
	Config string `env:"DROVER_CONFIG" placeholder:"FILE" help:"Configuration file, as \"drover init\" writes it."`
}

// check refuses a configuration file with names that are no settings.
func (c configFile) check(k *kong.Kong) error {
	if c.Config == "" {
		return nil
	}
	values, err := settings.Read(c.Config)
	if err != nil {
		return usage{err}
	}
	if unknown := settings.Unknown(values, serverFlags(k)); len(unknown) > 0 {
		return unusable("the configuration file %s has settings that there are not: %s", c.Config, join(unknown))
	}
	return nil
}

// serverFlags are the flags of "drover serve": the settings that a configuration file may have.
func serverFlags(k *kong.Kong) []*kong.Flag {
	for _, n := range k.Model.Children {
		if n.Name == "serve" {
			return n.Flags
		}
	}
	return nil
}

type serveCommand struct {
	configFile
	server.Config
}

// Run serves until the process is told to stop. SIGHUP has it read its configuration again.
func (s *serveCommand) Run(ctx context.Context, c *console, k *kong.Kong) error {
	if err := seal.Harden(); err != nil {
		return err
	}
	if err := s.prepare(k); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	changed := make(chan server.Config)
	go watch(ctx, c, changed)
	return server.Run(ctx, s.Config, c.out, changed)
}

// watch hands the configuration on whenever the process is told to read it again. Certificates need no reload: files are
// read again when they change.
func watch(ctx context.Context, c *console, changed chan<- server.Config) {
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP)
	defer signal.Stop(reload)
	for {
		select {
		case <-ctx.Done():
			return
		case <-reload:
		}
		next, err := readAgain(ctx, c)
		if err != nil {
			c.complain(fmt.Errorf("the server goes on as it was: %w", err))
			continue
		}
		select {
		case changed <- next:
		case <-ctx.Done():
		}
	}
}

// readAgain reads the command line, the environment and the configuration file as at the start.
func readAgain(ctx context.Context, c *console) (server.Config, error) {
	k, p, err := newParser(ctx, c)
	if err != nil {
		return server.Config{}, err
	}
	if _, err := k.Parse(os.Args[1:]); err != nil {
		return server.Config{}, err
	}
	if err := p.Serve.prepare(k); err != nil { // it completes the configuration
		return server.Config{}, err
	}
	return p.Serve.Config, nil
}

// prepare finds what is wrong with the configuration before anything is touched.
func (s *serveCommand) prepare(k *kong.Kong) (err error) {
	if s.Data, err = filepath.Abs(s.Data); err != nil {
		return err
	}
	if err := s.check(k); err != nil {
		return err
	}
	if err := s.Config.Check(); err != nil {
		return usage{err}
	}
	return nil
}

type initCommand struct {
	File string `arg:"" optional:"" default:"drover.yaml" help:"The file to write; it must not be there yet."`
}

// Run writes the manual that is a configuration file.
func (i initCommand) Run(c *console, k *kong.Kong) error {
	if err := settings.Write(i.File, settings.Manual(serverFlags(k))); err != nil {
		return err
	}
	return c.say("%s explains every setting; start the server with: drover serve --config %s", i.File, i.File)
}

// place is where a zone is kept, for the commands that work on it without the API.
type place struct {
	configFile
	Data     string `default:"/var/lib/drover" env:"DROVER_DATA" placeholder:"DIR" help:"The server's data directory."`
	Database string `env:"DROVER_DATABASE" placeholder:"URL" help:"Database URL, where it is not in the data directory."`
}

// config returns the server's configuration with the place that was named.
func (p place) config(k *kong.Kong) (server.Config, error) {
	if err := p.check(k); err != nil {
		return server.Config{}, err
	}
	var args []string
	if p.Config != "" {
		args = append(args, "--config="+p.Config)
	}
	s := serveCommand{}
	alone, err := kong.New(&s, kong.Resolvers(&settings.Resolver{}))
	if err != nil {
		return server.Config{}, err
	}
	if _, err := alone.Parse(args); err != nil {
		return server.Config{}, usage{err}
	}
	s.Data, s.Database = p.Data, p.Database
	return s.Config, s.prepare(k)
}

// open opens the zone at the place; a new data directory gets a new one.
func (p place) open(ctx context.Context, k *kong.Kong) (*server.Shell, error) {
	if err := seal.Harden(); err != nil {
		return nil, err
	}
	cfg, err := p.config(k)
	if err != nil {
		return nil, err
	}
	return server.OpenShell(ctx, cfg)
}

// finish tells the owners what they must know and closes the zone. What was done stays done when nobody can be told.
func (c *console) finish(ctx context.Context, z *server.Shell, err error) error {
	if untold := z.Tell(ctx); untold != nil {
		fmt.Fprintln(c.err, "drover: it is done, but the owners could not be told:", untold)
	}
	return errors.Join(err, z.Close())
}

// openExisting is open for commands that have nothing to do in a new zone, and make none.
func (p place) openExisting(ctx context.Context, k *kong.Kong) (*server.Shell, error) {
	cfg, err := p.config(k)
	if err != nil {
		return nil, err
	}
	if err := existing(cfg); err != nil {
		return nil, err
	}
	return p.open(ctx, k)
}

// existing tells whether the place holds a zone.
func existing(cfg server.Config) error {
	if _, err := os.Stat(cfg.Data); errors.Is(err, fs.ErrNotExist) {
		return missing("there is no data directory " + cfg.Data)
	}
	if !server.HasKeys(cfg.Data) {
		return missing("the data directory " + cfg.Data + " holds no zone: the first start of the server makes one")
	}
	return nil
}
