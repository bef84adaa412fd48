package audit_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/audit"
	"drover/internal/core/schema/schematest"
	"drover/internal/core/scope"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// turned is a stand-in for the keys: it shows that what is written is not what was given, and for whom it was sealed.
type turned struct{}

func (turned) Seal(_ context.Context, _ *sqldb.Tx, f seal.Field, o seal.Owner, plain []byte) (seal.Sealed, error) {
	return turn(string(o)+f.Row, plain), nil
}

func (turned) Open(_ context.Context, _ sqldb.Querier, f seal.Field, o seal.Owner, sealed seal.Sealed) ([]byte, error) {
	return turn(string(o)+f.Row, sealed), nil
}

func turn(key string, b []byte) []byte {
	out := make([]byte, len(b))
	for i := range b {
		out[i] = b[i] ^ key[i%len(key)] ^ 0x80
	}
	return out
}

type fixture struct {
	db    *sqldb.DB
	clock *clock.Fake
	log   *audit.Log
	key   ed25519.PrivateKey
	file  string
}

func newFixture(t *testing.T, db *sqldb.DB) *fixture {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewFake(start)
	return &fixture{db, c, audit.New(db, c, turned{}, bus.New()), key, filepath.Join(t.TempDir(), "heads.jsonl")}
}

func (f *fixture) sealer(node string) *audit.Sealer {
	return audit.NewSealer(f.db, f.clock, f.key, node, audit.NewFileSink(f.file))
}

func (f *fixture) append(t *testing.T, r audit.Record) {
	t.Helper()
	err := f.db.Write(t.Context(), func(tx *sqldb.Tx) error { return f.log.Append(t.Context(), tx, r) })
	if err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) exec(t *testing.T, text string, args ...any) {
	t.Helper()
	err := f.db.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), text, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) verify(t *testing.T) audit.Report {
	t.Helper()
	heads, torn, err := audit.ReadHeads(f.file)
	if err != nil {
		t.Fatal(err)
	}
	rep, err := f.log.Verify(t.Context(), scope.System("test"), f.key.Public().(ed25519.PublicKey), heads, torn)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

func record(n int) audit.Record {
	return audit.Record{
		Action: "device.edited", Caller: scope.System("test"), Subject: audit.Subject{Kind: "device", ID: fmt.Sprint("d", n)},
		Device: fmt.Sprint("d", n), Before: map[string]int{"n": n}, After: map[string]int{"n": n + 1},
	}
}

func (f *fixture) sealed(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		f.clock.Advance(time.Second)
		f.append(t, record(i))
	}
	if got, err := f.sealer("one").Seal(t.Context()); err != nil || got != n {
		t.Fatalf("sealed %d (%v), want %d", got, err, n)
	}
}

func TestASoundLogVerifiesAndShowsItsTail(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		f.sealed(t, 5)
		f.append(t, record(9))
		rep := f.verify(t)
		if len(rep.Faults) != 0 || rep.Linked != 5 || rep.Waiting != 1 || !rep.Oldest.Equal(f.clock.Now()) || rep.Heads != 2 {
			t.Fatalf("got %+v", rep)
		}
	})
}

