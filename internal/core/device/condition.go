package device

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"drover/internal/base/glob"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
)

// Test says how a condition looks at a fact. Texts are compared without regard to case.
type Test string

// The tests that go with every fact. Of several values one is enough for the positive tests, and none may be there for the
// negative ones.
const (
	Is     Test = "is"
	IsNot  Test = "is-not"
	Like   Test = "like" // * stands for any text, ? for one character
	Unlike Test = "unlike"
	From   Test = "from"  // versions: this one or a newer
	Below  Test = "below" // versions: older than this
)

// Meets tells whether what was told meets one value of the test, or of its opposite.
func (t Test) Meets(value, told string) bool {
	switch t {
	case Like, Unlike:
		return glob.Match(sqldb.Fold(value), sqldb.Fold(told))
	case From, Below:
		v := platform.ParseVersion(told)
		return !v.IsZero() && v.Less(platform.ParseVersion(value)) == (t == Below)
	}
	return sqldb.Fold(value) == sqldb.Fold(told)
}

// Negative tells whether the test asks that something is not so.
func (t Test) Negative() bool { return t == IsNot || t == Unlike }

// Condition is one question to what is known of a device, for a group whose devices meet all of its conditions. What a device
// tells of itself may be a lie.
type Condition struct {
	Fact   string   `json:"fact"` // one of [GroupFacts]
	Test   Test     `json:"test"`
	Values []string `json:"values"` // 1 to 50 of at most 256 bytes
}

// GroupFacts are what conditions look at; version is that of the system.
var GroupFacts = []string{"name", "platform", "model", "os", "version", "type", "serial", "liability", "operator", "language"}

const (
	maxConditions = 20
	maxValues     = 50
	maxRuleGroups = 100
)

func (c Condition) check() error {
	bad := func(words string) error {
		return problem.New(problem.Invalid, "group.conditions", words).WithField("conditions")
	}
	versions := c.Test == From || c.Test == Below
	if !slices.Contains(GroupFacts, c.Fact) || !slices.Contains([]Test{Is, IsNot, Like, Unlike, From, Below}, c.Test) ||
		versions != (c.Fact == "version") && versions {
		return bad(fmt.Sprintf("%q does not go with %q.", c.Test, c.Fact))
	}
	if len(c.Values) == 0 || len(c.Values) > maxValues {
		return bad(fmt.Sprintf("A condition has 1 to %d values.", maxValues))
	}
	for _, v := range c.Values {
		if v == "" || sqldb.Clean(v, maxFact) != v {
			return bad(fmt.Sprintf("A value is a text of 1 to %d bytes.", maxFact))
		}
		if versions && (strings.Trim(v, "0123456789.") != "" || platform.ParseVersion(v).IsZero()) {
			return bad(fmt.Sprintf("%q is no version: write one like 17.2.", v))
		}
	}
	return nil
}

// told returns what is known of a fact.
func (d Device) told(fact string) string {
	switch fact {
	case "name":
		return d.Name
	case "platform":
		return string(d.Platform)
	case "model":
		return d.Model
	case "os":
		return d.OS
	case "version":
		return d.PlatformFacts().OSVersion().String()
	case "type":
		return d.DeviceType
	case "serial":
		return d.Serial
	case "liability":
		return string(d.Liability)
	case "operator":
		return d.Operator
	case "language":
		return d.Language
	}
	return ""
}

func (c Condition) fits(d Device) bool {
	told := d.told(c.Fact)
	met := told != "" && slices.ContainsFunc(c.Values, func(v string) bool { return c.Test.Meets(v, told) })
	return met != c.Test.Negative()
}

func fitsAll(list []Condition, d Device) bool {
	return !slices.ContainsFunc(list, func(c Condition) bool { return !c.fits(d) })
}

// ruled is a group with its conditions.
type ruled struct {
	id         string
	conditions []Condition
}

func ruledGroups(ctx context.Context, q sqldb.Querier) ([]ruled, error) {
	return sqldb.All(ctx, q, func(r sqldb.Row) (x ruled, err error) {
		var text string
		if err := r.Scan(&x.id, &text); err != nil {
			return x, err
		}
		return x, json.Unmarshal([]byte(text), &x.conditions)
	}, "SELECT id, conditions FROM device_group WHERE kind = 'rule' ORDER BY id")
}

