package enrol

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"net/netip"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/revcache"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/base/throttle"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/platform"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

// Users is what enrol asks of the directory.
type Users interface {
	Get(ctx context.Context, c scope.Caller, id string) (directory.User, error)
	ByName(ctx context.Context, c scope.Caller, name string) (directory.User, error)
}

// Devices is what enrol asks of the devices.
type Devices interface {
	Come(ctx context.Context, tx *sqldb.Tx, c scope.Caller, h device.Hello) (device.Device, error)
	Accompany(ctx context.Context, tx *sqldb.Tx, id, app string) error
	ComeComputer(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id string, f device.Facts) (device.Device, error)
	Get(ctx context.Context, c scope.Caller, id string) (device.Device, error)
	Find(ctx context.Context, q sqldb.Querier, c scope.Caller, r scope.Right, id string) (device.Device, error)
	Lineage(ctx context.Context, folder string) ([]string, error)
	CheckPlace(ctx context.Context, q sqldb.Querier, folder string, groups []string) error
	Settle(ctx context.Context, tx *sqldb.Tx, c scope.Caller, id string, p device.Place) error
	Expect(ctx context.Context, tx *sqldb.Tx, c scope.Caller, owner directory.User, f device.Facts) (string, error)
	GroupsByName(ctx context.Context, q sqldb.Querier) (map[string]device.Group, error)
	Named(ctx context.Context, q sqldb.Querier, name, but string) (bool, error)
}

// Issuer certifies a device's key; see [pki.Authority.IssueDevice].
type Issuer interface {
	IssueDevice(key crypto.PublicKey, name string) (*x509.Certificate, error)
}

// Revision tells the zone's revision; see [zone.Revision.Current].
type Revision interface{ Current() (int64, error) }

// Parts are what a [Store] stands on. All are needed.
type Parts struct {
	DB       *sqldb.DB
	Clock    clock.Clock
	Log      *audit.Log
	Zone     *zone.Zone
	Revision Revision
	Bus      *bus.Bus
	Users    Users
	// SignIn proves a user by a password; it counts the tries.
	SignIn  func(ctx context.Context, addr netip.Addr, name, password string) (directory.User, error)
	Devices Devices
	Issuer  func() (Issuer, error) // asked when a key is to be certified
	Keys    *seal.Keyring
}

// Store keeps keys, invitations and terms.
type Store struct {
	with   Parts
	db     *sqldb.DB
	proofs *revcache.Cache[string, Proof]
	tries  *throttle.Book
	turns  throttle.Turns

	signing *revcache.Cache[struct{}, signers]
}

// cached bounds the keys kept in memory: about 40 MB when full.
const cached = 100_000

// New returns the enrolment of the zone.
func New(p Parts) *Store {
	return &Store{ // whatever changes what a key proves raises the revision: keys, the state of a device, the user
		with: p, db: p.DB, proofs: revcache.NewLasting[string, Proof](cached), tries: throttle.New(p.DB, p.Clock, "enrol_failure"),
		signing: revcache.New[struct{}, signers](1),
	}
}

// self acts for what a device has not proven yet.
var self = scope.System("enrol")

const keyColumns = `k.id, k.device, k.owner, k.public_key, k.certificate, k.serial, k.channel, k.via, k.state, k.because, k.created,
	k.expires, k.ended`

func scanKey(r sqldb.Row) (k Key, err error) {
	var created, expires, ended int64
	err = r.Scan(&k.ID, &k.Device, &k.Owner, &k.public, &k.Certificate, &k.Serial, &k.Channel, &k.Via, &k.State, &k.Because, &created,
		&expires, &ended)
	k.Created, k.Expires, k.Ended = sqldb.Time(created), sqldb.Time(expires), sqldb.Time(ended)
	return k, err
}

func (s *Store) keyByID(ctx context.Context, q sqldb.Querier, id string) (Key, error) {
	return sqldb.One(ctx, q, scanKey, "SELECT "+keyColumns+" FROM device_key k WHERE k.id = $1", id)
}

