// Command acceptance judges an ActiveSync gateway against the server behind it.
//
//	export EAS_PASSWORD=...
//	go run ./acceptance -gateway https://127.0.0.1:8443/Microsoft-Server-ActiveSync -ca DIR/tls/ca.pem \
//	    -direct http://127.0.0.1:18800/Microsoft-Server-ActiveSync -user alice -mail alice@example.test
//
// For each version (12.0, 12.1, 14.0, 14.1; 2.5 and 16.x on demand) and each form of the query (plain; base64 from 12.1 on) a new device of
// the user does OPTIONS, Provision, FolderSync, Settings, Sync, Ping, SendMail and ItemOperations through the gateway,
// another one does the same directly, and folders, user information and every mail of the inbox (SHA-256 of its
// source) must be equal. A mail that is sent through the gateway must arrive with the same bytes as one that is sent
// directly. The misspelt forms of the query are tried as well. The server behind the gateway must be reachable
// directly, the user must be known to both with the same password, and a policy must be assigned to the user, for the
// device expects to be asked to provision.
//
// With -wipe-order the wipe cycle follows for each version: provisioned, held in a Ping, ordered to wipe, woken, refused
// in the form of its version, told to wipe, acknowledged, and kept out. With -wipe-dead-password the password is wrong
// from the order on, and only the device's last final policy key may get it the directive. With -wipe-account the
// order is for an account-only wipe, which 16.1 alone can be told (-versions 16.1). The hooks are shell commands that get EAS_DEVICE_ID, EAS_USER and EAS_VERSION in their environment:
//
//	-wipe-order CMD    orders the wipe (and approves it, where that is asked) and returns
//	-wipe-state CMD    prints the state of the wipe; its output must contain -wipe-done (default "done")
//	-wipe-readmit CMD  lets the device enrol again; then it must be able to
//
// SOGo does not notice that a Ping was given up: each wipe cycle costs it one of its processes until the heartbeat
// ends, so start it with more of them (SOGO_WORKERS=12) than the default 4.
//
// Flags fall back to the environment: DEVICE_URL (-gateway), CA (-ca), UPSTREAM_URL (-direct), UPSTREAM_CA
// (-direct-ca), EAS_USER (-user), EAS_MAIL (-mail). The password is EAS_PASSWORD alone; EAS_PASSWORD_DIRECT where the
// server behind has another.
//
// It prints one line of JSON for each check of each cell, and exits 0 when all are good, 1 when one is not, 2 when it
// was used wrongly.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	eas "drover-easclient"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	j, err := parse(os.Args[1:], os.Stdout)
	if err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "acceptance:", err)
		}
		os.Exit(2)
	}
	if !j.run(ctx) {
		os.Exit(1)
	}
}

// judge is one run.
type judge struct {
	gateway, direct side
	user, mail      string
	versions        []eas.Version
	forms           []eas.Form
	cross, misspelt bool
	heartbeat       int // seconds
	timeout         time.Duration
	wipe            wipeHooks
	deadPassword    bool
	accountOnly     bool

	out  *json.Encoder
	good bool
}

// side is one of the two ways to the mailbox.
type side struct {
	url, password string
	http          *http.Client
}

// line is what is printed of a check.
type line struct {
	Version eas.Version `json:"version"`
	Form    eas.Form    `json:"form"`
	Check   string      `json:"check"`
	OK      bool        `json:"ok"`
	Detail  string      `json:"detail,omitempty"`
	Seconds float64     `json:"seconds"`
}

