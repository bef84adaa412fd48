package admin

import (
	"context"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"drover/internal/base/bus"
	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/base/throttle"
	"drover/internal/core/audit"
	"drover/internal/core/safety"
	"drover/internal/core/schema/schematest"
	"drover/internal/core/scope"
	"drover/internal/core/zone"
)

var (
	start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	here  = netip.MustParseAddr("192.0.2.7")
)

const password = "correct horse battery"

type fixture struct {
	*Store
	clock    *clock.Fake
	safety   *safety.Safety
	enrolled bool
	told     []string
}

func newFixture(t *testing.T, db *sqldb.DB) *fixture {
	t.Helper()
	f := &fixture{clock: clock.NewFake(start)}
	keys, err := seal.Open(t.Context(), db, seal.Options{Dir: t.TempDir() + "/keys", Clock: f.clock})
	if err != nil {
		t.Fatal(err)
	}
	b := bus.New()
	log := audit.New(db, f.clock, keys, b)
	z := zone.New(db, log, b)
	f.safety = safety.New(safety.Parts{
		DB: db, Clock: f.clock, Log: log, Zone: z, Keys: keys, Bus: b,
		Tell: func(subject, _ string) { f.told = append(f.told, subject) },
	})
	f.Store = New(Parts{
		DB: db, Clock: f.clock, Log: log, Zone: z, Safety: f.safety, Keys: keys, Bus: b, Slog: slog.New(slog.DiscardHandler),
		Enrolled: func(context.Context, sqldb.Querier) (bool, error) { return f.enrolled, nil },
		Tell:     func(subject, _ string) { f.told = append(f.told, subject) },
	})
	if err := f.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return f
}

// person makes an administrator at the shell and returns how to compute the person's codes.
func (f *fixture) person(t *testing.T, name string, grants ...Grant) (Admin, []byte) {
	t.Helper()
	if len(grants) == 0 {
		grants = []Grant{{Role: Owner}}
	}
	x, uri, err := f.CreateAtShell(t.Context(), name, "", grants, password)
	if err != nil {
		t.Fatal(err)
	}
	return x, secretOf(t, uri)
}

func secretOf(t *testing.T, uri string) []byte {
	t.Helper()
	u, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// code is the one-time code of this moment; the clock moves on so that each is fresh.
func (f *fixture) code(secret []byte) safety.Proof {
	f.clock.Advance(totpPeriod * time.Second)
	return safety.Proof{Method: "totp", Code: totpCode(secret, f.clock.Now().Unix()/totpPeriod)}
}

// signIn goes through the whole login and returns the caller.
func (f *fixture) signIn(t *testing.T, name string, secret []byte) scope.Caller {
	t.Helper()
	cookie, x, err := f.Login(t.Context(), here, "test", name, password)
	if err != nil || x.State != NeedsFactor {
		t.Fatalf("login: %+v (%v)", x, err)
	}
	c, _, err := f.BySession(t.Context(), here, cookie)
	if err != nil || len(c.Grants) != 0 {
		t.Fatalf("half a login has %d grants (%v), want none", len(c.Grants), err)
	}
	if err := f.SecondFactor(t.Context(), c, f.code(secret)); err != nil {
		t.Fatal(err)
	}
	c, x, err = f.BySession(t.Context(), here, cookie)
	if err != nil || x.State != Ready {
		t.Fatalf("after the second factor: %+v (%v)", x, err)
	}
	return c
}

// TestTOTPIsTheStandards holds the codes against RFC 6238 appendix B, cut to six digits.
func TestTOTPIsTheStandards(t *testing.T) {
	secret := []byte("12345678901234567890")
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		if got := totpCode(secret, at/totpPeriod); got != want {
			t.Errorf("at %d: %s, want %s", at, got, want)
		}
	}
}

