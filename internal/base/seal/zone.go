package seal

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"

	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

// Open opens the keyring of a migrated database and its key store. With an empty database and an empty key store it
// makes the first keys. It refuses, and changes nothing, when the root key is missing or is not the one the database
// and the key store were made with. It ends a root key rotation that a crash cut off, and destroys again the keys of
// erased users that a restored database has brought back.
func Open(ctx context.Context, db *sqldb.DB, o Options) (*Keyring, error) {
	return open(ctx, db, o, func(string) error { return nil })
}

func open(ctx context.Context, db *sqldb.DB, o Options, step func(string) error) (*Keyring, error) {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Retention <= 0 {
		o.Retention = DefaultRetention
	}
	store, err := openKeyStore(o.Dir)
	if err != nil {
		return nil, err
	}
	k := &Keyring{db: db, store: store, clock: o.Clock, retention: o.Retention, cache: newCache(), step: step}
	if err := store.administered(ctx, func() error { return k.start(ctx) }); err != nil {
		return nil, err
	}
	return k, nil
}

// start checks everything before it writes anything.
func (k *Keyring) start(ctx context.Context) error {
	if err := k.findRoot(ctx); err != nil {
		return err
	}
	if err := k.checkKeys(ctx); err != nil {
		return err
	}
	if err := k.store.locked(ctx, k.store.tidy); err != nil {
		return err
	}
	if err := k.finishRoot(ctx); err != nil {
		return err
	}
	if err := k.makeZone(ctx); err != nil {
		return err
	}
	var err error
	if k.private, err = k.store.signing(ctx); err != nil {
		return err
	}
	_, err = k.replay(ctx)
	return err
}

// findRoot makes the root key of a new zone, and refuses to make one for a zone that is not new.
func (k *Keyring) findRoot(ctx context.Context) error {
	there, err := k.store.root.Present()
	if err != nil || there {
		return err
	}
	zones, err := zoneKeys(ctx, k.db)
	if err != nil {
		return err
	}
	files, err := filepath.Glob(k.store.path("*" + keySuffix))
	if err != nil {
		return err
	}
	if len(zones)+len(files) > 0 {
		return problem.Newf(problem.Unavailable, "seal.root.missing",
			"The root key %s is missing, and the database cannot be read without it: put it back from the key store's "+
				"backup. Nothing has been changed.", k.store.path(rootFile))
	}
	return k.store.locked(ctx, k.store.root.Create)
}

// checkKeys opens all that the root key has wrapped, and makes sure that no epoch is missing.
func (k *Keyring) checkKeys(ctx context.Context) error {
	zones, err := zoneKeys(ctx, k.db)
	if err != nil {
		return err
	}
	for _, z := range zones {
		zk, err := k.unwrapZone(z)
		if err != nil {
			return k.wrongRoot(err)
		}
		zk.wipe()
	}
	if err := k.store.check(); err != nil {
		return k.wrongRoot(err)
	}
	months, err := usedEpochs(ctx, k.db)
	if err != nil {
		return err
	}
	for _, m := range months {
		if err := k.checkEpoch(m); err != nil {
			return err
		}
	}
	return nil
}

func (k *Keyring) checkEpoch(month string) error {
	there, err := k.store.hasEpoch(month)
	if err != nil || there {
		return err
	}
	meant, err := k.destroyed(month)
	if err != nil || meant {
		return err
	}
	return missingEpoch(month)
}

func (k *Keyring) wrongRoot(err error) error {
	if !errors.Is(err, ErrWrongRoot) {
		return err
	}
	return problem.Newf(problem.Unavailable, "seal.root.wrong",
		"The root key %s is not the one this database and key store were made with: put the right one back. Nothing "+
			"has been changed.", k.store.path(rootFile)).WithDetail(err)
}

// makeZone makes the first zone key, the zone's data key and the secret of the blind indexes, unless they are there.
func (k *Keyring) makeZone(ctx context.Context) error {
	err := k.db.Write(ctx, func(tx *sqldb.Tx) error {
		version, err := newestZoneKey(ctx, tx)
		if err != nil {
			return err
		}
		if version == 0 {
			if err := k.addZoneKey(ctx, tx, 1); err != nil {
				return err
			}
		}
		for _, o := range []Owner{Zone, indexOwner} {
			dk, _, err := k.sealingKey(ctx, tx, o)
			if err != nil {
				return err
			}
			dk.wipe()
		}
		return nil
	})
	if err != nil {
		return err
	}
	k.index, err = k.openingKey(ctx, k.db, indexOwner, 1)
	return err
}

func boundZone(version uint32) []byte { return bind("zone key", fmt.Sprint(version)) }

func (k *Keyring) addZoneKey(ctx context.Context, tx *sqldb.Tx, version uint32) error {
	zk := newKey()
	defer zk.wipe()
	wrapped, err := k.store.root.Wrap(boundZone(version), zk[:])
	if err != nil {
		return err
	}
	return insertZoneKey(ctx, tx, zoneKeyRow{version: version, wrapped: wrapped, check: checkValue(zk)}, k.clock.Now())
}

// checkValue proves later that a zone key is the right one, and says nothing about it.
func checkValue(zk *key) []byte {
	mac := hmac.New(sha256.New, zk[:])
	mac.Write([]byte("zone key check value"))
	return mac.Sum(nil)
}

func (k *Keyring) unwrapZone(row zoneKeyRow) (*key, error) {
	raw, err := k.store.root.Unwrap(boundZone(row.version), row.wrapped)
	if err != nil {
		return nil, fmt.Errorf("zone key %d: %w", row.version, err)
	}
	zk, err := keyFrom(raw)
	if err != nil {
		return nil, err
	}
	if !hmac.Equal(checkValue(zk), row.check) {
		return nil, fmt.Errorf("zone key %d does not match its check value: %w", row.version, errBroken)
	}
	return zk, nil
}
