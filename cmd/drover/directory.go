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

type directoryCommands struct {
	Add    directoryAdd    `cmd:"" help:"Add a directory: by LDAP with --host, or an OpenID Connect provider with --issuer."`
	Edit   directoryEdit   `cmd:"" help:"Change a directory."`
	List   directoryList   `cmd:"" help:"List the directories."`
	Show   directoryShow   `cmd:"" help:"Show a directory, and how its last import ended."`
	Test   directoryTest   `cmd:"" help:"Test a directory, and say what was seen."`
	Try    directoryTry    `cmd:"" help:"Test a directory that is not added."`
	Import directoryImport `cmd:"" help:"Take over users and groups now."`
	Remove directoryRemove `cmd:"" help:"Take a directory away; its users stay, as local ones without a password."`
}

// directoryFlags are what can be said of a directory; what is left out stays, or is what a new one begins with.
type directoryFlags struct {
	CA         *string  `name:"ca" placeholder:"FILE" help:"PEM file of the only authorities that are trusted for it; \"\" for the machine's."`
	SecretFile string   `placeholder:"FILE" help:"File with the password of the one who searches, or the secret of the OpenID Connect client. - is standard input."`
	Join       *bool    `negatable:"" help:"Whoever is not known yet becomes a user at the first sign-in."`
	Role       []string `placeholder:"GROUP=ROLE" help:"Group whose members become administrators with this role in the whole zone, each once approved; may be given several times, \"\" for none."`

	Host        []string       `group:"By LDAP" help:"Server, as HOST or HOST:PORT; may be given several times: they are asked in turn."`
	Mode        *string        `group:"By LDAP" help:"How TLS begins: ldaps or starttls."`
	ServerName  *string        `group:"By LDAP" help:"Name in the certificates, where it is not the host's."`
	Timeout     *time.Duration `group:"By LDAP" help:"How long an answer may take."`
	BindName    *string        `group:"By LDAP" help:"Who searches, such as cn=reader,dc=example,dc=org."`
	Schema      *string        `group:"By LDAP" help:"Which attributes and filters hold where nothing else is said: openldap, ad or 389ds."`
	Users       *string        `group:"By LDAP" help:"Under which name the people are, such as ou=people,dc=example,dc=org."`
	UserFilter  *string        `group:"By LDAP" help:"Which of the entries there are people, such as (objectClass=inetOrgPerson)."`
	Groups      *string        `group:"By LDAP" help:"Under which name the groups are; without one no groups are read."`
	GroupFilter *string        `group:"By LDAP" help:"Which of the entries there are groups."`
	LoginName   *string        `group:"By LDAP" help:"Attribute, or claim of a token, with the login name."`
	DisplayName *string        `group:"By LDAP" help:"Attribute, or claim of a token, with the name for people."`
	Mail        *string        `group:"By LDAP" help:"Attribute, or claim of a token, with the mail address."`
	Phone       *string        `group:"By LDAP" help:"Attribute with the phone number, which is kept sealed; - for none."`
	UniqueID    *string        `name:"unique-id" group:"By LDAP" help:"Attribute that names an entry for ever."`
	GroupName   *string        `group:"By LDAP" help:"Attribute with a group's name; or claim of a token with the groups."`
	Member      *string        `group:"By LDAP" help:"Attribute with a group's members."`
	Every       *time.Duration `group:"By LDAP" help:"How often users and groups are imported, 15m to 168h; 0 for by hand alone."`
	Grace       *int           `group:"By LDAP" help:"For how many imports in a row an entry is missed before its user is disabled."`
	GraceTime   *time.Duration `group:"By LDAP" help:"And for how long at the least."`
	Share       *int           `group:"By LDAP" help:"Percentage of known entries that may vanish at once; when more do, the import stops."`

	Issuer   *string  `group:"By OpenID Connect" help:"The provider's name of itself, an https URL."`
	ClientID *string  `name:"client-id" group:"By OpenID Connect" help:"The client that the provider knows Drover by."`
	Scope    []string `group:"By OpenID Connect" help:"Scope to ask for besides openid; may be given several times."`
	Return   *bool    `negatable:"" group:"By OpenID Connect" help:"The provider knows the portal's address as one to which people come back after they have signed out there."`
}

// apply puts what was given into a draft.
func (f directoryFlags) apply(ctx context.Context, s *session, d *adminv1.DirectoryDraft) error {
	replace(&d.Join, f.Join)
	if f.SecretFile != "" {
		secret, err := readPassword(f.SecretFile)
		if err != nil {
			return usage{err}
		}
		d.Secret = &secret
	}
	if err := f.applyRoles(ctx, s, d); err != nil {
		return err
	}
	ca, err := f.authorities()
	if err != nil {
		return err
	}
	if d.Kind == "oidc" {
		f.applyOIDC(d.OIDC, ca)
	} else {
		f.applyLDAP(d.LDAP, ca)
	}
	return nil
}