func TestTheFirstLinkMakesOneOwnerAndNoMore(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		stale, err := f.FirstLink(t.Context())
		if err != nil || stale == "" {
			t.Fatal(stale, err)
		}
		link, err := f.FirstLink(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := f.Accept(t.Context(), here, "", stale, "ann", "", password); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("an older link worked: %v", err)
		}
		if _, _, err := f.Accept(t.Context(), here, "", link, "ann", "", "short"); !problem.Is(err, problem.Invalid) {
			t.Fatalf("a short password was taken: %v", err)
		}
		cookie, x, err := f.Accept(t.Context(), here, "", link, "ann", "ann@example.org", password)
		if err != nil || x.State != EnrolFactor {
			t.Fatalf("got %+v (%v)", x, err)
		}
		if _, _, err := f.Accept(t.Context(), here, "", link, "eve", "", password); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("the link worked twice: %v", err)
		}
		if again, err := f.FirstLink(t.Context()); again != "" || err != nil {
			t.Fatalf("a second first link: %q (%v)", again, err)
		}
		c, _, err := f.BySession(t.Context(), here, cookie)
		if err != nil || c.Has(scope.DeviceRead) {
			t.Fatalf("a session without second factor has rights (%v)", err)
		}
		offer, err := f.OfferTOTP(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.EnrolTOTP(t.Context(), c, offer.Secret, "000000", safety.Proof{}); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("a wrong code enrolled: %v", err)
		}
		if err := f.EnrolTOTP(t.Context(), c, offer.Secret, f.code(secretOf(t, offer.URI)).Code, safety.Proof{}); err != nil {
			t.Fatal(err)
		}
		if c, _, err = f.BySession(t.Context(), here, cookie); err != nil || !c.Has(scope.AdminEdit) {
			t.Fatalf("the owner has no rights (%v)", err)
		}
		f.clock.Advance(sessionIdle - time.Minute)
		if _, _, err := f.BySession(t.Context(), here, cookie); err != nil {
			t.Fatalf("the owner is signed out when a login would have taken too long: %v", err)
		}
	})
}

func TestACodeWorksOnce(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		x, secret := f.person(t, "ann")
		p := f.code(secret)
		use := func() error {
			return f.db.Write(t.Context(), func(tx *sqldb.Tx) error { return f.Prove(t.Context(), tx, x.ID, p, nil) })
		}
		if err := use(); err != nil {
			t.Fatal(err)
		}
		if err := use(); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("a code worked twice: %v", err)
		}
		if n, err := sqldb.One(t.Context(), db, sqldb.Scan1[[]byte], "SELECT totp_secret FROM admin"); err != nil || strings.Contains(hex.EncodeToString(n), hex.EncodeToString(secret)) {
			t.Fatalf("the secret lies in clear (%v)", err)
		}
	})
}

