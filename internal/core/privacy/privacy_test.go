package privacy_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/journal"
	"drover/internal/core/privacy"
	"drover/internal/core/scope"
)

// policy asks for what a test says.
type policy map[journal.Kind]journal.Ask

func (p policy) Asks(_ context.Context, _ string, k journal.Kind) (journal.Ask, error) {
	return p[k], nil
}

type fixture struct {
	*coretest.Ground
	users   *directory.Store
	devices *device.Store
	asks    policy
	journal *journal.Store
	privacy *privacy.Store
	anna    directory.User
	phone   device.Device
}

func each(t *testing.T, fn func(t *testing.T, f *fixture)) {
	t.Helper()
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) {
		users := directory.New(g.DB, g.Clock, g.Log, g.Zone, g.Revision, g.Keys, g.Safety)
		devices := device.New(device.Parts{
			DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Bus: g.Bus, Keys: g.Keys, Owners: users, Safety: g.Safety,
		})
		f := &fixture{Ground: g, users: users, devices: devices, asks: policy{}}
		f.journal = journal.New(journal.Parts{DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Keys: g.Keys, Policy: f.asks})
		f.privacy = privacy.New(privacy.Parts{DB: g.DB, Clock: g.Clock, Log: g.Log, Keys: g.Keys, Journal: f.journal, Devices: devices})
		gate := scope.System("activesync")
		var err error
		if f.anna, err = users.Admit(t.Context(), gate, "anna", "", true); err != nil {
			t.Fatal(err)
		}
		k, err := devices.Contact(t.Context(), gate, device.Hello{
			Owner: f.anna, EASID: "dev", Enrol: true, Facts: device.Facts{DeviceType: "iPhone", UserAgent: "Apple-iPhone14C3/2103.66"},
		})
		if err != nil {
			t.Fatal(err)
		}
		f.phone = k.Device
		fn(t, f)
	})
}

func (f *fixture) itself() scope.Caller { return scope.Caller{Kind: scope.Device, ID: f.phone.ID} }
func (f *fixture) owner() scope.Caller  { return scope.Caller{Kind: scope.User, ID: f.anna.ID} }
func (f *fixture) source() journal.Source {
	return journal.Source{Device: f.phone.ID, Owner: f.anna.ID}
}

func (f *fixture) keep(t *testing.T, items ...journal.Item) {
	t.Helper()
	if err := f.journal.Keep(t.Context(), f.itself(), f.source(), items...); err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) query(k journal.Kind) journal.Query {
	return journal.Query{Device: f.phone.ID, Kind: k}
}

func (f *fixture) count(t *testing.T, from string) int {
	t.Helper()
	n, err := sqldb.One(t.Context(), f.DB, sqldb.Scan1[int], "SELECT count(*) FROM "+from)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var looker = coretest.Admin([]scope.Right{scope.UserPersonalRead, scope.DeviceRead, scope.PrivacyEdit, scope.AuditRead, scope.SettingRead})

func TestWhatIsNotAskedForIsRefusedAtTheDoor(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.asks[journal.TextLog] = journal.Ask{Wanted: true}
		for name, it := range map[string]journal.Item{
			"a position":         &journal.Position{At: f.Clock.Now(), Latitude: 48.2, Longitude: 16.4},
			"a call":             &journal.Call{At: f.Clock.Now(), Number: "1", Direction: journal.In},
			"the text of a text": &journal.Text{At: f.Clock.Now(), Number: "1", Direction: journal.In, Text: "hello"},
			"a log":              &journal.Lines{From: f.Clock.Now(), Until: f.Clock.Now(), Text: "x"},
		} {
			if err := f.journal.Keep(t.Context(), f.itself(), f.source(), it); !problem.Is(err, problem.Forbidden) {
				t.Errorf("%s: %v", name, err)
			}
		}
		text := &journal.Text{At: f.Clock.Now(), Number: "1", Direction: journal.In}
		// One thing that is not asked for spoils the whole delivery.
		if err := f.journal.Keep(t.Context(), f.itself(), f.source(), text, &journal.Position{}); !problem.Is(err, problem.Forbidden) {
			t.Error(err)
		}
		other := f.itself()
		other.ID = "another"
		if err := f.journal.Keep(t.Context(), other, f.source(), text); !problem.Is(err, problem.Forbidden) {
			t.Error("a device tells for another:", err)
		}
		if n := f.count(t, "journal_entry"); n != 0 {
			t.Fatalf("%d entries are kept", n)
		}
		f.keep(t, text)
		if n := f.count(t, "journal_entry"); n != 1 {
			t.Fatalf("%d entries are kept", n)
		}
	})
}