func (s *Store) insertKey(ctx context.Context, tx *sqldb.Tx, k Key) error {
	_, err := tx.Exec(ctx, `INSERT INTO device_key (id, device, owner, public_key, certificate, serial, channel, via, state, because,
		created, expires, ended) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'good', '', $9, $10, 0)`,
		k.ID, k.Device, k.Owner, k.public, k.Certificate, k.Serial, string(k.Channel), string(k.Via), sqldb.Micros(k.Created), sqldb.Micros(k.Expires))
	if errors.Is(err, sqldb.ErrConflict) {
		return errKeyUsed
	}
	return err
}

// endKeys ends the good keys of a device, and where to is [Ended] those that are ending too. It tells whether there were any.
func (s *Store) endKeys(ctx context.Context, tx *sqldb.Tx, device string, to KeyState, because string) (bool, error) {
	from := "state = 'good'"
	if to == Ended {
		from = "state IN ('good', 'ending')"
	}
	n, err := tx.Exec(ctx, "UPDATE device_key SET state = $1, because = $2, ended = $3 WHERE device = $4 AND "+from,
		string(to), because, sqldb.Micros(s.with.Clock.Now()), device)
	return n > 0, err
}

func (s *Store) record(ctx context.Context, tx *sqldb.Tx, c scope.Caller, action string, d, owner string, after map[string]any) error {
	return s.with.Log.Append(ctx, tx, audit.Record{
		Action: action, Caller: c, Subject: audit.Subject{Kind: "device", ID: d}, Device: d, Owner: owner, After: after,
	})
}

// Keys returns a device's keys, newest first.
func (s *Store) Keys(ctx context.Context, c scope.Caller, device string) ([]Key, error) {
	sc, err := c.Scope(scope.DeviceRead)
	if err != nil {
		return nil, err
	}
	var a sqldb.Args
	where := "k.device = " + a.Add(device) + " AND " + sc.Devices("k.device", &a)
	return sqldb.All(ctx, s.db, scanKey, "SELECT "+keyColumns+" FROM device_key k WHERE "+where+" ORDER BY k.created DESC, k.id LIMIT 50", a.List()...)
}

// Holds tells which of the devices have a good key, and over which channel they hold it: a companion application or an agent;
// for package command, which has asked for the right already.
func (s *Store) Holds(ctx context.Context, q sqldb.Querier, devices []string) (map[string]platform.Channel, error) {
	held := make(map[string]platform.Channel, len(devices))
	for len(devices) > 0 {
		n := min(len(devices), 500)
		var a sqldb.Args
		list, err := sqldb.All(ctx, q, func(r sqldb.Row) (k Key, err error) {
			err = r.Scan(&k.Device, &k.Channel)
			return k, err
		}, "SELECT device, channel FROM device_key WHERE state = 'good' AND device IN "+a.In(devices[:n]...)+
			" AND expires > "+a.Add(sqldb.Micros(s.with.Clock.Now())), a.List()...)
		if err != nil {
			return nil, err
		}
		for _, k := range list {
			held[k.Device] = k.Channel
		}
		devices = devices[n:]
	}
	return held, nil
}

// UserChanged is for [directory.Follower]: keys hang on ids, not on names.
func (s *Store) UserChanged(context.Context, *sqldb.Tx, directory.User) error { return nil }

// UserErased takes the user's invitations away, as [directory.Follower]. The keys end with the devices.
func (s *Store) UserErased(ctx context.Context, tx *sqldb.Tx, id string) error {
	_, err := tx.Exec(ctx, "DELETE FROM enrol_invitation WHERE owner = $1", id)
	return err
}

// renewFrom is when a key that ends at the given time may be renewed: in the last third of its life.
func renewFrom(created, expires time.Time) time.Time { return expires.Add(-expires.Sub(created) / 3) }

var errKeyUsed = problem.New(problem.Conflict, "enrol.key-used", "This key has been used before: make a new one on the device.")
