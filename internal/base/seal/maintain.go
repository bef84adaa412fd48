package seal

import (
	"context"
	"time"

	"drover/internal/base/sqldb"
)

// retireGrace is how long a zone key outlives its last use, so that a server in the midst of a transaction still finds it.
const retireGrace = time.Hour

// Report says what one run of [Keyring.Maintain] did.
type Report struct {
	Rewrapped int      // data keys wrapped by the newest zone key and this month's epoch
	Lost      int      // data keys whose epoch was destroyed: a backup older than the retention was restored
	Replayed  int      // keys of erased users found and destroyed again
	Ended     []string // epochs whose keys were destroyed
}

// Maintain does what time asks for: it completes what was cut off, moves live users to this month's epoch, and destroys
// what has outlived the retention. Call it about once an hour, on any number of servers; it may be cut off anywhere.
func (k *Keyring) Maintain(ctx context.Context) (Report, error) {
	var r Report
	var err error
	k.cache.sweep(k.clock.Now())
	if r.Replayed, err = k.replay(ctx); err != nil {
		return r, err
	}
	if err := k.store.administered(ctx, func() error { return k.finishRoot(ctx) }); err != nil {
		return r, err
	}
	if r.Rewrapped, r.Lost, err = k.rewrapData(ctx); err != nil {
		return r, err
	}
	if err := k.retire(ctx); err != nil {
		return r, err
	}
	r.Ended, err = k.endEpochs(ctx)
	return r, err
}

// retire removes zone keys that wrap nothing any more and root keys that no backup within the retention needs.
func (k *Keyring) retire(ctx context.Context) error {
	now := k.clock.Now()
	err := k.db.Write(ctx, func(tx *sqldb.Tx) error { return deleteZoneKeys(ctx, tx, now.Add(-retireGrace)) })
	if err != nil {
		return err
	}
	return k.store.locked(ctx, func() error { return k.store.root.Expire(now.Add(-k.retention)) })
}
