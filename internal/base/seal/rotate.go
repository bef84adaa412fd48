package seal

import (
	"context"
	"errors"
	"fmt"

	"drover/internal/base/sqldb"
)

// batchSize is how many data keys one transaction wraps anew: a few milliseconds of the one writer of SQLite.
const batchSize = 200

// RotateZoneKey makes a new version of the zone key and wraps every data key with it, in batches, while the zone is at
// work. What a crash leaves undone, [Keyring.Maintain] completes. It returns the new version.
func (k *Keyring) RotateZoneKey(ctx context.Context) (version uint32, err error) {
	err = k.store.administered(ctx, func() error {
		if version, err = newestZoneKey(ctx, k.db); err != nil {
			return err
		}
		version++
		return k.db.Write(ctx, func(tx *sqldb.Tx) error { return k.addZoneKey(ctx, tx, version) })
	})
	if err != nil {
		return 0, err
	}
	if err := k.step("zone key added"); err != nil {
		return version, err
	}
	_, _, err = k.rewrapData(ctx)
	return version, err
}

// rewrapData wraps with the newest zone key and this month's epoch key all data keys that are not. It returns how many
// it wrapped, and how many it cannot open because their epoch was destroyed.
func (k *Keyring) rewrapData(ctx context.Context) (done, lost int, err error) {
	var last dataKeyRow
	for {
		rows, err := k.staleData(ctx, last)
		if err != nil || len(rows) == 0 {
			return done, lost, err
		}
		n, gone := 0, 0
		err = k.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
			n, gone, err = k.rewrapRows(ctx, tx, rows)
			return err
		})
		if err != nil {
			return done, lost, retryable(err)
		}
		done, lost = done+n, lost+gone
		if err := k.step("batch wrapped"); err != nil {
			return done, lost, err
		}
		last = rows[len(rows)-1]
	}
}

// staleData reads the next batch outside the writing transaction, which must not wait for a search of the whole table.
func (k *Keyring) staleData(ctx context.Context, after dataKeyRow) ([]dataKeyRow, error) {
	zone, err := newestZoneKey(ctx, k.db)
	if err != nil {
		return nil, err
	}
	return staleDataKeys(ctx, k.db, after, zone, k.month(), batchSize)
}

func (k *Keyring) rewrapRows(ctx context.Context, tx *sqldb.Tx, rows []dataKeyRow) (done, lost int, err error) {
	for _, row := range rows {
		err := k.rewrapRow(ctx, tx, row)
		if errors.Is(err, ErrErased) {
			lost++
			continue
		}
		if err != nil {
			return done, lost, fmt.Errorf("wrap a data key anew: %w", err)
		}
		done++
	}
	return done, lost, nil
}

func (k *Keyring) rewrapRow(ctx context.Context, tx *sqldb.Tx, row dataKeyRow) error {
	dk, err := k.unwrapData(ctx, tx, row)
	if err != nil {
		return err
	}
	defer dk.wipe()
	fresh, err := k.wrapData(ctx, tx, row.owner, row.version, dk)
	if err != nil {
		return err
	}
	return updateDataKey(ctx, tx, row, fresh)
}

// RotateRoot makes a new root key and wraps with it all that hung under the old one, while the zone is at work. The old
// one is kept for the retention, since backups need it. What a crash leaves undone, [Open] and [Keyring.Maintain]
// complete.
func (k *Keyring) RotateRoot(ctx context.Context) error {
	return k.store.administered(ctx, func() error {
		if err := k.store.locked(ctx, k.store.root.Begin); err != nil {
			return err
		}
		if err := k.step("root key begun"); err != nil {
			return err
		}
		return k.finishRoot(ctx)
	})
}

// finishRoot brings everything under the newest root key, and then retires the one before. It may be repeated.
func (k *Keyring) finishRoot(ctx context.Context) error {
	if err := k.rewrapZoneKeys(ctx); err != nil {
		return err
	}
	if err := k.step("zone keys wrapped"); err != nil {
		return err
	}
	if err := k.store.rewrap(ctx, func(string) error { return k.step("file wrapped") }); err != nil {
		return err
	}
	// From Begin on, everything new is wrapped by the newest root key: nothing can have come in between.
	if err := k.store.locked(ctx, func() error { return k.store.root.Finish(k.clock.Now()) }); err != nil {
		return err
	}
	return k.step("root key finished")
}

func (k *Keyring) rewrapZoneKeys(ctx context.Context) error {
	return k.db.Write(ctx, func(tx *sqldb.Tx) error {
		rows, err := zoneKeys(ctx, tx)
		if err != nil {
			return err
		}
		for _, z := range rows {
			if err := k.rewrapZoneKey(ctx, tx, z); err != nil {
				return err
			}
		}
		return nil
	})
}

func (k *Keyring) rewrapZoneKey(ctx context.Context, tx *sqldb.Tx, z zoneKeyRow) error {
	newest, err := k.store.root.Newest(z.wrapped)
	if err != nil || newest {
		return err
	}
	zk, err := k.unwrapZone(z)
	if err != nil {
		return err
	}
	defer zk.wipe()
	wrapped, err := k.store.root.Wrap(boundZone(z.version), zk[:])
	if err != nil {
		return err
	}
	return updateZoneKey(ctx, tx, z.version, wrapped)
}
