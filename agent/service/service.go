package service

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"github.com/kardianos/service"
)

// Name is the service's name to the system.
const Name = "drover-agent"

// Directory is where the agent keeps what it knows.
func Directory() string {
	switch runtime.GOOS {
	case "windows":
		if dir := os.Getenv("ProgramData"); dir != "" {
			return filepath.Join(dir, "Drover Agent")
		}
		return `C:\ProgramData\Drover Agent`
	case "darwin":
		return "/Library/Application Support/Drover Agent"
	}
	return "/var/lib/drover-agent"
}

// Unit is what systemd is told of the agent.
//
//go:embed drover-agent.service
var Unit string

// onLinux is where the program must be.
const onLinux = "/usr/bin/drover-agent"

// packaged is where a package of the system puts the unit.
const packaged = "/usr/lib/systemd/system/drover-agent.service"

// program is what runs as the service.
type program struct {
	run  func(context.Context) error
	stop context.CancelFunc
	over chan error
}

// Start is called by the system's manager.
func (p *program) Start(service.Service) error {
	ctx, stop := context.WithCancel(context.Background())
	p.stop, p.over = stop, make(chan error, 1)
	go func() {
		err := p.run(ctx)
		p.over <- err
		if err != nil && ctx.Err() == nil {
			fmt.Fprintln(os.Stderr, Name+":", err)
			os.Exit(1) // the manager starts it again
		}
	}()
	return nil
}

// Stop is called by the system's manager.
func (p *program) Stop(service.Service) error {
	p.stop()
	return <-p.over
}

func manager(run func(context.Context) error) (service.Service, error) {
	c := &service.Config{
		Name: Name, DisplayName: "Drover agent", Description: "Agent of a Drover zone", Arguments: []string{"run"},
		Option: service.KeyValue{"SystemdScript": Unit, "Restart": "always", "OnFailure": "restart"},
	}
	if runtime.GOOS == "linux" {
		c.Executable = onLinux
	}
	return service.New(&program{run: run}, c)
}

// Run runs under the system's manager, or in the foreground when it is started by hand, until it is told to end.
func Run(run func(context.Context) error) error {
	s, err := manager(run)
	if err != nil {
		return err
	}
	return s.Run()
}

// Check tells what would keep the system from running the agent with what it knows in that directory.
func Check(dir string) error {
	switch {
	case filepath.Clean(dir) != Directory():
		return fmt.Errorf("the system runs the agent with what it knows in %s: leave --dir out, or run it yourself with --dir %s run", Directory(), dir)
	case runtime.GOOS == "linux" && !there(onLinux):
		return errors.New("put this program into /usr/bin first, or install its package: the system runs it from there")
	}
	return nil
}

// Install has the system start the agent, now and with the system.
func Install() error {
	s, err := manager(nil)
	if err != nil {
		return err
	}
	if _, err := s.Status(); !there(packaged) && errors.Is(err, service.ErrNotInstalled) {
		if err := s.Install(); err != nil {
			return fmt.Errorf("the system does not take the agent as a service: %w", err)
		}
	}
	if err := s.Start(); err != nil {
		return fmt.Errorf("the system does not start the agent: %w", err)
	}
	return nil
}

// Uninstall has the system forget the agent that knows what is in that directory. What a package has installed goes with the
// package; until then it is stopped. An agent of another directory than [Directory] is none of the system's, and the system's
// goes on.
func Uninstall(dir string) error {
	if filepath.Clean(dir) != Directory() {
		return nil
	}
	s, err := manager(nil)
	if err != nil {
		return err
	}
	if runtime.GOOS == "linux" && !there("/etc/systemd/system/"+Name+".service", "/etc/init.d/"+Name) {
		if there(packaged) {
			return stopped(s)
		}
		return nil
	}
	if _, err := s.Status(); errors.Is(err, service.ErrNotInstalled) {
		return nil
	}
	return errors.Join(stopped(s), s.Uninstall())
}

// there tells whether one of the files is there.
func there(paths ...string) bool {
	for _, path := range paths {
		if _, err := os.Stat(path); err == nil {
			return true
		}
	}
	return false
}

// stopped stops a service that runs.
func stopped(s service.Service) error {
	if status, err := s.Status(); err != nil || status != service.StatusRunning {
		return err
	}
	return s.Stop()
}
