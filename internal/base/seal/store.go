package seal

import (
	"context"
	"time"

	"drover/internal/base/sqldb"
)

type zoneKeyRow struct {
	version        uint32
	wrapped, check []byte
}

func scanZoneKey(r sqldb.Row) (z zoneKeyRow, err error) {
	err = r.Scan(&z.version, &z.wrapped, &z.check)
	return z, err
}

func zoneKeys(ctx context.Context, q sqldb.Querier) ([]zoneKeyRow, error) {
	return sqldb.All(ctx, q, scanZoneKey, "SELECT version, wrapped, check_value FROM seal_zone_key ORDER BY version")
}

func zoneKeyRowOf(ctx context.Context, q sqldb.Querier, version uint32) (zoneKeyRow, error) {
	return sqldb.One(ctx, q, scanZoneKey,
		"SELECT version, wrapped, check_value FROM seal_zone_key WHERE version = $1", int64(version))
}

// newestZoneKey returns the version that wraps, 0 before the first.
func newestZoneKey(ctx context.Context, q sqldb.Querier) (uint32, error) {
	return sqldb.One(ctx, q, sqldb.Scan1[uint32], "SELECT coalesce(max(version), 0) FROM seal_zone_key")
}

// insertZoneKey adds a version and retires those before it.
func insertZoneKey(ctx context.Context, tx *sqldb.Tx, z zoneKeyRow, now time.Time) error {
	us := sqldb.Micros(now)
	if _, err := tx.Exec(ctx,
		"INSERT INTO seal_zone_key (version, wrapped, check_value, created_at) VALUES ($1, $2, $3, $4)",
		int64(z.version), z.wrapped, z.check, us); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, "UPDATE seal_zone_key SET retired_at = $1 WHERE version < $2 AND retired_at = 0",
		us, int64(z.version))
	return err
}

func updateZoneKey(ctx context.Context, tx *sqldb.Tx, version uint32, wrapped []byte) error {
	_, err := tx.Exec(ctx, "UPDATE seal_zone_key SET wrapped = $1 WHERE version = $2", wrapped, int64(version))
	return err
}

// deleteZoneKeys removes the versions that were retired before the given time and wrap nothing any more.
func deleteZoneKeys(ctx context.Context, tx *sqldb.Tx, before time.Time) error {
	_, err := tx.Exec(ctx, `DELETE FROM seal_zone_key WHERE retired_at > 0 AND retired_at < $1
		AND NOT EXISTS (SELECT 1 FROM seal_data_key d WHERE d.zone_version = seal_zone_key.version)`,
		sqldb.Micros(before))
	return err
}

type dataKeyRow struct {
	owner       Owner
	version     uint32
	zoneVersion uint32
	epoch       string // "" for what is not a user's
	wrapped     []byte
}

func scanDataKey(r sqldb.Row) (d dataKeyRow, err error) {
	err = r.Scan(&d.owner, &d.version, &d.zoneVersion, &d.epoch, &d.wrapped)
	return d, err
}

const selectDataKey = "SELECT owner, version, zone_version, coalesce(epoch, ''), wrapped FROM seal_data_key "

func dataKeyRowOf(ctx context.Context, q sqldb.Querier, o Owner, version uint32) (dataKeyRow, error) {
	return sqldb.One(ctx, q, scanDataKey, selectDataKey+"WHERE owner = $1 AND version = $2", string(o), int64(version))
}

func newestDataKeyRow(ctx context.Context, q sqldb.Querier, o Owner) (dataKeyRow, error) {
	return sqldb.One(ctx, q, scanDataKey, selectDataKey+"WHERE owner = $1 ORDER BY version DESC LIMIT 1", string(o))
}

// staleDataKeys returns the next rows after (owner, version) that are not wrapped by the given zone key and epoch.
func staleDataKeys(
	ctx context.Context, q sqldb.Querier, after dataKeyRow, zoneVersion uint32, epoch string, limit int,
) ([]dataKeyRow, error) {
	return sqldb.All(ctx, q, scanDataKey, selectDataKey+`WHERE (owner, version) > ($1, $2)
		AND (zone_version <> $3 OR epoch <> $4) ORDER BY owner, version LIMIT $5`,
		string(after.owner), int64(after.version), int64(zoneVersion), epoch, limit)
}

// insertDataKey tells whether the row is new; another writer may have been first.
func insertDataKey(ctx context.Context, tx *sqldb.Tx, d dataKeyRow) (bool, error) {
	n, err := tx.Exec(ctx, `INSERT INTO seal_data_key (owner, version, zone_version, epoch, wrapped)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT (owner, version) DO NOTHING`,
		string(d.owner), int64(d.version), int64(d.zoneVersion), nullable(d.epoch), d.wrapped)
	return n == 1, err
}

