// Package passhash keeps passwords as slow hashes: PBKDF2 with HMAC-SHA-256 (NIST SP 800-132), which lies within the
// FIPS 140-3 module. A password cannot be had back from what is stored.
package passhash

import (
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"fmt"

	"drover/internal/base/problem"
)

const (
	saltSize = 16
	keySize  = 32
	// Min and Max bound the bytes of a password.
	Min = 12
	Max = 256
	// atOnce bounds the hashes under way: each keeps a core busy for a tenth of a second and more.
	atOnce = 2
)

var slots = make(chan struct{}, atOnce)

// Hash returns rounds (4 bytes, big-endian), salt and key. It refuses passwords of fewer than [Min] or more than [Max]
// bytes.
func Hash(ctx context.Context, password string) ([]byte, error) {
	if len(password) < Min || len(password) > Max {
		return nil, problem.Newf(problem.Invalid, "password.length", "A password has %d to %d bytes.", Min, Max).WithField("password")
	}
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails
	return derive(ctx, password, rounds, salt)
}

// Verify tells whether the password is the one that was hashed. Without a hash it takes as long and says no, so that
// time does not tell who has one.
func Verify(ctx context.Context, password string, stored []byte) (bool, error) {
	n, salt := uint32(rounds), make([]byte, saltSize)
	if len(stored) == 4+saltSize+keySize {
		n, salt = binary.BigEndian.Uint32(stored), stored[4:4+saltSize]
	}
	if len(password) > Max {
		password = ""
	}
	got, err := derive(ctx, password, n, salt)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, stored) == 1, nil
}

func derive(ctx context.Context, password string, n uint32, salt []byte) ([]byte, error) {
	select {
	case slots <- struct{}{}:
		defer func() { <-slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	key, err := pbkdf2.Key(sha256.New, password, salt, int(n), keySize)
	if err != nil {
		return nil, fmt.Errorf("hash a password: %w", err)
	}
	return append(append(binary.BigEndian.AppendUint32(nil, n), salt...), key...), nil
}