// regroup makes a device, whose facts have changed, a member of the groups whose conditions it meets, and of no other that
// has conditions.
func (s *Store) regroup(ctx context.Context, tx *sqldb.Tx, d Device) error {
	list, err := ruledGroups(ctx, tx)
	if err != nil || len(list) == 0 {
		return err
	}
	changed := int64(0)
	for _, g := range list {
		n, err := setMember(ctx, tx, g.id, d.ID, fitsAll(g.conditions, d))
		if err != nil {
			return err
		}
		changed += n
	}
	if changed == 0 {
		return nil
	}
	return s.with.Zone.BumpPeople(ctx, tx)
}

// setMember puts a device into a group or takes it out, and tells how many rows that has changed.
func setMember(ctx context.Context, tx *sqldb.Tx, group, device string, in bool) (int64, error) {
	if in {
		return tx.Exec(ctx, "INSERT INTO device_group_member (device_group, device) VALUES ($1, $2) ON CONFLICT DO NOTHING", group, device)
	}
	return tx.Exec(ctx, "DELETE FROM device_group_member WHERE device_group = $1 AND device = $2", group, device)
}

// Conditions returns the conditions of a group, none where its devices are chosen one by one, with the group's version.
func (s *Store) Conditions(ctx context.Context, c scope.Caller, id string) ([]Condition, int64, error) {
	if err := c.Require(scope.GroupRead); err != nil {
		return nil, 0, err
	}
	g, err := group(ctx, s.db, id)
	if err != nil {
		return nil, 0, err
	}
	text, err := sqldb.One(ctx, s.db, sqldb.Scan1[string], "SELECT conditions FROM device_group WHERE id = $1", id)
	if err != nil {
		return nil, 0, err
	}
	var list []Condition
	return list, g.Version, json.Unmarshal([]byte(text), &list)
}

// SetConditions has the devices that meet all of the conditions be a group's members from now on, those that come later too.
// Without conditions the members stay, and are chosen one by one again.
func (s *Store) SetConditions(ctx context.Context, c scope.Caller, id string, version int64, list []Condition) error {
	if err := c.Require(scope.GroupEdit); err != nil {
		return err
	}
	if len(list) > maxConditions {
		return problem.Newf(problem.Invalid, "group.conditions", "A group has at most %d conditions.", maxConditions).WithField("conditions")
	}
	for _, x := range list {
		if err := x.check(); err != nil {
			return err
		}
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error {
		g, err := notFolder(ctx, tx, id)
		if err != nil {
			return err
		}
		if g.Version != version {
			return changedMeanwhile
		}
		if err := s.writeConditions(ctx, tx, g, list); err != nil {
			return err
		}
		return s.groupChanged(ctx, tx, c, "device-group.conditions-set", id, map[string]any{"kind": g.Kind}, map[string]any{"conditions": list})
	})
}

func (s *Store) writeConditions(ctx context.Context, tx *sqldb.Tx, g Group, list []Condition) error {
	kind := Chosen
	if len(list) > 0 {
		kind = ByRule
	}
	others, err := sqldb.One(ctx, tx, sqldb.Scan1[int], "SELECT count(*) FROM device_group WHERE kind = 'rule' AND id <> $1", g.ID)
	if err != nil {
		return err
	}
	if kind == ByRule && others >= maxRuleGroups {
		return problem.Newf(problem.Conflict, "group.many", "A zone has at most %d groups with conditions.", maxRuleGroups)
	}
	text, err := json.Marshal(append([]Condition{}, list...))
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE device_group SET kind = $1, conditions = $2, version = version + 1 WHERE id = $3", string(kind), string(text), g.ID)
	if err != nil || kind == Chosen {
		return err
	}
	for after := ""; ; {
		page, err := sqldb.All(ctx, tx, scanSeen, "SELECT "+deviceColumns+`, n.last_contact, n.requests FROM device d
			JOIN device_presence n ON n.device = d.id WHERE d.id > $1 AND d.state <> 'removed' ORDER BY d.id LIMIT 1000`, after)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, d := range page {
			if _, err := setMember(ctx, tx, g.ID, d.ID, fitsAll(list, d)); err != nil {
				return err
			}
		}
		after = page[len(page)-1].ID
	}
}