func TestEachLookIsRecordedAndShownToTheOwner(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.asks[journal.PhoneLog] = journal.Ask{Wanted: true}
		f.keep(t, &journal.Call{At: f.Clock.Now(), Number: "555 0100", Direction: journal.Out, Seconds: 60})
		if _, err := f.privacy.Entries(t.Context(), looker, f.query(journal.PhoneLog), " "); !problem.Is(err, problem.Invalid) {
			t.Fatal("without a reason:", err)
		}
		blind := coretest.Admin([]scope.Right{scope.DeviceRead})
		if _, err := f.privacy.Entries(t.Context(), blind, f.query(journal.PhoneLog), "curious"); !problem.Is(err, problem.Forbidden) {
			t.Fatal("without the right:", err)
		}
		elsewhere := coretest.Admin([]scope.Right{scope.UserPersonalRead}, "g")
		if _, err := f.privacy.Entries(t.Context(), elsewhere, f.query(journal.PhoneLog), "curious"); !problem.Is(err, problem.NotFound) {
			t.Fatal("outside the scope:", err)
		}
		p, err := f.privacy.Entries(t.Context(), looker, f.query(journal.PhoneLog), "a stolen phone")
		if err != nil || len(p.Items) != 1 || !strings.Contains(string(p.Items[0].Body), "555 0100") {
			t.Fatalf("%+v, %v", p, err)
		}
		if _, err := f.privacy.Entries(t.Context(), f.owner(), f.query(journal.PhoneLog), ""); err != nil {
			t.Fatal("the owner:", err)
		}
		looks, err := f.privacy.Looks(t.Context(), f.owner(), f.anna.ID, page.Request{})
		if err != nil || len(looks.Items) != 1 || looks.Items[0].Reason != "a stolen phone" || looks.Items[0].By != "admin-1" || looks.Items[0].Entries != 1 {
			t.Fatalf("%+v, %v", looks, err)
		}
		bob := scope.Caller{Kind: scope.User, ID: "bob"}
		if _, err := f.privacy.Looks(t.Context(), bob, f.anna.ID, page.Request{}); !problem.Is(err, problem.Forbidden) {
			t.Error("another user sees them:", err)
		}
		if _, err := f.privacy.Entries(t.Context(), bob, f.query(journal.PhoneLog), "mine"); !problem.Is(err, problem.NotFound) {
			t.Error("another user reads them:", err)
		}
		if !strings.Contains(f.Actions(t), "personal.looked") {
			t.Error("no audit record")
		}
	})
}

func TestTheSamePieceIsKeptOnce(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.asks[journal.PhoneLog] = journal.Ask{Wanted: true}
		from := f.source()
		from.Piece = "piece-of-a-device"
		for range 2 {
			err := f.journal.Keep(t.Context(), f.itself(), from,
				&journal.Call{At: f.Clock.Now(), Number: "1", Direction: journal.In}, &journal.Call{At: f.Clock.Now(), Number: "2", Direction: journal.In})
			if err != nil {
				t.Fatal(err)
			}
		}
		if n := f.count(t, "journal_entry"); n != 2 {
			t.Fatalf("%d entries are kept", n)
		}
	})
}

func TestPositionsAreCoarseAndOneUnlessMoreIsAskedFor(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.asks[journal.Location] = journal.Ask{Wanted: true}
		at := func(minute int) *journal.Position {
			return &journal.Position{At: f.Clock.Now().Add(time.Duration(minute) * time.Minute), Latitude: 48.208493, Longitude: 16.373118, Accuracy: 5}
		}
		f.keep(t, at(0))
		f.keep(t, at(1))
		p, err := f.privacy.Entries(t.Context(), f.owner(), f.query(journal.Location), "")
		if err != nil || len(p.Items) != 1 {
			t.Fatalf("%d positions, %v", len(p.Items), err)
		}
		var got journal.Position
		if err := json.Unmarshal(p.Items[0].Body, &got); err != nil || got.Latitude != 48.21 || got.Longitude != 16.37 || got.Accuracy != 1000 {
			t.Fatalf("%+v, %v", got, err)
		}
		if err := f.journal.SetRules(t.Context(), looker, journal.Rules{LocationHistory: true}, 0); err != nil {
			t.Fatal(err)
		}
		f.asks[journal.Location] = journal.Ask{Wanted: true, Exact: true}
		f.keep(t, at(2))
		p, err = f.privacy.Entries(t.Context(), f.owner(), f.query(journal.Location), "")
		if err != nil || len(p.Items) != 2 || !strings.Contains(string(p.Items[0].Body), "48.208493") {
			t.Fatalf("%+v, %v", p.Items, err)
		}
		for _, bad := range []*journal.Position{{Latitude: 91}, {Longitude: -181}, {Accuracy: -1}} {
			if err := f.journal.Keep(t.Context(), f.itself(), f.source(), bad); !problem.Is(err, problem.Invalid) {
				t.Errorf("%+v: %v", bad, err)
			}
		}
	})
}

