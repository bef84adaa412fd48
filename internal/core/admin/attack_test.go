package admin

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/base/throttle"
	"drover/internal/core/safety"
	"drover/internal/core/schema/schematest"
	"drover/internal/core/scope"
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

func (f *fixture) count(t *testing.T, text string, args ...any) int {
	t.Helper()
	n, err := sqldb.One(t.Context(), f.db, sqldb.Scan1[int], text, args...)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

var wrong = safety.Proof{Method: "totp", Code: "000000"}

// TestS17CodesAreNotGuessed has whoever stole a session guess the owner's one-time codes, on every way that takes one,
// one after the other and many at once.
func TestS17CodesAreNotGuessed(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		_, annSecret := f.person(t, "ann")
		_, bobSecret := f.person(t, "bob")
		f.enrolled = true
		ann, bob := f.signIn(t, "ann", annSecret), f.signIn(t, "bob", bobSecret)
		ask := func() string {
			_, a, err := f.Create(t.Context(), bob, "eve "+sqldb.NewID(), "", []Grant{{Role: Owner}})
			if err != nil {
				t.Fatal(err)
			}
			return a.ID
		}
		asked := ""
		offer, err := f.OfferTOTP(t.Context(), ann)
		if err != nil {
			t.Fatal(err)
		}
		ways := map[string]func(safety.Proof) error{
			"approve": func(p safety.Proof) error {
				_, err := f.safety.Decide(context.Background(), ann, asked, true, p)
				return err
			},
			"new factor": func(p safety.Proof) error {
				now := totpCode(secretOf(t, offer.URI), f.clock.Now().Unix()/totpPeriod)
				return f.EnrolTOTP(context.Background(), ann, offer.Secret, now, p)
			},
			"passkey": func(p safety.Proof) error { return f.RemovePasskey(context.Background(), ann, "none", p) },
			"password": func(p safety.Proof) error {
				return f.ChangePassword(context.Background(), ann, password, "another good password", p)
			},
		}
		for name, try := range ways {
			f.clock.Advance(2 * throttle.Forget)
			asked = ask()
			var mu sync.Mutex
			guessed := 0
			guess := func() error {
				err := try(wrong)
				mu.Lock()
				defer mu.Unlock()
				if problem.Is(err, problem.Forbidden) {
					guessed++
				} else if !problem.Is(err, problem.Throttled) {
					t.Errorf("%s: %v", name, err)
				}
				_ = try(safety.Proof{}) // which must not make room for more
				return nil
			}
			together(guess, guess, guess, guess, guess, guess, guess, guess, guess, guess)
			if guessed == 0 || guessed > throttle.Free+1 {
				t.Errorf("%s: %d codes were guessed at one moment, want at most %d", name, guessed, throttle.Free+1)
			}
			// Of many at once some are refused on account of others that take themselves back: a few more may be left.
			left := 0
			for !problem.Is(try(wrong), problem.Throttled) {
				if left++; guessed+left > throttle.Free+1 {
					t.Fatalf("%s: %d codes were guessed at one moment, want at most %d", name, guessed+left, throttle.Free+1)
				}
			}
		}
		if n := f.count(t, "SELECT count(*) FROM audit_record WHERE action = 'admin.proof-failed'"); n == 0 {
			t.Error("the guesses are not in the audit log")
		}
		f.clock.Advance(2 * throttle.Forget)
		asked = ask()
		if err := ways["approve"](f.code(annSecret)); err != nil {
			t.Fatalf("the right code, a day later: %v", err)
		}
	})
}

// TestS12LoginsAtOnceAreThrottledToo: many at once are no way around the count, nor are the addresses of one network.
func TestS12LoginsAtOnceAreThrottledToo(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		f.person(t, "ann")
		var fns []func() error
		for i := range 10 {
			fns = append(fns, func() error {
				from := netip.MustParseAddr(fmt.Sprintf("2001:db8::%d", i+1))
				_, _, err := f.Login(context.Background(), from, "", fmt.Sprint("nobody", i), "wrong password")
				return err
			})
		}
		tried := 0
		for _, err := range together(fns...) {
			if problem.Is(err, problem.Unauthenticated) {
				tried++
			} else if !problem.Is(err, problem.Throttled) {
				t.Fatal(err)
			}
		}
		if tried > throttle.Free+1 {
			t.Fatalf("%d passwords were tried at one moment from one network, want at most %d", tried, throttle.Free+1)
		}
	})
}

