package main

import (
	"context"
	"slices"

	"drover/api/adminv1"
	"drover/cmd/drover/client"
	"drover/cmd/drover/table"
)

type roleCommands struct {
	List   roleList   `cmd:"" help:"List the roles."`
	Show   roleShow   `cmd:"" help:"Show a role and its rights."`
	Create roleCreate `cmd:"" help:"Make a role, which nobody has yet."`
	Edit   roleEdit   `cmd:"" help:"Change a role; more rights wait for approval."`
	Remove roleRemove `cmd:"" help:"Remove a role that nobody has."`
	Rights roleRights `cmd:"" help:"List the rights that roles and tokens are made of."`
}

type roleList struct{ remote }

// Run lists roles.
func (r *roleList) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Role]{
		path: "/roles", empty: "There is no role.", heads: []string{"ID", "NAME", "BUILT IN", "ADMINISTRATORS", "DESCRIPTION"},
		row: func(x adminv1.Role) []string {
			return []string{x.ID, x.Name, yes(x.BuiltIn), count(x.Administrators), x.Description}
		},
	}.print(ctx, s)
}

type roleRights struct{ remote }

// Run lists rights.
func (r *roleRights) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	return listing[adminv1.Right]{
		path: "/rights", empty: "There is no right.", heads: []string{"RIGHT", "DESTRUCTIVE", "BY GROUPS", "MEANS"},
		row: func(x adminv1.Right) []string { return []string{x.Key, yes(x.Dangerous), yes(x.Limitable), x.Label} },
	}.print(ctx, s)
}

func (s *session) role(ctx context.Context, wanted string) (string, error) {
	return named(ctx, s, "role", "/roles", wanted, func(x adminv1.Role) (string, string) { return x.ID, x.Name })
}

type oneRole struct {
	remote
	Role string `arg:"" help:"Role, by id or name."`
}

func (o oneRole) find(ctx context.Context, c *console) (*session, string, error) {
	return o.about(ctx, c, o.Role, (*session).role)
}

type roleShow struct{ oneRole }

// Run shows a role.
func (r *roleShow) Run(ctx context.Context, c *console) error {
	s, id, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	return display(ctx, s, client.Path("roles", id), s.printRole)
}

func (s *session) printRole(r adminv1.Role) error {
	var f table.Facts
	f.Add("id", r.ID)
	f.Add("name", r.Name)
	f.Add("description", r.Description)
	f.Add("built in", yes(r.BuiltIn))
	f.Add("administrators", count(r.Administrators))
	if err := f.Write(s.out); err != nil {
		return err
	}
	for _, right := range r.Rights {
		if err := s.say("  %s", right); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) changedRole(x adminv1.RoleChange) error {
	if x.Waiting.Approval != "" {
		return s.say("asked to change role %s%s", x.Role.Name, waits(x.Waiting))
	}
	return s.printRole(x.Role)
}

type roleCreate struct {
	remote
	Name        string   `arg:"" help:"Name."`
	Description string   `help:"What it is for."`
	Right       []string `required:"" help:"Right that it has, such as device.read; may be given several times."`
}

// Run makes a role.
func (r *roleCreate) Run(ctx context.Context, c *console) error {
	s, err := r.connect(c)
	if err != nil {
		return err
	}
	res, err := s.do(ctx, post, "/roles", adminv1.RoleDraft{Name: r.Name, Description: r.Description, Rights: r.Right})
	if err != nil {
		return err
	}
	return show(s, res, s.changedRole)
}

type roleEdit struct {
	oneRole
	Rename      *string  `help:"New name."`
	Description *string  `help:"What it is for."`
	Right       []string `xor:"rights" help:"Right that it has, in place of all that it had; may be given several times."`
	Grant       []string `xor:"rights" help:"Right that it gets besides; may be given several times."`
	Revoke      []string `help:"Right that it loses; may be given several times."`
}

// Run changes a role.
func (r *roleEdit) Run(ctx context.Context, c *console) error {
	s, id, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	res, err := change(ctx, s, put, client.Path("roles", id), func(old adminv1.Role) (any, error) {
		d := adminv1.RoleDraft{Name: old.Name, Description: old.Description, Rights: old.Rights}
		replace(&d.Name, r.Rename)
		replace(&d.Description, r.Description)
		if r.Right != nil {
			d.Rights = r.Right
		}
		for _, right := range r.Grant {
			if !slices.Contains(d.Rights, right) {
				d.Rights = append(d.Rights, right)
			}
		}
		d.Rights = slices.DeleteFunc(d.Rights, func(right string) bool { return slices.Contains(r.Revoke, right) })
		return d, nil
	})
	if err != nil {
		return err
	}
	return show(s, res, s.changedRole)
}

type roleRemove struct{ oneRole }

// Run removes a role.
func (r *roleRemove) Run(ctx context.Context, c *console) error {
	s, id, err := r.find(ctx, c)
	if err != nil {
		return err
	}
	return s.act(ctx, remove, client.Path("roles", id), nil, "removed role %s", r.Role)
}
