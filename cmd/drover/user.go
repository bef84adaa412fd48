package main

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type userCommands struct {
	Add      userAdd      `cmd:"" help:"Add a user."`
	Import   userImport   `cmd:"" help:"Add and change users from a file of comma-separated values."`
	List     userList     `cmd:"" help:"List users."`
	Show     userShow     `cmd:"" help:"Show a user."`
	Edit     userEdit     `cmd:"" help:"Change a user."`
	Password userPassword `cmd:"" help:"Give a user a password for Drover's own login."`
	Erase    userErase    `cmd:"" aliases:"remove" help:"Erase everything personal about a user, for good."`
	Phone    userPhone    `cmd:"" help:"Look at a user's phone number; the look is recorded, for the user to see."`
	Group    userGroups   `cmd:"" help:"Groups of users."`
}

type userAdd struct {
	remote
	Name         string `arg:"" help:"Name; it cannot be changed later."`
	Mail         string `help:"Mail address."`
	DisplayName  string `help:"Name for people."`
	PasswordFile string `placeholder:"FILE" help:"File with a password for Drover's own login. - is standard input."`
}

// Run adds a user.
func (u *userAdd) Run(ctx context.Context, c *console) error {
	draft := adminv1.UserDraft{Name: u.Name, Mail: u.Mail, DisplayName: u.DisplayName}
	if u.PasswordFile != "" {
		password, err := readPassword(u.PasswordFile)
		if err != nil {
			return usage{err}
		}
		draft.Password = password
	}
	s, err := u.connect(c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/users", draft)
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.User) error { return s.say("added user %s (%s)%s", x.Name, x.ID, trimmed(u.Name)) })
}

// trimmed tells of a name that was taken without the spaces around it.
func trimmed(given string) string {
	if given == strings.TrimSpace(given) {
		return ""
	}
	return ", without the spaces around the name"
}

// maxImport is what the API takes.
const maxImport = 8 << 20

type userImport struct {
	remote
	File   string `arg:"" help:"The file; - is standard input. Its header names the columns: name, display name, mail, groups (separated by |), disabled."`
	DryRun bool   `help:"Report the same and change nothing."`
}

// Run imports users. Rows at fault are reported and left out, and the status is then that of a failure.
func (u *userImport) Run(ctx context.Context, c *console) error {
	text, err := readImport(u.File)
	if err != nil {
		return usage{err}
	}
	s, err := u.connect(c)
	if err != nil {
		return err
	}
	q := query()
	if u.DryRun {
		q.Set("dryRun", "true")
	}
	res, err := s.Do(ctx, client.Request{Method: post, Path: "/users/import", Query: q, CSV: text, Time: 5 * time.Minute})
	if err != nil {
		return err
	}
	r, err := client.Decode[adminv1.ImportResult](res)
	if err != nil {
		return err
	}
	if err := show(s, res, s.printImport); err != nil {
		return err
	}
	if r.Invalid > 0 {
		return errRows
	}
	return nil
}

var errRows = errors.New("some rows are at fault and were left out")

func readImport(file string) ([]byte, error) {
	in := os.Stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, maxImport+1))
	if err != nil {
		return nil, err
	}
	if len(text) == 0 {
		return nil, errors.New("there is nothing to import: the file is empty")
	}
	if len(text) > maxImport {
		return nil, errors.New("the file is larger than 8 MiB: cut it into several")
	}
	return text, nil
}

func (s *session) printImport(r adminv1.ImportResult) error {
	t := table.New("LINE", "NAME", "OUTCOME", "MESSAGE")
	for _, x := range r.Rows {
		if x.Outcome != "unchanged" {
			t.Row(count(x.Line), x.Name, x.Outcome, x.Message)
		}
	}
	if err := t.Write(s.out, "Nothing changes."); err != nil {
		return err
	}
	words := "%d created, %d updated, %d at fault"
	if r.DryRun {
		words = "would be: " + words
	}
	return s.say(words, r.Created, r.Updated, r.Invalid)
}

type userList struct {
	remote
	Words string `arg:"" optional:"" help:"Words, each somewhere in name, display name or mail address."`
	Group string `help:"Only of this group."`
	State string `enum:",active,disabled" default:"" help:"Only in this state."`
	Limit int    `default:"100" help:"The most rows; 0 for all."`
}

