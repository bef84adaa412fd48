package main

import (
	"context"
	"strings"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type adminCommands struct {
	Create   adminCreate   `cmd:"" help:"Make an administrator on the server's machine, for automation and for the locked-out."`
	Invite   adminInvite   `cmd:"" help:"Make a one-time link with which somebody becomes an administrator."`
	List     adminList     `cmd:"" help:"List the administrators."`
	Show     adminShow     `cmd:"" help:"Show an administrator."`
	Mail     adminMail     `cmd:"" help:"Change where an administrator gets notices; the former address is told."`
	Grant    adminGrant    `cmd:"" help:"Change an administrator's roles."`
	Disable  adminDisable  `cmd:"" help:"Keep an administrator out, at once."`
	Enable   adminEnable   `cmd:"" help:"Let a disabled administrator in again."`
	Reset    adminReset    `cmd:"" help:"Take an administrator's password and factors away, for a new invitation."`
	Factors  adminFactors  `cmd:"" help:"List one's own second factors; they are changed in the dashboard."`
	Sessions adminSessions `cmd:"" help:"List an administrator's sessions, or end one."`
}

type adminList struct{ remote }

// Run lists administrators.
func (a *adminList) Run(ctx context.Context, c *console) error {
	s, err := a.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Admin]{
		path: "/admins", empty: "There is no administrator.", heads: []string{"ID", "NAME", "STATE", "ROLES", "FACTORS", "HELD UNTIL"},
		row: func(x adminv1.Admin) []string {
			return []string{x.ID, x.Name, x.State, grants(x.Grants), join(x.Factors), optionalMoment(x.HeldUntil)}
		},
	}.print(ctx, s)
}

func grants(list []adminv1.Grant) string {
	words := make([]string, len(list))
	for i, g := range list {
		words[i] = g.Role.Name
		if !g.Whole {
			words[i] += " of " + names(g.Groups)
		}
	}
	return strings.Join(words, "; ")
}

// roleFlags say which roles somebody gets.
type roleFlags struct {
	Role  []string `required:"" help:"Role, by id or name; may be given several times."`
	Group []string `help:"Device group that the roles are limited to; may be given several times."`
}

func (r roleFlags) drafts(ctx context.Context, s *session) ([]adminv1.GrantDraft, error) {
	groups := make([]string, len(r.Group))
	for i, g := range r.Group {
		id, err := s.group(ctx, "device", g)
		if err != nil {
			return nil, err
		}
		groups[i] = id
	}
	list := make([]adminv1.GrantDraft, len(r.Role))
	for i, role := range r.Role {
		id, err := s.role(ctx, role)
		if err != nil {
			return nil, err
		}
		list[i] = adminv1.GrantDraft{Role: id, Groups: groups}
	}
	return list, nil
}

func (s *session) admin(ctx context.Context, wanted string) (string, error) {
	return named(ctx, s, "administrator", "/admins", wanted, func(x adminv1.Admin) (string, string) { return x.ID, x.Name })
}

type adminInvite struct {
	remote
	Name  string   `arg:"" help:"What the administrator will sign in with, or the name of one who was reset."`
	Mail  string   `help:"Mail address, for notices."`
	Role  []string `help:"Role, for a new administrator; may be given several times."`
	Group []string `help:"Device group that the roles are limited to; may be given several times."`
	OTP   string   `name:"otp" placeholder:"CODE" help:"One's own one-time code: a token alone makes no link."`
}

// invited is what "admin invite" prints for programs.
type invited struct {
	Admin   adminv1.Admin   `json:"admin"`
	Waiting adminv1.Waiting `json:"waiting"`
	Link    string          `json:"link"`
}

// Run makes an administrator when a role is given, and prints the one-time link.
func (a *adminInvite) Run(ctx context.Context, c *console) error {
	s, err := a.connect(c)
	if err != nil {
		return err
	}
	out, err := a.who(ctx, s)
	if err != nil {
		return err
	}
	if out.Waiting.Approval == "" && (a.OTP != "" || len(a.Role) == 0) {
		res, err := s.do(ctx, post, client.Path("admins", out.Admin.ID, "invitation"), adminv1.Proof{Code: a.OTP})
		if err != nil {
			return err
		}
		link, err := client.Decode[adminv1.Link](res)
		if err != nil {
			return err
		}
		out.Link = strings.TrimSuffix(a.Server, "/") + link.Path
	}
	if s.asJSON {
		return s.value(out)
	}
	if out.Waiting.Approval != "" {
		return s.say("%s is asked for%s", a.Name, waits(out.Waiting))
	}
	if out.Link == "" {
		return s.say("%s is made; for the one-time link: drover admin invite %s --otp CODE", a.Name, a.Name)
	}
	return s.say("%s", out.Link)
}

// who makes the administrator, or finds the one who is to be invited anew.
func (a *adminInvite) who(ctx context.Context, s *session) (out invited, err error) {
	if len(a.Role) == 0 {
		out.Admin.Name = a.Name
		out.Admin.ID, err = s.admin(ctx, a.Name)
		return out, err
	}
	list, err := roleFlags{Role: a.Role, Group: a.Group}.drafts(ctx, s)
	if err != nil {
		return out, err
	}
	res, err := s.do(ctx, post, "/admins", adminv1.AdminDraft{Name: a.Name, Mail: a.Mail, Grants: list})
	if err != nil {
		return out, err
	}
	x, err := client.Decode[adminv1.AdminChange](res)
	return invited{Admin: x.Admin, Waiting: x.Waiting}, err
}

