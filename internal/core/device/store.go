package device

import (
	"context"
	"errors"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/revcache"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/directory"
	"drover/internal/core/safety"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Owners finds the users whom devices belong to.
type Owners interface {
	Get(ctx context.Context, c scope.Caller, id string) (directory.User, error)
}

// Keys seals the phone number.
type Keys interface {
	Seal(ctx context.Context, tx *sqldb.Tx, f seal.Field, o seal.Owner, plain []byte) (seal.Sealed, error)
	Open(ctx context.Context, q sqldb.Querier, f seal.Field, o seal.Owner, sealed seal.Sealed) ([]byte, error)
}

// Revision tells the zone's revision as far as people go; see [zone.Revision.People].
type Revision interface{ People() (int64, error) }

// Parts are what a [Store] stands on. All are needed.
type Parts struct {
	DB       *sqldb.DB
	Clock    clock.Clock
	Log      *audit.Log
	Zone     *zone.Zone
	Revision Revision
	Bus      *bus.Bus
	Keys     Keys
	Owners   Owners
	Safety   *safety.Safety
}

// Store keeps devices. It may be used by many goroutines.
type Store struct {
	with      Parts
	db        *sqldb.DB
	known     *revcache.Cache[string, Known]
	groups    *revcache.Cache[string, []string]
	presence  *sqldb.Behind[string, touch]
	followers []Follower
	returned  []func(ctx context.Context, tx *sqldb.Tx, id string) error
	ties      directory.Ties
}

const (
	// cached bounds the devices kept in memory: about 40 MB when full.
	cached = 20_000
	// cachedGroups bounds those whose groups are kept: about 10 MB when full.
	cachedGroups = 50_000
)

// newKnown makes the cache of devices. Facts and keys change by the thousand and raise no revision; another server, where
// there can be one, goes by what it remembers for a minute, and refuses nobody on it (see [Store.Read]).
func newKnown(e sqldb.Engine) *revcache.Cache[string, Known] {
	if e == sqldb.SQLite {
		return revcache.NewLasting[string, Known](cached)
	}
	return revcache.New[string, Known](cached)
}

// New returns the devices of the zone, and registers it with safety as the one that removes them. Run [Store.Run] beside
// it.
func New(p Parts) *Store {
	s := &Store{
		with: p, db: p.DB, known: newKnown(p.DB.Engine()), groups: revcache.NewLasting[string, []string](cachedGroups),
	}
	s.presence = sqldb.NewBehind(maxTouched, s.flush)
	p.Safety.Register(kindRemove, safety.Act{Do: s.remove})
	return s
}

// Known is a device with its partnership, as the gateway needs them at each request.
type Known struct {
	Device      Device
	Partnership Partnership
}

// Topic is the bus topic of what concerns one device: its held request must end.
func Topic(id string) string { return "device:" + id }

const deviceColumns = `d.id, d.owner, d.owner_name, d.eas_id, d.name, d.platform, d.platform_by, d.liability, d.friendly,
	d.model, d.os, d.language, d.operator, d.serial, d.imei, d.user_agent, d.device_type, d.protocol, d.phone IS NOT NULL,
	d.state, d.access, d.upstream, d.policy_state, d.enrolled_at, d.facts_at, d.version`

// deviceRow is a device as the database keeps it.
type deviceRow struct {
	d                          Device
	by                         string
	enrolled, factsAt, contact int64
}

func (r *deviceRow) targets() []any {
	d := &r.d
	return []any{
		&d.ID, &d.Owner, &d.OwnerName, &d.EASID, &d.Name, &d.Platform, &r.by, &d.Liability, &d.FriendlyName,
		&d.Model, &d.OS, &d.Language, &d.Operator, &d.Serial, &d.IMEI, &d.UserAgent, &d.DeviceType, &d.Protocol, &d.HasPhone,
		&d.State, &d.Access, &d.Upstream, &d.PolicyState, &r.enrolled, &r.factsAt, &d.Version,
	}
}

func (r *deviceRow) device() Device {
	d := r.d
	d.ByHand = r.by == byHand
	if d.State.out() {
		d.Access = Block
	}
	d.Enrolled, d.FactsAt, d.LastContact = sqldb.Time(r.enrolled), sqldb.Time(r.factsAt), sqldb.Time(r.contact)
	return d
}

const (
	byHand     = "hand"
	recognised = "recognised"
)

func scanSeen(r sqldb.Row) (Device, error) {
	var x deviceRow
	err := r.Scan(append(x.targets(), &x.contact, &x.d.Requests)...)
	return x.device(), err
}

func scanKnown(r sqldb.Row) (Known, error) {
	var d deviceRow
	var p partnershipRow
	err := r.Scan(append(d.targets(), p.targets()...)...)
	return Known{d.device(), p.partnership()}, err
}

// Find returns a device as far as the right reaches, within any transaction or none. A device outside is NotFound.
func (s *Store) Find(ctx context.Context, q sqldb.Querier, c scope.Caller, r scope.Right, id string) (Device, error) {
	sc, err := c.Scope(r)
	if err != nil {
		return Device{}, err
	}
	var a sqldb.Args
	where := "d.id = " + a.Add(id) + " AND " + sc.Devices("d.id", &a)
	d, err := sqldb.One(ctx, q, scanSeen, "SELECT "+deviceColumns+", n.last_contact, n.requests FROM device d "+
		"JOIN device_presence n ON n.device = d.id WHERE "+where, a.List()...)
	return d, missing(err)
}

// Get returns one device.
func (s *Store) Get(ctx context.Context, c scope.Caller, id string) (Device, error) {
	return s.Find(ctx, s.db, c, scope.DeviceRead, id)
}

// Partnership returns what one device and the gateway have agreed on.
func (s *Store) Partnership(ctx context.Context, c scope.Caller, id string) (Partnership, error) {
	sc, err := c.Scope(scope.DeviceRead)
	if err != nil {
		return Partnership{}, err
	}
	var a sqldb.Args
	where := "d.id = " + a.Add(id) + " AND " + sc.Devices("d.id", &a)
	k, err := sqldb.One(ctx, s.db, scanKnown, knownText+where, a.List()...)
	return k.Partnership, missing(err)
}

const knownText = "SELECT " + deviceColumns + ", " + partnershipColumns +
	" FROM device d JOIN partnership p ON p.device = d.id WHERE "

func missing(err error) error {
	if errors.Is(err, sqldb.ErrNotFound) {
		return unknown
	}
	return err
}

var notTheGateway = problem.New(problem.Forbidden, "device.channel", "Only the device's own channel may do this.")

// gateway lets Drover's own parts through, and the device itself; id is "" where there is no device yet.
func gateway(c scope.Caller, id string) error {
	if c.Kind == scope.Internal || (c.Kind == scope.Device && id != "" && c.ID == id) {
		return nil
	}
	return notTheGateway
}

// Lookup returns the device of an owner with this DeviceId, from memory where it can. It says nothing of whether the
// device may come in: see [Device.Refusal]. For the gateway alone; it makes nothing and may be asked before any proof.
func (s *Store) Lookup(ctx context.Context, c scope.Caller, owner, easID string) (Known, error) {
	if err := gateway(c, ""); err != nil {
		return Known{}, err
	}
	key, err := easKey(easID)
	if err != nil {
		return Known{}, err
	}
	revision, err := s.with.Revision.People()
	if err != nil {
		return Known{}, err
	}
	if k, ok := s.known.Get(revision, owner+" "+key); ok {
		return k, nil
	}
	return s.Read(ctx, c, owner, easID)
}

// Read is [Store.Lookup] from the database, for those who are to be refused: another server may have heard more of the
// device, or given it a newer key.
func (s *Store) Read(ctx context.Context, c scope.Caller, owner, easID string) (Known, error) {
	if err := gateway(c, ""); err != nil {
		return Known{}, err
	}
	key, err := easKey(easID)
	if err != nil {
		return Known{}, err
	}
	revision, err := s.with.Revision.People()
	if err != nil {
		return Known{}, err
	}
	return s.load(ctx, revision, "d.owner = $1 AND d.eas_key = $2", owner, key)
}

// Fresh returns the device as the database has it now: where a key does not fit what memory holds, another server may
// have given a newer one.
func (s *Store) Fresh(ctx context.Context, c scope.Caller, id string) (Known, error) {
	if err := gateway(c, id); err != nil {
		return Known{}, err
	}
	return s.freshByID(ctx, id)
}

func (s *Store) freshByID(ctx context.Context, id string) (Known, error) {
	revision, err := s.with.Revision.People()
	if err != nil {
		return Known{}, err
	}
	return s.load(ctx, revision, "d.id = $1", id)
}

// ByPolicyKey returns the devices with this DeviceId and last final policy key, whoever owns them; at most ten. It is for
// a wipe that must be told although the account's password is dead, and proves nothing: two things that are no secrets
// fit each other.
func (s *Store) ByPolicyKey(ctx context.Context, c scope.Caller, easID string, key uint32) ([]Known, error) {
	if err := gateway(c, ""); err != nil {
		return nil, err
	}
	id, err := easKey(easID)
	if err != nil || key == 0 {
		return nil, err
	}
	return sqldb.All(ctx, s.db, scanKnown, knownText+"d.eas_key = $1 AND p.final_key = $2 ORDER BY d.id LIMIT 10", id, key)
}

// load reads a device and keeps it in memory. The revision was taken before.
func (s *Store) load(ctx context.Context, revision int64, where string, args ...any) (Known, error) {
	k, err := sqldb.One(ctx, s.db, scanKnown, knownText+where, args...)
	if err != nil {
		return Known{}, missing(err)
	}
	return k, s.keep(revision, k)
}

// keep takes what was read at the revision into memory.
func (s *Store) keep(revision int64, k Known) error {
	key, err := easKey(k.Device.EASID)
	if err != nil {
		return err
	}
	// Both versions only ever rise, and so does their sum.
	s.known.Put(revision, k.Device.Owner+" "+key, k, k.Device.Version+k.Partnership.Version)
	return nil
}

// tell has the dashboard look at the device again, after the commit.
func (s *Store) tell(tx *sqldb.Tx, id string) {
	tx.AfterCommit(func() { s.with.Bus.Publish(bus.Message{Topic: "event", Body: "device " + id}) })
}

// wake ends what the device holds open, and has the dashboard look again.
func (s *Store) wake(tx *sqldb.Tx, id string) {
	s.tell(tx, id)
	tx.AfterCommit(func() { s.with.Bus.Publish(bus.Message{Topic: Topic(id)}) })
}

func (s *Store) record(ctx context.Context, tx *sqldb.Tx, c scope.Caller, action string, d Device, before, after any) error {
	return s.with.Log.Append(ctx, tx, audit.Record{
		Action: action, Caller: c, Subject: audit.Subject{Kind: "device", ID: d.ID}, Device: d.ID, Owner: d.Owner,
		Before: before, After: after,
	})
}
