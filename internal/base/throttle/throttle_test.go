package throttle

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
)

type world struct {
	*Book
	*testing.T
	clock *clock.Fake
}

func each(t *testing.T, fn func(w *world)) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		db := sqldbtest.Open(t, url)
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), "CREATE TABLE failure (name TEXT PRIMARY KEY, failed BIGINT NOT NULL, last BIGINT NOT NULL, origin BIGINT NOT NULL)")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		c := clock.NewFake(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
		fn(&world{Book: New(db, c, "failure"), T: t, clock: c})
	})
}

func at(n int) string { return Network(netip.AddrFrom4([4]byte{192, 0, 2, byte(n)})) }

// fails makes wrong tries, each of which must be let through.
func (w *world) fails(account, from string, times int) {
	w.Helper()
	for range times {
		if _, err := w.Attempt(w.Context(), account, from); err != nil {
			w.Fatalf("%s from %s: %v", account, from, err)
		}
	}
}

func (w *world) waits(account, from, why string) {
	w.Helper()
	if _, err := w.Attempt(w.Context(), account, from); !problem.Is(err, problem.Throttled) || problem.From(err).Retry <= 0 {
		w.Errorf("%s: %v", why, err)
	}
}

// proven makes a right try.
func (w *world) proven(account, from, why string) {
	w.Helper()
	if _, err := w.Attempt(w.Context(), account, from); err != nil {
		w.Errorf("%s: %v", why, err)
		return
	}
	if err := w.Forgive(w.Context(), account, from); err != nil {
		w.Fatal(err)
	}
}

func (w *world) rows(like string) int {
	w.Helper()
	n, err := sqldb.One(w.Context(), w.db, sqldb.Scan1[int], "SELECT count(*) FROM failure WHERE name LIKE $1", like)
	if err != nil {
		w.Fatal(err)
	}
	return n
}

func TestAnAccountWaitsWhereItWasTriedAndElsewhere(t *testing.T) {
	each(t, func(w *world) {
		w.proven("ann", at(9), "the first time")
		w.fails("ann", at(1), Free)
		w.waits("ann", at(1), "where it was tried")
		w.waits("ann", at(2), "elsewhere")
		w.proven("bob", at(1), "a neighbour who was never there")
		w.proven("ann", at(9), "where she was in before")
		w.waits("ann", at(2), "being in there makes no room elsewhere")
		for wait := time.Second; wait < 2*MaxWait; wait *= 2 {
			w.clock.Advance(min(wait, MaxWait) - time.Millisecond)
			w.waits("ann", at(1), "before the pause of "+wait.String()+" is over")
			w.clock.Advance(time.Millisecond)
			w.fails("ann", at(1), 1)
		}
		w.clock.Advance(Forget + time.Second)
		w.fails("ann", at(1), Free)
	})
}

func TestAnAddressWaitsForAccountsAndNotForTries(t *testing.T) {
	each(t, func(w *world) {
		w.proven("ann", at(1), "the first time")
		w.fails("bob", at(1), Free)
		for i := range Free - 1 {
			w.fails(fmt.Sprint("guess", i), at(1), 1)
		}
		w.waits("guess9", at(1), "one account more")
		w.waits("guess0", at(1), "one of those that were tried")
		w.proven("guess9", at(2), "from another address")
		try, err := w.Attempt(t.Context(), "ann", at(1))
		if err != nil {
			t.Fatalf("who is known there: %v", err)
		}
		if wrong := errors.New("wrong"); !problem.Is(try.Answer(wrong), problem.Throttled) {
			t.Error("the answer to a wrong password tells who is known there")
		}
		w.fails("ann", at(1), Free-1)
		w.waits("ann", at(1), "who is known there, after five wrong ones")
		w.clock.Advance(MaxWait)
		w.proven("guess0", at(1), "after the pause")
		n, err := sqldb.One(t.Context(), w.db, sqldb.Scan1[int], "SELECT failed FROM failure WHERE name = $1", at(1))
		if err != nil || n != Free { // bob, ann, guess1 to guess3
			t.Errorf("%d accounts count after one of them was right: %v", n, err)
		}
	})
}

// TestTheOwnAccountBuysNoRoom: whoever is right about one account still has the others counted.
func TestTheOwnAccountBuysNoRoom(t *testing.T) {
	each(t, func(w *world) {
		for i := range Free {
			w.fails(fmt.Sprint("guess", i), at(1), 1)
			if i < Free-1 {
				w.proven("own", at(1), "in between")
			}
		}
		w.waits("guess9", at(1), "after five accounts")
	})
}

