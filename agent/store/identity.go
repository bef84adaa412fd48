package store

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"time"

	"drover/agent/system"
	"drover/api/agentv1"
)

// Identity is who the computer is in the zone, and how the zone is known again.
type Identity struct {
	URL       string              `json:"url"` // of the server that took it in
	Pinned    bool                `json:"pinned"`
	Device    string              `json:"device"`
	Name      string              `json:"name"`
	Zone      string              `json:"zone"`
	Tag       string              `json:"tag"`
	Authority []byte              `json:"authority"`
	Signing   []agentv1.PublicKey `json:"signing"`
	Key       string              `json:"key"` // its id
	RenewFrom time.Time           `json:"renewFrom"`
	Expires   time.Time           `json:"expires"`
	Since     time.Time           `json:"since"`
}

const (
	fileIdentity = "identity.json"
	fileKey      = "key.pem"
	fileNextKey  = "next-key.pem"
	fileJoinKey  = "join-key.pem"
)

// Identity returns who the computer is; false when it belongs to no zone.
func (s *Store) Identity() (Identity, bool, error) {
	var id Identity
	ok, err := s.get(&id, fileIdentity)
	return id, ok, err
}

// SetIdentity keeps who the computer is.
func (s *Store) SetIdentity(id Identity) error { return s.put(id, private, fileIdentity) }

// Key returns the computer's key, and makes it when there is none: a registration that was broken off goes on with the same.
func (s *Store) Key() (*ecdsa.PrivateKey, error) { return s.key(fileKey) }

// NextKey returns the key that is to come after the present one, and makes it when there is none.
func (s *Store) NextKey() (*ecdsa.PrivateKey, error) { return s.key(fileNextKey) }

// Renewing tells whether there is a next key: a renewal was begun.
func (s *Store) Renewing() bool {
	_, err := os.Stat(s.path(fileNextKey))
	return err == nil
}

// JoinKey returns the key by which a computer that has one asks to be let in anew, and makes it when there is none. It is not the
// next key: the agent may renew meanwhile, and would have the zone that it is in certify that one for the computer it was.
func (s *Store) JoinKey() (*ecdsa.PrivateKey, error) { return s.key(fileJoinKey) }

// TakeNextKey puts the next key in the place of the present one and keeps the identity that belongs to it. When a crash
// comes between the two, the key is already the next one: the identity's key id is of use for nothing but people.
func (s *Store) TakeNextKey(id Identity) error { return s.take(fileNextKey, id) }

// TakeJoinKey puts the key by which the computer was let in anew in the place of the present one, as [Store.TakeNextKey] does. A
// renewal that was begun is given up.
func (s *Store) TakeJoinKey(id Identity) error {
	if err := s.ForgetNextKey(); err != nil {
		return err
	}
	return s.take(fileJoinKey, id)
}

func (s *Store) take(name string, id Identity) error {
	if err := os.Rename(s.path(name), s.path(fileKey)); err != nil {
		return err
	}
	if err := system.SyncDir(s.dir); err != nil {
		return err
	}
	return s.SetIdentity(id)
}

// ForgetNextKey gives a renewal up.
func (s *Store) ForgetNextKey() error { return s.drop(fileNextKey) }

func (s *Store) key(name string) (*ecdsa.PrivateKey, error) {
	path := s.path(name)
	key, err := readKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, system.Replace(path, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), private)
}

// readKey reads a key that nobody else may read: one that others could read counts as known to them.
func readKey(path string) (*ecdsa.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others; register the computer anew", path)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(raw)
	if block == nil {
		return nil, fmt.Errorf("%s holds no key", path)
	}
	var key any
	if key, err = x509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
		return nil, fmt.Errorf("%s holds no readable key", path)
	}
	if ec, ok := key.(*ecdsa.PrivateKey); ok {
		return ec, nil
	}
	return nil, fmt.Errorf("%s holds no ECDSA key", path)
}

// Forget drops what was of the zone that the computer belonged to, besides its keys: documents, orders, events and uploads.
func (s *Store) Forget() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, sub := range []string{dirDocuments, dirJournal, dirEvents, dirUploads} {
		if err := os.RemoveAll(s.path(sub)); err != nil {
			return err
		}
		if err := os.Mkdir(s.path(sub), 0o700); err != nil {
			return err
		}
	}
	s.events = nil
	for _, name := range []string{fileState, fileSummary, fileLost, fileNextKey} {
		if err := s.drop(name); err != nil {
			return err
		}
	}
	return nil
}
