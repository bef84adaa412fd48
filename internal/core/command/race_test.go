package command

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/platform"
	"drover/internal/core/safety"
	"drover/internal/core/schema/schematest"
)

// together runs each function at once and returns what each got.
func together(fns ...func() error) []error {
	errs := make([]error, len(fns))
	var wg sync.WaitGroup
	for i, fn := range fns {
		wg.Go(func() { errs[i] = fn() })
	}
	wg.Wait()
	return errs
}

func TestTheSameKeyAtOnceIsTheSameRequest(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db, 3)
		for round := range 3 {
			ids := make([]string, 6)
			fns := make([]func() error, len(ids))
			for i := range fns {
				fns[i] = func() error {
					b, err := f.commands.Request(context.Background(), admin("a"), Request{
						Kind: platform.FullWipe, Devices: []string{fmt.Sprintf("d%03d", round)}, Reason: "r", Key: fmt.Sprint("k", round),
					})
					if err == nil {
						ids[i] = b.Commands[0].ID
					}
					return err
				}
			}
			if err := errors.Join(together(fns...)...); err != nil {
				t.Fatal(err)
			}
			for _, id := range ids {
				if id != ids[0] {
					t.Fatalf("one key became the commands %v", ids)
				}
			}
		}
	})
}

// TestTheSameDeviceAskingAtOnceIsHandedOneCommand has a device ask over many connections, as phones do, and answer over
// all of them: nobody gets an error, all are told the same, and it is counted once.
func TestTheSameDeviceAskingAtOnceIsHandedOneCommand(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db, 4)
		const callers = 12
		for round := range 3 {
			device := fmt.Sprintf("d%03d", round)
			b, err := f.wipe(t, admin("a"), device)
			if err != nil {
				t.Fatal(err)
			}
			id := b.Commands[0].ID
			asks, answers := make([]func() error, callers), make([]func() error, callers)
			for i := range callers {
				asks[i] = func() error {
					c, err := f.commands.Next(context.Background(), device, platform.ActiveSync)
					if err == nil && (c == nil || c.ID != id || c.State != Delivered) {
						err = fmt.Errorf("handed out %+v", c)
					}
					return err
				}
				answers[i] = func() error {
					return f.commands.Report(context.Background(), id, Answer{State: Acknowledged})
				}
			}
			if err := errors.Join(append(together(asks...), together(answers...)...)...); err != nil {
				t.Fatal(err)
			}
			c, err := f.commands.Get(t.Context(), admin("a"), id)
			if err != nil || len(c.Steps) != 3 || c.State != Acknowledged {
				t.Fatalf("the steps are %+v (%v), want queued, delivered, acknowledged", c.Steps, err)
			}
			spent, err := sqldb.One(t.Context(), db, sqldb.Scan1[int], "SELECT count(*) FROM safety_spend")
			if err != nil || spent != round+1 {
				t.Fatalf("%d were counted after %d wipes (%v)", spent, round+1, err)
			}
		}
	})
}

// TestCancelAndApprovalAtOnceAreOneOfThem has a command cancelled while it is approved: whoever comes second is told so,
// and nobody waits for a deadlock to be found.
func TestCancelAndApprovalAtOnceAreOneOfThem(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db, 12)
		f.quorum(t, 1)
		f.rules(t, func(r *safety.Rules) { r.Delay = 60 })
		for i := range 12 {
			b, err := f.wipe(t, admin("a"), fmt.Sprintf("d%03d", i))
			if problem.Is(err, problem.Throttled) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			errs := together(func() error {
				_, err := f.commands.Cancel(context.Background(), admin("a"), b.Commands[0].ID)
				return err
			}, func() error {
				_, err := f.safety.Decide(context.Background(), admin("b"), b.Approval, true, code)
				return err
			})
			for _, err := range errs {
				if err != nil && !problem.Is(err, problem.Conflict) {
					t.Fatalf("round %d: %v", i, err)
				}
			}
			c, err := f.commands.Get(t.Context(), admin("a"), b.Commands[0].ID)
			if err != nil || (errs[0] == nil) != (c.State == Cancelled) {
				t.Fatalf("round %d: %s (%v) after %v", i, c.State, err, errs)
			}
		}
	})
}

// TestAWipeDoesNotFollowTheDeviceToItsNextOwner: what was approved was a wipe of one person's phone.
func TestAWipeDoesNotFollowTheDeviceToItsNextOwner(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db, 2)
		handOver := func(id string) {
			d := f.fleet.devices[id]
			d.Owner = "u-next"
			f.fleet.devices[id] = d
		}
		waiting, err := f.wipe(t, admin("a"), "d000")
		if err != nil {
			t.Fatal(err)
		}
		told, err := f.wipe(t, admin("a"), "d001")
		if err != nil || f.next(t, "d001") == nil {
			t.Fatalf("not delivered (%v)", err)
		}
		handOver("d000")
		handOver("d001")
		for id, want := range map[string]State{waiting.Commands[0].ID: Cancelled, told.Commands[0].ID: Failed} {
			x, err := f.commands.Get(t.Context(), admin("a"), id)
			if err != nil {
				t.Fatal(err)
			}
			if c := f.next(t, x.Device); c != nil {
				t.Errorf("%s: the next owner's device was told to %s", x.Device, c.Kind)
			}
			if x, err = f.commands.Get(t.Context(), admin("a"), id); err != nil || x.State != want {
				t.Errorf("%s: %s (%v), want %s", x.Device, x.State, err, want)
			}
		}
	})
}

