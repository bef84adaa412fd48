package adminapi

import (
	"strings"
	"testing"

	"drover/api/adminv1"
)

// A key is told once, with the lines in which it stands; taken back it is no more.
func TestComputerKeys(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "olga")
		w.Pin = "sha256:abc"
		draft := adminv1.ComputerKeyDraft{Name: "Vienna", Uses: 3, Hours: 24}
		made := decode[adminv1.NewComputerKey](owner.do("POST", "/computers/keys", draft).want(201))
		if len(made.Key) != 26 || made.Name != "Vienna" || made.Uses != 3 || !made.Open || made.By.Name != "olga" || len(made.Join) != 3 {
			t.Fatalf("%+v", made)
		}
		want := "sudo drover-agent register --url https://drover.example.org --pin sha256:abc --key " + made.Key + " --install"
		if got := made.Join[0]; got.Platform != "linux" || got.Command != want {
			t.Errorf("%+v", got)
		}
		for _, j := range made.Join[1:] {
			if !strings.Contains(j.Words, "not tried") {
				t.Errorf("%s: %q", j.Platform, j.Words)
			}
		}
		draft.Platforms = []string{"windows"}
		w.Pin = "" // others vouch for the server
		one := decode[adminv1.NewComputerKey](owner.do("POST", "/computers/keys", draft).want(201))
		if len(one.Join) != 1 || one.Join[0].Platform != "windows" || strings.Contains(one.Join[0].Command, "--pin") {
			t.Errorf("%+v", one.Join)
		}
		page := decode[adminv1.Page[adminv1.ComputerKey]](owner.do("GET", "/computers/keys?limit=1", nil).want(200))
		if len(page.Items) != 1 || page.Items[0].ID != one.ID || page.Next == "" {
			t.Errorf("%+v", page)
		}
		if text := string(owner.do("GET", "/computers/keys", nil).want(200).body); strings.Contains(text, made.Key) {
			t.Error("the list tells the keys")
		}
		owner.do("DELETE", "/computers/keys/"+made.ID, nil).want(204)
		owner.do("DELETE", "/computers/keys/"+made.ID, nil).refusedWith(404, "computer-key.unknown")
		left := decode[adminv1.Page[adminv1.ComputerKey]](owner.do("GET", "/computers/keys?open=true", nil).want(200))
		if len(left.Items) != 1 || left.Items[0].ID != one.ID {
			t.Errorf("%+v", left.Items)
		}
		for field, bad := range map[string]adminv1.ComputerKeyDraft{
			"computer-key.platforms": {Name: "x", Platforms: []string{"amiga"}}, "computer-key.name": {Name: " "},
		} {
			owner.do("POST", "/computers/keys", bad).refusedWith(422, field)
		}
		owner.do("POST", "/computers/keys", adminv1.ComputerKeyDraft{Name: "x", Uses: 200_000}).want(422)
	})
}

// The zone and single servers are closed to new computers, and opened again; a change that was not seen is not lost.
func TestNoNewComputers(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "olga")
		now := owner.do("GET", "/computers/closed", nil).want(200)
		if x := decode[adminv1.ComputersClosed](now); x.Zone || len(x.Servers) != 0 {
			t.Fatalf("%+v", x)
		}
		closed := adminv1.ComputersClosed{Zone: true, Servers: []string{"server-1"}}
		set := owner.with("If-Match", now.header.Get("ETag")).do("PUT", "/computers/closed", closed).want(200)
		owner.with("If-Match", now.header.Get("ETag")).do("PUT", "/computers/closed", closed).want(412)
		again := owner.do("GET", "/computers/closed", nil).want(200)
		if x := decode[adminv1.ComputersClosed](again); !x.Zone || len(x.Servers) != 1 || again.header.Get("ETag") != set.header.Get("ETag") {
			t.Errorf("%+v", x)
		}
		owner.do("POST", "/computers/signing-key", nil).want(204)
	})
}
