package seal

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"strings"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

// DefaultRetention is how long the key of an epoch is kept after the last live user has left it.
const DefaultRetention = 30 * 24 * time.Hour

// ErrErased says that something was sealed with a key that has been destroyed: it is gone for good.
var ErrErased = errors.New("sealed with a key that has been destroyed")

// Options say where the keys are.
type Options struct {
	// Dir is the key store: a directory outside the database and its backups, shared by all servers of the zone.
	Dir string
	// Clock tells the time; nil is the machine's.
	Clock clock.Clock
	// Retention is how long the keys of past epochs and retired root keys are kept, and with that the greatest age of a
	// backup that can be restored whole; 0 means [DefaultRetention].
	Retention time.Duration
}

// Keyring seals and opens. It may be used by many goroutines, and by several servers on one database and key store.
type Keyring struct {
	db        *sqldb.DB
	store     *keyStore
	clock     clock.Clock
	retention time.Duration
	cache     *cache
	index     *key
	private   ed25519.PrivateKey
	step      func(name string) error // tests crash here
}

// Seal returns the sealed form of plain, to be stored at f and nowhere else. The owner is [Zone] or [User]; a user's
// first value makes the user's key, in the caller's transaction. At most 16 MiB. It refuses a user who was erased
// ([ErrErased]).
func (k *Keyring) Seal(ctx context.Context, tx *sqldb.Tx, f Field, o Owner, plain []byte) (Sealed, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	if len(plain) > maxPlain {
		return nil, problem.New(problem.TooLarge, "seal.size", "A sealed value holds at most 16 MiB.")
	}
	dk, version, err := k.sealingKey(ctx, tx, o)
	if err != nil {
		return nil, err
	}
	defer dk.wipe()
	return dk.encrypt(numbered(version), f.bound(o), plain)
}

// Open returns what was sealed for this place and owner. It fails with [ErrErased] when the key has been destroyed, and
// with an internal problem when the bytes were changed or belong to another place.
func (k *Keyring) Open(ctx context.Context, q sqldb.Querier, f Field, o Owner, sealed Sealed) ([]byte, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	version, err := number(sealed)
	if err != nil {
		return nil, damaged(f, err)
	}
	dk, err := k.openingKey(ctx, q, o, version)
	if err != nil {
		return nil, err
	}
	defer dk.wipe()
	plain, err := dk.decrypt(numberedSize, f.bound(o), sealed)
	if err != nil {
		return nil, damaged(f, err)
	}
	return plain, nil
}

func damaged(f Field, err error) error {
	return problem.New(problem.Internal, "seal.damaged",
		"A protected value in the database is damaged or was moved: restore it from a backup.").
		WithDetail(fmt.Errorf("%s.%s: %w", f.Table, f.Column, err))
}

func erased(detail string) error {
	return problem.New(problem.NotFound, "seal.erased",
		"The personal data of this user has been erased, and nothing can bring it back.").
		WithDetail(fmt.Errorf("%s: %w", detail, ErrErased))
}

// SigningKey returns the key with which the zone signs the heads of its audit chain and its manifests.
func (k *Keyring) SigningKey() ed25519.PrivateKey { return k.private }

// PublicKeyPEM returns the public half of [Keyring.SigningKey] for those who verify (PEM, SubjectPublicKeyInfo of RFC
// 5280). The key store keeps a copy as signing.pub.
func (k *Keyring) PublicKeyPEM() ([]byte, error) {
	return publicPEM(k.private.Public().(ed25519.PublicKey))
}

// Names in the cache.
func newestName(o Owner) string         { return "newest/" + string(o) }
func dataName(o Owner, v uint32) string { return fmt.Sprintf("data/%s/%d", o, v) }
func zoneName(v uint32) string          { return fmt.Sprintf("zone/%d", v) }
func epochName(month string) string     { return "epoch/" + month }
func ownedBy(o Owner) func(name string) bool {
	return func(name string) bool {
		return name == newestName(o) || strings.HasPrefix(name, "data/"+string(o)+"/")
	}
}

// remember caches a key read from the database, but never before it is known to be there: a key whose transaction is
// rolled back must not seal anything afterwards.
func (k *Keyring) remember(q sqldb.Querier, name string, secret *key, num uint32) {
	now := k.clock.Now()
	tx, ok := q.(*sqldb.Tx)
	if !ok {
		k.cache.put(name, secret, num, now)
		return
	}
	held := *secret
	tx.AfterCommit(func() {
		k.cache.put(name, &held, num, now)
		held.wipe()
	})
}

// sealingKey returns the owner's newest key and its version, made when there is none that opens.
func (k *Keyring) sealingKey(ctx context.Context, tx *sqldb.Tx, o Owner) (*key, uint32, error) {
	if dk, version, ok := k.cache.get(newestName(o), k.clock.Now()); ok {
		return dk, version, nil
	}
	row, err := newestDataKeyRow(ctx, tx, o)
	if err != nil && !errors.Is(err, sqldb.ErrNotFound) {
		return nil, 0, err
	}
	var dk *key
	if err == nil {
		dk, err = k.unwrapData(ctx, tx, row)
	}
	// Either there is none yet, or a backup older than the retention was restored and the key's epoch is gone.
	if errors.Is(err, sqldb.ErrNotFound) || errors.Is(err, ErrErased) {
		row, dk, err = k.makeData(ctx, tx, o, row.version+1)
	}
	if err != nil {
		return nil, 0, err
	}
	k.remember(tx, newestName(o), dk, row.version)
	return dk, row.version, nil
}

