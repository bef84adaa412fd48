package device

import (
	"context"
	"slices"
	"strings"
	"time"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// Sort is an order in which devices are listed.
type Sort string

// The orders.
const (
	ByName     Sort = "name"
	ByOwner    Sort = "owner"
	ByPlatform Sort = "platform"
	ByState    Sort = "state"
	ByContact  Sort = "contact"
	ByEnrolled Sort = "enrolled"
)

// sortColumns are the columns behind the orders; each has an index with the id.
var sortColumns = map[Sort]string{
	ByName: "d.name_folded", ByOwner: "d.owner_folded", ByPlatform: "d.platform", ByState: "d.state",
	ByContact: "n.last_contact", ByEnrolled: "d.enrolled_at",
}

func (o Sort) check() error {
	if sortColumns[o] == "" {
		return problem.New(problem.Invalid, "device.sort", "Devices are sorted by name, owner, platform, state, contact or enrolled.").
			WithField("sort")
	}
	return nil
}

func (o Sort) numeric() bool { return o == ByContact || o == ByEnrolled }

// Filter narrows a list of devices. Zero values do not narrow, but removed devices are listed only when asked for.
type Filter struct {
	Search      string // up to five words, each somewhere in names, owner, model, system, serial, IMEI, DeviceId
	Platforms   []string
	States      []State
	PolicyState []PolicyState
	Access      []Access
	Liability   Liability
	Owner       string // a user's id
	Group       string // a device group's id
	Upstream    string
	Contact     Contact
	Marks       []Mark
}

// Contact is a span of time since the last contact.
type Contact string

// The spans. They do not overlap: a week means over a day and at most a week.
const (
	WithinHour  Contact = "hour"
	WithinDay   Contact = "day"
	WithinWeek  Contact = "week"
	WithinMonth Contact = "month"
	Longer      Contact = "longer"
)

// Contacts lists the spans from the latest on.
var Contacts = []Contact{WithinHour, WithinDay, WithinWeek, WithinMonth, Longer}

var reach = []time.Duration{time.Hour, 24 * time.Hour, 7 * 24 * time.Hour, 30 * 24 * time.Hour}

// span returns the bounds of a span in microseconds: after from, up to until.
func (k Contact) span(now time.Time) (from, until int64) {
	i := slices.Index(Contacts, k)
	until = sqldb.Micros(now.Add(365 * 24 * time.Hour)) // clocks of several servers differ
	if i > 0 {
		until = sqldb.Micros(now.Add(-reach[i-1]))
	}
	if i < len(reach) {
		from = sqldb.Micros(now.Add(-reach[i]))
	}
	return from, until
}

// Query says which devices are wanted, and in which order.
type Query struct {
	Filter
	Sort Sort // "" is by name
	Desc bool
	page.Request
}

const (
	maxWords = 5
	maxIn    = 50 // values of one filter
)

// approach says from which side the database comes at the devices: walking along an index in the order wanted, looking at
// each device, or gathering those that fit, in any order. Each way is fast where the other is slow.
type approach bool

const (
	walking   approach = false
	gathering approach = true
)

// where returns the conditions of the filter, within the scope.
func (f Filter) where(a *sqldb.Args, sc scope.Scope, now time.Time, how approach) (string, error) {
	if len(f.Platforms)+len(f.States)+len(f.PolicyState)+len(f.Access)+len(f.Marks) > maxIn {
		return "", problem.Newf(problem.Invalid, "device.filter", "A filter takes at most %d values.", maxIn)
	}
	var list []string
	in(a, &list, "d.platform", f.Platforms)
	in(a, &list, "d.policy_state", f.PolicyState)
	in(a, &list, accessNow, f.Access)
	if len(f.States) == 0 {
		list = append(list, "d.state <> 'removed'")
	}
	in(a, &list, "d.state", f.States)
	for _, e := range [][2]string{{"d.liability", string(f.Liability)}, {"d.owner", f.Owner}, {"d.upstream", f.Upstream}} {
		if e[1] != "" {
			list = append(list, e[0]+" = "+a.Add(e[1]))
		}
	}
	for i, w := range f.words() {
		if i < maxWords {
			list = append(list, "d.search LIKE "+a.Add(page.Like(w))+` ESCAPE '\'`)
		}
	}
	if f.Group != "" {
		list = append(list, members("d.id", a, how, f.Group))
	}
	if len(f.Marks) > 0 {
		var marks []string
		in(a, &marks, "k.mark", f.Marks)
		list = append(list, "d.id IN (SELECT k.device FROM device_mark k WHERE "+marks[0]+")")
	}
	if f.Contact != "" {
		if !slices.Contains(Contacts, f.Contact) {
			return "", problem.New(problem.Invalid, "device.filter", "The last contact is hour, day, week, month or longer.").
				WithField("contact")
		}
		from, until := f.Contact.span(now)
		list = append(list, "n.last_contact > "+a.Add(from), "n.last_contact <= "+a.Add(until))
	}
	return strings.Join(append(list, within(sc, "d.id", a, how)), " AND "), nil
}

func (f Filter) words() []string { return strings.Fields(sqldb.Fold(sqldb.Clean(f.Search, maxFact))) }

// within is [scope.Scope.Devices], in the form that fits the approach.
func within(sc scope.Scope, column string, a *sqldb.Args, how approach) string {
	if sc.All() || sc.Owner() != "" || how == walking {
		return sc.Devices(column, a)
	}
	return members(column, a, how, sc.Groups()...)
}

// members is the condition that a device is in one of the groups.
func members(column string, a *sqldb.Args, how approach, groups ...string) string {
	if how == walking {
		return "EXISTS (SELECT 1 FROM device_group_member g WHERE g.device = " + column + " AND g.device_group IN " + a.In(groups...) + ")"
	}
	return column + " IN (SELECT g.device FROM device_group_member g WHERE g.device_group IN " + a.In(groups...) + ")"
}

// narrow tells whether few devices may fit.
func (f Filter) narrow(sc scope.Scope) bool {
	return !sc.All() || f.Liability != "" || f.Owner != "" || f.Upstream != "" || f.Group != "" || f.Contact != "" ||
		len(f.words())+len(f.Platforms)+len(f.States)+len(f.PolicyState)+len(f.Access)+len(f.Marks) > 0
}

func in[T ~string](a *sqldb.Args, list *[]string, column string, values []T) {
	if len(values) == 0 {
		return
	}
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	*list = append(*list, column+" IN "+a.In(texts...))
}

// fewDevices is up to how many devices are gathered and then sorted. Where more fit, some of them come soon on any walk
// along an index.
const fewDevices = 4000

// List returns one page of the devices within the caller's scope.
func (s *Store) List(ctx context.Context, c scope.Caller, query Query) (page.Page[Device], error) {
	sc, err := c.Scope(scope.DeviceRead)
	if err != nil {
		return page.Page[Device]{}, err
	}
	size, err := query.Size()
	if err != nil {
		return page.Page[Device]{}, err
	}
	if query.Sort == "" {
		query.Sort = ByName
	}
	if err := query.Sort.check(); err != nil {
		return page.Page[Device]{}, err
	}
	var p page.Page[Device]
	err = s.db.Read(ctx, func(q sqldb.Querier) error {
		few, total, err := s.gather(ctx, q, sc, query.Filter)
		if err != nil || total == 0 {
			return err
		}
		rows, err := s.rows(ctx, q, sc, query, few, size+1)
		if err != nil {
			return err
		}
		p = page.Cut(rows, size, query.cursor)
		p.Total, p.Capped = min(total, page.MaxTotal), total > page.MaxTotal
		return nil
	})
	return p, err
}

// gather counts the devices that fit, up to one more than a total tells, and returns their ids when they are few.
func (s *Store) gather(ctx context.Context, q sqldb.Querier, sc scope.Scope, f Filter) (few []string, total int, err error) {
	var a sqldb.Args
	where, err := f.where(&a, sc, s.with.Clock.Now(), gathering)
	if err != nil {
		return nil, 0, err
	}
	from := "FROM device d WHERE " + where
	if f.Contact != "" {
		from = f.fromContact(sc) + " WHERE d.id = n.device AND " + where
	}
	most := " LIMIT " + a.Add(page.MaxTotal+1)
	if !f.narrow(sc) {
		total, err = sqldb.One(ctx, q, sqldb.Scan1[int], "SELECT count(*) FROM (SELECT 1 "+from+most+") x", a.List()...)
		return nil, total, err
	}
	ids, err := sqldb.All(ctx, q, sqldb.Scan1[string], "SELECT d.id "+from+most, a.List()...)
	if err != nil || len(ids) > fewDevices {
		return nil, len(ids), err
	}
	return ids, len(ids), nil
}

// fromContact joins the devices with their last contact, beginning with the devices where a group says which they are, and
// with the contacts otherwise.
func (f Filter) fromContact(sc scope.Scope) string {
	if f.Group != "" || !sc.All() {
		return "FROM device d CROSS JOIN device_presence n"
	}
	return "FROM device_presence n CROSS JOIN device d"
}

// rows reads devices in the order of the query, behind its cursor: those of few, or when it is nil, of all that fit.
// CROSS JOIN keeps SQLite from choosing another table to begin with than the one whose index gives the order.
func (s *Store) rows(ctx context.Context, q sqldb.Querier, sc scope.Scope, query Query, few []string, limit int) ([]Device, error) {
	column := sortColumns[query.Sort]
	var a sqldb.Args
	from, id := "device d CROSS JOIN device_presence n", "d.id"
	where := ""
	if few != nil {
		where = "d.id IN " + a.In(few...)
	} else {
		var err error
		if where, err = query.where(&a, sc, s.with.Clock.Now(), walking); err != nil {
			return nil, err
		}
		if query.Sort == ByContact {
			from, id = "device_presence n CROSS JOIN device d", "n.device"
		}
	}
	direction, beyond := "", ">"
	if query.Desc {
		direction, beyond = " DESC", "<"
	}
	after, err := query.after(&a, "("+column+", "+id+") "+beyond)
	if err != nil {
		return nil, err
	}
	return sqldb.All(ctx, q, scanSeen, "SELECT "+deviceColumns+", n.last_contact, n.requests FROM "+from+
		" WHERE n.device = d.id AND "+where+" AND "+after+
		" ORDER BY "+column+direction+", "+id+direction+" LIMIT "+a.Add(limit), a.List()...)
}

func (query Query) after(a *sqldb.Args, compare string) (string, error) {
	if query.After == "" {
		return "TRUE", nil
	}
	if query.Sort.numeric() {
		key, id, err := page.Parse[int64](query.After)
		return compare + " (" + a.Add(key) + ", " + a.Add(id) + ")", err
	}
	key, id, err := page.Parse[string](query.After)
	return compare + " (" + a.Add(key) + ", " + a.Add(id) + ")", err
}

func (query Query) cursor(d Device) string {
	switch query.Sort {
	case ByContact:
		return page.Cursor(sqldb.Micros(d.LastContact), d.ID)
	case ByEnrolled:
		return page.Cursor(sqldb.Micros(d.Enrolled), d.ID)
	case ByOwner:
		return page.Cursor(sqldb.Fold(d.OwnerName), d.ID)
	case ByPlatform:
		return page.Cursor(string(d.Platform), d.ID)
	case ByState:
		return page.Cursor(string(d.State), d.ID)
	case ByName:
	}
	return page.Cursor(sqldb.Fold(d.Name), d.ID)
}

// Names returns the names of devices by id, for lists that refer to them; ids outside the scope are missing. At most 500.
func (s *Store) Names(ctx context.Context, c scope.Caller, ids ...string) (map[string]string, error) {
	sc, err := c.Scope(scope.DeviceRead)
	if err != nil {
		return nil, err
	}
	if len(ids) > page.MaxLimit {
		ids = ids[:page.MaxLimit]
	}
	var a sqldb.Args
	where := "d.id IN " + a.In(ids...) + " AND " + sc.Devices("d.id", &a)
	names := make(map[string]string, len(ids))
	_, err = sqldb.All(ctx, s.db, func(r sqldb.Row) (struct{}, error) {
		var id, name string
		err := r.Scan(&id, &name)
		names[id] = name
		return struct{}{}, err
	}, "SELECT d.id, d.name FROM device d WHERE "+where, a.List()...)
	return names, err
}
