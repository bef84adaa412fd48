package seal

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Root provides the root key. It wraps the few keys right below it, so that a provider may keep the root key to itself.
// While a rotation is under way there are two root keys, and afterwards the old one stays for as long as backups wrapped
// by it are to be restored.
type Root interface {
	// Present tells whether there is a root key.
	Present() (bool, error)
	// Create makes the root key. The caller has made sure that nothing is wrapped yet.
	Create() error
	// Wrap wraps a key with the newest root key; Unwrap asks for the same bound bytes.
	Wrap(bound, key []byte) ([]byte, error)
	// Unwrap opens what any root key at hand has wrapped, and returns [ErrWrongRoot] for all else.
	Unwrap(bound, wrapped []byte) ([]byte, error)
	// Newest tells whether the newest root key has wrapped it.
	Newest(wrapped []byte) (bool, error)
	// Begin makes a second root key, which wraps from now on. It does nothing while a rotation is under way.
	Begin() error
	// Rotating tells whether a rotation has begun and not finished.
	Rotating() (bool, error)
	// Finish retires the first root key. The caller has made sure that all is wrapped by the newest.
	Finish(now time.Time) error
	// Expire destroys the root keys that were retired before the given time.
	Expire(before time.Time) error
}

// ErrWrongRoot says that the root key at hand is not the one that is needed.
var ErrWrongRoot = errors.New("wrapped by another root key")

const (
	rootFile    = "root.key"
	nextFile    = "root.next.key"
	retiredName = "root.retired-" // and the time, and ".key"
	keySuffix   = ".key"
	rootPrefix  = "drover-root-key-1:"
	stampFormat = "20060102T150405Z"

	rootIDSize     = 8
	rootHeaderSize = 1 + rootIDSize
)

type rootID [rootIDSize]byte

// fileRoot keeps the root key in a file of the key store.
type fileRoot struct {
	dir string

	mu     sync.Mutex
	held   map[rootID]*key
	newest rootID
}

func newFileRoot(dir string) *fileRoot { return &fileRoot{dir: dir, held: make(map[rootID]*key)} }

func (r *fileRoot) path(name string) string { return filepath.Join(r.dir, name) }

func (r *fileRoot) Present() (bool, error) { return exists(r.path(rootFile)) }

func (r *fileRoot) Rotating() (bool, error) { return exists(r.path(nextFile)) }

func exists(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

func (r *fileRoot) Create() error { return r.make(rootFile) }

func (r *fileRoot) Begin() error { return r.make(nextFile) }

// make writes a new root key unless the file is there: a root key is never replaced by a new one.
func (r *fileRoot) make(name string) error {
	there, err := exists(r.path(name))
	if err != nil || there {
		return err
	}
	k := newKey()
	defer k.wipe()
	return writePrivate(r.path(name), encodeRoot(k))
}

func encodeRoot(k *key) []byte {
	return []byte(rootPrefix + base64.StdEncoding.EncodeToString(k[:]) + "\n")
}

func decodeRoot(text []byte) (*key, error) {
	body, ok := strings.CutPrefix(strings.TrimSpace(string(text)), rootPrefix)
	if !ok {
		return nil, errors.New("it does not hold a root key")
	}
	raw, err := base64.StdEncoding.DecodeString(body)
	if err != nil || len(raw) != keySize {
		return nil, errors.New("the root key in it is cut off or changed")
	}
	return keyFrom(raw)
}

// Finish keeps the old root key under a name with the time, then puts the new one in its place: root.key is there at
// every moment.
func (r *fileRoot) Finish(now time.Time) error {
	rotating, err := r.Rotating()
	if err != nil || !rotating {
		return err
	}
	old, err := readPrivate(r.path(rootFile), maxKeyFile)
	if err != nil {
		return err
	}
	defer clear(old)
	if err := writePrivate(r.path(retiredName+now.UTC().Format(stampFormat)+keySuffix), old); err != nil {
		return err
	}
	if err := os.Rename(r.path(nextFile), r.path(rootFile)); err != nil {
		return err
	}
	return syncDir(r.dir)
}

func (r *fileRoot) Expire(before time.Time) error {
	names, err := filepath.Glob(r.path(retiredName + "*" + keySuffix))
	if err != nil {
		return err
	}
	for _, n := range names {
		stamp := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(n), retiredName), keySuffix)
		at, err := time.Parse(stampFormat, stamp)
		if err != nil || !at.Before(before) {
			continue // not a name of ours, or still needed
		}
		if err := destroyFile(n); err != nil {
			return err
		}
	}
	return nil
}

// load reads the root keys anew: another server may have rotated them.
func (r *fileRoot) load() error {
	retired, err := filepath.Glob(r.path(retiredName + "*" + keySuffix))
	if err != nil {
		return err
	}
	held := make(map[rootID]*key)
	var newest rootID // the last of the list that is there
	for _, path := range append(retired, r.path(rootFile), r.path(nextFile)) {
		id, k, err := readRoot(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		held[id], newest = k, id
	}
	if there, err := r.Present(); err != nil || !there {
		return errors.Join(fmt.Errorf("the root key %s is missing", r.path(rootFile)), err)
	}
	for id, k := range r.held {
		if _, still := held[id]; !still {
			k.wipe()
		}
	}
	r.held, r.newest = held, newest
	return nil
}

func readRoot(path string) (id rootID, k *key, err error) {
	text, err := readPrivate(path, maxKeyFile)
	if err != nil {
		return id, nil, err
	}
	defer clear(text)
	if k, err = decodeRoot(text); err != nil {
		return id, nil, unreadable(path, err)
	}
	raw, err := hkdf.Key(sha256.New, k[:], nil, "root key id", rootIDSize)
	return rootID(raw), k, err
}

func (r *fileRoot) Wrap(bound, secret []byte) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.load(); err != nil {
		return nil, err
	}
	return r.held[r.newest].encrypt(append([]byte{format}, r.newest[:]...), bound, secret)
}

func (r *fileRoot) Unwrap(bound, wrapped []byte) ([]byte, error) {
	if len(wrapped) < rootHeaderSize || wrapped[0] != format {
		return nil, errBroken
	}
	id := rootID(wrapped[1:rootHeaderSize])
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held[id] == nil {
		if err := r.load(); err != nil {
			return nil, err
		}
	}
	k, ok := r.held[id]
	if !ok {
		return nil, fmt.Errorf("%w (%s)", ErrWrongRoot, hex.EncodeToString(id[:]))
	}
	return k.decrypt(rootHeaderSize, bound, wrapped)
}

func (r *fileRoot) Newest(wrapped []byte) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.load(); err != nil {
		return false, err
	}
	return len(wrapped) >= rootHeaderSize && rootID(wrapped[1:rootHeaderSize]) == r.newest, nil
}
