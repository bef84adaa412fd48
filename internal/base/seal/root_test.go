package seal

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
)

// snapshot is every file of the key store but the empty locks.
func (r *rig) snapshot() map[string]string {
	r.t.Helper()
	out := map[string]string{}
	entries, err := os.ReadDir(r.dir)
	must(r.t, err)
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(r.dir, e.Name()))
		must(r.t, err)
		if len(data) > 0 {
			out[e.Name()] = string(data)
		}
	}
	return out
}

// wantRefused starts a server that must refuse, with the given problem, and change nothing.
func (r *rig) wantRefused(code string) {
	r.t.Helper()
	before := r.snapshot()
	_, err := Open(r.t.Context(), r.db, r.options())
	if err == nil {
		r.t.Fatal("it started")
	}
	wantCode(r.t, err, code)
	after := r.snapshot()
	if len(before) != len(after) {
		r.t.Fatalf("the key store has changed: %d files, were %d", len(after), len(before))
	}
	for name, data := range before {
		if after[name] != data {
			r.t.Fatalf("%s has changed", name)
		}
	}
}

// aside takes a file of the key store away and returns how to put it back.
func (r *rig) aside(name string) (back func()) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	data, err := os.ReadFile(path)
	must(r.t, err)
	must(r.t, os.Remove(path))
	return func() { must(r.t, os.WriteFile(path, data, 0o600)) }
}

func TestAWrongOrMissingKeyRefusesAndDestroysNothing(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		s := r.seal(r.open(), phone("d1"), User("ann"), "x")
		keys := r.count("seal_data_key")

		back := r.aside(rootFile)
		r.wantRefused("seal.root.missing")
		other := newKey()
		must(t, os.WriteFile(filepath.Join(r.dir, rootFile), encodeRoot(other), 0o600))
		r.wantRefused("seal.root.wrong")
		must(t, os.WriteFile(filepath.Join(r.dir, rootFile), encodeRoot(other)[:30], 0o600))
		r.wantRefused("seal.file")
		must(t, os.WriteFile(filepath.Join(r.dir, rootFile), nil, 0o600))
		r.wantRefused("seal.file")
		back()

		back = r.aside("epoch-2026-11.key")
		r.wantRefused("seal.epoch.missing")
		back()
		for _, name := range []string{"epoch-2026-11.key", signingFile} {
			back := r.aside(name)
			must(t, os.WriteFile(filepath.Join(r.dir, name), bytes.Repeat([]byte{format}, 69), 0o600))
			r.wantRefused("seal.root.wrong") // its header names no root key that is here
			back()
		}
		if n := r.count("seal_data_key"); n != keys {
			t.Fatalf("%d data keys, were %d", n, keys)
		}
		r.wantOpen(r.open(), phone("d1"), User("ann"), s, "x")
	})
}

func TestAKeyStoreWithoutItsDatabaseIsNotGivenANewRootKey(t *testing.T) {
	r := onSQLite(t)
	r.open()
	r.aside(rootFile)
	empty := onSQLite(t)
	empty.dir = r.dir
	empty.wantRefused("seal.root.missing")
}

func TestARunningServerMissesAnEpochKeyRatherThanMakingAnother(t *testing.T) {
	r := onSQLite(t)
	k := r.open()
	s := r.seal(k, phone("d1"), User("ann"), "x")
	back := r.aside("epoch-2026-11.key")
	r.clock.Advance(cacheAge)
	_, err := k.Open(t.Context(), r.db, phone("d1"), User("ann"), s)
	wantCode(t, err, "seal.epoch.missing")
	back()
	r.wantOpen(k, phone("d1"), User("ann"), s, "x")
}

func TestKeysThatOthersCanReachAreRefused(t *testing.T) {
	for _, name := range []string{".", rootFile, "epoch-2026-11.key", signingFile, ledgerFile} {
		t.Run(name, func(t *testing.T) {
			r := onSQLite(t)
			k := r.open()
			r.seal(k, phone("d1"), User("ann"), "x")
			r.erase(k, "bob")
			path := filepath.Join(r.dir, name)
			info, err := os.Stat(path)
			must(t, err)
			if info.Mode().Perm()&0o077 != 0 {
				t.Fatalf("made with mode %v", info.Mode())
			}
			must(t, os.Chmod(path, info.Mode().Perm()|0o040))
			r.wantRefused("seal.permissions")
			must(t, os.Chmod(path, info.Mode().Perm()))
			r.open()
		})
	}
}

func TestASymbolicLinkIsNoKey(t *testing.T) {
	r := onSQLite(t)
	r.open()
	path := filepath.Join(r.dir, rootFile)
	elsewhere := filepath.Join(t.TempDir(), "root.key")
	must(t, os.Rename(path, elsewhere))
	must(t, os.Symlink(elsewhere, path))
	r.wantRefused("seal.permissions")
}

func TestTheSigningKeyStaysTheSame(t *testing.T) {
	r := onSQLite(t)
	k := r.open()
	sig := ed25519.Sign(k.SigningKey(), []byte("head"))
	must(t, k.RotateRoot(t.Context()))
	again := r.open()
	text, err := again.PublicKeyPEM()
	must(t, err)
	kept, err := os.ReadFile(filepath.Join(r.dir, publicFile))
	must(t, err)
	if !bytes.Equal(text, kept) {
		t.Fatal("signing.pub is not the public key")
	}
	block, _ := pem.Decode(kept)
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	must(t, err)
	if !ed25519.Verify(public.(ed25519.PublicKey), []byte("head"), sig) {
		t.Fatal("the signature does not verify")
	}
}

func TestADestroyedFileIsOverwrittenFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	must(t, os.WriteFile(path, bytes.Repeat([]byte("secret"), 20), 0o600))
	link := path + ".link" // a second name shows what became of the bytes
	must(t, os.Link(path, link))
	must(t, destroyFile(path))
	left, err := os.ReadFile(link)
	must(t, err)
	if bytes.Contains(left, []byte("secret")) {
		t.Fatal("the bytes are still there")
	}
	must(t, destroyFile(path)) // gone already: no error
}

func TestNothingSecretIsInTheKeyStoreOrDatabaseInClear(t *testing.T) {
	r := onSQLite(t)
	k := r.open()
	r.seal(k, phone("d1"), User("ann"), "canary-4711")
	files := r.snapshot()
	url := r.copyDatabase()
	dump, err := os.ReadFile(url[len("sqlite:"):])
	must(t, err)
	wal, err := os.ReadFile(url[len("sqlite:"):] + "-wal")
	must(t, err)
	dump = append(dump, wal...)
	for _, secret := range [][]byte{[]byte("canary-4711"), k.index[:], k.private.Seed()} {
		if bytes.Contains(dump, secret) {
			t.Error("a secret is in the database")
		}
		for name, data := range files {
			if bytes.Contains([]byte(data), secret) {
				t.Errorf("a secret is in %s", name)
			}
		}
	}
}
