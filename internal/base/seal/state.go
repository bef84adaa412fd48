package seal

import (
	"context"
	"crypto/fips140"
	"time"

	"drover/internal/base/sqldb"
)

// State is how the keys stand.
type State struct {
	Version   uint32    // of the zone key that seals now
	Rotated   time.Time // when that one was made
	Versions  int       // zone keys that are still kept
	Epochs    int       // keys of epochs that are still kept
	Users     int64     // users who have a key
	Erased    int64     // users whose key has been destroyed
	Retention time.Duration
	FIPS      bool // the FIPS 140-3 module is in force
	Rotating  bool // a rotation of the root key is under way
}

// State tells how the keys stand.
func (k *Keyring) State(ctx context.Context) (State, error) {
	s := State{Retention: k.retention, FIPS: fips140.Enabled()}
	rotating, err := k.store.root.Rotating()
	if err != nil {
		return s, err
	}
	s.Rotating = rotating
	err = k.db.Read(ctx, func(q sqldb.Querier) error {
		var made int64
		row := func(r sqldb.Row) (struct{}, error) { return struct{}{}, r.Scan(&s.Version, &made, &s.Versions) }
		if _, err := sqldb.One(ctx, q, row, `SELECT coalesce(max(version), 0), coalesce(max(created_at), 0), count(*)
			FROM seal_zone_key`); err != nil {
			return err
		}
		s.Rotated = sqldb.Time(made)
		more := func(r sqldb.Row) (struct{}, error) { return struct{}{}, r.Scan(&s.Epochs, &s.Users, &s.Erased) }
		_, err := sqldb.One(ctx, q, more, `SELECT (SELECT count(*) FROM seal_epoch),
			(SELECT count(DISTINCT owner) FROM seal_data_key WHERE epoch IS NOT NULL), (SELECT count(*) FROM seal_erasure)`)
		return err
	})
	return s, err
}
