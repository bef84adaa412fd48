package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
)

const (
	keySize  = 32 // AES-256
	overhead = 28 // 12 bytes of nonce, 16 of tag
	format   = 1  // first byte of everything sealed; a change of layout or algorithm takes the next number
)

// errBroken says that something does not open: another key, another place, or changed bytes. GCM cannot tell which.
var errBroken = errors.New("it was sealed with another key, for another place, or has been changed")

// key is one secret key. Functions take it by pointer, so that [key.wipe] reaches the one copy there is.
type key [keySize]byte

func newKey() *key {
	k := new(key)
	_, _ = rand.Read(k[:]) // never fails: the runtime ends the program instead
	return k
}

func keyFrom(raw []byte) (*key, error) {
	if len(raw) != keySize {
		return nil, errBroken
	}
	return (*key)(raw), nil
}

func (k *key) wipe() { clear(k[:]) }

func (k *key) aead() (cipher.AEAD, error) {
	block, err := aes.NewCipher(k[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// encrypt returns header, nonce, ciphertext and tag. Header and bound are authenticated, and bound is not kept.
func (k *key) encrypt(header, bound, plain []byte) ([]byte, error) {
	a, err := k.aead()
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(header), len(header)+len(plain)+overhead)
	copy(out, header)
	return a.Seal(out, nil, plain, associated(header, bound)), nil
}

// decrypt undoes encrypt for a header of the given length.
func (k *key) decrypt(header int, bound, sealed []byte) ([]byte, error) {
	if len(sealed) < header+overhead {
		return nil, errBroken
	}
	a, err := k.aead()
	if err != nil {
		return nil, err
	}
	plain, err := a.Open(nil, nil, sealed[header:], associated(sealed[:header], bound))
	if err != nil {
		return nil, errBroken
	}
	return plain, nil
}

// associated joins header and bound; the header's length comes first, so that no two pairs look alike.
func associated(header, bound []byte) []byte {
	out := binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(header)+len(bound)), uint32(len(header)))
	return append(append(out, header...), bound...)
}

// bind encodes a place: each part after its length, so that ("ab","c") and ("a","bc") differ.
func bind(parts ...string) []byte {
	var out []byte
	for _, p := range parts {
		out = binary.BigEndian.AppendUint32(out, uint32(len(p)))
		out = append(out, p...)
	}
	return out
}

// numbered is the header of what is sealed by a key with a number: format, number.
func numbered(n uint32) []byte { return binary.BigEndian.AppendUint32([]byte{format}, n) }

const numberedSize = 5

// number reads the key's number out of a numbered header.
func number(sealed []byte) (uint32, error) {
	if len(sealed) < numberedSize+overhead || sealed[0] != format {
		return 0, errBroken
	}
	return binary.BigEndian.Uint32(sealed[1:numberedSize]), nil
}
