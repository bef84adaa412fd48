package sqldb_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
)

// What everything hangs on is read even when every other connection is taken and others wait for one.
func TestPulseIsReadWhileAllConnectionsAreTaken(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		db := sqldbtest.Open(t, url)
		var taken sync.WaitGroup
		defer taken.Wait()
		free := make(chan struct{})
		defer close(free)
		for range 50 {
			taken.Go(func() {
				err := db.Read(t.Context(), func(sqldb.Querier) error { <-free; return nil })
				if err != nil {
					t.Error(err)
				}
			})
		}
		for {
			brief, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			_, err := sqldb.One(brief, db, sqldb.Scan1[int], "SELECT 1")
			cancel()
			if err != nil {
				break // all are taken
			}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if n, err := sqldb.One(ctx, db.Pulse(), sqldb.Scan1[int], "SELECT 1"); err != nil || n != 1 {
			t.Errorf("%d, %v", n, err)
		}
	})
}
