// Command drover-agent is the agent of a managed computer. docs/agent.md describes it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"drover/agent"
	"drover/agent/service"
	"drover/agent/store"
	"drover/agent/system"
	"drover/internal/base/clock"
	"drover/internal/base/logfield"
	"drover/internal/base/logfile"
)

// version is set when a release is built.
var version = "0.1.0"

type program struct {
	Dir string `help:"Where the agent keeps what it knows." type:"path" env:"DROVER_AGENT_DIR" default:"${dir}"`

	Register  registerCommand  `cmd:"" help:"Bring this computer into a zone."`
	Install   installCommand   `cmd:"" help:"Have the system start the agent, now and with the system."`
	Status    statusCommand    `cmd:"" help:"Say in plain language what the agent does here, and what is told about this computer."`
	Refresh   refreshCommand   `cmd:"" help:"Have the agent ask for news and check everything now."`
	Logs      logsCommand      `cmd:"" help:"Show the end of the agent's log."`
	Uninstall uninstallCommand `cmd:"" help:"Remove the agent from this computer, with the zone's consent."`
	Run       runCommand       `cmd:"" help:"Run the agent: as the service, or in the foreground."`
	Version   versionCommand   `cmd:"" help:"Print the version."`
}

func main() {
	var p program
	parsed := kong.Parse(&p, kong.Name("drover-agent"), kong.Description("The agent of a computer that is managed in a Drover zone."),
		kong.UsageOnError(), kong.Vars{"dir": service.Directory()})
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	parsed.BindTo(ctx, (*context.Context)(nil))
	err := parsed.Run(&p)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "drover-agent:", err)
		os.Exit(1)
	}
}

type registerCommand struct {
	URL       string            `required:"" help:"The server: https://zone.example.org."`
	Pin       string            `help:"The pin of the zone's authority: sha256:... Without it the system's own list must vouch for the server."`
	Key       string            `help:"An authorization or registration key." env:"DROVER_AGENT_KEY"`
	Attribute map[string]string `help:"What this computer is, for the zone's rules: room=201."`
	Again     bool              `help:"Leave the zone that this computer belongs to, as far as it knows, and register anew."`
	Install   bool              `help:"Have the system start the agent afterwards."`
	Wait      bool              `help:"Where the zone has not decided yet, ask again until it has. With --install the service does that." negatable:"" default:"true"`
}

// Run registers.
func (c registerCommand) Run(ctx context.Context, p *program) error {
	if c.Install {
		if err := service.Check(p.Dir); err != nil { // before the key is used up
			return err
		}
	}
	s, err := store.Open(p.Dir)
	if err != nil {
		return err
	}
	j := agent.Join{Server: c.URL, Pin: c.Pin, Key: c.Key, Attributes: c.Attribute, Again: c.Again}
	id, err := agent.Register(ctx, s, system.Here(), clock.System{}, version, j)
	if agent.Waits(err) {
		fmt.Println(err)
		switch {
		case c.Install && !c.Again:
			fmt.Println("The agent asks again by itself; drover-agent status says how it stands.")
			return service.Install()
		case c.Wait:
			fmt.Println("Asking again until it is decided. What is broken off here goes on with the same command, or when the agent runs.")
			id, err = agent.Knock(ctx, s, system.Here(), clock.System{}, version, j)
		}
	}
	if err != nil {
		return err
	}
	fmt.Printf("This computer is %q in the zone %q.\n", id.Name, id.Zone)
	_ = agent.AskRefresh(ctx, p.Dir) // an agent that runs sees at once that it is another now; mostly none does
	if c.Install {
		return service.Install()
	}
	return nil
}

type installCommand struct{}

// Run has the system start the agent.
func (installCommand) Run(p *program) error {
	if err := service.Check(p.Dir); err != nil {
		return err
	}
	return service.Install()
}

type statusCommand struct{}

// Run explains; everybody at the machine may ask.
func (statusCommand) Run(p *program) error {
	s, ok, err := store.ReadSummary(p.Dir)
	if err != nil {
		return err
	}
	if !ok {
		fmt.Println("The agent has not run on this computer yet.")
		return nil
	}
	return agent.Explain(os.Stdout, s, time.Now())
}

type refreshCommand struct{}

// Run asks the agent that runs.
func (refreshCommand) Run(ctx context.Context, p *program) error {
	if err := agent.AskRefresh(ctx, p.Dir); err != nil {
		return err
	}
	fmt.Println("The agent asks for news now.")
	return nil
}

type logsCommand struct {
	Lines int `help:"How many lines." short:"n" default:"100"`
}

// Run shows the end of the log.
func (c logsCommand) Run(p *program) error {
	raw, err := os.ReadFile(logPath(p.Dir))
	if err != nil {
		return err
	}
	return agent.Tail(os.Stdout, raw, c.Lines)
}

type uninstallCommand struct {
	Code string `help:"A one-time code, where an administrator has given you one."`
}

// Run leaves the zone and has the system forget the agent.
func (c uninstallCommand) Run(ctx context.Context, p *program) error {
	s, err := store.Open(p.Dir)
	if err != nil {
		return err
	}
	if err := agent.Leave(ctx, s, clock.System{}, c.Code); err != nil {
		return err
	}
	if err := service.Uninstall(p.Dir); err != nil {
		return err
	}
	return s.Remove() // what the agent has written while it ended
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run() error {
	fmt.Println("drover-agent", version)
	return nil
}

type runCommand struct{}

// Run runs the agent.
func (runCommand) Run(p *program) error {
	return service.Run(func(ctx context.Context) error { return run(ctx, p.Dir) })
}

func logPath(dir string) string { return filepath.Join(dir, "log", "agent.log") }

// ended says how a registration ended that did not bring the computer in: refused, the service has nothing more to do, and
// starting it again would not help.
func ended(ctx context.Context, log *slog.Logger, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	if errors.Is(err, agent.ErrStranger) {
		return err
	}
	log.Error("the zone does not let this computer in", logfield.Error, err)
	return nil
}

// run runs the agent; and the next one, when the computer is registered anew meanwhile.
func run(ctx context.Context, dir string) error {
	s, err := store.Open(dir)
	if err == nil {
		err = s.Sweep(time.Now())
	}
	if err != nil {
		return err
	}
	for {
		if err := runOnce(ctx, dir); !errors.Is(err, agent.ErrAnew) {
			return err
		}
	}
}

func runOnce(ctx context.Context, dir string) error {
	s, err := store.Open(dir)
	if err != nil {
		return err
	}
	file, err := logfile.Open(logPath(dir))
	if err != nil {
		return err
	}
	defer file.Close()
	level := &slog.LevelVar{}
	log := slog.New(slog.NewJSONHandler(file, &slog.HandlerOptions{Level: level}))
	o := agent.Options{Store: s, Machine: system.Here(), Clock: clock.System{}, Log: log, Level: level, Version: version}
	a, err := agent.New(o)
	if errors.Is(err, agent.ErrStranger) {
		if err := agent.Resume(ctx, s, o.Machine, o.Clock, version, log); err != nil || ctx.Err() != nil {
			return ended(ctx, log, err)
		}
		a, err = agent.New(o)
	}
	if err != nil {
		return err
	}
	var parts sync.WaitGroup
	defer parts.Wait()
	ctx, end := context.WithCancel(ctx)
	defer end()
	parts.Go(func() {
		if err := a.Listen(ctx); err != nil {
			log.Warn("nobody at the machine can ask for a refresh", logfield.Error, err)
		}
	})
	log.Info("the agent runs", logfield.Version, version)
	return a.Run(ctx)
}
