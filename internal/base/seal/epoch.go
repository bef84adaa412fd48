package seal

import (
	"context"
	"errors"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
)

// month names the epoch of now.
func (k *Keyring) month() string { return k.clock.Now().UTC().Format(epochLayout) }

// currentEpoch returns the key of the epoch that wraps now, made when it is new. A key that should be there and is not
// is never made anew: the key store is incomplete, and somebody must mend it.
func (k *Keyring) currentEpoch(ctx context.Context, tx *sqldb.Tx, month string) (*key, error) {
	fresh, err := insertEpoch(ctx, tx, month)
	if err != nil {
		return nil, err
	}
	if ek, err := k.epochKey(month); !errors.Is(err, errNoEpoch) {
		return ek, err
	}
	if !fresh {
		meant, err := k.destroyed(month)
		if err != nil {
			return nil, err
		}
		if !meant {
			return nil, missingEpoch(month)
		}
	}
	if err := k.store.makeEpoch(ctx, month); err != nil {
		return nil, err
	}
	return k.epochKey(month)
}

// epochKey returns the key of an epoch, or errNoEpoch.
func (k *Keyring) epochKey(month string) (*key, error) {
	if ek, _, ok := k.cache.get(epochName(month), k.clock.Now()); ok {
		return ek, nil
	}
	ek, err := k.store.epoch(month)
	if err != nil {
		return nil, err
	}
	k.cache.put(epochName(month), ek, 0, k.clock.Now())
	return ek, nil
}

// openEpoch takes the outer wrapping off a user's data key. An epoch can be destroyed and, when the clock was wrong,
// made again: then its key is there and does not open the row.
func (k *Keyring) openEpoch(row dataKeyRow) ([]byte, error) {
	ek, err := k.epochKey(row.epoch)
	if err == nil {
		defer ek.wipe()
		inner, err := ek.decrypt(len(epochHeader), boundEpoch(row.owner, row.version, row.epoch), row.wrapped)
		if err == nil {
			return inner, nil
		}
	}
	if err != nil && !errors.Is(err, errNoEpoch) {
		return nil, err
	}
	meant, ledgerErr := k.destroyed(row.epoch)
	switch {
	case ledgerErr != nil:
		return nil, ledgerErr
	case meant:
		return nil, erased("the key of epoch " + row.epoch + " has been destroyed")
	case err != nil:
		return nil, missingEpoch(row.epoch)
	}
	return nil, damaged(Field{Table: "seal_data_key", Column: "wrapped"}, errBroken)
}

// destroyed tells whether the key of the epoch was destroyed on purpose.
func (k *Keyring) destroyed(month string) (bool, error) {
	l, err := readLedger(k.store.dir)
	_, meant := l.epochs[month]
	return meant, err
}

func missingEpoch(month string) error {
	return problem.Newf(problem.Unavailable, "seal.epoch.missing",
		"The key store has no key for %s, and personal data needs it: put the file epoch-%s.key back from the key "+
			"store's backup. Nothing has been changed.", month, month).WithDetail(errNoEpoch)
}

// endEpochs notes since when past epochs are idle, and destroys the keys of those that have been for the retention. It
// returns their names.
func (k *Keyring) endEpochs(ctx context.Context) ([]string, error) {
	months, err := k.pastEpochs(ctx)
	if err != nil {
		return nil, err
	}
	var ended []string
	for _, m := range months {
		gone := false
		err := k.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
			gone, err = k.endEpoch(ctx, tx, m)
			return err
		})
		if errors.Is(err, sqldb.ErrForeign) {
			continue // a server whose clock is behind has just used it
		}
		if err != nil {
			return ended, err
		}
		if gone {
			ended = append(ended, m)
		}
	}
	return ended, nil
}

// pastEpochs lists the epochs, but for this month's, that the database or the key store knows.
func (k *Keyring) pastEpochs(ctx context.Context) ([]string, error) {
	files, err := k.store.epochs()
	if err != nil {
		return nil, err
	}
	rows, err := epochRows(ctx, k.db)
	if err != nil {
		return nil, err
	}
	seen := map[string]bool{k.month(): true}
	var out []string
	for _, m := range append(rows, files...) {
		if !seen[m] {
			seen[m] = true
			out = append(out, m)
		}
	}
	return out, nil
}

// endEpoch destroys the file within the transaction that removes the row: the row's removal proves that no data key
// refers to it and lets none come, and a crash in between leaves a row without a file, which the next run removes.
func (k *Keyring) endEpoch(ctx context.Context, tx *sqldb.Tx, month string) (gone bool, err error) {
	if _, err := insertEpoch(ctx, tx, month); err != nil {
		return false, err
	}
	used, since, err := epochIdle(ctx, tx, month)
	if err != nil {
		return false, err
	}
	now := k.clock.Now()
	switch {
	case used && since.IsZero():
		return false, nil
	case used:
		return false, setEpochIdle(ctx, tx, month, time.Time{})
	case since.IsZero() || since.After(now): // after: the clock had been wrong
		return false, setEpochIdle(ctx, tx, month, now)
	case now.Sub(since) < k.retention:
		return false, nil
	}
	if err := deleteEpoch(ctx, tx, month); err != nil {
		return false, err
	}
	if err := k.store.destroyEpoch(ctx, month, now); err != nil {
		return false, err
	}
	k.cache.drop(func(name string) bool { return name == epochName(month) })
	return true, k.step("epoch destroyed")
}
