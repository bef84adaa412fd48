package command

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/platform"
	"drover/internal/core/schema/schematest"
	"drover/internal/core/scope"
)

// many are enough devices for several pieces.
const many = 3*pieceSize + 50

// newCompany is a fixture of devices with a companion application, and the request to lock them all.
func newCompany(t testing.TB, db *sqldb.DB, devices int) (*fixture, Request) {
	t.Helper()
	f := newFixture(t, db, devices)
	r := Request{Kind: platform.Lock, Reason: "drill", Text: "back at noon", Key: "k"}
	for id, d := range f.fleet.devices {
		d.Facts = platform.Facts{Platform: platform.AndroidTouchDown}
		d.Reach = platform.Reach{Channels: []platform.Channel{platform.ActiveSync, platform.Companion}, ActiveSync: platform.V(12, 1)}
		f.fleet.devices[id] = d
		r.Devices = append(r.Devices, id)
	}
	return f, r
}

func (f *fixture) count(t testing.TB, what string) int {
	t.Helper()
	n, err := sqldb.One(context.Background(), f.db, sqldb.Scan1[int], "SELECT count(*) FROM "+what)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// breakOff asks and goes away when the first piece is written, as the client of a server that dies.
func (f *fixture) breakOff(t testing.TB, r Request) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	stop := f.bus.Subscribe("event", func(bus.Message) { cancel() })
	defer stop()
	if _, err := f.commands.Request(ctx, admin("a"), r); !errors.Is(err, context.Canceled) {
		t.Fatalf("it was not broken off: %v", err)
	}
	f.restart()
}

func TestManyDevicesAreOrderedInPieces(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f, r := newCompany(t, db, many)
		var seen atomic.Int64
		stop := f.bus.Subscribe("event", func(bus.Message) { seen.CompareAndSwap(0, int64(f.count(t, "command"))) })
		defer stop()
		b, err := f.commands.Request(t.Context(), admin("a"), r)
		if err != nil {
			t.Fatal(err)
		}
		if !b.Complete() || b.Total != many || b.Left != 0 || len(b.Commands) != many {
			t.Fatalf("the batch is %d of %d with %d commands, %d left out", b.Written, b.Total, len(b.Commands), b.Left)
		}
		if seen.Load() != pieceSize {
			t.Errorf("the first piece had %d commands, want %d", seen.Load(), pieceSize)
		}
		if n := f.count(t, "command_piece") + f.count(t, "command_batch WHERE reason IS NOT NULL OR payload IS NOT NULL"); n != 0 {
			t.Error("what it was asked with is kept after its end")
		}
		last, err := f.commands.Get(t.Context(), admin("a"), b.Commands[many-1].ID)
		if err != nil || last.Reason != r.Reason || len(last.Steps) != 1 || last.State != Queued {
			t.Errorf("the last command is %+v (%v)", last, err)
		}
		if n := f.count(t, "audit_record WHERE action = 'command.requested' AND caller = 'a'"); n != many {
			t.Errorf("%d were audited", n)
		}
		again, err := f.commands.Request(t.Context(), admin("a"), r)
		if err != nil || again.ID != b.ID || f.count(t, "command") != many {
			t.Errorf("asked again it became the batch %s (%v)", again.ID, err)
		}
	})
}

func TestABatchThatBrokeOffIsCarriedOn(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f, r := newCompany(t, db, many)
		f.breakOff(t, r)
		list, _, err := f.commands.Batches(t.Context(), admin("a"), 10, "")
		if err != nil || len(list) != 1 || list[0].Written != pieceSize || list[0].Complete() {
			t.Fatalf("it does not say how far it came: %+v, %v", list, err)
		}
		if due, err := f.commands.Overdue(t.Context()); err != nil || due {
			t.Fatalf("it is taken from its requester at once (%v)", err)
		}
		f.clock.Advance(abandoned)
		if due, err := f.commands.Overdue(t.Context()); err != nil || !due {
			t.Fatalf("nobody carries it on (%v)", err)
		}
		if _, err := f.commands.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		list, _, err = f.commands.Batches(t.Context(), admin("a"), 10, "")
		if err != nil || !list[0].Complete() || f.count(t, "command") != many {
			t.Errorf("it came to %+v (%v)", list[0], err)
		}
		if due, err := f.commands.Overdue(t.Context()); err != nil || due {
			t.Errorf("there is still something to do (%v)", err)
		}
	})
}

func TestTheSameKeyCarriesABatchOn(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f, r := newCompany(t, db, many)
		f.breakOff(t, r)
		var fns []func() error
		for range 4 {
			fns = append(fns, func() error {
				b, err := f.commands.Request(context.Background(), admin("a"), Request{
					Kind: r.Kind, Devices: append([]string(nil), r.Devices...), Reason: r.Reason, Text: r.Text, Key: r.Key,
				})
				if err == nil && (!b.Complete() || len(b.Commands) != many) {
					err = fmt.Errorf("it came to %d of %d with %d commands", b.Written, b.Total, len(b.Commands))
				}
				return err
			})
		}
		if err := errors.Join(together(fns...)...); err != nil {
			t.Fatal(err)
		}
		other := r
		other.Devices = r.Devices[:1]
		if _, err := f.commands.Request(t.Context(), admin("a"), other); !problem.Is(err, problem.Conflict) {
			t.Errorf("another request with the same key: %v", err)
		}
	})
}

