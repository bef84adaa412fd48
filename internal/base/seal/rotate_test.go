package seal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"drover/internal/base/sqldb"
)

// planted is what a crash must leave readable.
type planted struct {
	fields map[Field]Sealed
	owners map[Field]Owner
}

// plant seals one field of the zone and one of each of n users.
func (r *rig) plant(k *Keyring, n int) planted {
	r.t.Helper()
	p := planted{fields: map[Field]Sealed{}, owners: map[Field]Owner{}}
	r.write(func(ctx context.Context, tx *sqldb.Tx) error {
		for i := range n + 1 {
			o, f := Zone, phone(fmt.Sprint(i))
			if i < n {
				o = User(fmt.Sprintf("user-%03d", i))
			}
			s, err := k.Seal(ctx, tx, f, o, []byte(f.Row))
			if err != nil {
				return err
			}
			p.fields[f], p.owners[f] = s, o
		}
		return nil
	})
	return p
}

func (p planted) check(r *rig, k *Keyring) {
	r.t.Helper()
	for f, s := range p.fields {
		r.wantOpen(k, f, p.owners[f], s, f.Row)
	}
}

// crashEverywhere runs act on a server that dies at its first step, starts a server again, checks that all is readable
// and that one Maintain brings it to the end; and so on for each further step.
func crashEverywhere(t *testing.T, r *rig, p planted, act func(*Keyring) error, ended func(n int)) {
	t.Helper()
	for n := 1; ; n++ {
		k, steps := r.openCrashing(n)
		err := act(k)
		if *steps < n {
			must(t, err)
			if n < 3 {
				t.Fatalf("only %d places to crash: the test sees nothing", n-1)
			}
			return
		}
		if !errors.Is(err, errCrash) {
			t.Fatalf("step %d: got %v, want the crash", n, err)
		}
		p.check(r, k) // a server that did not notice
		again := r.open()
		p.check(r, again)
		_, err = again.Maintain(t.Context())
		must(t, err)
		p.check(r, again)
		p.check(r, r.open())
		ended(n)
	}
}

func TestZoneKeyRotationSurvivesACrashAtEachStep(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.plant(r.open(), batchSize+50)
		crashEverywhere(t, r, p, func(k *Keyring) error {
			_, err := k.RotateZoneKey(t.Context())
			return err
		}, func(n int) {
			old := r.count("seal_data_key WHERE zone_version < (SELECT max(version) FROM seal_zone_key)")
			if old != 0 {
				t.Fatalf("crash %d: %d data keys were left under an old zone key", n, old)
			}
		})
		r.clock.Advance(2 * retireGrace)
		_, err := r.open().Maintain(t.Context())
		must(t, err)
		if n := r.count("seal_zone_key"); n != 1 {
			t.Fatalf("%d versions of the zone key are left, want 1", n)
		}
		p.check(r, r.open())
	})
}

func TestRootKeyRotationSurvivesACrashAtEachStep(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		p := r.plant(r.open(), 3)
		rootOf := func() string {
			text, err := os.ReadFile(filepath.Join(r.dir, rootFile))
			must(t, err)
			return string(text)
		}
		before := rootOf()
		crashEverywhere(t, r, p, func(k *Keyring) error { return k.RotateRoot(t.Context()) }, func(n int) {
			if rootOf() == before {
				t.Fatalf("crash %d: the rotation was not completed", n)
			}
			before = rootOf()
			r.clock.Advance(time.Second) // the old root key's name holds the time
		})
		r.wantRoots(r.open(), 1)
	})
}

// wantRoots drops the retired root keys and checks that the newest is enough.
func (r *rig) wantRoots(k *Keyring, want int) {
	r.t.Helper()
	r.clock.Advance(DefaultRetention + time.Hour)
	_, err := k.Maintain(r.t.Context())
	must(r.t, err)
	names, err := filepath.Glob(filepath.Join(r.dir, "root*"))
	must(r.t, err)
	if len(names) != want {
		r.t.Fatalf("root keys left: %v", names)
	}
	r.open()
}

func TestACrashBetweenTheFilesOfARootKeyRotation(t *testing.T) {
	r := onSQLite(t)
	k, _ := r.openCrashing(1)
	p := r.plant(k, 3)
	if err := k.RotateRoot(t.Context()); !errors.Is(err, errCrash) {
		t.Fatal(err)
	}
	// The old root key has its retired copy already, and the new one is not yet in place; a half-written file is about.
	old, err := os.ReadFile(filepath.Join(r.dir, rootFile))
	must(t, err)
	must(t, os.WriteFile(filepath.Join(r.dir, retiredName+"20261105T120000Z"+keySuffix), old, 0o600))
	must(t, os.WriteFile(filepath.Join(r.dir, tempPrefix+"1"), old[:9], 0o600))
	p.check(r, r.open())
	if left, _ := filepath.Glob(filepath.Join(r.dir, tempPrefix+"*")); len(left) > 0 {
		t.Fatalf("left behind: %v", left)
	}
	r.wantRoots(r.open(), 1)
	p.check(r, r.open())
}