// TestVerifyFindsWhatWasDone does to the tables what an intruder with the database in hand could do.
func TestVerifyFindsWhatWasDone(t *testing.T) {
	attacks := []struct {
		name, want string
		do         func(t *testing.T, f *fixture)
	}{
		{"an edited record", "not what was sealed", func(t *testing.T, f *fixture) {
			f.exec(t, "UPDATE audit_record SET outcome = 'refused' WHERE device = 'd2'")
		}},
		{"a changed time", "not what was sealed", func(t *testing.T, f *fixture) {
			f.exec(t, "UPDATE audit_record SET at = at + 1 WHERE device = 'd2'")
		}},
		{"edited details", "not what was sealed", func(t *testing.T, f *fixture) {
			f.exec(t, "UPDATE audit_record SET details = '{}' WHERE device = 'd2'")
		}},
		{"two records in each other's place", "not what was sealed", func(t *testing.T, f *fixture) {
			f.exec(t, "UPDATE audit_link SET number = 100 WHERE number = 2")
			f.exec(t, "UPDATE audit_link SET number = 2 WHERE number = 3")
			f.exec(t, "UPDATE audit_link SET number = 3 WHERE number = 100")
		}},
		{"a gap", "are missing", func(t *testing.T, f *fixture) {
			f.exec(t, "DELETE FROM audit_link WHERE number = 2")
		}},
		{"a removed record", "are missing", func(t *testing.T, f *fixture) {
			f.exec(t, "DELETE FROM audit_link WHERE number = 2")
			f.exec(t, "DELETE FROM audit_record WHERE device = 'd1'")
		}},
		{"a cut end", "cut or rolled back", func(t *testing.T, f *fixture) {
			f.exec(t, "DELETE FROM audit_head")
			f.exec(t, "DELETE FROM audit_link WHERE number = 5")
			f.exec(t, "DELETE FROM audit_record WHERE device = 'd4'")
		}},
		{"a record slipped in", "slipped in", func(t *testing.T, f *fixture) {
			f.append(t, record(77))
			f.exec(t, "DELETE FROM audit_pending")
		}},
		{"a head signed by another", "signature is not the zone's", func(t *testing.T, f *fixture) {
			f.exec(t, "UPDATE audit_head SET signature = $1", make([]byte, ed25519.SignatureSize))
		}},
		{"a chain made anew", "not the one whose head was signed", func(t *testing.T, f *fixture) {
			f.exec(t, "DELETE FROM audit_head")
			f.exec(t, "INSERT INTO audit_pending (record) SELECT record FROM audit_link")
			f.exec(t, "DELETE FROM audit_link")
			f.exec(t, "UPDATE audit_record SET outcome = 'failed' WHERE device = 'd0'")
			if _, err := audit.NewSealer(f.db, f.clock, f.key, "one").Seal(t.Context()); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
				f := newFixture(t, db)
				f.sealed(t, 5)
				a.do(t, f)
				rep := f.verify(t)
				for _, x := range rep.Faults {
					if strings.Contains(x.Words, a.want) {
						return
					}
				}
				t.Fatalf("found %+v, want a fault that says %q", rep.Faults, a.want)
			})
		})
	}
}

// TestManyWritersInTwoProcesses has 64 writers in each of two processes append while two sealers compete: the chain
// does not fork, nothing is lost, and no writer waits for the chain.
func TestManyWritersInTwoProcesses(t *testing.T) {
	const writers, each = 64, 10
	sqldbtest.Each(t, func(t *testing.T, url string) {
		f := newFixture(t, schematest.Open(t, url))
		other := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWriterProcess$", "-test.v")
		other.Env = append(os.Environ(), "AUDIT_TEST_DATABASE="+url)
		var out strings.Builder
		other.Stdout, other.Stderr = &out, &out
		if err := other.Start(); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var sealers sync.WaitGroup
		for _, node := range []string{"one", "two"} {
			sealers.Go(func() { f.sealer(node).Run(ctx, func(err error) { t.Error(err) }) })
		}
		write(t, f.db, f.log, writers, each)
		if err := other.Wait(); err != nil {
			t.Fatalf("the other process: %v\n%s", err, out.String())
		}
		stop()
		sealers.Wait()
		if _, err := f.sealer("one").Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		rep := f.verify(t)
		if len(rep.Faults) != 0 || rep.Linked != 2*writers*each || rep.Waiting != 0 {
			t.Fatalf("got %+v", rep)
		}
	})
}

// TestWriterProcess is the second process of TestManyWritersInTwoProcesses; alone it writes a few records of its own.
func TestWriterProcess(t *testing.T) {
	url, writers := os.Getenv("AUDIT_TEST_DATABASE"), 64
	if url == "" {
		url, writers = sqldbtest.NewURL(t, sqldb.SQLite), 2
	}
	db := schematest.Open(t, url)
	write(t, db, audit.New(db, clock.System{}, turned{}, bus.New()), writers, 10)
	n, err := sqldb.One(t.Context(), db, sqldb.Scan1[int], "SELECT count(*) FROM audit_record")
	if err != nil || n < writers*10 {
		t.Fatalf("%d records (%v), want at least %d", n, err, writers*10)
	}
}

func write(t *testing.T, db *sqldb.DB, log *audit.Log, writers, each int) {
	t.Helper()
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				err := db.Write(t.Context(), func(tx *sqldb.Tx) error { return log.Append(t.Context(), tx, record(w*1000+i)) })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func TestARecordOfARolledBackActIsNotThere(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		refused := errors.New("refused")
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			if err := f.log.Append(t.Context(), tx, record(1)); err != nil {
				return err
			}
			return refused
		})
		if !errors.Is(err, refused) {
			t.Fatal(err)
		}
		if rep := f.verify(t); rep.Waiting != 0 || len(rep.Faults) != 0 {
			t.Fatalf("got %+v", rep)
		}
	})
}