func TestARightLoginForgetsTheWrongOnes(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		_, secret := f.person(t, "ann")
		if _, _, err := f.Login(t.Context(), here, "", "ann", "wrong password"); !problem.Is(err, problem.Unauthenticated) {
			t.Fatal(err)
		}
		if _, _, err := f.Login(t.Context(), here, "", "nobody", "wrong password"); !problem.Is(err, problem.Unauthenticated) {
			t.Fatal(err)
		}
		f.signIn(t, "ann", secret)
		account := "%" + throttle.Account("ann") + "%"
		if n := f.count(t, "SELECT count(*) FROM admin_failure WHERE origin = 0 AND (name LIKE '"+account+"' OR name LIKE '%factor:%')"); n != 0 {
			t.Errorf("%d failures of the account are remembered, want none", n)
		}
		if n := f.count(t, "SELECT failed FROM admin_failure WHERE name LIKE 'address:%'"); n != 1 {
			t.Errorf("%d failed accounts of the network are remembered, want the other one", n)
		}
	})
}

// TestS13HostileNamesAreWrongNames: what no account can be called gets the answer of a wrong password.
func TestS13HostileNamesAreWrongNames(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		for _, name := range []string{"a\x00b", "\xff\xfe", strings.Repeat("x", 5000), "' OR 1=1 --", ""} {
			f.clock.Advance(2 * throttle.Forget)
			if _, _, err := f.Login(t.Context(), here, "", name, password); !problem.Is(err, problem.Unauthenticated) {
				t.Errorf("%.20q: %v", name, err)
			}
		}
	})
}

// TestS22NamesHoldNoControlCharacters: names of administrators and roles reach mails, terminals and spreadsheets.
func TestS22NamesHoldNoControlCharacters(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		c := scope.System("test")
		for _, name := range []string{"a\nBcc: eve@example.org", "a\x1b[2J", "=HYPERLINK(1)", "@x", "a\u202eb"} {
			if _, _, err := f.Create(t.Context(), c, name, "", []Grant{{Role: Auditor}}); !problem.Is(err, problem.Invalid) {
				t.Errorf("an administrator called %q: %v", name, err)
			}
			if _, _, err := f.SaveRole(t.Context(), c, Role{Name: name}); !problem.Is(err, problem.Invalid) {
				t.Errorf("a role called %q: %v", name, err)
			}
		}
		if _, _, err := f.Create(t.Context(), c, "José Ångström-O'Neil", "", []Grant{{Role: Auditor}}); err != nil {
			t.Error(err)
		}
	})
}

// TestS17ProbationBeginsWhenAnInvitationIsAccepted: who took an old invitation over does not approve at once.
func TestS17ProbationBeginsWhenAnInvitationIsAccepted(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		f.person(t, "ann")
		f.enrolled = true
		eve, _, err := f.Create(t.Context(), scope.System("test"), "eve", "", []Grant{{Role: Owner}})
		if err != nil {
			t.Fatal(err)
		}
		f.clock.Advance(48 * time.Hour)
		link, err := f.Invite(t.Context(), scope.System("test"), eve.ID, safety.Proof{})
		if err != nil {
			t.Fatal(err)
		}
		told := len(f.told)
		if _, _, err := f.Accept(t.Context(), here, "", link, "", "", password); err != nil {
			t.Fatal(err)
		}
		since, err := f.Established(t.Context(), db, eve.ID)
		if err != nil || !since.Equal(f.clock.Now()) {
			t.Fatalf("established since %v (%v), want now", since, err)
		}
		if len(f.told) != told+1 {
			t.Error("the owners were not told that an account was set up")
		}
	})
}