func TestWhatIsOldGoesWithAProofButNotWhatIsHeld(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.asks[journal.PhoneLog] = journal.Ask{Wanted: true}
		f.keep(t, &journal.Call{At: f.Clock.Now(), Number: "1", Direction: journal.In}, &journal.Call{At: f.Clock.Now(), Number: "2", Direction: journal.In})
		hold, err := f.journal.PlaceHold(t.Context(), looker, f.anna.ID, "court")
		if err != nil {
			t.Fatal(err)
		}
		f.Clock.Advance(91 * 24 * time.Hour)
		f.keep(t, &journal.Call{At: f.Clock.Now(), Number: "3", Direction: journal.In})
		if n, err := f.journal.Purge(t.Context()); err != nil || n != 0 {
			t.Fatalf("%d entries went in spite of the hold, %v", n, err)
		}
		erased := f.DB.Write(t.Context(), func(tx *sqldb.Tx) error { return f.journal.UserErased(t.Context(), tx, f.anna.ID) })
		if !problem.Is(erased, problem.Conflict) {
			t.Fatal("erased in spite of the hold:", erased)
		}
		if err := f.journal.LiftHold(t.Context(), looker, hold.ID); err != nil {
			t.Fatal(err)
		}
		if n, err := f.journal.Purge(t.Context()); err != nil || n != 2 {
			t.Fatalf("%d entries went, %v", n, err)
		}
		proofs, err := f.journal.Deletions(t.Context(), looker)
		if err != nil || len(proofs) != 1 || proofs[0].Entries != 2 || len(proofs[0].Digest) != 32 {
			t.Fatalf("%+v, %v", proofs, err)
		}
		if p, err := f.privacy.Entries(t.Context(), f.owner(), f.query(journal.PhoneLog), ""); err != nil || len(p.Items) != 1 {
			t.Fatalf("%+v, %v", p, err)
		}
		if !strings.Contains(f.Actions(t), "journal.deleted") {
			t.Error("no audit record")
		}
		if _, err := f.journal.PlaceHold(t.Context(), coretest.Admin([]scope.Right{scope.UserPersonalRead}), f.anna.ID, "x"); !problem.Is(err, problem.Forbidden) {
			t.Error("a hold without the right:", err)
		}
	})
}

