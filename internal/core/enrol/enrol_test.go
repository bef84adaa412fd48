package enrol

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"net/netip"
	"strconv"
	"testing"
	"time"

	"drover/internal/base/pki"
	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/base/sqldb/sqldbtest"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/scope"
)

// people is a directory of one, and the devices that have come.
type people struct {
	user directory.User
}

func (p *people) Get(context.Context, scope.Caller, string) (directory.User, error) {
	return p.user, nil
}

func (p *people) ByName(context.Context, scope.Caller, string) (directory.User, error) {
	return p.user, nil
}

// fleet takes devices in as package device does, as far as enrol sees.
type fleet struct {
	db        *sqldb.DB
	gone      error // why the device must stay out
	computers int
}

func (f *fleet) Come(ctx context.Context, tx *sqldb.Tx, _ scope.Caller, h device.Hello) (device.Device, error) {
	if f.gone != nil {
		return device.Device{}, f.gone
	}
	return f.insert(ctx, tx, "d-1", h)
}

func (f *fleet) insert(ctx context.Context, tx *sqldb.Tx, id string, h device.Hello) (device.Device, error) {
	_, err := tx.Exec(ctx, `INSERT INTO device (id, owner, owner_name, owner_folded, eas_id, eas_key, name, name_folded, platform,
		platform_by, liability, friendly, model, os, language, operator, serial, imei, user_agent, device_type, protocol, state,
		access, upstream, policy_state, enrolled_at, facts_at, search, version)
		VALUES ($1, $2, '', '', $3, $4, '', '', '', 'hand', 'corporate', '', '', '', '', '', '', '', '', '', '', 'pending', 'allow', '', 'none', 0, 0, '', 1)
		ON CONFLICT (id) DO NOTHING`, id, h.Owner.ID, h.EASID, h.EASID)
	return device.Device{ID: id, Owner: h.Owner.ID}, err
}

func (*fleet) Accompany(context.Context, *sqldb.Tx, string, string) error { return nil }

func (f *fleet) ComeComputer(ctx context.Context, tx *sqldb.Tx, _ scope.Caller, _ string, facts device.Facts) (device.Device, error) {
	f.computers++
	return f.insert(ctx, tx, "c-"+strconv.Itoa(f.computers), device.Hello{Owner: directory.User{ID: "u-1"}, EASID: "c-" + strconv.Itoa(f.computers), Facts: facts})
}

func (*fleet) Lineage(context.Context, string) ([]string, error) { return nil, nil }

func (*fleet) CheckPlace(context.Context, sqldb.Querier, string, []string) error { return nil }

func (*fleet) Settle(context.Context, *sqldb.Tx, scope.Caller, string, device.Place) error {
	return nil
}

func (*fleet) Expect(context.Context, *sqldb.Tx, scope.Caller, directory.User, device.Facts) (string, error) {
	return "", nil
}

func (*fleet) GroupsByName(context.Context, sqldb.Querier) (map[string]device.Group, error) {
	return nil, nil
}

func (*fleet) Named(context.Context, sqldb.Querier, string, string) (bool, error) { return false, nil }

func (f *fleet) Get(_ context.Context, _ scope.Caller, id string) (device.Device, error) {
	return device.Device{ID: id, State: device.Active}, nil
}

func (f *fleet) Find(context.Context, sqldb.Querier, scope.Caller, scope.Right, string) (device.Device, error) {
	return device.Device{ID: "d-1", Owner: "u-1"}, nil
}

type world struct {
	*Store
	*coretest.Ground
	people *people
	fleet  *fleet
}