// TestNothingOldSurvivesAReset: an old link, an old passkey and a login that was under way end with the account they
// were for.
func TestNothingOldSurvivesAReset(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		c := scope.System("test")
		f.person(t, "ann")
		bob, _ := f.person(t, "bob")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		passkey := func() {
			t.Helper()
			must(db.Write(t.Context(), func(tx *sqldb.Tx) error {
				_, err := tx.Exec(t.Context(), `INSERT INTO admin_passkey (id, admin, name, credential, handle, created, used)
					VALUES ($1, $2, 'key', $3, $4, 0, 0)`, sqldb.NewID(), bob.ID, []byte("{}"), []byte(sqldb.NewID()))
				return err
			}))
		}
		passkey()
		stored, err := sqldb.One(t.Context(), db, sqldb.Scan1[[]byte], "SELECT password_hash FROM admin WHERE id = $1", bob.ID)
		must(err)
		_, err = f.Reset(t.Context(), c, bob.ID)
		must(err)
		if n := f.count(t, "SELECT count(*) FROM admin_passkey"); n != 0 {
			t.Errorf("%d passkeys survived the reset", n)
		}
		stale, err := f.Invite(t.Context(), c, bob.ID, safety.Proof{})
		must(err)
		must(f.Disable(t.Context(), c, bob.ID))
		passkey()
		_, err = f.Enable(t.Context(), c, bob.ID)
		must(err)
		if n := f.count(t, "SELECT count(*) FROM admin_passkey"); n != 0 {
			t.Errorf("%d passkeys survived while the account was disabled", n)
		}
		if _, _, err := f.Accept(t.Context(), here, "", stale, "", "", password); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a link from before works: %v", err)
		}
		link, err := f.Invite(t.Context(), c, bob.ID, safety.Proof{})
		must(err)
		if _, _, err := f.begin(t.Context(), here, "", bob.ID, stored); !problem.Is(err, problem.Unauthenticated) {
			t.Errorf("a login that was under way at the reset goes on: %v", err)
		}
		_, _, err = f.Accept(t.Context(), here, "", link, "", "", password)
		must(err)
		if _, _, err := f.begin(t.Context(), here, "", bob.ID, stored); !problem.Is(err, problem.Unauthenticated) {
			t.Errorf("the old password begins a session: %v", err)
		}
	})
}

// TestAnApprovalCarriesOutWhatItSaysAlone: an act that no longer fits the account's state is refused, whoever approved it.
func TestAnApprovalCarriesOutWhatItSaysAlone(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		_, annSecret := f.person(t, "ann")
		_, bobSecret := f.person(t, "bob")
		casey, _ := f.person(t, "casey")
		f.enrolled = true
		ann, bob := f.signIn(t, "ann", annSecret), f.signIn(t, "bob", bobSecret)
		if err := f.Disable(t.Context(), ann, casey.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Reset(t.Context(), ann, casey.ID); !problem.Is(err, problem.Conflict) {
			t.Errorf("a reset would let a disabled administrator in again: %v", err)
		}
		first, err := f.Enable(t.Context(), ann, casey.ID)
		if err != nil {
			t.Fatal(err)
		}
		second, err := f.Enable(t.Context(), ann, casey.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.safety.Decide(t.Context(), bob, first.ID, true, f.code(bobSecret)); err != nil {
			t.Fatal(err)
		}
		link, err := f.Invite(t.Context(), bob, casey.ID, f.code(bobSecret))
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := f.Accept(t.Context(), here, "", link, "", "", password); err != nil {
			t.Fatal(err)
		}
		if _, err := f.safety.Decide(t.Context(), bob, second.ID, true, f.code(bobSecret)); !problem.Is(err, problem.Conflict) {
			t.Errorf("a second approval to let casey in took the account away: %v", err)
		}
		if x, err := f.Get(t.Context(), scope.System("test"), casey.ID); err != nil || x.State != Active {
			t.Errorf("casey is %s (%v), want active", x.State, err)
		}
	})
}

