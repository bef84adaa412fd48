package store_test

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"drover/agent/store"
	"drover/agent/system"
	"drover/api/agentv1"
)

// busy is set in the process that TestAKillLosesNothing kills.
const busy = "DROVER_STORE_TEST_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(busy); dir != "" {
		work(dir)
		return
	}
	os.Exit(m.Run())
}

// work does what an agent does with its store, for ever, and says of each step when it is done.
func work(dir string) {
	s, err := store.Open(dir)
	check(err)
	base := os.Getpid()
	for n := 0; ; n++ {
		id := fmt.Sprintf("%d-%d", base, n)
		e := store.Entry{Order: id, Begun: time.Now(), Forget: time.Now().Add(time.Hour)}
		check(s.Begin(e))
		fmt.Println("begun", id)
		check(s.Finish(e, agentv1.Result{ID: "result-" + id, State: agentv1.ResultDone}))
		fmt.Println("finished", id)
		if n%3 == 0 {
			check(s.Told([]string{"result-" + id}))
			fmt.Println("told", id)
		}
		check(s.AddEvent(agentv1.Event{Kind: agentv1.EventMessage, Words: id}, time.Now()))
		fmt.Println("event", id)
		check(s.Change(func(st *store.State) { st.Hash = id }))
		fmt.Println("state", id)
		check(s.SetDocument(agentv1.KindPolicies, agentv1.Envelope{Payload: []byte(strings.Repeat(id, 1000)), KeyID: id}))
		fmt.Println("document", id)
	}
}

func check(err error) {
	if err != nil {
		fmt.Println("failed", err)
		os.Exit(1)
	}
}

// A real process is killed again and again, each time at another moment: whatever it said it had kept is there, whole.
func TestAKillLosesNothing(t *testing.T) {
	dir := t.TempDir()
	said := map[string][]string{}
	for range 12 {
		for _, line := range killed(t, dir, rand.N(60)) {
			step, id, _ := strings.Cut(line, " ")
			if step == "failed" {
				t.Fatal(line)
			}
			said[step] = append(said[step], id)
		}
		judge(t, dir, said)
	}
	if len(said["finished"]) < 20 {
		t.Errorf("only %d orders in all: nothing was tried", len(said["finished"]))
	}
}

// killed runs the work, kills it after it has said so many lines and a little more, and returns all that it said.
func killed(t *testing.T, dir string, lines int) []string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), busy+"="+dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var said []string
	in := bufio.NewScanner(out)
	for len(said) <= lines && in.Scan() {
		said = append(said, in.Text())
	}
	time.Sleep(time.Duration(rand.N(3000)) * time.Microsecond) // into the middle of the next step
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for in.Scan() {
		said = append(said, in.Text())
	}
	_ = cmd.Wait() // it was killed
	return said
}