func (k *Keyring) openingKey(ctx context.Context, q sqldb.Querier, o Owner, version uint32) (*key, error) {
	name := dataName(o, version)
	if dk, _, ok := k.cache.get(name, k.clock.Now()); ok {
		return dk, nil
	}
	row, err := dataKeyRowOf(ctx, q, o, version)
	if errors.Is(err, sqldb.ErrNotFound) {
		return nil, erased("no such data key")
	}
	if err != nil {
		return nil, err
	}
	dk, err := k.unwrapData(ctx, q, row)
	if err != nil {
		return nil, err
	}
	k.remember(q, name, dk, version)
	return dk, nil
}

// makeData makes a data key. When another server has made it at the same time, that one counts.
func (k *Keyring) makeData(ctx context.Context, tx *sqldb.Tx, o Owner, version uint32) (dataKeyRow, *key, error) {
	if o.isUser() {
		gone, err := isErased(ctx, tx, strings.TrimPrefix(string(o), userPrefix))
		if err != nil {
			return dataKeyRow{}, nil, err
		}
		if gone {
			return dataKeyRow{}, nil, erased("the user is in the erasure ledger")
		}
	}
	dk := newKey()
	row, err := k.wrapData(ctx, tx, o, version, dk)
	if err != nil {
		return dataKeyRow{}, nil, err
	}
	made, err := insertDataKey(ctx, tx, row)
	if err != nil || made {
		return row, dk, retryable(err)
	}
	dk.wipe()
	if row, err = newestDataKeyRow(ctx, tx, o); err != nil {
		return dataKeyRow{}, nil, err
	}
	dk, err = k.unwrapData(ctx, tx, row)
	return row, dk, err
}

// retryable turns the one collision that two servers can have (a key wrapped by what the other has just retired) into a
// request to try again.
func retryable(err error) error {
	if !errors.Is(err, sqldb.ErrForeign) {
		return err
	}
	return problem.New(problem.Unavailable, "seal.rotating", "The zone's keys are being changed; try again.").
		WithRetry(time.Second).WithDetail(err)
}

func boundData(o Owner, version uint32) []byte {
	return bind("data key", string(o), fmt.Sprint(version))
}

// epochHeader is the header of what an epoch key has wrapped; which epoch it was, the row tells and the bound bytes prove.
var epochHeader = []byte{format}

func boundEpoch(o Owner, version uint32, month string) []byte {
	return bind("data key in epoch", string(o), fmt.Sprint(version), month)
}

// wrapData wraps a data key with the newest zone key, and around that with the key of the month when it is a user's.
func (k *Keyring) wrapData(ctx context.Context, tx *sqldb.Tx, o Owner, version uint32, dk *key) (dataKeyRow, error) {
	row := dataKeyRow{owner: o, version: version}
	var err error
	if row.zoneVersion, err = newestZoneKey(ctx, tx); err != nil {
		return row, err
	}
	zk, err := k.zoneKey(ctx, tx, row.zoneVersion)
	if err != nil {
		return row, err
	}
	defer zk.wipe()
	row.wrapped, err = zk.encrypt(numbered(row.zoneVersion), boundData(o, version), dk[:])
	if err != nil || !o.isUser() {
		return row, err
	}
	row.epoch = k.month()
	ek, err := k.currentEpoch(ctx, tx, row.epoch)
	if err != nil {
		return row, err
	}
	defer ek.wipe()
	row.wrapped, err = ek.encrypt(epochHeader, boundEpoch(o, version, row.epoch), row.wrapped)
	return row, err
}

// unwrapData undoes wrapData. It fails with ErrErased when the key of the epoch has been destroyed.
func (k *Keyring) unwrapData(ctx context.Context, q sqldb.Querier, row dataKeyRow) (*key, error) {
	inner := row.wrapped
	if row.epoch != "" {
		var err error
		if inner, err = k.openEpoch(row); err != nil {
			return nil, err
		}
	}
	zk, err := k.zoneKey(ctx, q, row.zoneVersion)
	if err != nil {
		return nil, err
	}
	defer zk.wipe()
	raw, err := zk.decrypt(numberedSize, boundData(row.owner, row.version), inner)
	if err != nil {
		return nil, damaged(Field{Table: "seal_data_key", Column: "wrapped"}, err)
	}
	return keyFrom(raw)
}

// zoneKey returns one version of the zone key, after comparing its check value.
func (k *Keyring) zoneKey(ctx context.Context, q sqldb.Querier, version uint32) (*key, error) {
	if zk, _, ok := k.cache.get(zoneName(version), k.clock.Now()); ok {
		return zk, nil
	}
	row, err := zoneKeyRowOf(ctx, q, version)
	if err != nil {
		return nil, fmt.Errorf("zone key %d: %w", version, err)
	}
	zk, err := k.unwrapZone(row)
	if err != nil {
		return nil, err
	}
	k.remember(q, zoneName(version), zk, version)
	return zk, nil
}