// TestFailedLoginsAreSlowedByAccountAndByAddress: the address by the accounts that were tried from it, not by the tries.
func TestFailedLoginsAreSlowedByAccountAndByAddress(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		f.person(t, "ann")
		f.person(t, "bob")
		f.person(t, "cleo")
		for range throttle.Free {
			if _, _, err := f.Login(t.Context(), here, "", "ann", "wrong password"); !problem.Is(err, problem.Unauthenticated) {
				t.Fatal(err)
			}
		}
		elsewhere := netip.MustParseAddr("2001:db8::1")
		if _, _, err := f.Login(t.Context(), elsewhere, "", "Ann ", password); !problem.Is(err, problem.Throttled) {
			t.Fatalf("the account is open from elsewhere: %v", err)
		}
		if _, _, err := f.Login(t.Context(), here, "", "ann", password); !problem.Is(err, problem.Throttled) {
			t.Fatalf("the account is open where it was tried: %v", err)
		}
		if _, _, err := f.Login(t.Context(), here, "", "bob", password); err != nil {
			t.Fatalf("a neighbour is locked out: %v", err)
		}
		for i := range throttle.Free - 1 {
			if _, _, err := f.Login(t.Context(), here, "", fmt.Sprint("nobody", i), password); !problem.Is(err, problem.Unauthenticated) {
				t.Fatal(err)
			}
		}
		if _, _, err := f.Login(t.Context(), here, "", "cleo", password); !problem.Is(err, problem.Throttled) {
			t.Fatalf("the address may try one account after the other: %v", err)
		}
		if _, _, err := f.Login(t.Context(), here, "", "bob", password); err != nil {
			t.Fatalf("a neighbour who is known there is locked out: %v", err)
		}
		if _, _, err := f.Login(t.Context(), here, "", "bob", "wrong password"); !problem.Is(err, problem.Throttled) {
			t.Fatalf("the answer tells that a neighbour is known there: %v", err)
		}
		if _, _, err := f.Login(t.Context(), elsewhere, "", "bob", password); err != nil {
			t.Fatalf("somebody else is locked out: %v", err)
		}
		f.clock.Advance(throttle.MaxWait)
		if _, _, err := f.Login(t.Context(), here, "", "ann", password); err != nil {
			t.Fatal(err)
		}
		_, _, nobody := f.Login(t.Context(), elsewhere, "", "nobody", password)
		if nobody == nil || problem.From(nobody).Message != errLogin.Message {
			t.Fatalf("an unknown name gets another answer: %v", nobody)
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		_, secret := f.person(t, "ann")
		f.person(t, "bob")
		gone := func(c scope.Caller, why string) {
			t.Helper()
			list, err := f.Sessions(t.Context(), scope.System("test"), c.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range list {
				if x.ID == c.Session && x.Seen.After(f.clock.Now().Add(-sessionIdle)) {
					t.Errorf("%s: the session is still there", why)
				}
			}
		}
		c := f.signIn(t, "ann", secret)
		if err := f.Logout(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		gone(c, "signed out")
		c = f.signIn(t, "ann", secret)
		f.clock.Advance(sessionIdle + time.Second)
		gone(c, "idle")
		c = f.signIn(t, "ann", secret)
		if err := f.EndSession(t.Context(), scope.Caller{Kind: scope.Admin, ID: "stranger"}, c.Session); !problem.Is(err, problem.NotFound) {
			t.Fatalf("a stranger ended it: %v", err)
		}
		if err := f.Disable(t.Context(), scope.System("test"), c.ID); err != nil {
			t.Fatal(err)
		}
		gone(c, "disabled")
	})
}

// TestS17MorePowerTakesAnotherPerson is the administrators' part of incident S17: with devices enrolled and a second
// owner, no way to more power is open to one session alone.
func TestS17MorePowerTakesAnotherPerson(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		_, annSecret := f.person(t, "ann")
		bob, _ := f.person(t, "bob")
		f.enrolled = true
		ann := f.signIn(t, "ann", annSecret)

		eve, a, err := f.Create(t.Context(), ann, "eve", "", []Grant{{Role: Owner}})
		if err != nil || a.State != safety.Awaiting || eve.State != Awaiting {
			t.Fatalf("a new owner: %+v %+v (%v), want it to wait", eve.State, a.State, err)
		}
		if _, err := f.Invite(t.Context(), ann, eve.ID, f.code(annSecret)); !problem.Is(err, problem.Conflict) {
			t.Fatalf("an unapproved administrator was invited: %v", err)
		}
		held := map[string]func() (safety.Approval, error){
			"roles": func() (safety.Approval, error) {
				return f.SetGrants(t.Context(), ann, bob.ID, []Grant{{Role: Auditor}})
			},
			"reset": func() (safety.Approval, error) { return f.Reset(t.Context(), ann, bob.ID) },
		}
		for name, do := range held {
			if a, err := do(); err != nil || a.State != safety.Awaiting {
				t.Errorf("%s: %+v (%v), want it to wait", name, a.State, err)
			}
		}
		mine, _, err := f.SaveRole(t.Context(), ann, Role{Name: "Mine", Rights: []scope.Right{scope.DeviceRead}})
		if err != nil {
			t.Fatal(err)
		}
		mine.Rights = append(mine.Rights, scope.DeviceWipeFull)
		if _, a, err := f.SaveRole(t.Context(), ann, mine); err != nil || a.State != safety.Awaiting {
			t.Errorf("a wider role: %+v (%v), want it to wait", a.State, err)
		}
		secret, token, err := f.CreateToken(t.Context(), ann, Draft{Admin: ann.ID, Label: "robot", Life: time.Hour}, f.code(annSecret))
		if err != nil || token.State != TokenAwaiting {
			t.Fatalf("a destructive token: %+v (%v), want it to wait", token.State, err)
		}
		if _, err := f.ByToken(t.Context(), here, secret); !problem.Is(err, problem.Unauthenticated) {
			t.Fatalf("the token works already: %v", err)
		}
		if err := f.Disable(t.Context(), ann, bob.ID); err != nil {
			t.Fatal(err)
		}
		if a, err := f.SetGrants(t.Context(), ann, eve.ID, []Grant{{Role: Owner}}); err != nil || a.State != safety.Awaiting {
			t.Fatalf("without the second owner the quorum fell: %+v (%v)", a.State, err)
		}
		if a, err := f.Enable(t.Context(), ann, bob.ID); err != nil || a.State != safety.Awaiting {
			t.Fatalf("a disabled administrator came back: %+v (%v)", a.State, err)
		}
	})
}