type oneAdmin struct {
	remote
	Name string `arg:"" help:"Administrator, by id or name."`
}

func (o oneAdmin) act(ctx context.Context, c *console, method, verb string, body func(*session) (any, error)) error {
	s, id, err := o.about(ctx, c, o.Name, (*session).admin)
	if err != nil {
		return err
	}
	var sent any
	if body != nil {
		if sent, err = body(s); err != nil {
			return err
		}
	}
	res, err := s.do(ctx, method, client.Path("admins", id, verb), sent)
	if err != nil {
		return err
	}
	return show(s, res, func(x adminv1.AdminChange) error {
		return s.say("%s: %s, %s%s", x.Admin.Name, x.Admin.State, grants(x.Admin.Grants), waits(x.Waiting))
	})
}

type adminShow struct{ oneAdmin }

// Run shows an administrator.
func (a *adminShow) Run(ctx context.Context, c *console) error {
	s, id, err := a.about(ctx, c, a.Name, (*session).admin)
	if err != nil {
		return err
	}
	return display(ctx, s, client.Path("admins", id), func(x adminv1.Admin) error {
		var f table.Facts
		f.Add("id", x.ID)
		f.Add("name", x.Name)
		f.Add("mail", x.Mail)
		f.Add("state", x.State)
		f.Add("roles", grants(x.Grants))
		f.Add("second factors", join(x.Factors))
		f.Add("orders and approves nothing until", optionalMoment(x.HeldUntil))
		f.Add("created", since(x.Created))
		return f.Write(s.out)
	})
}

type adminFactors struct{ remote }

// Run lists the second factors of the administrator whose token it is.
func (a *adminFactors) Run(ctx context.Context, c *console) error {
	s, err := a.connect(c)
	if err != nil {
		return err
	}
	return display(ctx, s, "/account/factors", func(p adminv1.Page[adminv1.Factor]) error {
		t := table.New("ID", "KIND", "NAME", "SINCE", "LAST USED")
		for _, x := range p.Items {
			t.Row(x.ID, x.Kind, x.Label, optionalMoment(x.Created), optionalMoment(x.LastUsed))
		}
		return t.Write(s.out, "There is no second factor.")
	})
}

type adminGrant struct {
	oneAdmin
	roleFlags
}

// Run replaces an administrator's roles.
func (a *adminGrant) Run(ctx context.Context, c *console) error {
	return a.act(ctx, c, put, "grants", func(s *session) (any, error) {
		list, err := a.drafts(ctx, s)
		return adminv1.Grants{Grants: list}, err
	})
}

type adminMail struct {
	remote
	Address string `arg:"" help:"The address; \"\" for none."`
	Admin   string `placeholder:"NAME" help:"Whose, by id or name; one's own without it."`
	OTP     string `name:"otp" placeholder:"CODE" help:"One's own one-time code: a token alone changes no address."`
}

// Run changes an address.
func (a *adminMail) Run(ctx context.Context, c *console) error {
	s, err := a.connect(c)
	if err != nil {
		return err
	}
	id, err := a.who(ctx, s)
	if err != nil {
		return err
	}
	d := adminv1.AdminMail{Mail: a.Address, Proof: adminv1.Proof{Code: a.OTP}}
	if _, err := s.do(ctx, put, client.Path("admins", id, "mail"), d); err != nil {
		return err
	}
	return s.done("the address is changed")
}

func (a *adminMail) who(ctx context.Context, s *session) (string, error) {
	if a.Admin != "" {
		return s.admin(ctx, a.Admin)
	}
	me, _, err := client.Read[adminv1.Session](ctx, s.Client, "/session", nil)
	return me.Admin.ID, err
}

type adminDisable struct{ oneAdmin }

// Run keeps an administrator out.
func (a *adminDisable) Run(ctx context.Context, c *console) error {
	return a.act(ctx, c, post, "disable", nil)
}

type adminEnable struct{ oneAdmin }

// Run lets an administrator in again.
func (a *adminEnable) Run(ctx context.Context, c *console) error {
	return a.act(ctx, c, post, "enable", nil)
}

type adminReset struct{ oneAdmin }

// Run resets an administrator.
func (a *adminReset) Run(ctx context.Context, c *console) error {
	return a.act(ctx, c, post, "reset", nil)
}

type adminSessions struct {
	remote
	Admin string `arg:"" optional:"" help:"Administrator, by id or name; oneself without it."`
	End   string `placeholder:"ID" help:"End this session."`
}

// Run lists sessions, or ends one.
func (a *adminSessions) Run(ctx context.Context, c *console) error {
	s, err := a.connect(c)
	if err != nil {
		return err
	}
	if a.End != "" {
		if _, err := s.do(ctx, remove, client.Path("sessions", a.End), nil); err != nil {
			return err
		}
		return s.done("the session is ended")
	}
	who, err := optional(ctx, a.Admin, s.admin)
	if err != nil {
		return err
	}
	return listing[adminv1.AdminSession]{
		path: "/sessions", query: query("admin", who), empty: "Nobody is signed in.",
		heads: []string{"ID", "STATE", "FROM", "SINCE", "LAST SEEN", "WITH"},
		row: func(x adminv1.AdminSession) []string {
			return []string{x.ID, x.State, x.Address, since(x.Created), since(x.LastSeen), x.Agent}
		},
	}.print(ctx, s)
}