// TestS17ApproversSeeWhatTheyApprove: the words of a request tell who will be able to do what.
func TestS17ApproversSeeWhatTheyApprove(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		x, annSecret := f.person(t, "ann")
		bob, _ := f.person(t, "bob", Grant{Role: SecurityOfficer, Groups: []string{"g1", "g2"}})
		f.person(t, "casey", Grant{Role: SecurityOfficer})
		f.enrolled = true
		f.clock.Advance(48 * time.Hour)
		ann := f.signIn(t, "ann", annSecret)
		mine, _, err := f.SaveRole(t.Context(), ann, Role{Name: "Mine", Rights: []scope.Right{scope.DeviceRead, scope.DeviceLock}})
		if err != nil {
			t.Fatal(err)
		}
		mine.Rights = []scope.Right{scope.DeviceRead, scope.DeviceWipeFull}
		asks := map[string]struct {
			do   func() error
			want []string
		}{
			"create": {func() error {
				_, _, err := f.Create(t.Context(), ann, "eve", "", []Grant{{Role: Owner}})
				return err
			}, []string{"eve", "Owner", "whole zone"}},
			"grants": {func() error {
				_, err := f.SetGrants(t.Context(), ann, bob.ID, []Grant{{Role: Administrator, Groups: []string{"g1"}}})
				return err
			}, []string{"bob", "Administrator", "1 device group", "Security officer", "2 device groups"}},
			"role": {func() error { _, _, err := f.SaveRole(t.Context(), ann, mine); return err }, []string{"Mine", "device.wipe.full", "device.lock"}},
			"token": {func() error {
				_, _, err := f.CreateToken(t.Context(), ann, Draft{
					Admin: x.ID, Label: "robot", Rights: []scope.Right{scope.DeviceWipeFull, scope.DeviceRead}, Life: time.Hour,
				}, f.code(annSecret))
				return err
			}, []string{"ann", "robot", "device.wipe.full"}},
		}
		for name, ask := range asks {
			before, _, err := f.safety.List(t.Context(), ann, safety.Awaiting, 50, "")
			if err != nil {
				t.Fatal(err)
			}
			if err := ask.do(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			list, _, err := f.safety.List(t.Context(), ann, safety.Awaiting, 50, "")
			if err != nil || len(list) != len(before)+1 {
				t.Fatalf("%s: %d requests wait (%v)", name, len(list), err)
			}
			for _, w := range ask.want {
				if !strings.Contains(list[0].Words, w) {
					t.Errorf("%s: the approver reads %q, which does not tell %q", name, list[0].Words, w)
				}
			}
		}
	})
}