func (f directoryFlags) applyRoles(ctx context.Context, s *session, d *adminv1.DirectoryDraft) error {
	if f.Role == nil {
		return nil
	}
	d.Roles = nil
	for _, pair := range f.Role {
		if pair == "" {
			continue
		}
		at := strings.LastIndex(pair, "=")
		if at < 1 {
			return usage{errors.New("a role is given as GROUP=ROLE")}
		}
		id, err := s.role(ctx, pair[at+1:])
		if err != nil {
			return err
		}
		d.Roles = append(d.Roles, adminv1.DirectoryMapping{Group: pair[:at], Role: id})
	}
	return nil
}

// authorities reads the file of certificates; nil when none was named.
func (f directoryFlags) authorities() (*string, error) {
	if f.CA == nil || *f.CA == "" {
		return f.CA, nil
	}
	file, err := os.Open(*f.CA)
	if err != nil {
		return nil, usage{err}
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxCA+1))
	text := string(raw)
	return &text, err
}

func (f directoryFlags) applyLDAP(l *adminv1.DirectoryLDAP, ca *string) {
	if f.Host != nil {
		l.Servers = f.Host
	}
	replace(&l.CA, ca)
	replace(&l.Mode, f.Mode)
	replace(&l.ServerName, f.ServerName)
	replace(&l.BindName, f.BindName)
	replace(&l.Users.Base, f.Users)
	replace(&l.Users.Filter, f.UserFilter)
	replace(&l.Groups.Base, f.Groups)
	replace(&l.Groups.Filter, f.GroupFilter)
	if f.Schema != nil && *f.Schema != l.Schema { // another schema has other attributes and filters
		l.Schema, l.Attributes = *f.Schema, adminv1.DirectoryAttributes{}
		if f.UserFilter == nil {
			l.Users.Filter = ""
		}
		if f.GroupFilter == nil {
			l.Groups.Filter = ""
		}
	}
	if f.Timeout != nil {
		l.TimeoutSeconds = int(f.Timeout.Seconds())
	}
	a := &l.Attributes
	replace(&a.Login, f.LoginName)
	replace(&a.DisplayName, f.DisplayName)
	replace(&a.Mail, f.Mail)
	replace(&a.Phone, f.Phone)
	replace(&a.ID, f.UniqueID)
	replace(&a.Group, f.GroupName)
	replace(&a.Member, f.Member)
	f.applyImport(l)
}

func (f directoryFlags) applyImport(l *adminv1.DirectoryLDAP) {
	if f.Every == nil && f.Grace == nil && f.GraceTime == nil && f.Share == nil {
		return
	}
	if l.Import == nil {
		l.Import = &adminv1.DirectoryImport{EveryMinutes: 60, Grace: 3, GraceHours: 24, Share: 20}
	}
	if f.Every != nil {
		l.Import.EveryMinutes = int(f.Every.Minutes())
	}
	if f.GraceTime != nil {
		l.Import.GraceHours = int(f.GraceTime.Hours())
	}
	replace(&l.Import.Grace, f.Grace)
	replace(&l.Import.Share, f.Share)
}

func (f directoryFlags) applyOIDC(o *adminv1.DirectoryOIDC, ca *string) {
	replace(&o.CA, ca)
	replace(&o.Issuer, f.Issuer)
	replace(&o.ClientID, f.ClientID)
	if f.Scope != nil {
		o.Scopes = f.Scope
	}
	replace(&o.Return, f.Return)
	replace(&o.Claims.Login, f.LoginName)
	replace(&o.Claims.DisplayName, f.DisplayName)
	replace(&o.Claims.Mail, f.Mail)
	replace(&o.Claims.Groups, f.GroupName)
}

// draft makes what was said of a new directory.
func (f directoryFlags) draft(ctx context.Context, s *session, name string) (adminv1.DirectoryDraft, error) {
	d := adminv1.DirectoryDraft{Name: name, Kind: "ldap", LDAP: &adminv1.DirectoryLDAP{}}
	switch {
	case f.Issuer != nil:
		d.Kind, d.LDAP, d.OIDC = "oidc", nil, &adminv1.DirectoryOIDC{}
	case f.Host == nil:
		return d, usage{errors.New("name a server with --host, or a provider with --issuer")}
	}
	return d, f.apply(ctx, s, &d)
}

type directoryAdd struct {
	remote
	directoryFlags
	Name string `arg:"" help:"Name."`
}

