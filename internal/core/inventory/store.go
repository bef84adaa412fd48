package inventory

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

// Policy tells what is asked of a device.
type Policy interface {
	// AsksAbout tells whether a suite asks for what a device tells of people.
	AsksAbout(ctx context.Context, device string) (bool, error)
}

// Devices is what inventory asks of the devices.
type Devices interface {
	Find(ctx context.Context, q sqldb.Querier, c scope.Caller, r scope.Right, id string) (device.Device, error)
}

// Parts are what a [Store] stands on. All are needed.
type Parts struct {
	DB      *sqldb.DB
	Clock   clock.Clock
	Log     *audit.Log
	Bus     *bus.Bus
	Devices Devices
	Policy  Policy
}

// Store keeps the inventories of the zone's devices.
type Store struct {
	with Parts
	db   *sqldb.DB
}

// New returns the inventories of the zone.
func New(p Parts) *Store { return &Store{with: p, db: p.DB} }

// State is what is known of one section.
type State struct {
	Section Section
	Hash    string
	Items   int
	Source  string
	Made    time.Time // when the device told it
	At      time.Time // when it changed last
}

const stateColumns = "x.section, x.hash, x.items, x.source, x.made, x.at"

func scanState(r sqldb.Row) (x State, err error) {
	var made, at int64
	err = r.Scan(&x.Section, &x.Hash, &x.Items, &x.Source, &made, &at)
	x.Made, x.At = sqldb.Time(made), sqldb.Time(at)
	return x, err
}

