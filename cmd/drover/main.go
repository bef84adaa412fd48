// Command drover is the server of a zone and everything an administrator does from a shell. What it answers with, and
// the status it ends with, are described in docs/cli.md.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"drover/cmd/drover/settings"
	"drover/internal/server"
)

// program is everything that drover can be told.
type program struct {
	Serve serveCommand `cmd:"" help:"Run the server." group:"server"`
	Check checkCommand `cmd:"" help:"Find what would keep the server from starting, without starting it." group:"server"`
	Init  initCommand  `cmd:"" help:"Write a configuration file that explains every setting." group:"server"`
	DB    dbCommands   `cmd:"" name:"db" help:"The database: roles, migration, backup, verification, keys." group:"server"`

	Admin        adminCommands        `cmd:"" help:"Administrators." group:"zone"`
	Role         roleCommands         `cmd:"" help:"Roles of administrators, and the rights they are made of." group:"zone"`
	Token        tokenCommands        `cmd:"" help:"API tokens." group:"zone"`
	User         userCommands         `cmd:"" help:"Users of devices, and their groups." group:"zone"`
	Device       deviceCommands       `cmd:"" help:"Devices, and their groups." group:"zone"`
	Enrol        enrolCommands        `cmd:"" help:"How devices come in: invitations, terms of use, the keys of devices." group:"zone"`
	Portal       portalCommands       `cmd:"" help:"What users may do by themselves in the self-service portal." group:"zone"`
	Script       scriptCommands       `cmd:"" help:"Scripts that computers run by a schedule." group:"zone"`
	Policy       policyCommands       `cmd:"" help:"Policy suites: what devices must obey." group:"zone"`
	Schedule     scheduleCommands     `cmd:"" help:"Schedules: when devices come for news." group:"zone"`
	Command      orderCommands        `cmd:"" help:"Commands to devices." group:"zone"`
	Approval     approvalCommands     `cmd:"" help:"What waits for the approval of other administrators." group:"zone"`
	Safety       safetyCommands       `cmd:"" help:"The rules and the breaker for destructive acts." group:"zone"`
	Access       accessCommands       `cmd:"" help:"Which devices may reach mail." group:"zone"`
	Compliance   complianceCommands   `cmd:"" help:"What devices are held to, and what follows." group:"zone"`
	Personal     personalCommands     `cmd:"" help:"Personal data: what is kept and for how long, and who has looked." group:"zone"`
	Computer     computerCommands     `cmd:"" help:"How computers with our own agent come in: keys, and where none is taken in." group:"zone"`
	Registration registrationCommands `cmd:"" help:"Which computers come into the zone, and where they go: rules, reviews, one-time codes." group:"zone"`
	Inventory    inventoryCommands    `cmd:"" help:"Computers that tell their inventory, what is on them, and who has what." group:"zone"`
	Report       reportCommands       `cmd:"" help:"Reports: questions about devices that are saved, answered as tables, and sent by a schedule." group:"zone"`
	Upstream     upstreamCommands     `cmd:"" help:"Mail servers." group:"zone"`
	Directory    directoryCommands    `cmd:"" help:"Directories: where users, groups and administrators come from." group:"zone"`
	Zone         zoneCommands         `cmd:"" help:"The zone itself: its name." group:"zone"`
	Update       updateCommands       `cmd:"" help:"Whether there is a newer version: the check for it, and manifests of one's own." group:"zone"`
	Services     servicesCommands     `cmd:"" help:"What the zone offers over the network." group:"zone"`
	Audit        auditCommands        `cmd:"" help:"The audit log." group:"zone"`
	Log          logCommands          `cmd:"" help:"The log of the servers, and of what devices synchronise." group:"zone"`

	Security securityCommand `cmd:"" help:"How each layer of the zone's security stands, and what to do about it." group:"zone"`
	Overview overviewCommand `cmd:"" help:"The zone at a glance." group:"zone"`
	WhoAmI   whoAmI          `cmd:"" name:"whoami" help:"Whose token it is, and what it may do." group:"zone"`

	Completion completionCommand `cmd:"" help:"Print a script with which a shell completes drover's commands." group:"other"`
	Version    versionCommand    `cmd:"" help:"Print the version." group:"other"`
	Complete   completeCommand   `cmd:"" hidden:""`
}

const description = `Drover keeps a zone of devices and guards every door into it.

What is listed first, "admin create", "token create" and "audit verify --data" work on the server's machine; "update key", "sign" and "check"
work on files. The others talk to a server:
DROVER_URL says which, DROVER_TOKEN holds an API token, and DROVER_CA names the certificate to trust.

Exit status:
  0  done, or accepted and on its way
  1  failed
  2  the command line, the configuration or a value cannot be used
  3  not found
  4  refused: the token is not known, or lacks the right
  5  a proof of presence is needed: a one-time code
  6  conflict: it is there already, has changed meanwhile, or its state does not allow this
  7  unavailable: no answer, not now, or too often`

func main() {
	forgetEmpty()
	os.Exit(run(os.Args[1:]))
}

// forgetEmpty unsets our empty variables, which kong would take for values: files that start containers are full of them.
func forgetEmpty() {
	for _, pair := range os.Environ() {
		if name, value, _ := strings.Cut(pair, "="); value == "" && strings.HasPrefix(name, "DROVER_") {
			_ = os.Unsetenv(name) // it is there
		}
	}
}

// run does one command and returns the status to end with.
func run(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	console := newConsole(os.Stdin, os.Stdout, os.Stderr)
	parser, _, err := newParser(ctx, console)
	if err != nil { // a mistake of ours in the tags
		fmt.Fprintln(os.Stderr, "drover:", err)
		return exitFailed
	}
	parsed, err := parser.Parse(args)
	if err == nil {
		err = parsed.Run()
	} else {
		err = usage{err}
	}
	if err != nil {
		console.complain(err)
	}
	return exitStatus(err)
}

func newParser(ctx context.Context, c *console) (parser *kong.Kong, p *program, err error) {
	p = &program{}
	parser, err = kong.New(p,
		kong.Name("drover"), kong.Description(description), kong.Resolvers(&settings.Resolver{}),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.ExplicitGroups([]kong.Group{
			{Key: "server", Title: "On the server's machine"},
			{Key: "zone", Title: "The zone"},
			{Key: "other", Title: "Besides"},
			{Key: "connection", Title: "The server to talk to"},
		}),
		kong.Bind(c), kong.BindTo(ctx, (*context.Context)(nil)),
		kong.BindToProvider(func() (*kong.Kong, error) { return parser, nil }),
	)
	return parser, p, err
}

type versionCommand struct{}

// Run prints the version.
func (versionCommand) Run(c *console) error {
	_, err := fmt.Fprintln(c.out, "drover", server.Version())
	return err
}
