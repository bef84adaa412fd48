package inventory

import (
	"context"
	"slices"
	"strings"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Op compares.
type Op string

// The comparisons.
const (
	Any      Op = "" // of software: whatever version
	Is       Op = "="
	IsNot    Op = "!="
	Below    Op = "<"
	AtMost   Op = "<="
	AtLeast  Op = ">="
	Above    Op = ">"
	Contains Op = "~" // of texts
	Missing  Op = "missing"
)

// Test is one condition that a device must fulfil.
type Test struct {
	// Fact is the name of a single fact, "system.os", or "software".
	Fact string `json:"fact"`
	// Name of the software; each * stands for anything.
	Name string `json:"name,omitempty"`
	// Source of the software, "dpkg"; "" for all.
	Source string `json:"source,omitempty"`
	Op     Op     `json:"op"`
	// Value is what is compared with: a version of software.
	Value string `json:"value,omitempty"`
	// And are more bounds that the same version of software keeps, at most 3: a range of versions.
	And []Bound `json:"and,omitempty"`
}

// Bound is a comparison with a version.
type Bound struct {
	Op    Op     `json:"op"`
	Value string `json:"value"`
}

const maxBounds = 3

// Query asks for the devices that fulfil every test. It has 1 to 8 tests.
type Query struct {
	Tests []Test `json:"tests"`
}

const maxTests = 8

// Found is a device that fulfils a query, with what made it fulfil the tests of software.
type Found struct {
	Device   string
	Software []Item
}

// Search finds devices, in the order of their ids.
func (s *Store) Search(ctx context.Context, c scope.Caller, query Query, r page.Request) (page.Page[Found], error) {
	sc, err := c.Scope(scope.InventoryRead)
	if err != nil {
		return page.Page[Found]{}, err
	}
	size, err := r.Size()
	if err != nil {
		return page.Page[Found]{}, err
	}
	if len(query.Tests) < 1 || len(query.Tests) > maxTests {
		return page.Page[Found]{}, problem.Newf(problem.Invalid, "inventory.tests", "A question has 1 to %d tests.", maxTests).WithField("tests")
	}
	var a sqldb.Args
	section, _, _ := strings.Cut(query.Tests[0].Fact, ".")
	where := "b.section = " + a.Add(section) + " AND " + sc.Devices("b.device", &a)
	var programs []string
	for _, t := range query.Tests {
		condition, ids, err := s.condition(ctx, t, &a)
		if err != nil {
			return page.Page[Found]{}, err
		}
		where += " AND " + condition
		programs = append(programs, ids...)
	}
	p := page.Page[Found]{}
	if p.Total, p.Capped, err = page.Total(ctx, s.db, "FROM inventory_section b WHERE "+where, a.List()...); err != nil {
		return p, err
	}
	if r.After != "" {
		where += " AND b.device > " + a.Add(r.After)
	}
	ids, err := sqldb.All(ctx, s.db, sqldb.Scan1[string], "SELECT b.device FROM inventory_section b WHERE "+where+" ORDER BY b.device LIMIT "+a.Add(size+1), a.List()...)
	if err != nil {
		return p, err
	}
	cut := page.Cut(ids, size, func(id string) string { return id })
	p.Next = cut.Next
	p.Items, err = s.found(ctx, cut.Items, programs)
	return p, err
}

// found adds to devices which of the programs they have.
func (s *Store) found(ctx context.Context, ids, programs []string) ([]Found, error) {
	out := make([]Found, len(ids))
	for i, id := range ids {
		out[i].Device = id
	}
	if len(ids) == 0 || len(programs) == 0 {
		return out, nil
	}
	type row struct {
		device string
		program
	}
	var a sqldb.Args
	where := "i.device IN " + a.In(ids...) + " AND i.software IN " + a.In(programs...)
	rows, err := sqldb.All(ctx, s.db, func(r sqldb.Row) (x row, err error) {
		var name, version, arch, source string
		err = r.Scan(&x.device, &name, &version, &arch, &source)
		x.Item = Item{"name": name, "version": version, "arch": arch, "source": source}
		return x, err
	}, `SELECT i.device, p.name, p.version, p.arch, p.source FROM inventory_installed i JOIN inventory_software p ON p.id = i.software
		WHERE `+where+" ORDER BY i.device, p.folded, p.version", a.List()...)
	for _, x := range rows {
		if i, ok := slices.BinarySearchFunc(out, x.device, func(f Found, id string) int { return strings.Compare(f.Device, id) }); ok {
			out[i].Software = append(out[i].Software, x.Item)
		}
	}
	return out, err
}

// condition is a test in SQL, with the ids of the programs that fulfil it.
func (s *Store) condition(ctx context.Context, t Test, a *sqldb.Args) (string, []string, error) {
	if t.Fact == string(Software) {
		return s.softwareCondition(ctx, t, a)
	}
	section, name, _ := strings.Cut(t.Fact, ".")
	d, err := Describe(Section(section))
	if err != nil {
		return "", nil, err
	}
	f, ok := d.Field(name)
	if !ok || !d.Single {
		return "", nil, problem.New(problem.Invalid, "inventory.fact", "Devices are found by software, and by the fields of sections that have one item.").WithField("fact")
	}
	condition, err := f.condition(t, a)
	return "b.device IN (SELECT f.device FROM inventory_fact f WHERE f.fact = " + a.Add(t.Fact) + " AND " + condition + ")", nil, err
}

func (f Field) condition(t Test, a *sqldb.Args) (string, error) {
	column, value := "f.text", any(sqldb.Fold(t.Value))
	if f.Unit == Number || f.Unit == Bytes || f.Unit == Time {
		column, value = "f.number", any(f.number(t.Value))
	}
	switch t.Op {
	case Is, Below, AtMost, AtLeast, Above:
		return column + " " + string(t.Op) + " " + a.Add(value), nil
	case IsNot:
		return column + " <> " + a.Add(value), nil
	case Contains:
		return "f.text LIKE " + a.Add(page.Like(sqldb.Fold(t.Value))) + ` ESCAPE '\'`, nil
	case Any, Missing:
	}
	return "", errOp
}

var errOp = problem.New(problem.Invalid, "inventory.op", "Facts are compared by = != < <= >= > or ~, software by these but ~, by missing, or by its name alone.").
	WithField("op")

// softwareCondition finds the programs first: versions are compared by rules that a database does not know.
func (s *Store) softwareCondition(ctx context.Context, t Test, a *sqldb.Args) (string, []string, error) {
	ids, err := s.fulfil(ctx, t)
	if err != nil {
		return "", nil, err
	}
	has := "IN"
	if t.Op == Missing {
		has = "NOT IN"
	}
	condition := "b.device " + has + " (SELECT i.device FROM inventory_installed i WHERE i.software IN " + a.In(ids...) + ")"
	if t.Op == Missing {
		ids = nil
	}
	return condition, ids, nil
}

func (s *Store) fulfil(ctx context.Context, t Test) ([]string, error) {
	name := sqldb.Fold(sqldb.Clean(t.Name, maxText))
	if strings.Trim(name, "*") == "" {
		return nil, problem.New(problem.Invalid, "inventory.name", "Name the software; each * stands for anything.").WithField("name")
	}
	var a sqldb.Args
	where := "p.folded LIKE " + a.Add(pattern(name)) + ` ESCAPE '\'`
	if !strings.Contains(name, "*") {
		where += " AND p.folded = " + a.Add(name) // by its index
	}
	if t.Source != "" {
		where += " AND p.source = " + a.Add(t.Source)
	}
	list, err := sqldb.All(ctx, s.db, scanProgram, "SELECT "+softwareColumns+" FROM inventory_software p WHERE "+where+" LIMIT "+a.Add(maxVersions+1), a.List()...)
	if err != nil {
		return nil, err
	}
	if len(list) > maxVersions {
		return nil, problem.Newf(problem.Invalid, "inventory.wide", "More than %d versions have such a name: say more of it.", maxVersions).WithField("name")
	}
	var ids []string
	for _, x := range list {
		holds, err := t.holds(x.Item)
		if err != nil {
			return nil, err
		}
		if holds {
			ids = append(ids, x.id)
		}
	}
	return ids, nil
}

// pattern is a name with * for LIKE.
func pattern(name string) string {
	return strings.NewReplacer(`\`, `\\`, "%", `\%`, "_", `\_`, "*", "%").Replace(name)
}

func (t Test) holds(it Item) (bool, error) {
	holds, err := Bound{t.Op, t.Value}.holds(it)
	for _, b := range t.And {
		if err == nil && holds {
			holds, err = b.holds(it)
		}
	}
	return holds, err
}

func (b Bound) holds(it Item) (bool, error) {
	c := CompareVersions(it["source"], it["version"], strings.TrimSpace(b.Value))
	switch b.Op {
	case Any, Missing:
		return true, nil
	case Is:
		return c == 0, nil
	case IsNot:
		return c != 0, nil
	case Below:
		return c < 0, nil
	case AtMost:
		return c <= 0, nil
	case AtLeast:
		return c >= 0, nil
	case Above:
		return c > 0, nil
	case Contains:
	}
	return false, errOp
}