func TestABackupFromBeforeARootKeyRotationCanBeRestored(t *testing.T) {
	r := onSQLite(t)
	k := r.open()
	p := r.plant(k, 3)
	backup := r.copyDatabase()
	must(t, k.RotateRoot(t.Context()))

	restored := &rig{t: t, db: openDatabase(t, backup), dir: r.dir, clock: r.clock}
	p.check(restored, restored.open())
	// It has been brought under the new root key, so that it outlives the old one.
	restored.wantRoots(restored.open(), 1)
	p.check(restored, restored.open())
}

// TestTwoServersDuringRotation has one server rotate over and over while another, which knows nothing of it, seals for
// old and new users and opens.
func TestTwoServersDuringRotation(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		a, b := r.open(), r.open()
		p := r.plant(a, 20)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		var sealed int
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					sealed = i
					return
				default:
				}
				b.cache.drop(func(string) bool { return i%3 == 0 }) // as time would
				f, o := phone(fmt.Sprint("new", i)), User(fmt.Sprint("new-", i/2))
				var s Sealed
				err := r.db.Write(t.Context(), func(tx *sqldb.Tx) (err error) {
					s, err = b.Seal(t.Context(), tx, f, o, []byte("new"))
					return err
				})
				if err != nil {
					t.Errorf("seal during a rotation: %v", err)
					return
				}
				if got, err := b.Open(t.Context(), r.db, f, o, s); err != nil || string(got) != "new" {
					t.Errorf("open during a rotation: %q, %v", got, err)
					return
				}
			}
		})
		for i := range 5 {
			_, err := a.RotateZoneKey(t.Context())
			must(t, err)
			must(t, a.RotateRoot(t.Context()))
			r.clock.Advance(20 * 24 * time.Hour * time.Duration(i%2)) // into the next month, too
			_, err = a.Maintain(t.Context())
			must(t, err)
		}
		close(stop)
		wg.Wait()
		if sealed == 0 {
			t.Fatal("the second server did nothing")
		}
		p.check(r, b)
		p.check(r, r.open())
	})
}

func TestTwoServersMakeOneKeyForOneUser(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		servers := []*Keyring{r.open(), r.open()}
		var mu sync.Mutex
		all := map[Field]Sealed{}
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				f := phone(fmt.Sprint(i))
				err := r.db.Write(t.Context(), func(tx *sqldb.Tx) error {
					s, err := servers[i%2].Seal(t.Context(), tx, f, User("ann"), []byte("x"))
					mu.Lock()
					defer mu.Unlock()
					all[f] = s
					return err
				})
				if err != nil {
					t.Errorf("seal: %v", err)
				}
			})
		}
		wg.Wait()
		if n := r.count("seal_data_key WHERE owner = 'user:ann'"); n != 1 {
			t.Fatalf("%d keys, want 1", n)
		}
		k := r.open()
		for f, s := range all {
			r.wantOpen(k, f, User("ann"), s, "x")
		}
	})
}

func TestAKeyOfARolledBackTransactionSealsNothingLater(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		k := r.open()
		refused := errors.New("refused")
		err := r.db.Write(t.Context(), func(tx *sqldb.Tx) error {
			for range 2 { // the second time the key is read back within the transaction
				if _, err := k.Seal(t.Context(), tx, phone("d1"), User("ann"), []byte("x")); err != nil {
					return err
				}
			}
			return refused
		})
		if !errors.Is(err, refused) {
			t.Fatal(err)
		}
		s := r.seal(k, phone("d1"), User("ann"), "kept")
		r.wantOpen(r.open(), phone("d1"), User("ann"), s, "kept")
	})
}

func TestTheCacheIsBoundedAndForgets(t *testing.T) {
	c, now := newCache(), time.Date(2026, 11, 5, 12, 0, 0, 0, time.UTC)
	for i := range cacheSize + 10 {
		c.put(fmt.Sprint(i), newKey(), 1, now)
	}
	if len(c.entries) != cacheSize || c.order.Len() != cacheSize {
		t.Fatalf("%d keys, want %d", len(c.entries), cacheSize)
	}
	if _, _, ok := c.get("0", now); ok {
		t.Error("the oldest is still there")
	}
	first := c.entries["20"].Value.(*cached)
	if _, _, ok := c.get("20", now.Add(cacheAge)); ok || first.key != (key{}) {
		t.Error("an expired key is served or not zeroed")
	}
	if _, _, ok := c.get("21", now.Add(-time.Second)); ok {
		t.Error("a key from the future is served")
	}
	c.sweep(now.Add(cacheAge))
	if len(c.entries) != 0 {
		t.Errorf("%d keys are left", len(c.entries))
	}
}