func TestWhoCannotAnyMoreIsLeftOutAndNamed(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f, r := newCompany(t, db, many)
		f.breakOff(t, r)
		last := r.Devices[many-3:]
		delete(f.fleet.devices, last[0])
		f.fleet.wiped[last[1]] = true
		if _, err := f.commands.Request(t.Context(), admin("b"), Request{Kind: r.Kind, Devices: last[2:], Reason: "r"}); err != nil {
			t.Fatal(err)
		}
		f.clock.Advance(time.Minute)
		if _, err := f.commands.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		list, _, err := f.commands.Batches(t.Context(), admin("a"), 10, "")
		if err != nil || len(list) != 1 {
			t.Fatalf("%+v, %v", list, err)
		}
		b := list[0]
		if !b.Complete() || b.Left != 3 || len(b.LeftOut) != 3 || b.LeftOut[0].Device != last[0] || b.LeftOut[2].Words == "" {
			t.Errorf("left out are %+v of %d", b.LeftOut, b.Written)
		}
		if n := f.count(t, "command WHERE batch = '"+b.ID+"'"); n != many-3 {
			t.Errorf("%d commands", n)
		}
	})
}

func TestABatchIsRefusedWholeBeforeItBegins(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f, r := newCompany(t, db, many)
		if _, err := f.commands.Request(t.Context(), admin("b"), Request{Kind: r.Kind, Devices: r.Devices[many-1:], Reason: "r"}); err != nil {
			t.Fatal(err)
		}
		if _, err := f.commands.Request(t.Context(), admin("a"), r); !problem.Is(err, problem.Conflict) || f.count(t, "command") != 1 {
			t.Errorf("with an open one among the last: %v, %d commands", err, f.count(t, "command"))
		}
		if _, err := f.commands.Request(t.Context(), admin("a"), Request{Kind: platform.FullWipe, Devices: r.Devices, Reason: "r"}); !problem.Is(err, problem.Invalid) {
			t.Errorf("a wipe of %d devices at once: %v", many, err)
		}
	})
}

func TestBatchesAreSeenByTheirRequesterAndByWhoSeesAll(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f, r := newCompany(t, db, 3)
		if _, err := f.commands.Request(t.Context(), admin("a"), r); err != nil {
			t.Fatal(err)
		}
		narrow := func(id string) scope.Caller {
			c := admin(id)
			c.Grants[0].Groups = []string{"gd001"}
			return c
		}
		for who, want := range map[string]int{"a": 1, "b": 0} {
			list, _, err := f.commands.Batches(t.Context(), narrow(who), 10, "")
			if err != nil || len(list) != want {
				t.Errorf("%s sees %d (%v), want %d", who, len(list), err, want)
			}
		}
		if list, _, err := f.commands.Batches(t.Context(), admin("b"), 10, ""); err != nil || len(list) != 1 {
			t.Errorf("who sees all sees %d (%v)", len(list), err)
		}
	})
}

// BenchmarkRequestOfManyDevices measures an order to as many devices as one may go to, and how long it keeps another writer
// waiting at the most.
func BenchmarkRequestOfManyDevices(b *testing.B) {
	for _, e := range []sqldb.Engine{sqldb.SQLite, sqldb.PostgreSQL} {
		b.Run(string(e), func(b *testing.B) {
			f, r := newCompany(b, schematest.New(b, e), maxDevices)
			var longest time.Duration
			for b.Loop() {
				r.Key = sqldb.NewID()
				stop := f.writeBeside(b, &longest)
				if _, err := f.commands.Request(b.Context(), admin("a"), r); err != nil {
					b.Fatal(err)
				}
				stop()
				b.StopTimer()
				f.cancelAll(b)
				b.StartTimer()
			}
			b.ReportMetric(float64(longest.Milliseconds()), "ms-waited")
		})
	}
}

// writeBeside writes without pause until it is stopped, and takes the longest time that one write takes.
func (f *fixture) writeBeside(b *testing.B, longest *time.Duration) (stop func()) {
	ctx, cancel := context.WithCancel(b.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			began := time.Now()
			err := f.db.Write(b.Context(), func(tx *sqldb.Tx) error {
				_, err := tx.Exec(b.Context(), "UPDATE zone_revision SET people = people WHERE one = 1")
				return err
			})
			if err != nil {
				b.Error(err)
			}
			*longest = max(*longest, time.Since(began))
		}
	}()
	return func() { cancel(); <-done }
}

func (f *fixture) cancelAll(b *testing.B) {
	err := f.db.Write(b.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(b.Context(), "UPDATE command SET state = 'cancelled'")
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
}