func TestPersonalValuesAreSealedAndEveryLookIsRecorded(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		user := scope.Caller{Kind: scope.User, ID: "u1", Addr: netip.MustParseAddr("203.0.113.9")}
		f.append(t, audit.Record{
			Action: "command.requested", Caller: user, Subject: audit.Subject{Kind: "command", ID: "c1"}, Owner: "u1",
			Reason: "left it on the train", Personal: map[string]string{"phone": "+44 20 7946 0000"},
		})
		text, err := sqldb.One(t.Context(), db, sqldb.Scan1[string], "SELECT details || address FROM audit_record")
		if err != nil || strings.Contains(text, "train") || strings.Contains(text, "203.0") {
			t.Fatalf("in clear: %s (%v)", text, err)
		}
		entries, _, err := f.log.List(t.Context(), scope.System("test"), audit.Filter{}, audit.Page{Limit: 10})
		if err != nil || len(entries) != 1 || !entries[0].Personal {
			t.Fatalf("got %+v (%v)", entries, err)
		}
		if e, err := f.log.Get(t.Context(), scope.System("test"), entries[0].ID); err != nil || e.ID != entries[0].ID || e.Action != entries[0].Action {
			t.Errorf("got %+v, %v", e, err)
		}
		if _, err := f.log.Get(t.Context(), scope.System("test"), "nothing"); !problem.Is(err, problem.NotFound) {
			t.Errorf("a record that is not there: %v", err)
		}
		open := func(c scope.Caller) (x audit.Revealed, err error) {
			err = db.Write(t.Context(), func(tx *sqldb.Tx) error {
				x, err = f.log.Open(t.Context(), tx, c, entries[0].ID)
				return err
			})
			return x, err
		}
		revealed, err := open(scope.System("test"))
		values := revealed.Values
		if err != nil || values["phone"] != "+44 20 7946 0000" || values["reason"] != "left it on the train" || values["address"] != "203.0.113.9" {
			t.Fatalf("got %v (%v)", values, err)
		}
		if _, err := open(user); !problem.Is(err, problem.Forbidden) {
			t.Errorf("opened by who may not: %v", err)
		}
	})
}

func TestAUserGetsWhatIsRecordedButNotWhatMustStayHidden(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		administrator := scope.Caller{Kind: scope.Admin, ID: "a1", Addr: netip.MustParseAddr("198.51.100.7")}
		for _, action := range []string{"command.requested", audit.Duress, "hold.placed", "hold.lifted", "device.removed"} {
			f.append(t, audit.Record{Action: action, Caller: administrator, Owner: "u1", Reason: "why " + action})
		}
		f.append(t, audit.Record{Action: "device.changed", Caller: administrator, Owner: "u2", Reason: "another"})
		user := scope.Caller{Kind: scope.User, ID: "u1"}
		var told []string
		err := page.Walk(func(after string) ([]audit.Told, string, error) {
			return f.log.Of(t.Context(), user, audit.Page{Limit: 1, After: after})
		}, func(x audit.Told) error {
			told = append(told, x.Action+": "+x.Values["reason"]+x.Address)
			return nil
		})
		want := []string{"device.removed: why device.removed", "command.requested: why command.requested"}
		if err != nil || !slices.Equal(told, want) {
			t.Fatalf("told %q, %v", told, err)
		}
		if _, _, err := f.log.Of(t.Context(), scope.System("test"), audit.Page{Limit: 1}); !problem.Is(err, problem.Forbidden) {
			t.Errorf("somebody else: %v", err)
		}
	})
}

func TestListPagesShowEveryRecordOnce(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		for i := range 25 {
			if i%3 == 0 {
				f.clock.Advance(time.Second) // several share one time
			}
			f.append(t, record(i))
		}
		seen, after := map[string]bool{}, ""
		for {
			page, next, err := f.log.List(t.Context(), scope.System("test"), audit.Filter{Action: "device.edited"}, audit.Page{Limit: 4, After: after})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page {
				if seen[e.ID] {
					t.Fatalf("%s twice", e.ID)
				}
				seen[e.ID] = true
			}
			if next == "" {
				break
			}
			after = next
		}
		if len(seen) != 25 {
			t.Fatalf("%d records, want 25", len(seen))
		}
		for _, bad := range []string{"x", "1.x", "..", "1.'; DROP TABLE audit_record; --"} {
			if _, _, err := f.log.List(t.Context(), scope.System("test"), audit.Filter{}, audit.Page{Limit: 4, After: bad}); !problem.Is(err, problem.Invalid) {
				t.Errorf("cursor %q: %v", bad, err)
			}
		}
	})
}

func TestATornLineIsCountedAndTheNextHeadIsWhole(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		if err := os.WriteFile(f.file, []byte(`{"number":1,"at":"2026`), 0o600); err != nil {
			t.Fatal(err)
		}
		f.sealed(t, 3)
		if rep := f.verify(t); rep.Torn != 1 || rep.Heads != 2 || len(rep.Faults) != 0 {
			t.Fatalf("got %+v", rep)
		}
	})
}
