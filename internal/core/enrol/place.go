package enrol

import (
	"context"
	"slices"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

// Place is where a computer is put when it comes in, and what it is called.
type Place struct {
	Folder string   `json:"folder,omitempty"` // the id of a folder, "" for the topmost
	Groups []string `json:"groups,omitempty"` // ids of groups of devices, at most 20
	Name   string   `json:"name,omitempty"`   // a template, "" for the host name; see [Template]
}

const maxPlaceGroups = 20

func (p Place) empty() bool { return p.Folder == "" && len(p.Groups) == 0 && p.Name == "" }

// over lays a place over another: what it says counts, groups are joined.
func (p Place) over(under Place) Place {
	if p.Folder == "" {
		p.Folder = under.Folder
	}
	if p.Name == "" {
		p.Name = under.Name
	}
	p.Groups = slices.Concat(p.Groups, under.Groups)
	slices.Sort(p.Groups)
	p.Groups = slices.Compact(p.Groups)
	return p
}

// check cleans a place and says what is wrong with it.
func (p *Place) check() error {
	if len(p.Groups) > maxPlaceGroups {
		return problem.Newf(problem.Invalid, "registration.groups", "A computer is put into at most %d groups.", maxPlaceGroups).WithField("groups")
	}
	p.Groups = slices.Clone(p.Groups)
	slices.Sort(p.Groups)
	p.Groups = slices.Compact(p.Groups)
	return Template(p.Name).check()
}

// checkPlace refuses a place whose folder or groups are not there. What it names stays: see [Store.TiedTo].
func (s *Store) checkPlace(ctx context.Context, q sqldb.Querier, p Place) error {
	return s.with.Devices.CheckPlace(ctx, q, p.Folder, p.Groups)
}

// confine refuses a place that leads out of the groups to which a caller's right is limited, and fills in the group where there
// is only one.
func (s *Store) confine(ctx context.Context, sc scope.Scope, p *Place) error {
	if sc.All() {
		return nil
	}
	own := sc.Groups()
	if p.Folder == "" && len(p.Groups) == 0 && len(own) == 1 {
		if s.checkPlace(ctx, s.db, Place{Folder: own[0]}) == nil {
			p.Folder = own[0]
		} else {
			p.Groups = own
		}
	}
	line, err := s.with.Devices.Lineage(ctx, p.Folder)
	if err != nil {
		return err
	}
	mine := func(g string) bool { return slices.Contains(own, g) }
	foreign := func(g string) bool { return !mine(g) }
	switch {
	case p.Folder == "" && len(p.Groups) == 0:
		return problem.New(problem.Forbidden, "registration.scope", "Your right is limited to some groups: say into which of them the computers go.").WithField("groups")
	case p.Folder != "" && !slices.ContainsFunc(line, mine):
		return problem.New(problem.Forbidden, "registration.scope", "Your right does not reach that folder.").WithField("folder")
	case slices.ContainsFunc(p.Groups, foreign):
		return problem.New(problem.Forbidden, "registration.scope", "Your right does not reach all of these groups.").WithField("groups")
	}
	return nil
}

// settle puts a computer that has come in where it was decided.
func (s *Store) settle(ctx context.Context, tx *sqldb.Tx, id string, d Decision, x Coming, owner string) error {
	p := d.Place
	if d.Verdict == Quarantine {
		p.Folder, p.Groups = device.QuarantineFolder, nil
	}
	name, err := s.name(ctx, tx, id, Template(p.Name), x.Facts, owner)
	if err != nil {
		return err
	}
	return s.with.Devices.Settle(ctx, tx, self, id, device.Place{Folder: p.Folder, Groups: p.Groups, Name: name})
}
