package spool_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"drover/internal/base/blob"
	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
	"drover/internal/core/spool"
)

var quiet = slog.New(slog.DiscardHandler)

type fixture struct {
	*coretest.Ground
	users   *directory.Store
	devices *device.Store
	blobs   spool.Blobs
	store   *spool.Store
	owner   string
	id      string // of the computer
	self    scope.Caller
}

func each(t *testing.T, fn func(t *testing.T, f *fixture)) {
	t.Helper()
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		users := directory.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision, g.Keys, g.Safety)
		f := &fixture{Ground: g, users: users, devices: device.New(device.Parts{
			DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Bus: g.Bus, Keys: g.Keys, Owners: users, Safety: g.Safety,
		})}
		dir, err := blob.Open(filepath.Join(t.TempDir(), "spool"))
		if err != nil {
			t.Fatal(err)
		}
		f.blobs = dir
		ann, err := users.Admit(t.Context(), scope.System("activesync"), "ann", "", true)
		if err != nil {
			t.Fatal(err)
		}
		k, err := f.devices.Contact(t.Context(), scope.System("activesync"), device.Hello{Owner: ann, EASID: "dev1", Enrol: true})
		if err != nil {
			t.Fatal(err)
		}
		f.owner, f.id, f.self = ann.ID, k.Device.ID, scope.Caller{Kind: scope.Device, ID: k.Device.ID}
		f.store = f.server("server-1")
		f.devices.Follow(f.store)
		f.users.Follow(f.devices)
		f.users.Follow(f.store)
		fn(t, f)
	})
}

func (f *fixture) server(self string) *spool.Store {
	return spool.New(spool.Parts{DB: f.DB, Clock: f.Clock, Log: f.Log, Keys: f.Keys, Blobs: f.blobs, Devices: f.devices, Self: self})
}

func draft(id string, data []byte) spool.Draft {
	sum := sha256.Sum256(data)
	return spool.Draft{Upload: id, Kind: spool.Log, Media: "text/plain", Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:])}
}