// updateDataKey replaces the wrapping unless another server has done so since the row was read.
func updateDataKey(ctx context.Context, tx *sqldb.Tx, old, d dataKeyRow) error {
	_, err := tx.Exec(ctx, `UPDATE seal_data_key SET zone_version = $1, epoch = $2, wrapped = $3
		WHERE owner = $4 AND version = $5 AND zone_version = $6 AND coalesce(epoch, '') = $7`,
		int64(d.zoneVersion), nullable(d.epoch), d.wrapped,
		string(d.owner), int64(d.version), int64(old.zoneVersion), old.epoch)
	return err
}

func nullable(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// insertEpoch tells whether the epoch is new to the database.
func insertEpoch(ctx context.Context, tx *sqldb.Tx, epoch string) (bool, error) {
	n, err := tx.Exec(ctx, "INSERT INTO seal_epoch (epoch) VALUES ($1) ON CONFLICT (epoch) DO NOTHING", epoch)
	return n == 1, err
}

func epochRows(ctx context.Context, q sqldb.Querier) ([]string, error) {
	return sqldb.All(ctx, q, sqldb.Scan1[string], "SELECT epoch FROM seal_epoch ORDER BY epoch")
}

// usedEpochs lists the epochs that data keys need.
func usedEpochs(ctx context.Context, q sqldb.Querier) ([]string, error) {
	return sqldb.All(ctx, q, sqldb.Scan1[string], `SELECT epoch FROM seal_epoch e
		WHERE EXISTS (SELECT 1 FROM seal_data_key d WHERE d.epoch = e.epoch) ORDER BY epoch`)
}

// epochIdle returns since when no data key has needed the epoch; the zero time while one does or it is not noted yet.
func epochIdle(ctx context.Context, q sqldb.Querier, epoch string) (used bool, since time.Time, err error) {
	used, err = sqldb.One(ctx, q, sqldb.Scan1[bool],
		"SELECT EXISTS (SELECT 1 FROM seal_data_key WHERE epoch = $1)", epoch)
	if err != nil {
		return false, time.Time{}, err
	}
	us, err := sqldb.One(ctx, q, sqldb.Scan1[int64], "SELECT idle_since FROM seal_epoch WHERE epoch = $1", epoch)
	return used, sqldb.Time(us), err
}

func setEpochIdle(ctx context.Context, tx *sqldb.Tx, epoch string, since time.Time) error {
	_, err := tx.Exec(ctx, "UPDATE seal_epoch SET idle_since = $1 WHERE epoch = $2", sqldb.Micros(since), epoch)
	return err
}

func deleteEpoch(ctx context.Context, tx *sqldb.Tx, epoch string) error {
	_, err := tx.Exec(ctx, "DELETE FROM seal_epoch WHERE epoch = $1", epoch)
	return err
}

func isErased(ctx context.Context, q sqldb.Querier, user string) (bool, error) {
	return sqldb.One(ctx, q, sqldb.Scan1[bool],
		"SELECT EXISTS (SELECT 1 FROM seal_erasure WHERE user_id = $1)", user)
}

type erasure struct {
	user string
	at   time.Time
}

func erasures(ctx context.Context, q sqldb.Querier) ([]erasure, error) {
	return sqldb.All(ctx, q, func(r sqldb.Row) (e erasure, err error) {
		var us int64
		err = r.Scan(&e.user, &us)
		e.at = sqldb.Time(us)
		return e, err
	}, "SELECT user_id, erased_at FROM seal_erasure ORDER BY user_id")
}

func insertErasure(ctx context.Context, tx *sqldb.Tx, e erasure) error {
	_, err := tx.Exec(ctx, `INSERT INTO seal_erasure (user_id, erased_at) VALUES ($1, $2)
		ON CONFLICT (user_id) DO NOTHING`, e.user, sqldb.Micros(e.at))
	return err
}

func deleteDataKeys(ctx context.Context, tx *sqldb.Tx, o Owner) error {
	_, err := tx.Exec(ctx, "DELETE FROM seal_data_key WHERE owner = $1", string(o))
	return err
}

// deleteErasedKeys destroys the data keys of all who are in the ledger, and returns how many there were.
func deleteErasedKeys(ctx context.Context, tx *sqldb.Tx) (int64, error) {
	return tx.Exec(ctx, "DELETE FROM seal_data_key WHERE owner IN (SELECT 'user:' || user_id FROM seal_erasure)")
}