// TestNoWipeWaitsForADeviceThatWasLetInAgain: of two wipes one is carried out; the other must not hit the device after
// an administrator has let it enrol again.
func TestNoWipeWaitsForADeviceThatWasLetInAgain(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db, 1)
		d := f.fleet.devices["d000"]
		d.Reach.ActiveSync = platform.V(16, 1) // which knows the selective wipe
		d.Facts.Platform = platform.OutlookMobile
		f.fleet.devices["d000"] = d
		first, err := f.wipe(t, admin("a"), "d000")
		if err != nil {
			t.Fatal(err)
		}
		second, err := f.commands.Request(t.Context(), admin("a"), Request{Kind: platform.SelectiveWipe, Devices: []string{"d000"}, Reason: "r"})
		if err != nil {
			t.Fatal(err)
		}
		c := f.next(t, "d000")
		if c == nil {
			t.Fatal("nothing was delivered")
		}
		if err := f.commands.Report(t.Context(), c.ID, Answer{State: Acknowledged}); err != nil {
			t.Fatal(err)
		}
		f.fleet.wiped["d000"] = false // an administrator lets it in
		if c := f.next(t, "d000"); c != nil {
			t.Fatalf("the new device was told to %s", c.Kind)
		}
		for _, b := range []Batch{first, second} {
			x, err := f.commands.Get(t.Context(), admin("a"), b.Commands[0].ID)
			if err != nil || x.State.undelivered() || x.State == Delivered || x.State == Postponed {
				t.Errorf("%s is %s (%v), want an end", x.Kind, x.State, err)
			}
		}
	})
}

// TestAnUnprovenAnswerEndsNothing: whoever knows a device's id and key, and not the user's password, cannot stop its wipe.
func TestAnUnprovenAnswerEndsNothing(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db, 1)
		if _, err := f.wipe(t, admin("a"), "d000"); err != nil {
			t.Fatal(err)
		}
		c := f.next(t, "d000")
		report := func(a Answer, want State, unproven bool) {
			t.Helper()
			if err := f.commands.Report(t.Context(), c.ID, a); err != nil {
				t.Fatal(err)
			}
			got, err := f.commands.Get(t.Context(), admin("a"), c.ID)
			if err != nil || got.State != want || got.Unproven != unproven {
				t.Fatalf("after %+v it is %s, unproven %v (%v), want %s, %v", a, got.State, got.Unproven, err, want, unproven)
			}
		}
		report(Answer{State: Failed, Unproven: true}, Delivered, false)
		report(Answer{State: Postponed, Unproven: true}, Delivered, false)
		report(Answer{State: Acknowledged, Unproven: true}, Acknowledged, true)
		report(Answer{State: Acknowledged}, Acknowledged, false)
		report(Answer{State: Acknowledged, Unproven: true}, Acknowledged, false)
		report(Answer{State: Done}, Done, false)
	})
}

// TestNothingWaitsForADeviceThatLeaves: what nobody will come for must not stand as if somebody would.
func TestNothingWaitsForADeviceThatLeaves(t *testing.T) {
	leave := func(to device.State) func(*testing.T, *fixture) {
		return func(t *testing.T, f *fixture) {
			err := f.db.Write(t.Context(), func(tx *sqldb.Tx) error { return f.commands.DeviceMoved(t.Context(), tx, "d000", to) })
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	for name, x := range map[string]struct {
		leave func(*testing.T, *fixture)
		wipe  State // what becomes of a wipe over the mail client
		words string
	}{
		"wiped": {func(t *testing.T, f *fixture) {
			if err := f.commands.Report(t.Context(), f.next(t, "d000").ID, Answer{State: Acknowledged}); err != nil {
				t.Fatal(err)
			}
		}, Acknowledged, "The device was wiped by another command."},
		"retired": {leave(device.Retired), Queued, "The device was taken out of service."},
		"removed": {leave(device.Removed), Cancelled, "The device was removed."},
	} {
		t.Run(name, func(t *testing.T) {
			schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
				f := newFixture(t, db, 1)
				d := f.fleet.devices["d000"]
				d.Reach.Channels = append(d.Reach.Channels, platform.Companion)
				f.fleet.devices["d000"] = d
				message, err := f.commands.Request(t.Context(), admin("a"), Request{
					Kind: platform.Message, Devices: []string{"d000"}, Reason: "r", Text: "Hello",
				})
				if err != nil {
					t.Fatal(err)
				}
				wipe, err := f.wipe(t, admin("a"), "d000")
				if err != nil {
					t.Fatal(err)
				}
				x.leave(t, f)
				got, err := f.commands.Get(t.Context(), admin("a"), message.Commands[0].ID)
				if err != nil || got.State != Cancelled || got.Words != x.words {
					t.Errorf("the message is %s, %q (%v), want it cancelled: %q", got.State, got.Words, err, x.words)
				}
				if got, err = f.commands.Get(t.Context(), admin("a"), wipe.Commands[0].ID); err != nil || got.State != x.wipe {
					t.Errorf("the wipe is %s (%v), want %s", got.State, err, x.wipe)
				}
			})
		})
	}
}