// Run adds a directory.
func (d *directoryAdd) Run(ctx context.Context, c *console) error {
	s, err := d.connect(c)
	if err != nil {
		return err
	}
	draft, err := d.draft(ctx, s, d.Name)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/directories", draft)
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.DirectoryChange) error {
		if x.Callback != "" {
			err := s.say("register at the provider: %s (administrators), %s (users), and %s (after signing out)",
				x.Callback, x.PortalCallback, x.PortalReturn)
			if err != nil {
				return err
			}
		}
		return s.say("added directory %s (%s); test it: drover directory test %s%s", x.Name, x.ID, x.Name, waits(x.Waiting))
	})
}

type oneDirectory struct {
	remote
	Directory string `arg:"" name:"name" help:"Directory, by id or name."`
}

func (s *session) directory(ctx context.Context, wanted string) (string, error) {
	return named(ctx, s, "directory", "/directories", wanted, func(x adminv1.Directory) (string, string) { return x.ID, x.Name })
}

func (o oneDirectory) find(ctx context.Context, c *console) (*session, string, error) {
	return o.about(ctx, c, o.Directory, (*session).directory)
}

type directoryEdit struct {
	oneDirectory
	directoryFlags
	Rename *string `help:"New name."`
}

// Run changes a directory.
func (d *directoryEdit) Run(ctx context.Context, c *console) error {
	s, id, err := d.find(ctx, c)
	if err != nil {
		return err
	}
	res, err := change(ctx, s, put, client.Path("directories", id), func(old adminv1.Directory) (any, error) {
		draft := adminv1.DirectoryDraft{Name: old.Name, Kind: old.Kind, LDAP: old.LDAP, OIDC: old.OIDC, Join: old.Join, Roles: old.Roles}
		replace(&draft.Name, d.Rename)
		return draft, d.apply(ctx, s, &draft)
	})
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.DirectoryChange) error {
		if err := s.printDirectory(x.Directory); err != nil || x.Waiting.Approval == "" {
			return err
		}
		return s.say("Who may sign in as whom is not changed yet%s", waits(x.Waiting))
	})
}

type directoryList struct{ remote }

// Run lists the directories.
func (d *directoryList) Run(ctx context.Context, c *console) error {
	s, err := d.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Directory]{
		path: "/directories", empty: "There is no directory: drover directory add NAME --host HOST --users BASE",
		heads: []string{"ID", "NAME", "KIND", "AT", "USERS", "LAST TEST", "LAST IMPORT", "STATE"},
		row: func(x adminv1.Directory) []string {
			return []string{x.ID, x.Name, x.Kind, placeOf(x), count(x.Users), x.State, x.Import.State + " " + optionalMoment(x.Import.Ended), inForce(x)}
		},
	}.print(ctx, s)
}

func placeOf(x adminv1.Directory) string {
	switch {
	case x.LDAP != nil:
		return join(x.LDAP.Servers)
	case x.OIDC != nil:
		return x.OIDC.Issuer
	}
	return ""
}

func inForce(x adminv1.Directory) string {
	if x.Active {
		return "in force"
	}
	return "awaits approval"
}

type directoryShow struct{ oneDirectory }

// Run shows a directory.
func (d *directoryShow) Run(ctx context.Context, c *console) error {
	s, id, err := d.find(ctx, c)
	if err != nil {
		return err
	}
	return display(ctx, s, client.Path("directories", id), s.printDirectory)
}

func (s *session) printDirectory(x adminv1.Directory) error {
	var f table.Facts
	f.Add("id", x.ID)
	f.Add("name", x.Name)
	f.Add("state", inForce(x))
	f.Add("at", placeOf(x))
	if l := x.LDAP; l != nil {
		f.Add("TLS", l.Mode)
		f.Add("searches as", l.BindName)
		f.Add("people", l.Users.Base+" "+l.Users.Filter)
		f.Add("groups", l.Groups.Base+" "+l.Groups.Filter)
		f.Add("login name, unique id", l.Attributes.Login+", "+l.Attributes.ID)
		if l.Import != nil {
			f.Add("imported every", count(l.Import.EveryMinutes)+" min")
		}
	}
	if o := x.OIDC; o != nil {
		f.Add("client", o.ClientID)
		f.Add("to register there", x.Callback)
		f.Add("for users", x.PortalCallback)
		f.Add("after signing out", x.PortalReturn)
		f.Add("people are sent back", yes(o.Return))
	}
	f.Add("password", yes(x.HasSecret))
	f.Add("people join by themselves", yes(x.Join))
	for _, m := range x.Roles {
		f.Add("administrators", m.Group+": "+m.Role+" "+join(m.DeviceGroups))
	}
	f.Add("users", count(x.Users))
	f.Add("last test", x.State+" "+optionalMoment(x.Checked))
	f.Add("it said", x.Said)
	f.Add("last import", x.Import.State+" "+optionalMoment(x.Import.Ended))
	f.Add("it did", x.Import.Said)
	f.Add("next import", optionalMoment(x.Due))
	return f.Write(s.out)
}

