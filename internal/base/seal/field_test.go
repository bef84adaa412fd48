package seal

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestAFieldOpensInItsPlaceAlone(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		k := r.open()
		home := Field{Table: "device", Column: "phone", Row: "d1"}
		sealed := r.seal(k, home, User("ann"), "+49 30 1")
		r.seal(k, home, User("bob"), "+49 30 2")
		r.wantOpen(k, home, User("ann"), sealed, "+49 30 1")

		moved := []struct {
			what  string
			field Field
			owner Owner
		}{
			{"another table", Field{"user", "phone", "d1"}, User("ann")},
			{"another column", Field{"device", "imsi", "d1"}, User("ann")},
			{"another row", Field{"device", "phone", "d2"}, User("ann")},
			{"another user", home, User("bob")},
			{"the zone", home, Zone},
			{"a place that reads the same", Field{"device", "phoned", "1"}, User("ann")},
			{"another that reads the same", Field{"devicep", "hone", "d1"}, User("ann")},
		}
		for _, m := range moved {
			_, err := k.Open(t.Context(), r.db, m.field, m.owner, sealed)
			if err == nil {
				t.Errorf("it opened in %s", m.what)
				continue
			}
			wantCode(t, err, "seal.damaged")
		}
	})
}

func TestEveryFlippedBitAndEveryCutIsNoticed(t *testing.T) {
	r := onSQLite(t)
	k := r.open()
	sealed := r.seal(k, phone("d1"), User("ann"), "+49 30 1234567")
	for i := range len(sealed) * 8 {
		bad := bytes.Clone(sealed)
		bad[i/8] ^= 1 << (i % 8)
		if _, err := k.Open(t.Context(), r.db, phone("d1"), User("ann"), bad); err == nil {
			t.Fatalf("bit %d was flipped, and it opened", i)
		}
	}
	for n := range sealed {
		if _, err := k.Open(t.Context(), r.db, phone("d1"), User("ann"), sealed[:n]); err == nil {
			t.Fatalf("it was cut to %d bytes, and opened", n)
		}
	}
}

func TestSealedValuesShowNothing(t *testing.T) {
	r := onSQLite(t)
	k := r.open()
	s := r.seal(k, phone("d1"), Zone, "secret")
	row := struct{ Phone Sealed }{s}
	js, err := json.Marshal(row)
	must(t, err)
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "phone", s)
	shows := []string{
		string(js), log.String(), s.String(), fmt.Sprint(s), fmt.Sprintf("%x", s), fmt.Sprintf("%d", s),
		fmt.Sprintf("%q", s), fmt.Sprintf("%#v", row), fmt.Sprintf("%+v", row),
	}
	for _, text := range shows {
		if !strings.Contains(text, "[sealed]") || len(text) > 120 {
			t.Errorf("it shows %s", text)
		}
	}
}

func TestEqualValuesSealDifferently(t *testing.T) {
	r := onSQLite(t)
	k := r.open()
	a, b := r.seal(k, phone("d1"), Zone, "x"), r.seal(k, phone("d1"), Zone, "x")
	if bytes.Equal(a, b) {
		t.Fatal("the nonce is not random")
	}
}

func TestWhatIsSealedOpensAndDiffers(t *testing.T) {
	r := onSQLite(t)
	k := r.open()
	rapid.Check(t, func(rt *rapid.T) {
		f := Field{rapid.String().Draw(rt, "table"), rapid.String().Draw(rt, "column"), rapid.String().Draw(rt, "row")}
		owner := rapid.SampledFrom([]Owner{Zone, User("ann"), User("bob")}).Draw(rt, "owner")
		plain := rapid.SliceOfN(rapid.Byte(), 8, 300).Draw(rt, "plain")
		s := r.seal(k, f, owner, string(plain))
		if bytes.Contains(s, plain) {
			rt.Fatal("the plain text is in the sealed value")
		}
		r.wantOpen(k, f, owner, s, string(plain))
	})
}

func TestPlacesAreEncodedWithoutAmbiguity(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		parts := rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune("ab\x00")), 0, 3, -1), 1, 4)
		a, b := parts.Draw(rt, "a"), parts.Draw(rt, "b")
		same := fmt.Sprintf("%q", a) == fmt.Sprintf("%q", b)
		if bytes.Equal(bind(a...), bind(b...)) != same {
			rt.Fatalf("%q and %q", a, b)
		}
	})
}

func TestBoundsOfSeal(t *testing.T) {
	r := onSQLite(t)
	k := r.open()
	tx := r.db // Open checks the owner before it asks the database
	for _, id := range []string{"", "a b", "a\n", "a/b", strings.Repeat("x", 129)} {
		_, err := k.Open(t.Context(), tx, phone("d1"), User(id), nil)
		wantCode(t, err, "seal.owner")
	}
	_, err := k.Seal(t.Context(), nil, phone("d1"), Zone, make([]byte, maxPlain+1))
	wantCode(t, err, "seal.size")
}

func FuzzOpen(f *testing.F) {
	r := onSQLite(f)
	k := r.open()
	f.Add([]byte(r.seal(k, phone("d1"), Zone, "secret")))
	f.Add([]byte{format, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		plain, err := k.Open(t.Context(), r.db, phone("other"), Zone, data)
		if err == nil {
			t.Fatalf("opened %q", plain)
		}
	})
}

func TestBlindIndex(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		k := r.open()
		blind := func(k *Keyring, table, column, value string) string {
			b, err := k.Blind(table, column, value)
			must(t, err)
			return string(b)
		}
		want := blind(k, "device", "phone", "+4930a")
		if len(want) != 32 {
			t.Fatalf("%d bytes", len(want))
		}
		if blind(k, "device", "phone", " +4930A ") != want {
			t.Error("case and outer spaces count")
		}
		for _, other := range []string{
			blind(k, "device", "imsi", "+4930a"), blind(k, "user", "phone", "+4930a"), blind(k, "device", "phone", "+4930b"),
			blind(k, "devicep", "hone", "+4930a"),
		} {
			if other == want {
				t.Error("two columns or values share an index")
			}
		}
		_, err := k.RotateZoneKey(t.Context())
		must(t, err)
		must(t, k.RotateRoot(t.Context()))
		if blind(r.open(), "device", "phone", "+4930a") != want {
			t.Error("a rotation or a restart changed the index")
		}
	})
}