// send sends a file as an agent does: it asks where to go on, and sends the next chunk.
func (f *fixture) send(t *testing.T, id string, data []byte) spool.File {
	t.Helper()
	x, err := f.store.Begin(t.Context(), f.self, draft(id, data))
	for err == nil && x.State == spool.Receiving {
		end := min(x.Received+spool.Chunk, x.Size)
		x, err = f.store.Put(t.Context(), f.self, x.ID, x.Received, bytes.NewReader(data[x.Received:end]))
	}
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// taken imports what is due and returns what was read.
func (f *fixture) taken(t *testing.T) (out [][]byte) {
	t.Helper()
	var mu sync.Mutex // two import at once
	_, err := f.store.Work(t.Context(), quiet, func(_ context.Context, _ spool.File, body io.Reader) error {
		raw, err := io.ReadAll(body)
		mu.Lock()
		defer mu.Unlock()
		out = append(out, raw)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (f *fixture) fail(t *testing.T, err error) {
	t.Helper()
	if _, workErr := f.store.Work(t.Context(), quiet, func(context.Context, spool.File, io.Reader) error { return err }); workErr != nil {
		t.Fatal(workErr)
	}
}

var reader = coretest.Admin([]scope.Right{scope.InventoryRead, scope.DeviceRefresh})

func (f *fixture) only(t *testing.T) spool.File {
	t.Helper()
	p, err := f.store.List(t.Context(), reader, spool.Query{})
	if err != nil || len(p.Items) != 1 {
		t.Fatalf("%+v, %v", p, err)
	}
	return p.Items[0]
}

func (f *fixture) blobCount(t *testing.T) (n int) {
	t.Helper()
	if err := f.blobs.Walk(func(string, time.Time) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

func code(err error) string {
	if err == nil {
		return ""
	}
	return problem.From(err).Code
}

func TestAFileComesInChunksAndIsImportedOnce(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		data := bytes.Repeat([]byte("0123456789"), 250_000) // of three chunks
		if x := f.send(t, "upload-0000000001", data); x.State != spool.Waiting {
			t.Fatalf("%+v", x)
		}
		if n := f.blobCount(t); n != 3 {
			t.Fatal(n, "blobs")
		}
		if got := f.taken(t); len(got) != 1 || !bytes.Equal(got[0], data) {
			t.Fatal("another file was imported")
		}
		if got := f.taken(t); len(got) != 0 || f.blobCount(t) != 0 {
			t.Error("what is imported is still there")
		}
		if x := f.send(t, "upload-0000000001", data); x.State != spool.Imported || f.only(t).State != spool.Imported {
			t.Errorf("the same upload again is another: %+v", x)
		}
	})
}

func TestNothingOfAFileLiesOpen(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		data := bytes.Repeat([]byte("a secret of ann's; "), 100)
		f.send(t, "upload-0000000001", data)
		err := f.blobs.Walk(func(name string, _ time.Time) error {
			raw, err := f.blobs.Get(name)
			if bytes.Contains(raw, []byte("secret")) {
				t.Error("it can be read on the disk")
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

func TestAChunkThatDoesNotFitChangesNothing(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		data := bytes.Repeat([]byte("x"), spool.Chunk+10)
		x, err := f.store.Begin(t.Context(), f.self, draft("upload-0000000001", data))
		if err != nil {
			t.Fatal(err)
		}
		put := func(offset int64, body []byte) string {
			_, err := f.store.Put(t.Context(), f.self, x.ID, offset, bytes.NewReader(body))
			return code(err)
		}
		other := scope.Caller{Kind: scope.Device, ID: "another"}
		if _, err := f.store.Put(t.Context(), other, x.ID, 0, bytes.NewReader(data[:10])); code(err) != "upload.none" {
			t.Error(err)
		}
		steps := []struct {
			offset int64
			body   []byte
			want   string
		}{
			{5, data[:10], "upload.offset"},
			{0, nil, "upload.chunk"},
			{0, data, "upload.chunk"},
			{0, data[:spool.Chunk], ""},
			{0, data[:spool.Chunk], "upload.offset"},
			{spool.Chunk, data[:11], "upload.chunk"},
			{spool.Chunk, []byte("another te"), "upload.hash"},
		}
		for _, s := range steps {
			if got := put(s.offset, s.body); got != s.want {
				t.Errorf("at %d of %d octets: %q, want %q", s.offset, len(s.body), got, s.want)
			}
		}
		if _, err := f.store.Of(t.Context(), f.self, x.ID); code(err) != "upload.none" {
			t.Error("another file than was announced is kept:", err)
		}
		f.send(t, "upload-0000000001", data) // it begins anew
		wrong := draft("upload-0000000001", data[1:])
		if _, err := f.store.Begin(t.Context(), f.self, wrong); code(err) != "upload.other" {
			t.Error(err)
		}
	})
}

func TestWhatCannotBeImportedIsSetAside(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.send(t, "upload-0000000001", []byte("nonsense"))
		f.fail(t, problem.New(problem.Malformed, "x", "It is nonsense."))
		x := f.only(t)
		if x.State != spool.Aside || x.Reason != "It is nonsense." {
			t.Fatalf("%+v", x)
		}
		if err := f.store.Retry(t.Context(), coretest.Admin([]scope.Right{scope.InventoryRead}), x.ID); !problem.Is(err, problem.Forbidden) {
			t.Error(err)
		}
		if err := f.store.Retry(t.Context(), reader, x.ID); err != nil {
			t.Fatal(err)
		}
		if err := f.store.Drop(t.Context(), reader, x.ID); code(err) != "upload.aside" {
			t.Error("a file that waits can be dropped:", err)
		}
		if got := f.taken(t); len(got) != 1 || string(got[0]) != "nonsense" {
			t.Errorf("%q", got)
		}
	})
}

func TestAFaultOfOursIsTriedAgainAndAtLastSetAside(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.send(t, "upload-0000000001", []byte("good"))
		tries := 0
		for range 100 {
			if f.only(t).State == spool.Aside {
				break
			}
			_, err := f.store.Work(t.Context(), quiet, func(context.Context, spool.File, io.Reader) error {
				tries++
				return errors.New("the database is away")
			})
			if err != nil {
				t.Fatal(err)
			}
			f.Clock.Advance(11 * time.Minute)
		}
		if x := f.only(t); x.State != spool.Aside || tries != 8 {
			t.Fatalf("after %d tries %+v", tries, x)
		}
		if err := f.store.Drop(t.Context(), reader, f.only(t).ID); err != nil {
			t.Fatal(err)
		}
		if p, err := f.store.List(t.Context(), reader, spool.Query{}); err != nil || len(p.Items) != 0 {
			t.Error(p, err)
		}
	})
}

func TestAPanicIsTheFilesOwn(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.send(t, "upload-0000000001", []byte("boom"))
		if _, err := f.store.Work(t.Context(), quiet, func(context.Context, spool.File, io.Reader) error { panic("boom") }); err != nil {
			t.Fatal(err)
		}
		if x := f.only(t); x.State != spool.Aside {
			t.Fatalf("%+v", x)
		}
	})
}