// probeDirectory has the server test a directory; a test that fails is a failure.
func (s *session) probeDirectory(ctx context.Context, path string, body any) error {
	res, err := s.Do(ctx, client.Request{Method: post, Path: path, Body: body, Time: 4 * time.Minute})
	if err != nil {
		return err
	}
	r, err := client.Decode[adminv1.DirectoryTest](res)
	if err != nil {
		return err
	}
	if err := show(s, res, s.printDirectoryTest); err != nil {
		return err
	}
	if !r.OK {
		return errTest
	}
	return nil
}

func (s *session) printDirectoryTest(r adminv1.DirectoryTest) error {
	t := table.New("STEP", "", "SAW")
	for _, x := range r.Steps {
		t.Row(x.Name, map[bool]string{true: "ok", false: "FAULT"}[x.OK], x.Text)
	}
	if err := t.Write(s.out, "Nothing was tried."); err != nil {
		return err
	}
	var f table.Facts
	f.Add("TLS", r.TLS)
	for _, x := range r.Certificates {
		f.Add("certificate", x.Subject+", by "+x.Issuer+", until "+moment(x.Expires)+", "+x.Fingerprint)
	}
	if err := f.Write(s.out); err != nil {
		return err
	}
	people := table.New("LOGIN NAME", "NAME", "MAIL", "PHONE", "UNIQUE ID", "DISABLED", "GROUPS")
	for _, x := range r.First {
		people.Row(x.Name, x.DisplayName, x.Mail, yes(x.Phone), x.ID, yes(x.Disabled), join(x.Groups))
	}
	if err := people.Write(s.out, "Nobody was found."); err != nil {
		return err
	}
	return s.say("%s", r.Sentence)
}

type directoryTest struct{ oneDirectory }

// Run tests a directory.
func (d *directoryTest) Run(ctx context.Context, c *console) error {
	s, id, err := d.find(ctx, c)
	if err != nil {
		return err
	}
	return s.probeDirectory(ctx, client.Path("directories", id, "test"), nil)
}

type directoryTry struct {
	remote
	directoryFlags
}

// Run tests a directory that is not added.
func (d *directoryTry) Run(ctx context.Context, c *console) error {
	s, err := d.connect(c)
	if err != nil {
		return err
	}
	draft, err := d.draft(ctx, s, "test")
	if err != nil {
		return err
	}
	return s.probeDirectory(ctx, "/directories/test", adminv1.DirectoryTry{Directory: draft})
}

type directoryImport struct {
	oneDirectory
	DryRun bool `help:"Report the same and change nothing."`
}

var errStopped = errors.New("the import has stopped")

// Run imports users and groups. An import that has stopped because too much is missing is a failure.
func (d *directoryImport) Run(ctx context.Context, c *console) error {
	s, id, err := d.find(ctx, c)
	if err != nil {
		return err
	}
	q := query()
	if d.DryRun {
		q.Set("dryRun", "true")
	}
	res, err := s.Do(ctx, client.Request{Method: post, Path: client.Path("directories", id, "import"), Query: q, Time: 13 * time.Minute})
	if err != nil {
		return err
	}
	r, err := client.Decode[adminv1.DirectoryReport](res)
	if err != nil {
		return err
	}
	if err := show(s, res, s.printReport); err != nil {
		return err
	}
	if r.Stopped && !d.DryRun {
		return errStopped
	}
	return nil
}

func (s *session) printReport(r adminv1.DirectoryReport) error {
	t := table.New("NAME", "OUTCOME", "WHY")
	for _, x := range r.Rows {
		t.Row(x.Name, x.Outcome, x.Message)
	}
	if err := t.Write(s.out, "Nothing has changed there."); err != nil {
		return err
	}
	if r.DryRun {
		return s.say("dry run, nothing was changed: %s", r.Said)
	}
	return s.say("%s", r.Said)
}

type directoryRemove struct{ oneDirectory }

// Run takes a directory away.
func (d *directoryRemove) Run(ctx context.Context, c *console) error {
	s, id, err := d.find(ctx, c)
	if err != nil {
		return err
	}
	if err := s.confirm("Take the directory " + d.Directory + " away? Its users stay, and cannot sign in by it any more."); err != nil {
		return err
	}
	return s.act(ctx, remove, client.Path("directories", id), nil, "removed directory %s", d.Directory)
}
