// Command drover-sim simulates what Drover stands between: phones that speak Exchange ActiveSync, and a mail server; and
// computers with Drover's own agent.
// It is for load, for demonstrations and for trying a set-up before the first real phone.
package main

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"drover/internal/simulate/handset"
	"drover/internal/simulate/phone"
)

// Exit statuses. Kong itself ends with 80 when the command line is wrong.
const (
	exitFailed = 1 // something went wrong that a healthy gateway does not do
	exitSetup  = 2 // a file, an address or an option is not usable
)

type commands struct {
	Phones   phonesCommand   `cmd:"" help:"Phones of one platform, or of all in the shares of a usual house."`
	Fleet    fleetCommand    `cmd:"" help:"A mixed fleet for a demonstration: most phones behave, a few do not take the policy."`
	Agents   agentsCommand   `cmd:"" help:"Computers with Drover's agent, by the tens of thousands: they register and report."`
	Upstream upstreamCommand `cmd:"" help:"A mail server that speaks ActiveSync."`
}

func main() {
	var c commands
	parsed := kong.Parse(&c, kong.Name("drover-sim"),
		kong.Description("Simulated phones, computers and a simulated mail server for Drover."), kong.UsageOnError())
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	parsed.BindTo(ctx, (*context.Context)(nil))
	err := parsed.Run()
	stop()
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "drover-sim:", err)
	var wrong failure
	if errors.As(err, &wrong) {
		os.Exit(exitFailed)
	}
	os.Exit(exitSetup)
}

// failure is the error of a run that worked and found something wrong.
type failure string

func (f failure) Error() string { return string(f) }

// target is whom phones talk to.
type target struct {
	URL         string        `required:"" help:"The gateway, such as https://127.0.0.1:8443."`
	CA          string        `name:"ca" type:"existingfile" help:"PEM file of the certificate to trust; the system's list without it."`
	Count       int           `default:"10" help:"How many phones, up to 15,000; each needs one file descriptor."`
	UserPattern string        `default:"U%d" help:"User name; %d becomes the phone's number, from 1 on."`
	Password    string        `env:"DROVER_SIM_PASSWORD" help:"Password of every user; not needed with --no-mail and --invitation."`
	For         time.Duration `default:"1m" help:"How long they live; they stop earlier when all are wiped."`
	Seed        string        `default:"1" help:"Part of every device id: another seed is another fleet."`
	From        []netip.Addr  `help:"Local addresses to connect from, in turn. A server bounds the connections from one address; 127.0.1.1,127.0.2.1 are two on loopback."`
	Heartbeat   time.Duration `default:"470s" help:"How long a Ping is held."`
	Companion   bool          `help:"A companion application beside each mail client, on the platforms that have one."`
	NoMail      bool          `help:"The companion application without the mail client, on the platforms that have one."`
	Invitation  string        `env:"DROVER_SIM_INVITATION" help:"The link of an invitation, or its token, by which the companion applications come in instead of by name and password; good for as many phones as it was made for."`
	JSON        bool          `name:"json" help:"Print the report as JSON."`
}

// Validate checks what the types of the fields do not.
func (t *target) Validate() error {
	switch {
	case t.Invitation != "" && t.speaks() == phone.ByMail:
		return errors.New("--invitation needs --companion or --no-mail: a mail client comes in by name and password alone")
	case t.Password == "" && (t.Invitation == "" || t.speaks() != phone.ByApp):
		return errors.New("give --password, or DROVER_SIM_PASSWORD")
	}
	return nil
}

// token returns what an invitation's link ends with, which is what an application sends of it.
func (t *target) token() string {
	return t.Invitation[strings.LastIndex(t.Invitation, "#")+1:]
}

// run lets a fleet live and prints its report.
func (t *target) run(ctx context.Context, model func(int) phone.Model, manner func(int) handset.Manner) error {
	roots, err := t.roots()
	if err != nil {
		return err
	}
	fleet, err := phone.New(phone.Options{
		URL: t.URL, Roots: roots, Count: t.Count, UserPattern: t.UserPattern, Password: t.Password, Invitation: t.token(), Seed: t.Seed,
		Model: model, Manner: manner, Heartbeat: t.Heartbeat, From: t.From, Speaks: func(int) phone.Speaks { return t.speaks() },
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, t.For)
	defer cancel()
	report := fleet.Run(ctx)
	if err := t.print(report); err != nil {
		return err
	}
	if !report.OK() {
		return failure("not every phone was served as it should be")
	}
	return nil
}

func (t *target) speaks() phone.Speaks {
	switch {
	case t.NoMail:
		return phone.ByApp
	case t.Companion:
		return phone.ByBoth
	}
	return phone.ByMail
}

func (t *target) roots() (*x509.CertPool, error) {
	if t.CA == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(t.CA)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", t.CA)
	}
	return pool, nil
}

func (t *target) print(r phone.Report) error {
	if t.JSON {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		return out.Encode(r)
	}
	return r.WriteTable(os.Stdout)
}