// TestALimitedAdministratorHasNoHandOnOthers: a role that is limited to device groups ends nobody's session or token.
func TestALimitedAdministratorHasNoHandOnOthers(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		x, secret := f.person(t, "ann")
		ann := f.signIn(t, "ann", secret)
		_, token, err := f.CreateToken(t.Context(), ann, Draft{Admin: x.ID, Label: "t", Rights: []scope.Right{scope.DeviceRead}, Life: time.Hour}, f.code(secret))
		if err != nil {
			t.Fatal(err)
		}
		limited := scope.System("x")
		limited.Kind, limited.ID, limited.Grants[0].Groups = scope.Admin, "limited", []string{"g"}
		tries := map[string]func() error{
			"session": func() error { return f.EndSession(t.Context(), limited, ann.Session) },
			"token":   func() error { return f.EndToken(t.Context(), limited, token.ID) },
			"disable": func() error { return f.Disable(t.Context(), limited, x.ID) },
			"reset":   func() error { _, err := f.Reset(t.Context(), limited, x.ID); return err },
			"grants": func() error {
				_, err := f.SetGrants(t.Context(), limited, "limited", []Grant{{Role: Owner}})
				return err
			},
			"role":   func() error { _, _, err := f.SaveRole(t.Context(), limited, Role{Name: "r"}); return err },
			"invite": func() error { _, err := f.Invite(t.Context(), limited, x.ID, safety.Proof{}); return err },
			"mail":   func() error { return f.SetMail(t.Context(), limited, x.ID, "eve@example.org", safety.Proof{}) },
		}
		for name, try := range tries {
			if err := try(); !problem.Is(err, problem.Forbidden) && !problem.Is(err, problem.NotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestOneOwnerStaysWhateverHappensAtOnce(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		c := scope.System("test")
		ids := make([]string, 4)
		for i := range ids {
			x, _ := f.person(t, fmt.Sprint("owner", i))
			ids[i] = x.ID
		}
		var fns []func() error
		for _, id := range ids {
			fns = append(fns, func() error { return f.Disable(context.Background(), c, id) })
		}
		for _, err := range together(fns...) {
			if err != nil && !problem.Is(err, problem.Conflict) {
				t.Error(err)
			}
		}
		if n := f.count(t, "SELECT count(*) FROM admin WHERE state = 'active'"); n != 1 {
			t.Fatalf("%d owners are left, want 1", n)
		}
		last, err := sqldb.One(t.Context(), db, sqldb.Scan1[string], "SELECT id FROM admin WHERE state = 'active'")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Reset(t.Context(), c, last); !problem.Is(err, problem.Conflict) {
			t.Fatalf("the last owner was reset: %v", err)
		}
	})
}

// TestTwoServersMakeOneFirstAdministrator: both print a link at their first start, and both links are used at once.
func TestTwoServersMakeOneFirstAdministrator(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		links := make([]string, 2)
		errs := together(
			func() (err error) { links[0], err = f.FirstLink(context.Background()); return err },
			func() (err error) { links[1], err = f.FirstLink(context.Background()); return err },
		)
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		if n := f.count(t, "SELECT count(*) FROM admin_invitation"); n != 1 {
			t.Errorf("%d links work, want the last alone", n)
		}
		// Even with two good links.
		err := db.Write(t.Context(), func(tx *sqldb.Tx) error {
			for _, l := range links {
				_, err := tx.Exec(t.Context(), "INSERT INTO admin_invitation (token_hash, admin, expires) VALUES ($1, '', $2) ON CONFLICT DO NOTHING",
					hashSecret(l), sqldb.Micros(f.clock.Now().Add(time.Hour)))
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		accept := func(i int) func() error {
			return func() error {
				_, _, err := f.Accept(context.Background(), here, "", links[i], fmt.Sprint("first", i), "", password)
				return err
			}
		}
		errs = together(accept(0), accept(1))
		if n := f.count(t, "SELECT count(*) FROM admin"); n != 1 || (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("%d first administrators (%v), want 1", n, errs)
		}
	})
}

// TestAStolenSessionMakesNoTokenAndNoLink: both outlive the session, so both ask for the second factor again.
func TestAStolenSessionMakesNoTokenAndNoLink(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		x, secret := f.person(t, "ann")
		ann := f.signIn(t, "ann", secret)
		eve, _, err := f.Create(t.Context(), ann, "eve", "", []Grant{{Role: Auditor}})
		if err != nil {
			t.Fatal(err)
		}
		read := Draft{Admin: x.ID, Label: "reads everything", Rights: []scope.Right{scope.DeviceRead, scope.UserRead}, Life: time.Hour}
		for name, p := range map[string]safety.Proof{"no proof": {}, "a wrong code": {Method: "totp", Code: "000000"}} {
			if _, _, err := f.CreateToken(t.Context(), ann, read, p); !problem.Is(err, problem.Forbidden) {
				t.Errorf("%s made a token: %v", name, err)
			}
			if _, err := f.Invite(t.Context(), ann, eve.ID, p); !problem.Is(err, problem.Forbidden) {
				t.Errorf("%s made a link: %v", name, err)
			}
		}
		if n := f.count(t, "SELECT count(*) FROM admin_token") + f.count(t, "SELECT count(*) FROM admin_invitation"); n != 0 {
			t.Fatalf("%d tokens and links were made", n)
		}
		raw, _, err := f.CreateToken(t.Context(), ann, read, f.code(secret))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.ByToken(t.Context(), here, raw); err != nil {
			t.Fatal(err)
		}
		if _, err := f.Invite(t.Context(), ann, eve.ID, f.code(secret)); err != nil {
			t.Fatal(err)
		}
	})
}

