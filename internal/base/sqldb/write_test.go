package sqldb_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
)

// TestAWriteAfterTheCloseIsRefused guards the stop of a server: a handler that was cut may still come with a write.
func TestAWriteAfterTheCloseIsRefused(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		db, err := sqldb.Open(t.Context(), sqldb.Options{URL: url})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Migrate(t.Context(), steps); err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		kept := make([]bool, 200)
		begun := make(chan struct{}, len(kept))
		for i := range kept {
			wg.Go(func() {
				begun <- struct{}{}
				err := db.Write(context.Background(), func(tx *sqldb.Tx) error { return insert(context.Background(), tx, fmt.Sprint(i), 1) })
				kept[i] = err == nil
			})
		}
		for range len(kept) / 2 {
			<-begun
		}
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		wg.Wait()
		if err := db.Write(t.Context(), func(*sqldb.Tx) error { return nil }); err == nil {
			t.Error("a write after the close was taken")
		}
		if err := db.Close(); err != nil {
			t.Errorf("the second close: %v", err)
		}
		again := open(t, url)
		for i, want := range kept {
			n, err := sqldb.One(t.Context(), again, sqldb.Scan1[int], "SELECT count(*) FROM thing WHERE id = $1", fmt.Sprint(i))
			if err != nil || (n == 1) != want {
				t.Fatalf("write %d: there %v (%v), its caller was told %v", i, n == 1, err, want)
			}
		}
	})
}

// TestALostTransactionIsLostForItsWholeGroup does what a full disk does to SQLite: the whole transaction is rolled back
// under those who share it. Whoever is told of success must find the row, whoever is told of failure must not.
func TestALostTransactionIsLostForItsWholeGroup(t *testing.T) {
	for name, write := range map[string]writing{"at once": (*sqldb.DB).Write, "soon": (*sqldb.DB).WriteSoon} {
		t.Run(name, func(t *testing.T) { lose(t, write) })
	}
}

type writing func(*sqldb.DB, context.Context, func(*sqldb.Tx) error) error

func lose(t *testing.T, write writing) {
	db := open(t, sqldbtest.NewURL(t, sqldb.SQLite))
	held, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { // keeps the writer busy, so that the others gather in one group
		_ = db.Write(context.Background(), func(*sqldb.Tx) error { close(held); <-release; return nil })
	})
	<-held
	told := make([]error, 20)
	queued := make(chan struct{}, len(told))
	for i := range told {
		wg.Go(func() {
			queued <- struct{}{}
			told[i] = write(db, context.Background(), func(tx *sqldb.Tx) error {
				if i%7 == 3 {
					_, err := tx.Exec(context.Background(), "ROLLBACK")
					return errors.Join(errors.New("the disk is full"), err)
				}
				return insert(context.Background(), tx, fmt.Sprint(i), 1)
			})
		})
	}
	for range told {
		<-queued
	}
	close(release)
	wg.Wait()
	for i, err := range told {
		n, countErr := sqldb.One(t.Context(), db, sqldb.Scan1[int], "SELECT count(*) FROM thing WHERE id = $1", fmt.Sprint(i))
		if countErr != nil || (n == 1) != (err == nil) {
			t.Errorf("write %d: there %v (%v), its caller was told %v", i, n == 1, countErr, err)
		}
	}
	if err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return insert(t.Context(), tx, "after", 1) }); err != nil {
		t.Fatalf("afterwards: %v", err)
	}
}