func newWorld(t *testing.T, g *coretest.Ground) *world {
	t.Helper()
	authority, err := pki.OpenAuthority(t.TempDir(), g.Clock)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Ground: g, people: &people{user: directory.User{ID: "u-1", Name: "ann"}}, fleet: &fleet{db: g.DB}}
	err = g.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), `INSERT INTO end_user (id, name, folded, display_name, mail, search, source, disabled, created_at, changed_at, version)
			VALUES ('u-1', 'ann', 'ann', '', '', '', 'local', FALSE, 0, 0, 1)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Store = New(Parts{
		DB: g.DB, Clock: g.Clock, Log: g.Log, Zone: g.Zone, Revision: g.Revision, Keys: g.Keys, Bus: g.Bus, Users: w.people, Devices: w.fleet,
		SignIn: func(_ context.Context, _ netip.Addr, name, password string) (directory.User, error) {
			if name != "ann" || password != "secret" {
				return directory.User{}, problem.New(problem.Unauthenticated, "user.login", "Wrong.")
			}
			return w.people.user, nil
		},
		Issuer: func() (Issuer, error) { return authority, nil },
	})
	return w
}

// csr makes a key and its certificate request.
func csr(t testing.TB) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return requestOf(t, key)
}

func requestOf(t testing.TB, key crypto.Signer) []byte {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func (w *world) come(t *testing.T, token string, csr []byte) (Key, error) {
	t.Helper()
	public, id, err := PublicKey(csr)
	if err != nil {
		t.Fatal(err)
	}
	k, err := w.Enrol(t.Context(), Request{Invitation: token, Public: public, KeyID: id, Addr: netip.MustParseAddr("192.0.2.1")})
	w.Settle(t)
	return k, err
}

func (w *world) token(t *testing.T, uses int) string {
	t.Helper()
	_, token, err := w.Invite(t.Context(), scope.System("test"), Draft{Owner: "u-1", Uses: uses, Life: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	coretest.Each(t, func(t *testing.T, g *coretest.Ground) { fn(t, newWorld(t, g)) })
}

func TestAnInvitationIsForSoManyDevicesAndSoLong(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		token, first := w.token(t, 1), csr(t)
		k, err := w.come(t, token, first)
		if err != nil || k.State != Good || k.Device != "d-1" || k.Via != ByInvitation {
			t.Fatalf("%+v %v", k, err)
		}
		if again, err := w.come(t, token, first); err != nil || again.ID != k.ID {
			t.Errorf("the same request again, whose answer was lost: %v", err)
		}
		if _, err := w.come(t, token, csr(t)); !problem.Is(err, problem.Unauthenticated) {
			t.Errorf("a second device by an invitation for one: %v", err)
		}
		late := w.token(t, 5)
		w.Clock.Advance(time.Hour)
		if _, err := w.come(t, late, csr(t)); !problem.Is(err, problem.Unauthenticated) {
			t.Errorf("after its time: %v", err)
		}
	})
}

// TestS19S20NothingPublicEnrols: neither what everybody knows nor what a device calls itself lets anybody in, and trying
// gets slow.
func TestS19S20NothingPublicEnrols(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.token(t, 1)
		var err error
		for range 6 {
			_, err = w.come(t, "0123456789012345678901", csr(t))
			if problem.Is(err, problem.Throttled) {
				break
			}
			if !problem.Is(err, problem.Unauthenticated) {
				t.Fatalf("a guessed invitation: %v", err)
			}
		}
		if !problem.Is(err, problem.Throttled) {
			t.Errorf("guessing is not slowed down: %v", err)
		}
		if _, err := w.come(t, w.token(t, 1), csr(t)); err != nil {
			t.Errorf("a right invitation from the same address waits for the wrong ones: %v", err)
		}
	})
}

func TestAWipedDevicesKeyReportsAndNoMore(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		k, err := w.come(t, w.token(t, 1), csr(t))
		if err != nil {
			t.Fatal(err)
		}
		moved := func(to device.State) {
			err := w.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
				return errors.Join(w.DeviceMoved(t.Context(), tx, "d-1", to), w.Ground.Zone.Bump(t.Context(), tx))
			})
			if err != nil {
				t.Fatal(err)
			}
			w.Settle(t)
		}
		moved(device.Wiped)
		p, err := w.Proof(t.Context(), k.ID)
		if err != nil || p.State != Ending {
			t.Fatalf("%+v %v", p, err)
		}
		if err := w.Spent(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		w.Settle(t)
		if _, err := w.Proof(t.Context(), k.ID); !problem.Is(err, problem.Unauthenticated) {
			t.Errorf("after the report: %v", err)
		}
	})
}

func TestARevokedKeyProvesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		request := csr(t)
		k, err := w.come(t, w.token(t, 3), request)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Revoke(t.Context(), coretest.Admin([]scope.Right{scope.DeviceEnrol}), "d-1"); err != nil {
			t.Fatal(err)
		}
		w.Settle(t)
		if _, err := w.Proof(t.Context(), k.ID); !problem.Is(err, problem.Unauthenticated) {
			t.Errorf("got %v", err)
		}
		if _, err := w.come(t, w.token(t, 1), request); !problem.Is(err, problem.Conflict) {
			t.Errorf("the same key comes back: %v", err)
		}
	})
}

// What a key has proven may be remembered longer than the key is good. Only a good one makes another.
func TestOnlyAGoodKeyIsRenewed(t *testing.T) {
	for name, end := range map[string]func(ctx context.Context, w *world, p Proof) error{
		"revoked": func(ctx context.Context, w *world, _ Proof) error {
			return w.Revoke(ctx, coretest.Admin([]scope.Right{scope.DeviceEnrol}), "d-1")
		},
		"being wiped": func(ctx context.Context, w *world, _ Proof) error {
			return w.DB.Write(ctx, func(tx *sqldb.Tx) error { return w.DeviceMoved(ctx, tx, "d-1", device.Wiped) })
		},
		"run out": func(_ context.Context, w *world, p Proof) error {
			w.Clock.Set(p.Expires)
			return nil
		},
		"renewed": func(ctx context.Context, w *world, p Proof) error {
			_, err := w.Renew(ctx, p, csr(t))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				ctx := t.Context()
				k, err := w.come(t, w.token(t, 1), csr(t))
				if err != nil {
					t.Fatal(err)
				}
				p, err := w.Proof(ctx, k.ID)
				if err != nil {
					t.Fatal(err)
				}
				if err := end(ctx, w, p); err != nil {
					t.Fatal(err)
				}
				if _, err := w.Renew(ctx, p, csr(t)); !problem.Is(err, problem.Unauthenticated) {
					t.Errorf("it makes another: %v", err)
				}
				list, err := w.Store.Keys(ctx, scope.System("test"), "d-1")
				want := 1
				if name == "renewed" { // the key that came of it stays good
					want = 2
				}
				if err != nil || len(list) != want || want == 2 && list[0].State != Good && list[1].State != Good {
					t.Errorf("%d keys: %v", len(list), err)
				}
			})
		})
	}
}

func TestTheTermsMustBeAgreedTo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if _, err := w.SetTerms(t.Context(), scope.System("test"), "Be careful.", 0); err != nil {
			t.Fatal(err)
		}
		token := w.token(t, 1)
		if _, err := w.come(t, token, csr(t)); problem.From(err).Code != "enrol.terms" {
			t.Fatalf("without consent: %v", err)
		}
		public, id, err := PublicKey(csr(t))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Enrol(t.Context(), Request{Invitation: token, Public: public, KeyID: id, Terms: 1}); err != nil {
			t.Fatalf("the refusal has used the invitation up: %v", err)
		}
		list, err := w.Consents(t.Context(), scope.System("test"), "d-1")
		if err != nil || len(list) != 1 || list[0].Terms != 1 || !list[0].At.Equal(coretest.Start) {
			t.Errorf("%+v %v", list, err)
		}
	})
}

func TestInvitingNeedsTheRight(t *testing.T) {
	w := newWorld(t, coretest.New(t, sqldbtest.Engines[0]))
	for _, c := range []scope.Caller{coretest.Admin([]scope.Right{scope.DeviceRead}), coretest.Admin([]scope.Right{scope.DeviceEnrol}, "group-1")} {
		if _, _, err := w.Invite(t.Context(), c, Draft{Owner: "u-1", Uses: 1, Life: time.Hour}); err == nil {
			t.Errorf("%+v invites", c.Grants)
		}
	}
}

// FuzzPublicKey: whatever is sent as a certificate request, only keys of the two kinds come out of it.
func FuzzPublicKey(f *testing.F) {
	f.Add(csr(f))
	weak, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(requestOf(f, weak))
	f.Add([]byte{0x30, 0x80})
	f.Fuzz(func(t *testing.T, der []byte) {
		key, id, err := PublicKey(der)
		if err == nil && (key == nil || len(id) != 43) {
			t.Fatalf("%T %q", key, id)
		}
		if err != nil && !problem.Is(err, problem.Invalid) {
			t.Fatal(err)
		}
	})
}