func TestAFileIsKeptWholeOrNotAtAll(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		content := bytes.Repeat([]byte("drover"), 100_000)
		sum := sha256.Sum256(content)
		file := journal.Copy{Path: "/card/reports/a.pdf", Modified: f.Clock.Now(), SHA256: hex.EncodeToString(sum[:])}
		keep := func(c journal.Copy, r io.Reader) error {
			return f.journal.KeepFile(t.Context(), f.itself(), f.source(), c, r)
		}
		if err := keep(file, bytes.NewReader(content)); !problem.Is(err, problem.Forbidden) {
			t.Fatal("not asked for:", err)
		}
		f.asks[journal.File] = journal.Ask{Wanted: true, Paths: []string{"/card/reports"}, Types: []string{"pdf"}, MaxSize: 1 << 20}
		for _, path := range []string{"/card/a.pdf", "/card/reports/a.doc", "/card/reports/../secret/a.pdf", "/card/reportsx/a.pdf", "/card/reports/"} {
			c := file
			c.Path = path
			if err := keep(c, bytes.NewReader(content)); !problem.Is(err, problem.Forbidden) {
				t.Errorf("%s: %v", path, err)
			}
		}
		if err := keep(file, bytes.NewReader(content[:5])); !problem.Is(err, problem.Invalid) {
			t.Error("another content:", err)
		}
		if err := keep(file, iotest.TimeoutReader(bytes.NewReader(content))); !problem.Is(err, problem.Invalid) {
			t.Error("broken off:", err)
		}
		if err := keep(file, io.MultiReader(bytes.NewReader(content), bytes.NewReader(content))); !problem.Is(err, problem.TooLarge) {
			t.Error("too large:", err)
		}
		if n := f.count(t, "journal_part"); n != 0 {
			t.Fatalf("%d pieces are left", n)
		}
		if err := keep(file, bytes.NewReader(content)); err != nil {
			t.Fatal(err)
		}
		p, err := f.privacy.Entries(t.Context(), f.owner(), f.query(journal.File), "")
		if err != nil || len(p.Items) != 1 {
			t.Fatalf("%+v, %v", p, err)
		}
		var got bytes.Buffer
		_, write, err := f.privacy.File(t.Context(), looker, p.Items[0].ID, "an inquiry")
		if err != nil {
			t.Fatal(err)
		}
		if err := write(&got); err != nil || !bytes.Equal(got.Bytes(), content) {
			t.Fatalf("%d bytes, %v", got.Len(), err)
		}
	})
}

func TestTheOwnerGetsEverythingAndErasureLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		f.users.Follow(f.devices)
		f.users.Follow(f.journal)
		f.users.Follow(f.privacy)
		f.privacy.Add(privacy.Chapter{Name: "devices", Write: func(_ context.Context, owner string, add func(map[string]any) error) error {
			return errors.Join(
				add(map[string]any{"owner": owner, "name": f.phone.Name}),
				add(map[string]any{"device": "another's", "what": "second"}),
			)
		}})
		f.asks[journal.TextLog] = journal.Ask{Wanted: true, Bodies: true}
		f.asks[journal.File] = journal.Ask{Wanted: true, Paths: []string{"/"}}
		f.keep(t, &journal.Text{At: f.Clock.Now(), Number: "1", Direction: journal.In, Text: "a canary sings"})
		sum := sha256.Sum256([]byte("content"))
		if err := f.journal.KeepFile(t.Context(), f.itself(), f.source(), journal.Copy{Path: "/a.txt", SHA256: hex.EncodeToString(sum[:])}, strings.NewReader("content")); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		write, err := f.privacy.Export(t.Context(), looker, f.anna.ID, "asked by letter")
		if err != nil {
			t.Fatal(err)
		}
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if _, err := f.privacy.Export(t.Context(), scope.Caller{Kind: scope.User, ID: "bob"}, f.anna.ID, "mine"); err == nil {
			t.Error("another user exports")
		}
		all := unzip(t, b.Bytes())
		for name, want := range map[string]string{
			"devices.json": f.phone.Name, "text-log.json": "a canary sings", "location.json": "[]", "file.json": "/a.txt",
		} {
			if !strings.Contains(all[name], want) {
				t.Errorf("%s: %s", name, all[name])
			}
			if strings.HasSuffix(name, ".json") && !json.Valid([]byte(all[name])) {
				t.Errorf("%s is no JSON: %s", name, all[name])
			}
		}
		for file, want := range map[string]string{"devices.json": `"deviceName": ""`, "text-log.json": `"deviceName": "` + f.phone.Name + `"`} {
			if !strings.Contains(all[file], want) {
				t.Errorf("%s does not tell %s: %s", file, want, all[file])
			}
		}
		found := false
		for name, text := range all {
			found = found || strings.HasPrefix(name, "files/") && text == "content"
		}
		if !found {
			t.Error("the file is missing")
		}
		erased := f.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
			return errors.Join(f.journal.UserErased(t.Context(), tx, f.anna.ID), f.privacy.UserErased(t.Context(), tx, f.anna.ID))
		})
		if erased != nil {
			t.Fatal(erased)
		}
		for _, table := range []string{"journal_entry", "journal_part", "personal_look"} {
			if n := f.count(t, table); n != 0 {
				t.Errorf("%d rows are left in %s", n, table)
			}
		}
	})
}

func unzip(t *testing.T, data []byte) map[string]string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, file := range r.File {
		rc, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(rc)
		if err != nil {
			t.Fatal(err)
		}
		out[file.Name] = string(text)
	}
	return out
}
