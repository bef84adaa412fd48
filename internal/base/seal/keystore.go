package seal

import (
	"context"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

const (
	signingFile = "signing.key"
	publicFile  = "signing.pub"
	epochPrefix = "epoch-"
	epochLayout = "2006-01"
)

var epochPattern = regexp.MustCompile(`^[0-9]{4,5}-[0-9]{2}$`)

// errNoEpoch says that the key of an epoch is not in the key store.
var errNoEpoch = errors.New("the key of this epoch is not in the key store")

// keyStore is the directory of the keys that must not be in the database: the root key, the keys of the epochs, the
// signing key, and the ledger of what has been destroyed.
type keyStore struct {
	dir  string
	root Root
}

func openKeyStore(dir string) (*keyStore, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the key store: %w", err)
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() || !ownedAlone(info) {
		return nil, notPrivate(dir)
	}
	return &keyStore{dir: dir, root: newFileRoot(dir)}, nil
}

func (s *keyStore) path(name string) string { return filepath.Join(s.dir, name) }

// locked runs fn, which changes files, alone among all that use the key store. It may be called within a transaction,
// so fn must not touch the database.
func (s *keyStore) locked(ctx context.Context, fn func() error) error {
	return withLock(ctx, s.path("files.lock"), fn)
}

// administered runs fn, which changes the zone keys or the root key, alone in the zone. It must not be called within a
// transaction.
func (s *keyStore) administered(ctx context.Context, fn func() error) error {
	return withLock(ctx, s.path("zone.lock"), fn)
}

// tidy destroys what a crash left half written.
func (s *keyStore) tidy() error {
	names, err := filepath.Glob(s.path(tempPrefix + "*"))
	if err != nil {
		return err
	}
	for _, n := range names {
		if err := destroyFile(n); err != nil {
			return err
		}
	}
	return nil
}

// wrapped lists the files that the root key has wrapped.
func (s *keyStore) wrapped() ([]string, error) {
	epochs, err := s.epochs()
	if err != nil {
		return nil, err
	}
	names := make([]string, 0, len(epochs)+1)
	for _, e := range epochs {
		names = append(names, epochPrefix+e+keySuffix)
	}
	signing, err := exists(s.path(signingFile))
	if signing {
		names = append(names, signingFile)
	}
	return names, err
}

// epochs lists the epochs whose keys are here, oldest first.
func (s *keyStore) epochs() ([]string, error) {
	names, err := filepath.Glob(s.path(epochPrefix + "*" + keySuffix))
	if err != nil {
		return nil, err
	}
	var out []string
	for _, n := range names {
		e := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(n), epochPrefix), keySuffix)
		if epochPattern.MatchString(e) {
			out = append(out, e)
		}
	}
	return out, nil
}

// read opens a wrapped key. Its file's name is bound to it, so that files cannot be swapped.
func (s *keyStore) read(name string) (*key, error) {
	data, err := readPrivate(s.path(name), maxKeyFile)
	if err != nil {
		return nil, err
	}
	raw, err := s.root.Unwrap(bind("file", name), data)
	if errors.Is(err, errBroken) {
		return nil, unreadable(s.path(name), err)
	}
	if err != nil {
		return nil, err
	}
	return keyFrom(raw)
}

func (s *keyStore) write(name string, k *key) error {
	data, err := s.root.Wrap(bind("file", name), k[:])
	if err != nil {
		return err
	}
	return writePrivate(s.path(name), data)
}

// epoch returns the key of an epoch, or errNoEpoch.
func (s *keyStore) epoch(month string) (*key, error) {
	k, err := s.read(epochPrefix + month + keySuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errNoEpoch
	}
	return k, err
}

// hasEpoch tells whether the key of an epoch is here.
func (s *keyStore) hasEpoch(month string) (bool, error) {
	return exists(s.path(epochPrefix + month + keySuffix))
}

// makeEpoch makes the key of an epoch unless it is here.
func (s *keyStore) makeEpoch(ctx context.Context, month string) error {
	return s.locked(ctx, func() error {
		there, err := s.hasEpoch(month)
		if err != nil || there {
			return err
		}
		k := newKey()
		defer k.wipe()
		return s.write(epochPrefix+month+keySuffix, k)
	})
}

// destroyEpoch destroys the key of an epoch, after noting in the ledger that this is meant.
func (s *keyStore) destroyEpoch(ctx context.Context, month string, now time.Time) error {
	return s.locked(ctx, func() error {
		there, err := s.hasEpoch(month)
		if err != nil || !there {
			return err
		}
		if err := appendLedger(s.dir, ledgerLine(now, epochLine, month)); err != nil {
			return err
		}
		return destroyFile(s.path(epochPrefix + month + keySuffix))
	})
}

// rewrap wraps with the newest root key every file that is not yet.
func (s *keyStore) rewrap(ctx context.Context, after func(name string) error) error {
	return s.locked(ctx, func() error {
		names, err := s.wrapped()
		if err != nil {
			return err
		}
		for _, n := range names {
			if err := s.rewrapFile(n); err != nil {
				return err
			}
			if err := after(n); err != nil {
				return err
			}
		}
		return nil
	})
}

func (s *keyStore) rewrapFile(name string) error {
	data, err := readPrivate(s.path(name), maxKeyFile)
	if err != nil {
		return err
	}
	if newest, err := s.root.Newest(data); err != nil || newest {
		return err
	}
	k, err := s.read(name)
	if err != nil {
		return err
	}
	defer k.wipe()
	return s.write(name, k)
}

// check opens every wrapped file, so that a wrong root key is noticed before anything is written.
func (s *keyStore) check() error {
	names, err := s.wrapped()
	if err != nil {
		return err
	}
	for _, n := range names {
		k, err := s.read(n)
		if err != nil {
			return err
		}
		k.wipe()
	}
	return nil
}

// signing returns the zone's signing key, made at the first call, and keeps its public half beside it.
func (s *keyStore) signing(ctx context.Context) (private ed25519.PrivateKey, err error) {
	err = s.locked(ctx, func() error {
		seed, err := s.read(signingFile)
		if errors.Is(err, fs.ErrNotExist) {
			seed = newKey()
			err = s.write(signingFile, seed)
		}
		if err != nil {
			return err
		}
		defer seed.wipe()
		private = ed25519.NewKeyFromSeed(seed[:])
		return s.writePublic(private.Public().(ed25519.PublicKey))
	})
	return private, err
}

func (s *keyStore) writePublic(public ed25519.PublicKey) error {
	there, err := exists(s.path(publicFile))
	if err != nil || there {
		return err
	}
	text, err := publicPEM(public)
	if err != nil {
		return err
	}
	return writePrivate(s.path(publicFile), text)
}

func publicPEM(public ed25519.PublicKey) ([]byte, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), nil
}
