package spool_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"drover/internal/base/blob"
	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/audit"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/safety"
	"drover/internal/core/schema"
	"drover/internal/core/scope"
	"drover/internal/core/spool"
	"drover/internal/core/zone"
)

const childVariable = "SPOOL_TEST_DIR"

// TestMain is the server that is killed when the test starts itself as one.
func TestMain(m *testing.M) {
	dir := os.Getenv(childVariable)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := serve(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// node is the spool over a database of its own, as a server has it.
type node struct {
	db    *sqldb.DB
	store *spool.Store
	self  scope.Caller
}

func openNode(ctx context.Context, url, dir string) (*node, error) {
	db, err := sqldb.Open(ctx, sqldb.Options{URL: url})
	if err != nil {
		return nil, err
	}
	if _, err := db.Migrate(ctx, schema.Steps()); err != nil {
		return nil, err
	}
	c, b := clock.System{}, bus.New()
	keys, err := seal.Open(ctx, db, seal.Options{Dir: filepath.Join(dir, "keys"), Clock: c})
	if err != nil {
		return nil, err
	}
	log := audit.New(db, c, keys, b)
	z := zone.New(db, log, b)
	revision := zone.NewRevision(db, b, quiet)
	if err := revision.Read(ctx); err != nil {
		return nil, err
	}
	safe := safety.New(safety.Parts{DB: db, Clock: c, Log: log, Zone: z, Keys: keys, Bus: b, Tell: func(string, string) {}})
	users := directory.New(db, c, log, z, revision, keys, safe)
	devices := device.New(device.Parts{DB: db, Clock: c, Log: log, Zone: z, Revision: revision, Bus: b, Keys: keys, Owners: users, Safety: safe})
	blobs, err := blob.Open(filepath.Join(dir, "spool"))
	if err != nil {
		return nil, err
	}
	ann, err := users.Admit(ctx, scope.System("activesync"), "ann", "", true)
	if err != nil {
		return nil, err
	}
	k, err := devices.Contact(ctx, scope.System("activesync"), device.Hello{Owner: ann, EASID: "dev1", Enrol: true})
	if err != nil {
		return nil, err
	}
	return &node{
		db: db, self: scope.Caller{Kind: scope.Device, ID: k.Device.ID},
		store: spool.New(spool.Parts{DB: db, Clock: c, Log: log, Keys: keys, Blobs: blobs, Devices: devices, Self: "server-1"}),
	}, nil
}

// stand is how a file stands, or why not, as the child answers.
type stand struct {
	ID       string
	State    spool.State
	Received int64
	Code     string
}

// serve is the server: it takes files and imports them into files of a directory, until it is killed.
func serve(dir string) error {
	ctx := context.Background()
	if size := os.Getenv("SPOOL_TEST_DISK"); size != "" { // in a mount namespace of its own
		if err := os.MkdirAll(filepath.Join(dir, "spool"), 0o700); err != nil {
			return err
		}
		if err := syscall.Mount("tmpfs", filepath.Join(dir, "spool"), "tmpfs", 0, "size="+size); err != nil {
			return fmt.Errorf("mount a small disk: %w", err)
		}
	}
	n, err := openNode(ctx, "sqlite:"+filepath.Join(dir, "drover.db"), dir)
	if err != nil {
		return err
	}
	answer := func(w http.ResponseWriter, f spool.File, err error) {
		_ = json.NewEncoder(w).Encode(stand{f.ID, f.State, f.Received, code(err)})
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{upload}", func(w http.ResponseWriter, r *http.Request) {
		var d spool.Draft
		if err := json.NewDecoder(r.Body).Decode(&d); err != nil {
			panic(err)
		}
		f, err := n.store.Begin(r.Context(), n.self, d)
		answer(w, f, err)
	})
	mux.HandleFunc("PUT /{id}/{offset}", func(w http.ResponseWriter, r *http.Request) {
		var offset int64
		if _, err := fmt.Sscan(r.PathValue("offset"), &offset); err != nil {
			panic(err)
		}
		f, err := n.store.Put(r.Context(), n.self, r.PathValue("id"), offset, r.Body)
		answer(w, f, err)
	})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go n.store.Run(ctx, slog.New(slog.NewTextHandler(os.Stderr, nil)), importInto(filepath.Join(dir, "imported")))
	fmt.Println("http://" + l.Addr().String())
	s := &http.Server{Handler: mux, ReadHeaderTimeout: time.Minute}
	return s.Serve(l)
}

// importInto keeps a file under its upload's name, in one step.
func importInto(dir string) spool.Importer {
	return func(_ context.Context, f spool.File, body io.Reader) error {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return err
		}
		raw, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		part := filepath.Join(dir, f.Upload+".part")
		if err := os.WriteFile(part, raw, 0o600); err != nil {
			return err
		}
		return os.Rename(part, filepath.Join(dir, f.Upload))
	}
}