// Keep takes a report of a device, all of it or nothing, and returns the state of every section. c is the device itself. A
// section that is told again as it was costs no write. What is older than what was told last changes nothing. Problems:
// Conflict ("inventory.base") when the report was made from another one than the zone holds: the device tells all of it;
// Forbidden when a part tells of people and no suite asks for that.
func (s *Store) Keep(ctx context.Context, c scope.Caller, deviceID string, r Report) ([]State, error) {
	if c.Kind != scope.Device || c.ID != deviceID {
		return nil, problem.New(problem.Forbidden, "inventory.device", "Only a device itself tells this.")
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	if err := s.asked(ctx, deviceID, r); err != nil {
		return nil, err
	}
	known, err := s.states(ctx, s.db, deviceID)
	if err != nil {
		return nil, err
	}
	if r.Told != nil || len(s.news(r, known)) > 0 {
		err = s.db.WriteSoon(ctx, func(tx *sqldb.Tx) error { return s.take(ctx, tx, deviceID, r) })
		if err != nil {
			return nil, err
		}
	}
	return s.list(ctx, s.db, deviceID)
}

func (s *Store) asked(ctx context.Context, deviceID string, r Report) error {
	for _, p := range r.Parts {
		if d, _ := Describe(p.Section); !d.About || len(p.Items) == 0 { // that there is none any more may always be told
			continue
		}
		wanted, err := s.with.Policy.AsksAbout(ctx, deviceID)
		if err != nil {
			return err
		}
		if !wanted {
			return problem.Newf(problem.Forbidden, "inventory.unasked",
				"The policy of this device does not ask for the section %q: do not send it. Nothing has been kept.", p.Section).WithField("section")
		}
	}
	return nil
}

// ahead is how far the clocks of a zone's servers are apart at most.
const ahead = 10 * time.Minute

// news returns the parts that change something. What a report in the teller's own form says follows what it was made from, whatever
// the clocks say; and what lies ahead was told while a clock was wrong, and keeps nothing out.
func (s *Store) news(r Report, known map[Section]State) []Part {
	var out []Part
	latest := s.with.Clock.Now().Add(ahead)
	for _, p := range r.Parts {
		d, _ := Describe(p.Section)
		k, there := known[p.Section]
		late := r.Told == nil && r.Made.Before(k.Made) && !k.Made.After(latest)
		if there && (late || d.hash(p.Items) == k.Hash) || !there && len(p.Items) == 0 {
			continue
		}
		out = append(out, p)
	}
	return out
}

// take writes what is new at this moment: another report may have come between.
func (s *Store) take(ctx context.Context, tx *sqldb.Tx, deviceID string, r Report) error {
	if err := s.hold(ctx, tx, deviceID, r.Told); err != nil {
		return err
	}
	known, err := s.states(ctx, tx, deviceID)
	if err != nil {
		return err
	}
	parts := s.news(r, known)
	for _, p := range parts {
		if err := s.takePart(ctx, tx, deviceID, r, p, known[p.Section].Hash == ""); err != nil {
			return err
		}
	}
	if len(parts) > 0 {
		tx.AfterCommit(func() { s.with.Bus.Publish(bus.Message{Topic: "event", Body: "device " + deviceID}) })
	}
	return nil
}

// hold keeps a report in its teller's form.
func (s *Store) hold(ctx context.Context, tx *sqldb.Tx, deviceID string, t *Told) error {
	if t == nil {
		return nil
	}
	if t.Base != "" {
		n, err := tx.Exec(ctx, "UPDATE inventory_told SET hash = $1, body = $2 WHERE device = $3 AND hash = $4", t.Hash, t.Body, deviceID, t.Base)
		if err == nil && n == 0 {
			err = errBase
		}
		return err
	}
	_, err := tx.Exec(ctx, `INSERT INTO inventory_told (device, hash, body) VALUES ($1, $2, $3)
		ON CONFLICT (device) DO UPDATE SET hash = excluded.hash, body = excluded.body`, deviceID, t.Hash, t.Body)
	return err
}

var errBase = problem.New(problem.Conflict, "inventory.base", "Tell the inventory whole: the one that this was made from is not held here.").WithField("base")

// Told returns the last report of a device in its teller's own form. c is the device itself. A problem of kind Conflict
// ("inventory.base") when none is held.
func (s *Store) Told(ctx context.Context, c scope.Caller) (Told, error) {
	if c.Kind != scope.Device {
		return Told{}, problem.New(problem.Forbidden, "inventory.device", "Only a device itself tells this.")
	}
	t, err := sqldb.One(ctx, s.db, func(r sqldb.Row) (t Told, err error) { return t, r.Scan(&t.Hash, &t.Body) },
		"SELECT hash, body FROM inventory_told WHERE device = $1", c.ID)
	if errors.Is(err, sqldb.ErrNotFound) {
		err = errBase
	}
	return t, err
}

func (s *Store) takePart(ctx context.Context, tx *sqldb.Tx, deviceID string, r Report, p Part, first bool) error {
	d, err := Describe(p.Section)
	if err != nil {
		return err
	}
	old, err := s.items(ctx, tx, deviceID, d)
	if err != nil {
		return err
	}
	now := d.clean(p.Items)
	if !first { // what a device had from the first is no history
		if err := s.note(ctx, tx, deviceID, d.compare(old, now)); err != nil {
			return err
		}
	}
	if p.Section == Software {
		err = s.install(ctx, tx, deviceID, old, now)
	} else {
		err = s.facts(ctx, tx, deviceID, d, now)
	}
	if err != nil {
		return err
	}
	return s.write(ctx, tx, deviceID, r, d, now)
}

func (s *Store) write(ctx context.Context, tx *sqldb.Tx, deviceID string, r Report, d Description, now []Item) error {
	body := []byte("[]")
	if d.Section != Software {
		var err error
		if body, err = json.Marshal(now); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `INSERT INTO inventory_section (device, section, hash, items, source, made, at, body)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (device, section) DO UPDATE SET hash = excluded.hash,
		items = excluded.items, source = excluded.source, made = excluded.made, at = excluded.at, body = excluded.body`,
		deviceID, string(d.Section), d.hash(now), len(now), r.Source, sqldb.Micros(r.Made), sqldb.Micros(s.with.Clock.Now()), string(body))
	return err
}

// facts keeps the fields of a section with one item where devices are found by them.
func (s *Store) facts(ctx context.Context, tx *sqldb.Tx, deviceID string, d Description, now []Item) error {
	if !d.Single {
		return nil
	}
	var one Item
	if len(now) > 0 {
		one = now[0]
	}
	for _, f := range d.Fields {
		name, value := string(d.Section)+"."+f.Name, one[f.Name]
		if value == "" {
			if _, err := tx.Exec(ctx, "DELETE FROM inventory_fact WHERE device = $1 AND fact = $2", deviceID, name); err != nil {
				return err
			}
			continue
		}
		_, err := tx.Exec(ctx, `INSERT INTO inventory_fact (device, fact, text, number) VALUES ($1, $2, $3, $4)
			ON CONFLICT (device, fact) DO UPDATE SET text = excluded.text, number = excluded.number`,
			deviceID, name, sqldb.Fold(value), f.number(value))
		if err != nil {
			return err
		}
	}
	return nil
}

// number is the text as a number where the unit has one, and 0 otherwise: microseconds of times.
func (f Field) number(text string) int64 {
	if f.Unit == Time {
		t, _ := time.Parse(time.RFC3339, text)
		return sqldb.Micros(t)
	}
	n, _ := strconv.ParseInt(text, 10, 64)
	return n
}

func (s *Store) states(ctx context.Context, q sqldb.Querier, deviceID string) (map[Section]State, error) {
	list, err := s.list(ctx, q, deviceID)
	known := make(map[Section]State, len(list))
	for _, x := range list {
		known[x.Section] = x
	}
	return known, err
}

func (s *Store) list(ctx context.Context, q sqldb.Querier, deviceID string) ([]State, error) {
	return sqldb.All(ctx, q, scanState, "SELECT "+stateColumns+" FROM inventory_section x WHERE x.device = $1 ORDER BY x.section", deviceID)
}

// items reads a section as it is kept.
func (s *Store) items(ctx context.Context, q sqldb.Querier, deviceID string, d Description) ([]Item, error) {
	if d.Section == Software {
		return s.installed(ctx, q, deviceID)
	}
	bodies, err := sqldb.All(ctx, q, sqldb.Scan1[string], "SELECT body FROM inventory_section WHERE device = $1 AND section = $2", deviceID, string(d.Section))
	if err != nil || len(bodies) == 0 {
		return nil, err
	}
	var items []Item
	if err := json.Unmarshal([]byte(bodies[0]), &items); err != nil {
		return nil, err
	}
	return d.clean(items), nil // an older version may have had other fields
}

// States tells what is known of a device, section by section.
func (s *Store) States(ctx context.Context, c scope.Caller, deviceID string) ([]State, error) {
	if _, err := s.with.Devices.Find(ctx, s.db, c, scope.InventoryRead, deviceID); err != nil {
		return nil, err
	}
	return s.list(ctx, s.db, deviceID)
}

// Items returns one section of a device, in the order of its keys. What tells of people needs the right to look at that.
func (s *Store) Items(ctx context.Context, c scope.Caller, deviceID string, section Section) ([]Item, error) {
	d, err := Describe(section)
	if err != nil {
		return nil, err
	}
	right := scope.InventoryRead
	if d.About {
		right = scope.UserPersonalRead
	}
	if _, err := s.with.Devices.Find(ctx, s.db, c, right, deviceID); err != nil {
		return nil, err
	}
	return s.items(ctx, s.db, deviceID, d)
}

// Singles returns the one item of a section of devices, by their ids, as far as it is known and the caller may see it.
func (s *Store) Singles(ctx context.Context, c scope.Caller, section Section, ids ...string) (map[string]Item, error) {
	d, err := Describe(section)
	if err != nil {
		return nil, err
	}
	if !d.Single {
		return nil, problem.New(problem.Invalid, "inventory.fact", "This section has more than one item.").WithField("section")
	}
	sc, err := c.Scope(scope.InventoryRead)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	type row struct{ device, body string }
	var a sqldb.Args
	where := "x.section = " + a.Add(string(section)) + " AND x.device IN " + a.In(ids...) + " AND " + sc.Devices("x.device", &a)
	rows, err := sqldb.All(ctx, s.db, func(r sqldb.Row) (x row, err error) { return x, r.Scan(&x.device, &x.body) },
		"SELECT x.device, x.body FROM inventory_section x WHERE "+where, a.List()...)
	out := make(map[string]Item, len(rows))
	for _, x := range rows {
		var items []Item
		if err := json.Unmarshal([]byte(x.body), &items); err != nil {
			return nil, err
		}
		if len(items) > 0 {
			out[x.device] = items[0]
		}
	}
	return out, err
}

// DeviceMoved forgets what a removed device was made of, as [device.Follower], and of a device with another owner what it
// told of people.
func (s *Store) DeviceMoved(ctx context.Context, tx *sqldb.Tx, id string, to device.State) error {
	if to == device.Removed {
		return s.forget(ctx, tx, id)
	}
	for _, text := range []string{
		"DELETE FROM inventory_section WHERE device = $1 AND section = 'user'",
		"DELETE FROM inventory_change WHERE device = $1 AND section = 'user'",
		"DELETE FROM inventory_told WHERE device = $1", // it holds them too
	} {
		if _, err := tx.Exec(ctx, text, id); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) forget(ctx context.Context, tx *sqldb.Tx, id string) error {
	for _, text := range []string{
		"DELETE FROM inventory_section WHERE device = $1", "DELETE FROM inventory_fact WHERE device = $1",
		"DELETE FROM inventory_installed WHERE device = $1", "DELETE FROM inventory_change WHERE device = $1",
		"DELETE FROM inventory_told WHERE device = $1",
	} {
		if _, err := tx.Exec(ctx, text, id); err != nil {
			return err
		}
	}
	return nil
}