func parse(args []string, out io.Writer) (*judge, error) {
	j := &judge{out: json.NewEncoder(out), good: true}
	j.out.SetEscapeHTML(false)
	flags := flag.NewFlagSet("acceptance", flag.ContinueOnError)
	flags.StringVar(&j.gateway.url, "gateway", os.Getenv("DEVICE_URL"), "ActiveSync `URL` of the gateway")
	flags.StringVar(&j.direct.url, "direct", os.Getenv("UPSTREAM_URL"), "ActiveSync `URL` of the server behind it")
	ca := flags.String("ca", os.Getenv("CA"), "PEM `file` of the gateway's certificate authority")
	directCA := flags.String("direct-ca", os.Getenv("UPSTREAM_CA"), "the same of the server behind it")
	flags.StringVar(&j.user, "user", os.Getenv("EAS_USER"), "user name")
	flags.StringVar(&j.mail, "mail", os.Getenv("EAS_MAIL"), "mail address of the user")
	versions := flags.String("versions", "12.0,12.1,14.0,14.1", "protocol versions")
	forms := flags.String("forms", "plain,base64", "forms of the query")
	flags.BoolVar(&j.cross, "cross", true, "decode every frame with wbxml2xml too and compare")
	flags.BoolVar(&j.misspelt, "misspelt", true, "try the misspelt forms of the query")
	flags.IntVar(&j.heartbeat, "heartbeat", 120, "`seconds` of a held Ping")
	flags.DurationVar(&j.timeout, "timeout", 3*time.Minute, "longest time for a cell")
	flags.StringVar(&j.wipe.order, "wipe-order", "", "shell `command` that orders a wipe")
	flags.StringVar(&j.wipe.state, "wipe-state", "", "shell `command` that prints the state of the wipe")
	flags.StringVar(&j.wipe.done, "wipe-done", "done", "what the state of an acknowledged wipe contains")
	flags.StringVar(&j.wipe.readmit, "wipe-readmit", "", "shell `command` that lets the device enrol again")
	flags.BoolVar(&j.deadPassword, "wipe-dead-password", false, "take and acknowledge the wipe with a wrong password")
	flags.BoolVar(&j.accountOnly, "wipe-account", false, "the wipe is an account-only one")
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("%q is no flag", flags.Arg(0))
	}
	for name, value := range map[string]string{
		"-gateway": j.gateway.url, "-direct": j.direct.url, "-user": j.user, "-mail": j.mail,
		"EAS_PASSWORD": os.Getenv("EAS_PASSWORD"),
	} {
		if value == "" {
			return nil, fmt.Errorf("%s is missing; see go doc drover-easclient/acceptance", name)
		}
	}
	j.gateway.password = os.Getenv("EAS_PASSWORD")
	j.direct.password = cmp.Or(os.Getenv("EAS_PASSWORD_DIRECT"), j.gateway.password)
	var errs [4]error
	j.versions, errs[0] = list(*versions, eas.ParseVersion)
	j.forms, errs[1] = list(*forms, eas.ParseForm)
	j.gateway.http, errs[2] = eas.NewHTTP(*ca)
	j.direct.http, errs[3] = eas.NewHTTP(*directCA)
	return j, errors.Join(errs[:]...)
}

func list[T any](s string, parse func(string) (T, error)) ([]T, error) {
	var all []T
	for part := range strings.SplitSeq(s, ",") {
		v, err := parse(strings.TrimSpace(part))
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// run judges the whole matrix, then the wipes, and says whether all was good.
func (j *judge) run(ctx context.Context) bool {
	for _, v := range j.versions {
		for _, f := range j.forms {
			if f.IsBase64() && !v.AtLeast(eas.V121) {
				continue
			}
			j.cell(ctx, v, f)
		}
	}
	if j.wipe.order == "" {
		return j.good
	}
	for _, v := range j.versions {
		form := j.forms[len(j.forms)-1]
		if form.IsBase64() && !v.AtLeast(eas.V121) {
			form = eas.Plain
		}
		j.wipeCycle(ctx, v, form)
	}
	return j.good
}

// checks runs named checks in order and prints a line for each. The first that fails ends the cell, since what
// follows stands on it.
func (j *judge) checks(ctx context.Context, v eas.Version, f eas.Form, list []check) {
	ctx, cancel := context.WithTimeout(ctx, j.timeout)
	defer cancel()
	for _, c := range list {
		start := time.Now()
		err := c.run(ctx)
		l := line{Version: v, Form: f, Check: c.name, OK: err == nil, Seconds: time.Since(start).Seconds()}
		if err != nil {
			l.Detail = err.Error()
			j.good = false
		}
		j.out.Encode(l)
		if err != nil {
			return
		}
	}
}

type check struct {
	name string
	run  func(context.Context) error
}
