package seal

import (
	"context"
	"time"

	"drover/internal/base/sqldb"
)

// Erase destroys the keys of a user in the caller's transaction, and notes it in the ledgers. Once it is durable,
// nothing sealed for the user opens on this server, within a minute on all; in copies of the database made before, once
// [Keyring.Maintain] has destroyed the key of the epoch. The id must never be used again.
func (k *Keyring) Erase(ctx context.Context, tx *sqldb.Tx, userID string) error {
	o := User(userID)
	if err := o.check(); err != nil {
		return err
	}
	now := k.clock.Now()
	if err := insertErasure(ctx, tx, erasure{user: userID, at: now}); err != nil {
		return err
	}
	if err := deleteDataKeys(ctx, tx, o); err != nil {
		return err
	}
	tx.AfterCommit(func() {
		k.cache.drop(ownedBy(o))
		// When this fails the database still holds the entry, and the next Maintain or Open copies it.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		_ = k.note(ctx, erasure{user: userID, at: now})
	})
	return nil
}

// Erased returns the users whose keys were destroyed.
func (k *Keyring) Erased(ctx context.Context, q sqldb.Querier) ([]string, error) {
	list, err := erasures(ctx, q)
	ids := make([]string, len(list))
	for i, e := range list {
		ids[i] = e.user
	}
	return ids, err
}

// note appends erasures to the key store's ledger.
func (k *Keyring) note(ctx context.Context, es ...erasure) error {
	lines := make([]string, len(es))
	for i, e := range es {
		lines[i] = ledgerLine(e.at, userLine, e.user)
	}
	return k.store.locked(ctx, func() error { return appendLedger(k.store.dir, lines...) })
}

// replay brings the two ledgers together, and destroys the keys of erased users that are in the database nonetheless,
// be it that a backup was restored. It returns how many it destroyed.
func (k *Keyring) replay(ctx context.Context) (int, error) {
	l, err := readLedger(k.store.dir)
	if err != nil {
		return 0, err
	}
	rows, err := erasures(ctx, k.db)
	if err != nil {
		return 0, err
	}
	var unnoted []erasure
	for _, e := range rows {
		if _, noted := l.users[e.user]; !noted {
			unnoted = append(unnoted, e)
		}
		delete(l.users, e.user)
	}
	if len(unnoted) > 0 {
		if err := k.note(ctx, unnoted...); err != nil {
			return 0, err
		}
	}
	destroyed := int64(0)
	err = k.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
		for user, at := range l.users { // what is left of it: unknown to the database
			if err := insertErasure(ctx, tx, erasure{user: user, at: at}); err != nil {
				return err
			}
		}
		destroyed, err = deleteErasedKeys(ctx, tx)
		return err
	})
	if destroyed > 0 {
		k.cache.drop(func(string) bool { return true })
	}
	return int(destroyed), err
}
