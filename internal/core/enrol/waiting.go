package enrol

import (
	"context"
	"fmt"
	"strings"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/sqldb"
	"drover/internal/core/scope"
)

// announce tells those who look at the reviews that one has changed.
func (s *Store) announce(tx *sqldb.Tx, id string) {
	tx.AfterCommit(func() { s.with.Bus.Publish(bus.Message{Topic: "event", Body: "registration " + id}) })
}

// Waiting tells how many computers wait for an administrator. It needs the right registration.read.
func (s *Store) Waiting(ctx context.Context, c scope.Caller) (int, error) {
	if err := c.Require(scope.RegistrationRead); err != nil {
		return 0, err
	}
	return s.waiting(ctx, s.db)
}

func (s *Store) waiting(ctx context.Context, q sqldb.Querier) (int, error) {
	return sqldb.One(ctx, q, sqldb.Scan1[int], "SELECT count(*) FROM registration_review WHERE state = 'open' AND created >= $1",
		sqldb.Micros(s.with.Clock.Now().Add(-reviewLife)))
}

// tellEvery is the least time between two notices of computers that wait: a key that is passed around must fill no mailbox.
const tellEvery = time.Hour

// Post writes to the administrators who have a right over the whole zone. An error has them written to again later.
type Post func(ctx context.Context, r scope.Right, subject, words string) error

// TellWaiting writes to those who decide over computers when some wait of which they were not told: soon after the first, and
// at most each hour. One server at a time calls it.
func (s *Store) TellWaiting(ctx context.Context, post Post) error {
	now := s.with.Clock.Now()
	latest, err := sqldb.One(ctx, s.db, sqldb.Scan1[string], "SELECT COALESCE(max(id), '') FROM registration_review WHERE state = 'open' AND told = 0")
	if err != nil || latest == "" {
		return err
	}
	last, err := sqldb.One(ctx, s.db, sqldb.Scan1[int64], "SELECT COALESCE(max(told), 0) FROM registration_review")
	if err != nil || now.Before(sqldb.Time(last).Add(tellEvery)) {
		return err
	}
	n, err := s.waiting(ctx, s.db)
	if err != nil {
		return err
	}
	subject, words := saidWaiting(n)
	if err := post(ctx, scope.RegistrationEdit, subject, words); err != nil {
		return err
	}
	return s.db.Write(ctx, func(tx *sqldb.Tx) error { // ids are made in the order of time
		_, err := tx.Exec(ctx, "UPDATE registration_review SET told = $1 WHERE told = 0 AND id <= $2", sqldb.Micros(now), latest)
		return err
	})
}

// saidWaiting names no computer: what it tells of itself may be anything, and is shown to who has signed in.
func saidWaiting(n int) (subject, words string) {
	subject = "A computer waits for your decision"
	if n != 1 {
		subject = fmt.Sprintf("%d computers wait for your decision", n)
	}
	return subject, strings.Join([]string{
		subject + ": whether it comes into the zone and as which one, or whether its disk was copied.",
		"Look at the page Registration, or at drover registration reviews. What a computer tells of itself proves nothing: ask whoever has it.",
		"While some wait, you are written to at most each hour.",
	}, "\n")
}