// TestAnEmptyListOfGroupsIsNotTheWholeZone: who takes the last group away from a role must not widen it.
func TestAnEmptyListOfGroupsIsNotTheWholeZone(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		f.person(t, "ann")
		_, _, err := f.Create(t.Context(), scope.System("test"), "eve", "", []Grant{{Role: HelpDesk, Groups: []string{}}})
		if !problem.Is(err, problem.Invalid) {
			t.Fatalf("got %v, want a refusal", err)
		}
	})
}

// TestWhoReachesSomeGroupsAloneRaisesNoQuorum: it could not approve what is about the whole zone, which nobody could do then.
func TestWhoReachesSomeGroupsAloneRaisesNoQuorum(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		quorum := func() int {
			t.Helper()
			rules, _, err := f.safety.Rules(t.Context(), scope.System("test"))
			if err != nil {
				t.Fatal(err)
			}
			return rules.Quorum
		}
		f.person(t, "ann")
		f.person(t, "bob", Grant{Role: SecurityOfficer, Groups: []string{"g1"}})
		if n := quorum(); n != 0 {
			t.Fatalf("the quorum is %d, and nobody could approve", n)
		}
		f.person(t, "casey", Grant{Role: SecurityOfficer})
		if n := quorum(); n != 1 {
			t.Fatalf("the quorum is %d", n)
		}
	})
}

// TestARoleThatLearnsToApproveRaisesTheQuorum: from the second person on who may approve, one must.
func TestARoleThatLearnsToApproveRaisesTheQuorum(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		c := scope.System("test")
		role, _, err := f.SaveRole(t.Context(), c, Role{Name: "Mine", Rights: []scope.Right{scope.DeviceRead}})
		if err != nil {
			t.Fatal(err)
		}
		f.person(t, "ann")
		f.person(t, "bob", Grant{Role: role.ID})
		quorum := func() int {
			t.Helper()
			rules, _, err := f.safety.Rules(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			return rules.Quorum
		}
		if n := quorum(); n != 0 {
			t.Fatalf("the quorum is %d with one who may approve", n)
		}
		role.Rights = append(role.Rights, scope.ApprovalDecide)
		if _, _, err := f.SaveRole(t.Context(), c, role); err != nil {
			t.Fatal(err)
		}
		if n := quorum(); n != 1 {
			t.Fatalf("the quorum is %d with two who may approve", n)
		}
	})
}

// TestS17OneSessionCannotStopTheZoneForGood: a quorum that nobody can reach could never be lowered again.
func TestS17OneSessionCannotStopTheZoneForGood(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		_, secret := f.person(t, "ann")
		f.person(t, "bob")
		ann := f.signIn(t, "ann", secret)
		rules, version, err := f.safety.Rules(t.Context(), ann)
		if err != nil || rules.Quorum != 1 {
			t.Fatalf("%+v (%v)", rules, err)
		}
		rules.Quorum = 2
		if _, err := f.safety.ChangeRules(t.Context(), ann, rules, version); !problem.Is(err, problem.Conflict) {
			t.Fatalf("two owners need a third to lower it again: %v", err)
		}
		f.person(t, "casey")
		if _, err := f.safety.ChangeRules(t.Context(), ann, rules, version); err != nil {
			t.Fatal(err)
		}
	})
}

// TestWhatADisabledAdministratorAskedForIsNotCarriedOut: the account was disabled for a reason.
func TestWhatADisabledAdministratorAskedForIsNotCarriedOut(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		x, annSecret := f.person(t, "ann")
		_, bobSecret := f.person(t, "bob")
		ann, bob := f.signIn(t, "ann", annSecret), f.signIn(t, "bob", bobSecret)
		_, a, err := f.Create(t.Context(), ann, "eve", "", []Grant{{Role: Owner}})
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Disable(t.Context(), bob, x.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := f.safety.Decide(t.Context(), bob, a.ID, true, f.code(bobSecret)); !problem.Is(err, problem.Conflict) {
			t.Fatalf("approved: %v", err)
		}
		if _, err := f.safety.Decide(t.Context(), bob, a.ID, false, f.code(bobSecret)); err != nil {
			t.Fatalf("it cannot be rejected either: %v", err)
		}
	})
}