func TestAServerThatStopsBlamesNoFile(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.send(t, "upload-0000000001", []byte("good"))
		ctx, cancel := context.WithCancel(t.Context())
		if _, err := f.store.Work(ctx, quiet, func(ctx context.Context, _ spool.File, _ io.Reader) error { cancel(); return ctx.Err() }); err != nil {
			t.Fatal(err)
		}
		if x := f.only(t); x.State != spool.Waiting || x.Tries != 0 {
			t.Fatalf("%+v", x)
		}
		if got := f.taken(t); len(got) != 1 {
			t.Error("it is not tried at once")
		}
	})
}

func TestWhatWaitsIsBounded(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		for i := range 20 {
			f.send(t, fmt.Sprintf("upload-%010d", i), []byte("x"))
		}
		if _, err := f.store.Begin(t.Context(), f.self, draft("upload-one-too-many", []byte("x"))); code(err) != "upload.many" {
			t.Error(err)
		}
		if got := f.taken(t); len(got) != 20 {
			t.Fatal(len(got))
		}
		f.send(t, "upload-one-too-many", []byte("x"))
	})
}

func TestAnotherServerBeginsAFileAnew(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		data := bytes.Repeat([]byte("y"), spool.Chunk+1)
		x, err := f.store.Begin(t.Context(), f.self, draft("upload-0000000001", data))
		if err == nil {
			_, err = f.store.Put(t.Context(), f.self, x.ID, 0, bytes.NewReader(data[:spool.Chunk]))
		}
		if err != nil {
			t.Fatal(err)
		}
		first := f.store
		f.store = f.server("server-2")
		if _, err := f.store.Put(t.Context(), f.self, x.ID, spool.Chunk, bytes.NewReader(data[:1])); code(err) != "upload.offset" {
			t.Error("it goes on with pieces that lie elsewhere:", err)
		}
		if x := f.send(t, "upload-0000000001", data); x.State != spool.Waiting {
			t.Fatalf("%+v", x)
		}
		if n, err := first.Work(t.Context(), quiet, nil); n != 0 || err != nil {
			t.Error("a server imports what lies at another:", n, err)
		}
		if got := f.taken(t); len(got) != 1 || !bytes.Equal(got[0], data) {
			t.Error("another file was imported")
		}
	})
}

func TestWhatAServerThatIsGoneHoldsIsSetAside(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		other := f.server("server-2")
		f.send(t, "upload-000000001", []byte("of the first server"))
		f.Clock.Advance(23 * time.Hour)
		if err := other.Sweep(t.Context()); err != nil || f.only(t).State != spool.Waiting {
			t.Fatal("before a day is over:", err)
		}
		f.Clock.Advance(2 * time.Hour)
		if err := f.store.Sweep(t.Context()); err != nil || f.only(t).State != spool.Waiting {
			t.Fatal("by the server itself:", err)
		}
		if err := other.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		x := f.only(t)
		if x.State != spool.Aside || !strings.Contains(x.Reason, "when that server is back") {
			t.Fatalf("%+v", x)
		}
		if err := other.Retry(t.Context(), scope.System("test"), x.ID); err != nil { // the first server is back
			t.Fatal(err)
		}
		if got := f.taken(t); len(got) != 1 || string(got[0]) != "of the first server" {
			t.Errorf("%q was imported", got)
		}
	})
}

func TestFilesGoWithTheirDeviceAndOwner(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.send(t, "upload-0000000001", []byte("x"))
		err := f.DB.Write(t.Context(), func(tx *sqldb.Tx) error { return f.store.DeviceMoved(t.Context(), tx, f.id, device.Retired) })
		if err != nil || len(f.taken(t)) != 1 {
			t.Fatal("what a device has sent before it was retired is gone:", err)
		}
		f.send(t, "upload-0000000002", []byte("x"))
		err = f.DB.Write(t.Context(), func(tx *sqldb.Tx) error { return f.store.UserErased(t.Context(), tx, f.owner) })
		if err != nil {
			t.Fatal(err)
		}
		if p, err := f.store.List(t.Context(), reader, spool.Query{Request: page.Request{}}); err != nil || len(p.Items) != 0 {
			t.Error(p, err)
		}
	})
}

func TestOldFilesAreForgotten(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.send(t, "upload-0000000001", []byte("x"))
		f.fail(t, problem.New(problem.Invalid, "x", "Wrong."))
		f.Clock.Advance(spool.AsideKept - time.Hour)
		if err := f.store.Sweep(t.Context()); err != nil || f.only(t).State != spool.Aside {
			t.Fatal(err)
		}
		f.Clock.Advance(2 * time.Hour)
		if err := f.store.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		if p, err := f.store.List(t.Context(), reader, spool.Query{}); err != nil || len(p.Items) != 0 {
			t.Error(p, err)
		}
	})
}
