package seal

import (
	"context"
	"strings"
	"testing"

	"drover/internal/base/sqldb"
)

// BenchmarkSeal seals 128 bytes for a user whose key is cached.
func BenchmarkSeal(b *testing.B) {
	r := onSQLite(b)
	k := r.open()
	plain := []byte(strings.Repeat("x", 128))
	r.seal(k, phone("d1"), User("ann"), "x")
	b.ReportAllocs()
	r.write(func(ctx context.Context, tx *sqldb.Tx) error {
		for b.Loop() {
			if _, err := k.Seal(ctx, tx, phone("d1"), User("ann"), plain); err != nil {
				return err
			}
		}
		return nil
	})
}

// BenchmarkOpen opens 128 bytes: with the user's key cached, and with it to be read and unwrapped.
func BenchmarkOpen(b *testing.B) {
	r := onSQLite(b)
	k := r.open()
	s := r.seal(k, phone("d1"), User("ann"), strings.Repeat("x", 128))
	bench := func(name string, prepare func()) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				prepare()
				if _, err := k.Open(b.Context(), r.db, phone("d1"), User("ann"), s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	bench("cached", func() {})
	bench("unwrapped", func() { k.cache.drop(ownedBy(User("ann"))) })
}

func BenchmarkBlind(b *testing.B) {
	k := onSQLite(b).open()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.Blind("device", "phone", "+49301234567"); err != nil {
			b.Fatal(err)
		}
	}
}
