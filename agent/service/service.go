package service

import (
	"context"
	"errors"
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

// Unit is what systemd is told of the agent. It repairs settings all over the system, so that much of what systemd could
// forbid must stay allowed; what it never needs is forbidden.
const Unit = `[Unit]
Description=Agent of a Drover zone
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=/usr/bin/drover-agent run
Restart=always
RestartSec=10
StateDirectory=drover-agent
StateDirectoryMode=0755
UMask=0022
MemoryMax=256M
TasksMax=256
OOMPolicy=continue
NoNewPrivileges=no
PrivateTmp=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectClock=yes
ProtectControlGroups=yes
RestrictRealtime=yes
RestrictNamespaces=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
SystemCallArchitectures=native
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK

[Install]
WantedBy=multi-user.target
`

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
		c.Executable = "/usr/bin/drover-agent"
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

// Install has the system start the agent, now and with the system.
func Install() error {
	s, err := manager(nil)
	if err != nil {
		return err
	}
	if err := s.Install(); err != nil {
		return err
	}
	return s.Start()
}

// Uninstall has the system forget the agent.
func Uninstall() error {
	s, err := manager(nil)
	if err != nil {
		return err
	}
	_, err = s.Status()
	if errors.Is(err, service.ErrNotInstalled) {
		return nil
	}
	return errors.Join(stopped(s), s.Uninstall())
}

// stopped stops a service that runs.
func stopped(s service.Service) error {
	if status, err := s.Status(); err != nil || status != service.StatusRunning {
		return err
	}
	return s.Stop()
}
