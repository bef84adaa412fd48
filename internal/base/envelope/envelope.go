package envelope

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"errors"
	"math/big"
)

// AgentDocument are the words under which the zone signs what it tells agents.
const AgentDocument = "drover agent document 1"

var (
	errKey = errors.New("the key is neither Ed25519 nor ECDSA P-256")
	// ErrSignature is returned for every wrong signature.
	ErrSignature = errors.New("the signature does not fit the document and the key")
)

// halfSize is the length of either number of a P-256 signature, in octets.
const halfSize = 32

// Sign returns the signature of a payload: 64 octets, of Ed25519 (RFC 8032) or of ECDSA P-256 with SHA-256 as two numbers of
// 32 octets (FIPS 186-5). It fails for other keys.
func Sign(key crypto.Signer, words string, payload []byte) ([]byte, error) {
	text := under(words, payload)
	switch public := key.Public().(type) {
	case ed25519.PublicKey:
		return key.Sign(rand.Reader, text, crypto.Hash(0))
	case *ecdsa.PublicKey:
		if public.Curve == elliptic.P256() {
			return signP256(key, text)
		}
	}
	return nil, errKey
}

func signP256(key crypto.Signer, text []byte) ([]byte, error) {
	sum := sha256.Sum256(text)
	der, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		return nil, err
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &pair); err != nil {
		return nil, err
	}
	signature := make([]byte, 2*halfSize)
	pair.R.FillBytes(signature[:halfSize])
	pair.S.FillBytes(signature[halfSize:])
	return signature, nil
}

// Check tells whether the signature is the key's, of this payload under these words: nil, or [ErrSignature].
func Check(key crypto.PublicKey, words string, payload, signature []byte) error {
	text := under(words, payload)
	switch k := key.(type) {
	case ed25519.PublicKey:
		if len(k) == ed25519.PublicKeySize && ed25519.Verify(k, text, signature) {
			return nil
		}
	case *ecdsa.PublicKey:
		if k.Curve != elliptic.P256() || len(signature) != 2*halfSize {
			return ErrSignature
		}
		sum := sha256.Sum256(text)
		r, s := new(big.Int).SetBytes(signature[:halfSize]), new(big.Int).SetBytes(signature[halfSize:])
		if ecdsa.Verify(k, sum[:], r, s) {
			return nil
		}
	}
	return ErrSignature
}

// under puts the words before a payload. They hold no zero octet, so that nothing reads in two ways.
func under(words string, payload []byte) []byte {
	text := make([]byte, 0, len(words)+1+len(payload))
	text = append(text, words...)
	text = append(text, 0)
	return append(text, payload...)
}