func TestANewAdministratorIsOnProbation(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		_, annSecret := f.person(t, "ann")
		_, bobSecret := f.person(t, "bob")
		f.enrolled = true
		told := len(f.told)
		_, caseySecret := f.person(t, "casey")
		if len(f.told) != told+1 {
			t.Fatal("the owners were not told of an administrator made at the shell")
		}
		ann, bob, casey := f.signIn(t, "ann", annSecret), f.signIn(t, "bob", bobSecret), f.signIn(t, "casey", caseySecret)
		eve, a, err := f.Create(t.Context(), ann, "eve", "", []Grant{{Role: Auditor}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.safety.Decide(t.Context(), casey, a.ID, true, f.code(caseySecret)); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("somebody new approved: %v", err)
		}
		if _, err := f.safety.Decide(t.Context(), ann, a.ID, true, f.code(annSecret)); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("the requester approved: %v", err)
		}
		if _, err := f.safety.Decide(t.Context(), bob, a.ID, true, f.code(bobSecret)); err != nil {
			t.Fatal(err)
		}
		link, err := f.Invite(t.Context(), ann, eve.ID, f.code(annSecret))
		if err != nil {
			t.Fatal(err)
		}
		look, err := f.LookInvitation(t.Context(), link)
		if err != nil || look.Name != "eve" || look.First {
			t.Fatalf("got %+v (%v)", look, err)
		}
		if _, x, err := f.Accept(t.Context(), here, "", link, "", "", password); err != nil || x.State != EnrolFactor {
			t.Fatalf("got %+v (%v)", x, err)
		}
		f.clock.Advance(25 * time.Hour)
		casey = f.signIn(t, "casey", caseySecret)
		ann = f.signIn(t, "ann", annSecret)
		if a, err = f.Reset(t.Context(), ann, eve.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := f.safety.Decide(t.Context(), casey, a.ID, true, f.code(caseySecret)); err != nil {
			t.Fatalf("after probation: %v", err)
		}
	})
}

func TestATokenHasNoMoreThanItsAdministrator(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		x, secret := f.person(t, "ann", Grant{Role: HelpDesk, Groups: []string{"g1"}})
		f.person(t, "bob")
		ann := f.signIn(t, "ann", secret)
		if _, _, err := f.CreateToken(t.Context(), ann, Draft{Admin: x.ID, Label: "t", Rights: []scope.Right{scope.DeviceWipeFull}, Life: time.Hour}, f.code(secret)); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("a token with a right its administrator lacks: %v", err)
		}
		if _, _, err := f.CreateToken(t.Context(), ann, Draft{Admin: "somebody", Label: "t", Life: time.Hour}, f.code(secret)); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("a token for somebody else: %v", err)
		}
		raw, token, err := f.CreateToken(t.Context(), ann, Draft{Admin: x.ID, Label: "t", Rights: []scope.Right{scope.DeviceRead, scope.DeviceLock}, Life: time.Hour}, f.code(secret))
		if err != nil || token.State != TokenActive {
			t.Fatalf("got %+v (%v)", token, err)
		}
		c, err := f.ByToken(t.Context(), here, raw)
		if err != nil || c.Kind != scope.Token || c.ID != x.ID || !c.Has(scope.DeviceLock) || c.Has(scope.UserRead) {
			t.Fatalf("got %+v (%v)", c, err)
		}
		if sc, err := c.Scope(scope.DeviceRead); err != nil || sc.All() {
			t.Fatalf("the token left its device group (%v)", err)
		}
		if _, _, err := f.CreateToken(t.Context(), c, Draft{Admin: x.ID, Label: "t", Life: time.Hour}, f.code(secret)); !problem.Is(err, problem.Forbidden) {
			t.Fatalf("a token made a token: %v", err)
		}
		f.clock.Advance(2 * time.Hour)
		if _, err := f.ByToken(t.Context(), here, raw); !problem.Is(err, problem.Unauthenticated) {
			t.Fatalf("an expired token works: %v", err)
		}
	})
}

func TestTheLastOwnerStays(t *testing.T) {
	schematest.Each(t, func(t *testing.T, db *sqldb.DB) {
		f := newFixture(t, db)
		ann, _ := f.person(t, "ann")
		if err := f.Disable(t.Context(), scope.System("test"), ann.ID); !problem.Is(err, problem.Conflict) {
			t.Fatalf("the last owner was disabled: %v", err)
		}
		if _, err := f.SetGrants(t.Context(), scope.System("test"), ann.ID, []Grant{{Role: Auditor}}); !problem.Is(err, problem.Conflict) {
			t.Fatalf("the last owner lost the role: %v", err)
		}
		if err := f.RemoveRole(t.Context(), scope.System("test"), Owner); !problem.Is(err, problem.Conflict) {
			t.Fatalf("a built-in role was removed: %v", err)
		}
	})
}
