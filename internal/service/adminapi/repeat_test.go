package adminapi

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/sqldb"
	"drover/internal/core/admin"
	"drover/internal/core/audit"
)

// TestARepeatedRequestIsDoneOnce: the same key gives the same answer, whole and with its version; another request under
// the key is refused, and so is somebody else's use of it.
func TestARepeatedRequestIsDoneOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner, other := w.by(t, "owner"), w.by(t, "other", admin.Grant{Role: admin.Administrator})
		rule := adminv1.AccessRuleDraft{Name: "Everything", Match: "any", Decision: "allow"}
		once := owner.with("Idempotency-Key", "k1")
		first := once.do("POST", "/access-rules", rule).want(201)
		again := once.do("POST", "/access-rules", rule).want(201)
		if !bytes.Equal(first.body, again.body) || first.header.Get("ETag") != again.header.Get("ETag") || again.header.Get(replayed) != "true" {
			t.Fatalf("answered %s, then %s", first.body, again.body)
		}
		other.with("Idempotency-Key", "k1").do("POST", "/access-rules", rule).want(201)
		rule.Name = "Something else"
		once.do("POST", "/access-rules", rule).refusedWith(422, "repeat.other")
		if n := len(decode[adminv1.Page[adminv1.AccessRule]](owner.do("GET", "/access-rules", nil).want(200)).Items); n != 2 {
			t.Fatalf("there are %d rules, want one of each caller", n)
		}
		w.Clock.Advance(25 * time.Hour)
		w.by(t, "later").with("Idempotency-Key", "k1").do("POST", "/access-rules", rule).want(201)
		kept, err := sqldb.One(t.Context(), w.DB, sqldb.Scan1[int], "SELECT count(*) FROM admin_repeat")
		if err != nil || kept != 1 {
			t.Fatalf("%d answers are kept after a day (%v)", kept, err)
		}
	})
}

// TestWhatFailedMayBeTriedAgain with the same key.
func TestWhatFailedMayBeTriedAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		once := w.by(t, "owner").with("Idempotency-Key", "k")
		once.do("POST", "/user-groups", adminv1.GroupDraft{Name: ""}).want(422)
		once.do("POST", "/user-groups", adminv1.GroupDraft{Name: "Staff"}).want(201)
		once.with("Idempotency-Key", strings.Repeat("k", 101)).do("POST", "/user-groups", adminv1.GroupDraft{Name: "X"}).refusedWith(422, "repeat.key")
	})
}

// TestTheSameRequestAtOnceIsDoneOnce: of many at one moment one is carried out, the others get its answer or are told to
// ask again.
func TestTheSameRequestAtOnceIsDoneOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		once := w.by(t, "owner").with("Idempotency-Key", "k")
		rule := adminv1.AccessRuleDraft{Name: "Everything", Match: "any", Decision: "allow"}
		var wg sync.WaitGroup
		answers := make([]*got, 8)
		for i := range answers {
			wg.Go(func() {
				c := *once
				answers[i] = c.do("POST", "/access-rules", rule)
			})
		}
		wg.Wait()
		made := 0
		for _, g := range answers {
			switch {
			case g.status == 201 && g.header.Get(replayed) == "":
				made++
			case g.status == 201:
			default:
				g.refusedWith(409, "repeat.running")
			}
		}
		if made != 1 {
			t.Fatalf("it was carried out %d times", made)
		}
	})
}

// TestARepeatedSecretIsNowhereInClear: a token is shown again to who repeats the request, and the database does not hold it.
func TestARepeatedSecretIsNowhereInClear(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		_, secret := w.person(t, "ann")
		once := w.signIn(t, "ann", secret).with("Idempotency-Key", "k")
		draft := adminv1.TokenDraft{Name: "script", Rights: []string{"device.read"}, Days: 1, Proof: adminv1.Proof{Code: w.code(secret)}}
		made := decode[adminv1.NewToken](once.do("POST", "/tokens", draft).want(201))
		same := decode[adminv1.NewToken](once.do("POST", "/tokens", draft).want(201))
		if made.Secret == "" || same.Secret != made.Secret {
			t.Fatalf("%q, then %q", made.Secret, same.Secret)
		}
		kept, err := sqldb.One(t.Context(), w.DB, sqldb.Scan1[[]byte], "SELECT answer FROM admin_repeat")
		if err != nil || len(kept) == 0 || bytes.Contains(kept, []byte(made.Secret)) || bytes.Contains(kept, []byte("script")) {
			t.Fatalf("the answer is kept in clear (%v)", err)
		}
	})
}

// TestKeysAreBounded: one caller does not fill the table.
func TestKeysAreBounded(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.by(t, "owner")
		err := w.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
			for i := range 1000 {
				_, err := tx.Exec(t.Context(), "INSERT INTO admin_repeat (id, admin, at) VALUES ($1, $2, $3)", fmt.Sprint(i), c.id, sqldb.Micros(w.Clock.Now()))
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		c.with("Idempotency-Key", "k").do("POST", "/user-groups", adminv1.GroupDraft{Name: "Staff"}).refusedWith(429, "repeat.many")
		c.do("POST", "/user-groups", adminv1.GroupDraft{Name: "Staff"}).want(201)
	})
}

// TestTheStateOfTheAuditLog follows it from an empty chain to a verified one.
func TestTheStateOfTheAuditLog(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		owner := w.by(t, "owner")
		state := func() adminv1.AuditState {
			t.Helper()
			return decode[adminv1.AuditState](owner.do("GET", "/audit/state", nil).want(200))
		}
		if s := state(); s.Number != 0 || s.Waiting == 0 || s.Oldest == "" || s.Verified.At != "" || len(s.Sinks) != 1 {
			t.Fatalf("before the sealer: %+v", s)
		}
		if _, err := audit.NewSealer(w.DB, w.Clock, w.sign, "test").Seal(t.Context()); err != nil {
			t.Fatal(err)
		}
		owner.do("POST", "/audit/verify", nil).want(200)
		if s := state(); s.Number == 0 || s.Signed != s.Number || len(s.Hash) != 64 || s.Waiting != 1 || s.Verified.At == "" || s.Verified.Faults != 0 {
			t.Fatalf("after a verification, which is recorded itself: %+v", s)
		}
		w.by(t, "helper", admin.Grant{Role: admin.HelpDesk}).do("GET", "/audit/state", nil).want(403)
	})
}