// judge opens what is left and compares it with what was said.
func judge(t *testing.T, dir string, said map[string][]string) {
	t.Helper()
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	results, err := s.Results(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	waiting := map[string]bool{}
	for _, r := range results {
		waiting[r.Order] = true
	}
	for _, id := range said["begun"] {
		if _, ok, err := s.Order(id); err != nil || !ok {
			t.Fatalf("the order %s is forgotten: %v", id, err)
		}
	}
	for _, id := range said["finished"] {
		if e, _, _ := s.Order(id); !e.Finished || !e.Told && !waiting[id] {
			t.Fatalf("the result of %s is lost: %+v", id, e)
		}
	}
	for _, id := range said["told"] {
		if waiting[id] {
			t.Fatalf("the result of %s waits though it was told", id)
		}
	}
	events, err := s.Events(1 << 20)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range said["event"] {
		if !slices.ContainsFunc(events, func(e agentv1.Event) bool { return e.Words == id }) {
			t.Fatalf("the event %s is lost", id)
		}
	}
	if _, err := s.State(); err != nil {
		t.Fatal(err)
	}
	if e, ok, err := s.Document(agentv1.KindPolicies); err != nil || ok && string(e.Payload) != strings.Repeat(e.KeyID, 1000) {
		t.Fatalf("the document is torn: %v", err)
	}
}

func newStore(t *testing.T) *store.Store {
	t.Helper()
	s, err := store.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestADamagedFileIsSetAside: the agent goes on without it. An order whose entry it was is known to have begun.
func TestADamagedFileIsSetAside(t *testing.T) {
	s := newStore(t)
	for n := range 3 {
		if err := errors.Join(
			s.AddEvent(agentv1.Event{Words: strconv.Itoa(n)}, time.Now()), s.Begin(store.Entry{Order: "order " + strconv.Itoa(n)}),
			s.AddUpload("log", "", "text/plain", []byte("x")), s.Change(func(st *store.State) { st.Status = "told" }), s.SetSummary(store.Summary{Zone: "z"}),
		); err != nil {
			t.Fatal(err)
		}
	}
	for _, sub := range []string{"", "journal", "events", "uploads"} {
		files, err := filepath.Glob(filepath.Join(s.Dir(), sub, "*.json"))
		if err != nil || len(files) == 0 {
			t.Fatal(files, err)
		}
		damaged := files[:1]
		if sub == "" {
			damaged = files
		}
		for _, name := range damaged {
			if err := os.Truncate(name, 2); err != nil {
				t.Fatal(err)
			}
		}
	}
	begun, err := s.Interrupted()
	if len(begun) != 2 || err != nil {
		t.Errorf("%+v, %v", begun, err)
	}
	forgotten := 0
	for n := range 4 {
		_, known, err := s.Order("order " + strconv.Itoa(n))
		if errors.Is(err, store.ErrForgotten) {
			forgotten++
		} else if known != (n < 3) || err != nil {
			t.Errorf("order %d: %v %v", n, known, err)
		}
	}
	if forgotten != 1 {
		t.Errorf("%d orders of which one was damaged are known to have begun", forgotten)
	}
	if uploads, err := s.Uploads(); len(uploads) != 2 || err != nil {
		t.Errorf("%+v, %v", uploads, err)
	}
	if events, err := s.Events(10); len(events) != 2 || err != nil {
		t.Errorf("%+v, %v", events, err)
	}
	if waiting, lost, err := s.Waiting(); waiting != 2 || lost != 1 || err != nil {
		t.Errorf("%d events wait, %d are lost: %v", waiting, lost, err)
	}
	if st, err := s.State(); st.Status != "" || err != nil {
		t.Errorf("%+v, %v", st, err)
	}
	if _, ok, err := s.Summary(); ok || err != nil {
		t.Error(ok, err)
	}
}

// TestOnlyTheAgentSweeps: a command beside it takes nothing away that it is writing.
func TestOnlyTheAgentSweeps(t *testing.T) {
	s := newStore(t)
	torn := filepath.Join(s.Dir(), "events", strings.Replace(system.Torn, "*", "1", 1))
	if err := os.WriteFile(torn, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Open(s.Dir()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(torn); err != nil {
		t.Errorf("a write that is under way is lost: %v", err)
	}
	if err := s.Sweep(time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(torn); err == nil {
		t.Error("what a crash has left stays")
	}
}

func TestNothingButTheSummaryIsForOthers(t *testing.T) {
	s := newStore(t)
	_, err := s.Key()
	for _, err := range []error{
		err, s.SetIdentity(store.Identity{Device: "d"}), s.AddEvent(agentv1.Event{}, time.Now()),
		s.Change(func(*store.State) {}), s.SetSummary(store.Summary{Zone: "z"}), s.AddUpload("log", "", "text/plain", []byte("x")),
		s.Begin(store.Entry{Order: "o"}), s.SetDocument(agentv1.KindSettings, agentv1.Envelope{}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	err = filepath.WalkDir(s.Dir(), func(path string, d fs.DirEntry, err error) error {
		info, err2 := d.Info()
		if err != nil || err2 != nil {
			t.Fatal(err, err2)
		}
		open := info.Mode().Perm()&0o077 != 0
		if may := path == s.Dir() || d.Name() == "summary.json"; open != may {
			t.Errorf("%s has the mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAKeyThatOthersCanReadIsRefused(t *testing.T) {
	s := newStore(t)
	if _, err := s.Key(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(s.Dir()+"/key.pem", 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Key(); err == nil {
		t.Error("it is taken")
	}
}

func TestTheQueueOfEventsIsBoundedAndCounts(t *testing.T) {
	dir := newStore(t).Dir()
	for n := range 4_999 { // of a run before this one
		if err := os.WriteFile(fmt.Sprintf("%s/events/%012d.json", dir, n), fmt.Appendf(nil, `{"id":"%d","words":"%d"}`, n, n), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s, err := store.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 4 {
		if err := s.AddEvent(agentv1.Event{Words: fmt.Sprint(4_999 + n)}, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Events(2)
	if err != nil || list[0].Words != "3" || list[1].Words != "4" {
		t.Errorf("the oldest are %+v, %v", list, err)
	}
	if waiting, lost, err := s.Waiting(); waiting != 5_000 || lost != 3 || err != nil {
		t.Errorf("%d wait, %d lost, %v", waiting, lost, err)
	}
}

// A script runs by its schedule while the zone is away: no result takes the place of another.
func TestEveryRunOfAScriptIsToldOfItsOwn(t *testing.T) {
	s := newStore(t)
	at := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for n := range 103 {
		e := store.Entry{Script: "s", Revision: "1", Begun: at.Add(time.Duration(n) * time.Minute)}
		if err := s.Begin(e); err != nil {
			t.Fatal(err)
		}
		if err := s.Finish(e, agentv1.Result{State: agentv1.ResultDone, Output: fmt.Sprint(n)}); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Results(1000)
	if err != nil || len(list) != 100 || list[0].Output != "3" || list[99].Output != "102" {
		t.Fatalf("%d results, %v", len(list), err)
	}
	var ids []string
	for _, r := range list {
		ids = append(ids, r.ID)
	}
	if err := s.Told(ids); err != nil {
		t.Fatal(err)
	}
	if last, ok, err := s.Script("s", at.Add(1000*time.Hour)); !ok || err != nil || !last.Begun.Equal(at.Add(102*time.Minute)) {
		t.Errorf("the last run was %v, %v", last.Begun, err)
	}
	if list, _ := s.Results(1000); len(list) != 0 {
		t.Errorf("%d results wait though they were told", len(list))
	}
}
