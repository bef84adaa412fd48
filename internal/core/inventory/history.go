package inventory

import (
	"context"
	"encoding/json"
	"strings"
	"time"

	"drover/internal/base/sqldb"
)

func scanChange(r sqldb.Row) (x Change, err error) {
	var at int64
	var before, after string
	if err := r.Scan(&x.ID, &x.Section, &x.Kind, &at, &before, &after); err != nil {
		return x, err
	}
	x.At = sqldb.Time(at)
	if err := json.Unmarshal([]byte(before), &x.Before); err != nil {
		return x, err
	}
	return x, json.Unmarshal([]byte(after), &x.After)
}

// note writes changes.
func (s *Store) note(ctx context.Context, tx *sqldb.Tx, deviceID string, changes []Change) error {
	now := sqldb.Micros(s.with.Clock.Now())
	for len(changes) > 0 {
		n := min(len(changes), atOnce)
		var a sqldb.Args
		rows := make([]string, n)
		for i, x := range changes[:n] {
			before, err := json.Marshal(x.Before)
			if err != nil {
				return err
			}
			after, err := json.Marshal(x.After)
			if err != nil {
				return err
			}
			rows[i] = "(" + strings.Join([]string{
				a.Add(sqldb.NewID()), a.Add(deviceID), a.Add(string(x.Section)), a.Add(string(x.Kind)), a.Add(now), a.Add(string(before)), a.Add(string(after)),
			}, ",") + ")"
		}
		_, err := tx.Exec(ctx, "INSERT INTO inventory_change (id, device, section, kind, at, before, after) VALUES "+strings.Join(rows, ","), a.List()...)
		if err != nil {
			return err
		}
		changes = changes[n:]
	}
	return nil
}

const (
	// HistoryKept is how long changes are kept.
	HistoryKept = 365 * 24 * time.Hour

	purgeAtOnce = 1000
	purgeRounds = 100
)

// Purge deletes changes that are too old, and programs that nothing has any more. One server at a time calls it.
func (s *Store) Purge(ctx context.Context) error {
	before := sqldb.Micros(s.with.Clock.Now().Add(-HistoryKept))
	for range purgeRounds {
		var n int64
		err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
			n, err = tx.Exec(ctx, `DELETE FROM inventory_change WHERE id IN
				(SELECT h.id FROM inventory_change h WHERE h.at < $1 ORDER BY h.at, h.id LIMIT 1000)`, before)
			return err
		})
		if err != nil {
			return err
		}
		if n < purgeAtOnce {
			break
		}
	}
	return s.purgeSoftware(ctx)
}