// child is a server in a process of its own.
type child struct {
	cmd  *exec.Cmd
	url  string
	once sync.Once
}

func start(t *testing.T, dir, disk string) *child {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+dir, "SPOOL_TEST_DISK="+disk)
	cmd.Stderr = os.Stderr
	if disk != "" {
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		}
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: cmd}
	t.Cleanup(c.kill)
	if _, err := fmt.Fscanln(out, &c.url); err != nil {
		t.Fatal("the server does not start:", err)
	}
	return c
}

// kill is kill -9; it returns when the server is gone.
func (c *child) kill() {
	c.once.Do(func() {
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	})
}

func (c *child) ask(method, path string, body []byte) (s stand, err error) {
	req, err := http.NewRequest(method, c.url+path, bytes.NewReader(body))
	if err != nil {
		return s, err
	}
	client := &http.Client{Timeout: 30 * time.Second}
	defer client.CloseIdleConnections()
	res, err := client.Do(req)
	if err != nil {
		return s, err
	}
	defer func() { _ = res.Body.Close() }()
	return s, json.NewDecoder(res.Body).Decode(&s)
}

// send goes on with a file as an agent does, until the server has it or is not there any more.
func (c *child) send(d spool.Draft, data []byte) (stand, error) {
	raw, err := json.Marshal(d)
	if err != nil {
		return stand{}, err
	}
	s, err := c.ask(http.MethodPost, "/"+d.Upload, raw)
	for err == nil && s.Code == "" && s.State == spool.Receiving {
		end := min(s.Received+200_000, int64(len(data)))
		s, err = c.ask(http.MethodPut, fmt.Sprintf("/%s/%d", s.ID, s.Received), data[s.Received:end])
	}
	return s, err
}

func noise(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(rand.Uint32())
	}
	return b
}

