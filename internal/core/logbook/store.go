package logbook

import (
	"context"
	"fmt"
	"strings"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/journal"
	"drover/internal/core/scope"
)

// system reads who owns the devices.
var system = scope.System("logbook")

// ownersAtOnce bounds one question for owners.
const ownersAtOnce = 500

func (s *Store) write(ctx context.Context, batch map[string]Sync) error {
	owners, err := s.owners(ctx, batch)
	if err != nil {
		return err
	}
	if !s.On() { // switched off since it was noted
		return nil
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		for _, x := range batch {
			owner, known := owners[x.Device]
			if !known {
				continue // the device is gone
			}
			_, err := tx.Exec(ctx, `INSERT INTO sync_log (id, at, device, owner, channel, command, outcome, reason, status,
				duration, received, sent) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)`,
				x.ID, sqldb.Micros(x.At), x.Device, owner, string(x.Channel), x.Command, string(x.Outcome), x.Reason, x.Status,
				x.Duration.Microseconds(), x.Received, x.Sent)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		s.with.Bus.Publish(bus.Message{Topic: "event", Body: "sync"})
	}
	return err
}

func (s *Store) owners(ctx context.Context, batch map[string]Sync) (map[string]string, error) {
	owners := map[string]string{}
	for _, x := range batch {
		owners[x.Device] = ""
	}
	ids := make([]string, 0, len(owners))
	for id := range owners {
		ids = append(ids, id)
	}
	clear(owners)
	for len(ids) > 0 {
		some := ids[:min(len(ids), ownersAtOnce)]
		ids = ids[len(some):]
		list, err := s.with.Owners.Members(ctx, system, some...)
		if err != nil {
			return nil, err
		}
		for _, m := range list {
			owners[m.Device.ID] = m.Device.Owner
		}
	}
	return owners, nil
}

// SyncFilter narrows a list of synchronisations. Zero values do not narrow.
type SyncFilter struct {
	Device  string
	Owner   string
	Channel Channel
	Command string
	Outcome Outcome
	From    time.Time // inclusive
	Until   time.Time // exclusive
}

const (
	maxPage     = 500
	syncColumns = "l.id, l.at, l.device, l.owner, l.channel, l.command, l.outcome, l.reason, l.status, l.duration, l.received, l.sent"
)

func scanSync(r sqldb.Row) (x Sync, err error) {
	var at, took int64
	err = r.Scan(&x.ID, &at, &x.Device, &x.Owner, &x.Channel, &x.Command, &x.Outcome, &x.Reason, &x.Status, &took, &x.Received, &x.Sent)
	x.At, x.Duration = sqldb.Time(at), time.Duration(took)*time.Microsecond
	return x, err
}

// Syncs returns the synchronisations of devices within the caller's scope, newest first, at most limit (1 to 500), and
// the cursor of the next page, "" at the end.
func (s *Store) Syncs(ctx context.Context, c scope.Caller, f SyncFilter, limit int, after string) (list []Sync, next string, err error) {
	sc, err := c.Scope(scope.LogSyncRead)
	if err != nil {
		return nil, "", err
	}
	if limit < 1 || limit > maxPage {
		return nil, "", problem.Newf(problem.Invalid, "page.limit", "A page holds 1 to %d rows.", maxPage).WithField("limit")
	}
	var a sqldb.Args
	where := append(f.where(&a), sc.Devices("l.device", &a))
	if after != "" {
		at, id, ok := parseCursor(after)
		if !ok {
			return nil, "", problem.New(problem.Invalid, "page.cursor", "This is no cursor: start again from the first page.").WithField("cursor")
		}
		where = append(where, "(l.at, l.id) < ("+a.Add(at)+", "+a.Add(id)+")")
	}
	list, err = sqldb.All(ctx, s.db, scanSync, "SELECT "+syncColumns+" FROM sync_log l WHERE "+strings.Join(where, " AND ")+
		" ORDER BY l.at DESC, l.id DESC LIMIT "+a.Add(limit+1), a.List()...)
	if err != nil || len(list) <= limit {
		return list, "", err
	}
	last := list[limit-1]
	return list[:limit], fmt.Sprintf("%d.%s", sqldb.Micros(last.At), last.ID), nil
}

func (f SyncFilter) where(a *sqldb.Args) []string {
	where := []string{"TRUE"}
	equal := func(column, v string) {
		if v != "" {
			where = append(where, column+" = "+a.Add(v))
		}
	}
	equal("l.device", f.Device)
	equal("l.owner", f.Owner)
	equal("l.channel", string(f.Channel))
	equal("l.command", f.Command)
	equal("l.outcome", string(f.Outcome))
	if !f.From.IsZero() {
		where = append(where, "l.at >= "+a.Add(sqldb.Micros(f.From)))
	}
	if !f.Until.IsZero() {
		where = append(where, "l.at < "+a.Add(sqldb.Micros(f.Until)))
	}
	return where
}

func parseCursor(text string) (at int64, id string, ok bool) {
	number, id, ok := strings.Cut(text, ".")
	_, err := fmt.Sscanf(number, "%d", &at)
	return at, id, ok && err == nil && len(id) == 36
}

const (
	purgeAtOnce = 2000
	purgeRounds = 500 // in one call
)

// Purge deletes what is older than the days that are kept, and the oldest beyond five million, but nothing of a user on whose
// data a legal hold stands. It returns how many that were. It stops after a million; the next call goes on.
func (s *Store) Purge(ctx context.Context) (deleted int64, err error) {
	if err := s.Refresh(ctx); err != nil {
		return 0, err
	}
	bound, err := s.bound(ctx)
	if err != nil {
		return 0, err
	}
	for range purgeRounds {
		var n int64
		err := s.db.Write(ctx, func(tx *sqldb.Tx) (err error) {
			n, err = tx.Exec(ctx, "DELETE FROM sync_log WHERE id IN (SELECT l.id FROM sync_log l WHERE l.at < $1 AND "+
				journal.Unheld("l.owner")+" ORDER BY l.at LIMIT $2)", bound, purgeAtOnce)
			return err
		})
		deleted += n
		if err != nil || n < purgeAtOnce {
			return deleted, err
		}
	}
	return deleted, nil
}

// bound is the time before which everything goes.
func (s *Store) bound(ctx context.Context) (int64, error) {
	now := s.with.Clock.Now()
	if !s.On() {
		return sqldb.Micros(now.Add(24 * time.Hour)), nil // whatever a clock has said
	}
	old := sqldb.Micros(now.AddDate(0, 0, -int(s.days.Load())))
	many, err := sqldb.All(ctx, s.db, sqldb.Scan1[int64], "SELECT at FROM sync_log ORDER BY at DESC, id DESC LIMIT 1 OFFSET $1", maxKept)
	if err != nil || len(many) == 0 {
		return old, err
	}
	return max(old, many[0]), nil
}

// DeviceMoved forgets a device that has been removed, or has got another owner, unless a legal hold stands on its owner's data.
func (s *Store) DeviceMoved(ctx context.Context, tx *sqldb.Tx, id string, to device.State) error {
	if to == device.Wiped || to == device.Retired {
		return nil // its last exchanges tell whether the order came through
	}
	_, err := tx.Exec(ctx, "DELETE FROM sync_log WHERE device = $1 AND "+journal.Unheld("sync_log.owner"), id)
	return err
}

// UserChanged does nothing: no name is kept here.
func (s *Store) UserChanged(context.Context, *sqldb.Tx, directory.User) error { return nil }

// UserErased forgets what the devices of a user have synchronised.
func (s *Store) UserErased(ctx context.Context, tx *sqldb.Tx, id string) error {
	_, err := tx.Exec(ctx, "DELETE FROM sync_log WHERE owner = $1", id)
	return err
}
