package endtoend

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/command"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/journal"
	"drover/internal/core/platform"
	"drover/internal/core/policy"
	"drover/internal/core/scope"
	"drover/internal/server"
)

// archive is a zone without a server, on a database file and a clock of the test's.
type archive struct {
	t     *testing.T
	data  string
	clock *clock.Fake
}

// open opens the zone on a database file, "" for its own.
func (a archive) open(file string, fn func(z *server.Zone)) {
	a.t.Helper()
	if err := a.try(file, fn); err != nil {
		a.t.Fatal(err)
	}
}

func (a archive) try(file string, fn func(z *server.Zone)) error {
	a.t.Helper()
	database := ""
	if file != "" {
		database = "sqlite:" + file
	}
	z, err := server.OpenZone(a.t.Context(), config(a.data, database), a.clock, quiet, func(string, string) {})
	if err != nil {
		return err
	}
	defer func() {
		if err := z.Close(); err != nil {
			a.t.Error(err)
		}
	}()
	if err := z.Revision.Read(a.t.Context()); err != nil {
		return err
	}
	fn(z)
	return nil
}

// copyFiles copies a directory, or some of it, with the permissions that the zone asks for.
func copyFiles(t *testing.T, from, to, prefix string) {
	t.Helper()
	list, err := os.ReadDir(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(to, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, f := range list {
		if f.IsDir() {
			copyFiles(t, filepath.Join(from, f.Name()), filepath.Join(to, f.Name()), prefix)
			continue
		}
		if !strings.HasPrefix(f.Name(), prefix) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(from, f.Name()))
		if err == nil {
			err = os.WriteFile(filepath.Join(to, f.Name()), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// live gives a user a phone, and has it tell what is then sealed under the user's key.
func live(t *testing.T, z *server.Zone, name string) (owner, phone string) {
	t.Helper()
	u, err := z.Users.Add(t.Context(), system, directory.Draft{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	k, err := z.Devices.Contact(t.Context(), scope.System("activesync"), device.Hello{
		Owner: u, EASID: name + "1", Enrol: true,
		Facts: device.Facts{Model: "Pixel", OS: "Android 14", DeviceType: "Android", UserAgent: "Android-Mail/2024.1", Protocol: "16.1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Devices.RecordFacts(t.Context(), system, k.Device.ID, device.Facts{Phone: "+15550100"}); err != nil {
		t.Fatal(err)
	}
	from := journal.Source{Device: k.Device.ID, Owner: u.ID}
	err = z.Journal.Keep(t.Context(), scope.Caller{Kind: scope.Device, ID: k.Device.ID}, from,
		&journal.Call{At: z.Clock.Now(), Number: "555 0100", Direction: journal.Out, Seconds: 60})
	if err != nil {
		t.Fatal(err)
	}
	order := command.Request{Kind: platform.FullWipe, Devices: []string{k.Device.ID}, Reason: "a lost phone of " + name}
	if _, err := z.Commands.Request(t.Context(), system, order); err != nil {
		t.Fatal(err)
	}
	return u.ID, k.Device.ID
}

// yields is how much of a user's sealed data can be opened: what the phone has told, its number, and why it was to be erased.
func yields(t *testing.T, z *server.Zone, owner, phone string) (n int) {
	t.Helper()
	err := z.DB.Read(t.Context(), func(q sqldb.Querier) error {
		p, err := z.Journal.Read(t.Context(), q, system, journal.Query{Owner: owner, Kind: journal.PhoneLog, Request: page.Request{Limit: 50}})
		n += len(p.Items)
		return err
	})
	if err != nil {
		t.Logf("entries: %v", err)
	}
	err = z.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
		number, _, err := z.Devices.OpenPhone(t.Context(), tx, system, phone)
		if number != "" {
			n++
		}
		return err
	})
	if err != nil {
		t.Logf("the phone number: %v", err)
	}
	list, _, err := z.Commands.List(t.Context(), system, command.Filter{Device: phone}, 10, "")
	if err != nil {
		t.Logf("orders: %v", err)
	}
	for _, c := range list {
		if strings.Contains(c.Reason, "a lost phone") {
			n++
		}
	}
	return n
}

// TestACopiedDatabaseFileYieldsNothingOfAnErasedUser copies the database file, erases a user, and opens the copy with the key
// store of that day: it yields what it held until the key retention has passed, and never again after it; of others it always
// does. The thief has the key store too, without its list of who was erased.
func TestACopiedDatabaseFileYieldsNothingOfAnErasedUser(t *testing.T) {
	a := archive{t: t, data: filepath.Join(t.TempDir(), "data"), clock: clock.NewFake(time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC))}
	var ann, annsPhone, bob, bobsPhone string
	a.open("", func(z *server.Zone) {
		s, err := z.Policies.Create(t.Context(), system, "watchful", "", policy.Draft{Content: policy.Content{Corporate: policy.Values{
			platform.AuditPhoneLog: policy.Bool(true), platform.AuditPhoneNumber: policy.Bool(true),
		}}})
		if err == nil {
			_, err = z.Policies.Assign(t.Context(), system, policy.Target{Kind: policy.ToDefault}, s.ID, 0)
		}
		if err != nil {
			t.Fatal(err)
		}
		ann, annsPhone = live(t, z, "ann")
		bob, bobsPhone = live(t, z, "bob")
	})
	backup := t.TempDir()
	copyFiles(t, a.data, backup, "drover.db")

	// steal opens a fresh copy of the copied file beside the keys of today.
	steal := func() (anns, bobs int) {
		t.Helper()
		thief := archive{t: t, data: filepath.Join(t.TempDir(), "data"), clock: a.clock}
		copyFiles(t, a.data, thief.data, "")
		if err := os.WriteFile(filepath.Join(thief.data, "keys", "erased.log"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		copyFiles(t, backup, filepath.Join(thief.data, "stolen"), "drover.db")
		look := func(z *server.Zone) { anns, bobs = yields(t, z, ann, annsPhone), yields(t, z, bob, bobsPhone) }
		file := filepath.Join(thief.data, "stolen", "drover.db")
		err := thief.try(file, look)
		if err != nil && problem.From(err).Code == "seal.epoch.missing" {
			// The zone says which key is gone. The thief puts one there that is not it.
			kept, _ := filepath.Glob(filepath.Join(thief.data, "keys", "epoch-*.key"))
			text, readErr := os.ReadFile(kept[0])
			if err := errors.Join(readErr, os.WriteFile(filepath.Join(thief.data, "keys", "epoch-2026-03.key"), text, 0o600)); err != nil {
				t.Fatal(err)
			}
			err = thief.try(file, look)
		}
		if err != nil {
			t.Logf("the copy does not even open: %v", err)
		}
		return anns, bobs
	}
	a.open("", func(z *server.Zone) {
		if _, err := z.Users.Erase(t.Context(), system, ann, "a test"); err != nil {
			t.Fatal(err)
		}
		if n := yields(t, z, ann, annsPhone); n != 0 {
			t.Errorf("the zone itself still yields %d things", n)
		}
	})
	if anns, bobs := steal(); anns < 2 || bobs != anns {
		t.Fatalf("within the retention the copy yields %d and %d things: the thief is no judge", anns, bobs)
	}
	for range 2 { // the month of the key must end, and its retention pass
		a.clock.Advance(seal.DefaultRetention + 2*24*time.Hour)
		a.open("", func(z *server.Zone) {
			if _, err := z.Keys.Maintain(t.Context()); err != nil {
				t.Fatal(err)
			}
			if n := yields(t, z, bob, bobsPhone); n < 2 {
				t.Errorf("the zone yields %d things of who was not erased", n)
			}
		})
	}
	if anns, _ := steal(); anns != 0 {
		t.Errorf("after the retention the copy yields %d things of an erased user", anns)
	}
}
