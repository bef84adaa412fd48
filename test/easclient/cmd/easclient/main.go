// Command easclient runs a list of ActiveSync steps as one device and prints a line of JSON for each.
//
//	easclient -url https://host/Microsoft-Server-ActiveSync -ca ca.pem -user alice -version 14.1 -form base64 \
//	    options provision foldersync sync ping,heartbeat=60,status=2
//
// The steps are arguments, or a JSON file named by -steps: a list of {"do": NAME, "with": {PARAMETER: VALUE},
// "expect": {...}}. On the command line, parameters and expectations follow the name after commas. Password and
// bearer token come from the environment: EAS_PASSWORD, EAS_BEARER.
//
// Steps and their parameters:
//
//	options                                  provision (both phases, held to the specification)
//	provision-ask [key=0]                    the first phase alone; key= (empty) sends none
//	provision-ack [key=LAST] [status=1]      the acknowledgement, status 1 to 4
//	wipe-ack [status=1] [account=1]          of a full wipe, or with account=1 of an account-only wipe
//	foldersync [key=0]                       key= (empty) is the last one
//	sync [folder=] [key=] [window=] [wait=] [heartbeat=] [during=CMD]
//	sync-empty                               ping-empty [during=CMD]
//	ping [folder=] [heartbeat=60] [during=CMD]
//	settings-device  settings-user  search [text=]  estimate [folder=]
//	sendmail [to=] [subject=] [file=]        fetch subject=... | item=... [folder=]
//	raw cmd= [hex=|file=] [type=] [key=]     autodiscover url= email=
//	use [version=] [form=] [key=] [user=] [password=] [bearer=] [query-user=] [device=] [type=] [agent=]
//
// A folder is a name or server id of the last foldersync; the inbox when left out. CMD is run by the shell while the
// request is held.
//
// Expectations: http=200, status=1 (the root's Status child), demand=142 (asks for provisioning in the form of the
// specification; 449 for the HTTP status), body=empty|wbxml|own (own: begins with 03 01 6A 00), has=PATH, lacks=PATH,
// text:PATH=VALUE, header:NAME=PART. Alternatives are separated by "|"; "none" is an absent Status; "any" accepts
// everything. Where a step has a parameter of that name (status of provision-ack and wipe-ack), the parameter is
// meant on the command line, and text:Status=... states the expectation.
//
// Exit status: 0 all as expected, 1 something was not, 2 wrong use.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	eas "drover-easclient"
	"drover-easclient/internal/script"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	good, err := run(ctx, os.Args[1:])
	switch {
	case errors.Is(err, flag.ErrHelp):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "easclient:", err)
		os.Exit(2)
	case !good:
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) (bool, error) {
	var c eas.Client
	flags := flag.NewFlagSet("easclient", flag.ContinueOnError)
	flags.StringVar(&c.URL, "url", "", "the server's ActiveSync `URL`")
	ca := flags.String("ca", "", "PEM `file` of the certificates to trust; the system's when left out")
	flags.StringVar(&c.User, "user", "", "user name")
	flags.StringVar(&c.QueryUser, "query-user", "", "the User parameter of the query, where it is not the user name")
	flags.StringVar(&c.DeviceID, "device", "easclient0001", "DeviceId")
	flags.StringVar(&c.DeviceType, "type", "Judge", "DeviceType")
	flags.StringVar(&c.UserAgent, "agent", "Judge/1.0", "User-Agent")
	flags.StringVar(&c.PolicyKey, "key", "", "policy key to begin with")
	flags.BoolVar(&c.Cross, "cross", false, "decode every frame with wbxml2xml too and compare")
	version := flags.String("version", "14.1", "protocol version")
	form := flags.String("form", "plain", fmt.Sprintf("form of the query: %v", eas.Forms))
	file := flags.String("steps", "", "JSON `file` of steps; - is standard input")
	timeout := flags.Duration("timeout", 2*time.Minute, "longest time for a step")
	if err := flags.Parse(args); err != nil {
		return false, err
	}
	c.Password, c.Bearer = os.Getenv("EAS_PASSWORD"), os.Getenv("EAS_BEARER")
	var err error
	if c.Version, err = eas.ParseVersion(*version); err != nil {
		return false, err
	}
	if c.Form, err = eas.ParseForm(*form); err != nil {
		return false, err
	}
	if c.HTTP, err = eas.NewHTTP(*ca); err != nil {
		return false, err
	}
	steps, err := readSteps(*file, flags.Args())
	if err != nil {
		return false, err
	}
	return script.New(eas.NewSession(&c), *timeout).Run(ctx, steps, os.Stdout)
}

func readSteps(file string, args []string) ([]script.Step, error) {
	if file == "-" {
		return script.ReadJSON(os.Stdin)
	}
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return script.ReadJSON(f)
	}
	if len(args) == 0 {
		return nil, errors.New("no steps; see go doc drover-easclient/cmd/easclient")
	}
	var steps []script.Step
	for _, arg := range args {
		step, err := script.ParseStep(arg)
		if err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	return steps, nil
}