// TestTriesAtTheSameMoment: that the later of two was counted first makes the other one wait for nothing, and a clock that is set
// back keeps nobody out until it is where it was.
func TestTriesAtTheSameMoment(t *testing.T) {
	each(t, func(w *world) {
		w.clock.Advance(time.Millisecond)
		w.fails("ann", at(1), Free-1)
		w.clock.Advance(-time.Millisecond)
		w.fails("ann", at(1), 1)
		w.waits("ann", at(1), "after five")
		w.clock.Advance(-24 * time.Hour)
		w.fails("ann", at(1), 1)
		w.waits("ann", at(1), "after six, by the clock that is set back")
	})
}

func TestBeingKnownEnds(t *testing.T) {
	each(t, func(w *world) {
		w.proven("ann", at(1), "the first time")
		for _, after := range []time.Duration{Remember, Remember + time.Second} {
			w.clock.Advance(after)
			w.fails("ann", at(2), Free)
			if after == Remember {
				w.proven("ann", at(1), "a month later")
			} else {
				w.waits("ann", at(1), "more than a month later")
			}
		}
		for i := range 200 {
			w.proven("bob", at(i), "on a journey")
		}
		if n := w.rows("known:bob %"); n == 0 || n > Places {
			t.Errorf("%d places are kept of one account", n)
		}
	})
}

func TestWhatProvesNothingDoesNotCount(t *testing.T) {
	each(t, func(w *world) {
		for range 3 * Free {
			w.fails("ann", at(1), 1)
			if err := w.TakeBack(t.Context(), "ann", at(1)); err != nil {
				t.Fatal(err)
			}
		}
		if n := w.rows("%"); n != 0 {
			t.Errorf("%d rows are left", n)
		}
		w.fails("ann", at(1), 2)
		if err := w.TakeBack(t.Context(), "ann", at(1)); err != nil {
			t.Fatal(err)
		}
		w.fails("ann", at(1), Free-1)
		w.waits("ann", at(1), "after five that count")
	})
}

func TestWhatIsNoAccountsCountsForTheAddress(t *testing.T) {
	each(t, func(w *world) {
		for range Free {
			if err := w.Count(t.Context(), at(1)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Count(t.Context(), at(1)); !problem.Is(err, problem.Throttled) {
			t.Errorf("after five: %v", err)
		}
		if err := w.Count(t.Context(), at(2)); err != nil {
			t.Errorf("from elsewhere: %v", err)
		}
	})
}

func TestWhatCountsNoMoreIsForgotten(t *testing.T) {
	each(t, func(w *world) {
		for i := range 20 {
			w.fails(fmt.Sprint("guess", i), at(i), 1)
		}
		w.proven("ann", at(1), "the first time")
		w.clock.Advance(Forget + time.Second)
		w.proven("bob", at(2), "a day later")
		if all, known := w.rows("%"), w.rows("known:%"); all != 2 || known != 2 {
			t.Errorf("%d rows are left, %d of them of places, want two places", all, known)
		}
		w.clock.Advance(Remember + time.Second)
		w.proven("cleo", at(3), "a month later")
		if n := w.rows("%"); n != 1 {
			t.Errorf("%d rows are left, want one place", n)
		}
	})
}

// TestManyAtOnceAreNoWayAround: of accounts, of addresses and of both, while old rows are forgotten. Nothing waits for itself.
func TestManyAtOnceAreNoWayAround(t *testing.T) {
	each(t, func(w *world) {
		for i := range 10 {
			w.fails(fmt.Sprint("old", i), at(100+i), 2)
		}
		w.clock.Advance(Forget + time.Hour)
		var mu sync.Mutex
		through := map[string]int{}
		var all sync.WaitGroup
		try := func(kind, account, from string) {
			all.Go(func() {
				_, err := w.Attempt(context.WithoutCancel(t.Context()), account, from)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					through[kind]++
				} else if !problem.Is(err, problem.Throttled) {
					t.Errorf("%s: %v", kind, err)
				}
			})
		}
		for i := range 12 {
			try("account", "ann", at(i))
			try("address", fmt.Sprint("guess", i), at(50))
			try("both", "bob", at(60))
			try("old", fmt.Sprint("old", i), at(100+i))
		}
		all.Wait()
		for kind, most := range map[string]int{"account": Free, "address": Free, "both": Free, "old": 12} {
			if through[kind] != most {
				t.Errorf("%s: %d came through, want %d", kind, through[kind], most)
			}
		}
	})
}