// Run lists users.
func (u *userList) Run(ctx context.Context, c *console) error {
	s, err := u.connect(c)
	if err != nil {
		return err
	}
	group, err := optional(ctx, u.Group, func(ctx context.Context, g string) (string, error) { return s.group(ctx, "user", g) })
	if err != nil {
		return err
	}
	return listing[adminv1.User]{
		path: "/users", query: query("q", u.Words, "group", group, "state", u.State), limit: u.Limit, empty: "There is no such user.",
		heads: []string{"ID", "NAME", "DISPLAY NAME", "MAIL", "STATE", "DEVICES"},
		row: func(x adminv1.User) []string {
			return []string{x.ID, x.Name, x.DisplayName, x.Mail, x.State, count(x.Devices)}
		},
	}.print(ctx, s)
}

type oneUser struct {
	remote
	User string `arg:"" help:"User, by id or name."`
}

func (o oneUser) find(ctx context.Context, c *console) (*session, string, error) {
	return o.about(ctx, c, o.User, (*session).user)
}

type userShow struct{ oneUser }

// Run shows a user.
func (u *userShow) Run(ctx context.Context, c *console) error {
	s, id, err := u.find(ctx, c)
	if err != nil {
		return err
	}
	return display(ctx, s, client.Path("users", id), s.printUser)
}

func (s *session) printUser(x adminv1.User) error {
	var f table.Facts
	f.Add("id", x.ID)
	f.Add("name", x.Name)
	f.Add("display name", x.DisplayName)
	f.Add("mail", x.Mail)
	f.Add("state", x.State)
	f.Add("source", x.Source)
	f.Add("own password", yes(x.HasPassword))
	f.Add("groups", names(x.Groups))
	f.Add("devices", count(x.Devices))
	f.Add("created", since(x.Created))
	return f.Write(s.out)
}

type userEdit struct {
	oneUser
	Mail        *string `help:"Mail address."`
	DisplayName *string `help:"Name for people."`
	State       *string `help:"active or disabled."`
}

// Run changes a user.
func (u *userEdit) Run(ctx context.Context, c *console) error {
	if u.Mail == nil && u.DisplayName == nil && u.State == nil {
		return unusable("there is nothing to change: give --mail, --display-name or --state")
	}
	s, id, err := u.find(ctx, c)
	if err != nil {
		return err
	}
	edit := adminv1.UserEdit{Mail: u.Mail, DisplayName: u.DisplayName, State: u.State}
	res, err := change(ctx, s, patch, client.Path("users", id), func(adminv1.User) (any, error) { return edit, nil })
	if err != nil {
		return err
	}
	return show(s, res, s.printUser)
}

type userPassword struct {
	oneUser
	PasswordFile string `required:"" placeholder:"FILE" help:"File with the password; an empty one takes it away. - is standard input."`
}

// Run sets a user's password.
func (u *userPassword) Run(ctx context.Context, c *console) error {
	password, err := readPassword(u.PasswordFile)
	if err != nil {
		return usage{err}
	}
	s, id, err := u.find(ctx, c)
	if err != nil {
		return err
	}
	return s.act(ctx, put, client.Path("users", id, "password"), adminv1.UserPassword{Password: password}, "the password of %s is set", u.User)
}

type userErase struct {
	oneUser
	Reason string `required:"" help:"Why; it is kept."`
}

// Run erases a user.
func (u *userErase) Run(ctx context.Context, c *console) error {
	s, id, err := u.find(ctx, c)
	if err != nil {
		return err
	}
	if err := s.confirm("This erases everything personal about " + u.User + ", and nothing brings it back."); err != nil {
		return err
	}
	return s.act(ctx, post, client.Path("users", id, "erase"), adminv1.Reason{Reason: u.Reason}, "%s is erased", u.User)
}

type userPhone struct {
	oneUser
	Reason string `required:"" help:"Why; its owner sees it."`
}

// Run shows a user's phone number.
func (u *userPhone) Run(ctx context.Context, c *console) error {
	s, id, err := u.find(ctx, c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, client.Path("users", id, "phone"), adminv1.Reason{Reason: u.Reason})
	if err != nil {
		return err
	}
	return show(s, res, s.printPhone)
}