// A server that is killed at random moments loses nothing that it has answered for, and takes nothing twice.
func TestNothingIsLostAtKillNine(t *testing.T) {
	dir := t.TempDir()
	const files = 12
	data := make([][]byte, files)
	drafts := make([]spool.Draft, files)
	for i := range data {
		data[i] = noise(100_000 + rand.IntN(900_000))
		drafts[i] = draft(fmt.Sprintf("upload-%010d", i), data[i])
	}
	done, kills := map[int]bool{}, 0
	deadline := time.Now().Add(2 * time.Minute)
	for len(done) < files {
		if time.Now().After(deadline) {
			t.Fatalf("%d of %d files are taken after %d kills", len(done), files, kills)
		}
		c := start(t, dir, "")
		death := time.AfterFunc(time.Duration(10+10*kills+rand.IntN(120))*time.Millisecond, c.kill)
		for i := range data {
			if done[i] {
				continue
			}
			s, err := c.send(drafts[i], data[i])
			if err != nil {
				break // it is dead
			}
			if s.Code != "" {
				t.Fatalf("file %d is refused: %s", i, s.Code)
			}
			done[i] = true
		}
		death.Stop()
		c.kill()
		kills++
	}
	t.Log(kills, "kills")
	start(t, dir, "") // imports what waits
	for i := range data {
		path := filepath.Join(dir, "imported", drafts[i].Upload)
		for !exists(path) {
			if time.Now().After(deadline) {
				t.Fatalf("file %d was answered for and is not imported", i)
			}
			<-time.After(20 * time.Millisecond)
		}
		raw, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(raw, data[i]) {
			t.Errorf("file %d was imported as another: %v", i, err)
		}
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// On a disk of about 1 MiB a file of 3 MiB is refused, with nothing half kept, and smaller ones go on once there is room.
func TestADiskThatIsFullLosesNothing(t *testing.T) {
	dir := t.TempDir()
	c := start(t, dir, "1100k")
	large := noise(3 << 20)
	s, err := c.send(draft("upload-large-00001", large), large)
	if err != nil || s.Code != "upload.full" {
		t.Fatalf("%+v, %v", s, err)
	}
	raw, err := json.Marshal(draft("upload-large-00001", large))
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.ask(http.MethodPost, "/upload-large-00001", raw)
	if err != nil || again.Code != "" || again.State != spool.Receiving || again.Received == 0 || again.Received%200_000 != 0 {
		t.Fatalf("what was kept before the disk was full is not told: %+v, %v", again, err)
	}
	small := noise(30_000)
	if s, err := c.send(draft("upload-small-00001", small), small); err != nil || s.Code != "" {
		t.Fatalf("a file that there is room for is refused: %+v, %v", s, err)
	}
	path := filepath.Join(dir, "imported", "upload-small-00001")
	deadline := time.Now().Add(time.Minute)
	for !exists(path) {
		if time.Now().After(deadline) {
			t.Fatal("it is not imported")
		}
		<-time.After(20 * time.Millisecond)
	}
}

// While the database is away nothing is answered for, and what was answered for before is there afterwards.
func TestADatabaseThatIsAwayLosesNothing(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, url string) {
		ctx, dir := t.Context(), t.TempDir()
		open := func() *node {
			n, err := openNode(ctx, url, dir)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		n := open()
		data := noise(spool.Chunk + 1000)
		d := draft("upload-0000000001", data)
		f, err := n.store.Begin(ctx, n.self, d)
		if err == nil {
			_, err = n.store.Put(ctx, n.self, f.ID, 0, bytes.NewReader(data[:spool.Chunk]))
		}
		if err = errors.Join(err, n.db.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := n.store.Put(ctx, n.self, f.ID, spool.Chunk, bytes.NewReader(data[spool.Chunk:])); err == nil || poisonous(err) {
			t.Fatal("a chunk is answered for without a database, or for ever refused:", err)
		}
		n = open()
		if f, err = n.store.Begin(ctx, n.self, d); err != nil || f.Received != spool.Chunk {
			t.Fatalf("%+v, %v", f, err)
		}
		if f, err = n.store.Put(ctx, n.self, f.ID, spool.Chunk, bytes.NewReader(data[spool.Chunk:])); err != nil || f.State != spool.Waiting {
			t.Fatalf("%+v, %v", f, err)
		}
		imports := 0
		sum := sha256.New()
		_, err = n.store.Work(ctx, quiet, func(_ context.Context, _ spool.File, body io.Reader) error {
			imports++
			_, err := io.Copy(sum, body)
			return errors.Join(err, n.db.Close()) // it goes away between the import and the note of it
		})
		if err != nil || imports != 1 || hex.EncodeToString(sum.Sum(nil)) != d.SHA256 {
			t.Fatal(imports, err)
		}
		if _, err := n.store.Work(ctx, quiet, nil); err == nil {
			t.Error("without a database there seems to be nothing to do")
		}
		n = open()
		defer func() { _ = n.db.Close() }()
		again, err := n.store.Begin(ctx, n.self, d)
		if err != nil || again.State != spool.Waiting || again.Tries != 1 || !strings.HasPrefix(again.Upload, "upload-") {
			t.Fatalf("it does not wait to be tried again: %+v, %v", again, err)
		}
	})
}

// poisonous tells whether an agent would give the file up.
func poisonous(err error) bool { return problem.Is(err, problem.Invalid) }
