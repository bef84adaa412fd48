package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"drover/internal/core/admin"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
	"drover/internal/server"
)

// shell is the caller for what is done on the server's machine; the audit log shows it so.
func shell() scope.Caller { return scope.System("shell") }

type adminCreate struct {
	place
	Name         string   `arg:"" help:"What the administrator signs in with."`
	Role         string   `required:"" help:"Role, by id or name: owner, administrator, helpdesk, security, auditor, or one of your own."`
	Group        []string `help:"Device group that the role is limited to; may be given several times."`
	Mail         string   `help:"Mail address, for notices."`
	PasswordFile string   `required:"" type:"existingfile" placeholder:"FILE" help:"File with the password; the end of the line does not count. - is standard input."`
	JSON         bool     `name:"json" help:"Print JSON."`
}

// made is what "admin create" prints for programs.
type made struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	TOTP string `json:"totp"`
}

// Run makes an administrator on the data directory and prints the secret of the one-time codes, this once.
func (a *adminCreate) Run(ctx context.Context, c *console, k *kong.Kong) (err error) {
	password, err := readPassword(a.PasswordFile)
	if err != nil {
		return err
	}
	z, err := a.open(ctx, k)
	if err != nil {
		return err
	}
	defer func() { err = c.finish(ctx, z, err) }()
	grant, err := a.grant(ctx, z)
	if err != nil {
		return err
	}
	x, uri, err := z.Admins.CreateAtShell(ctx, a.Name, a.Mail, []admin.Grant{grant}, password)
	if err != nil {
		return err
	}
	if a.JSON {
		return c.value(made{ID: x.ID, Name: x.Name, TOTP: uri})
	}
	fmt.Fprintf(c.err, "%s is an administrator now. For an authenticator app, shown this once:\n", a.Name)
	_, err = fmt.Fprintln(c.out, uri)
	return err
}

// grant finds the role and the groups by their names.
func (a *adminCreate) grant(ctx context.Context, z *server.Shell) (admin.Grant, error) {
	roles, err := z.Admins.Roles(ctx, shell())
	if err != nil {
		return admin.Grant{}, err
	}
	g := admin.Grant{}
	if g.Role, err = pick("role", a.Role, roles, func(r admin.Role) (string, string) { return r.ID, r.Name }); err != nil {
		return g, err
	}
	if len(a.Group) == 0 {
		return g, nil
	}
	groups, err := z.Devices.Groups(ctx, shell())
	if err != nil {
		return g, err
	}
	for _, name := range a.Group {
		id, err := pick("device group", name, groups, groupName)
		if err != nil {
			return g, err
		}
		g.Groups = append(g.Groups, id)
	}
	return g, nil
}

// maxPassword is more than any password may have; core says how many.
const maxPassword = 4096

// readPassword reads the first line of a file.
func readPassword(file string) (string, error) {
	in := os.Stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return "", err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxPassword))
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	return strings.TrimSuffix(line, "\r"), nil
}

type tokenCreate struct {
	place
	Admin   string   `required:"" help:"The administrator whose token it is; it can never do more than the administrator."`
	Name    string   `required:"" help:"What the token is for."`
	Expires days     `default:"365d" help:"How long it lives: 90d, 12h; a year at most."`
	Right   []string `help:"Right that it has, such as device.read; may be given several times. Without any it has all of the administrator's."`
	JSON    bool     `name:"json" help:"Print JSON."`
}

// Run makes a token on the data directory and prints it alone.
func (t *tokenCreate) Run(ctx context.Context, c *console, k *kong.Kong) (err error) {
	rights := make([]scope.Right, len(t.Right))
	for i, r := range t.Right {
		if rights[i] = scope.Right(r); !scope.Known(rights[i]) {
			return unusable("there is no right %q: \"drover role rights\" lists them", r)
		}
	}
	z, err := t.openExisting(ctx, k)
	if err != nil {
		return err
	}
	defer func() { err = c.finish(ctx, z, err) }()
	owner, err := z.Admins.ByName(ctx, shell(), t.Admin)
	if err != nil {
		return err
	}
	secret, x, err := z.Admins.CreateToken(ctx, shell(), admin.Draft{Admin: owner.ID, Label: t.Name, Rights: rights, Life: time.Duration(t.Expires)}, safety.Proof{})
	if err != nil {
		return err
	}
	if x.State == admin.TokenAwaiting {
		fmt.Fprintln(c.err, "The token has destructive rights: it works when another administrator has approved it.")
	}
	if t.JSON {
		return c.value(map[string]any{"id": x.ID, "secret": secret, "state": x.State, "expires": x.Expires.UTC().Format(time.RFC3339)})
	}
	_, err = fmt.Fprintln(c.out, secret)
	return err
}

// days is a length of time that may be told in days.
type days time.Duration

var inDays = regexp.MustCompile(`^([0-9]{1,4})d$`)

// UnmarshalText reads "90d" and what Go reads as a duration.
func (d *days) UnmarshalText(text []byte) error {
	if m := inDays.FindSubmatch(text); m != nil {
		n, err := strconv.Atoi(string(m[1]))
		*d = days(time.Duration(n) * 24 * time.Hour)
		return err
	}
	x, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is no length of time, such as 90d or 12h", text)
	}
	*d = days(x)
	return nil
}
