package httpsig

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"math/big"
)

// The algorithms (RFC 9421 section 3.3).
const (
	algEd25519 = "ed25519"
	algP256    = "ecdsa-p256-sha256"
)

var (
	errKey       = errors.New("the key is neither Ed25519 nor ECDSA P-256")
	errSignature = errors.New("the signature is wrong")
)

// algorithm names what a key signs with.
func algorithm(key crypto.PublicKey) (string, error) {
	switch k := key.(type) {
	case ed25519.PublicKey:
		if len(k) == ed25519.PublicKeySize {
			return algEd25519, nil
		}
	case *ecdsa.PublicKey:
		if k != nil && k.Curve == elliptic.P256() {
			return algP256, nil
		}
	}
	return "", errKey
}

// Thumbprint names a public key: the unpadded base64url of the SHA-256 of its SubjectPublicKeyInfo (RFC 5280 section 4.1).
// It fails for keys that this package does not check signatures of.
func Thumbprint(key crypto.PublicKey) (string, error) {
	if _, err := algorithm(key); err != nil {
		return "", err
	}
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(der)
	return base64.RawURLEncoding.EncodeToString(sum[:]), nil
}

// halfSize is the length of either number of a P-256 signature, in octets.
const halfSize = 32

func verify(key crypto.PublicKey, base string, signature []byte) error {
	switch k := key.(type) {
	case ed25519.PublicKey:
		if len(k) == ed25519.PublicKeySize && ed25519.Verify(k, []byte(base), signature) {
			return nil
		}
	case *ecdsa.PublicKey:
		if len(signature) != 2*halfSize {
			return errSignature
		}
		sum := sha256.Sum256([]byte(base))
		r, s := new(big.Int).SetBytes(signature[:halfSize]), new(big.Int).SetBytes(signature[halfSize:])
		if ecdsa.Verify(k, sum[:], r, s) {
			return nil
		}
	}
	return errSignature
}

// Sign signs the message as in says and puts the signature into its header, beside those that are there.
func Sign(m Message, key crypto.Signer, in Input) error {
	if _, err := algorithm(key.Public()); err != nil {
		return err
	}
	base, err := in.Base(m)
	if err != nil {
		return err
	}
	signature, err := sign(key, base)
	if err != nil {
		return err
	}
	m.Header.Add(inputField, in.Label+"="+in.text())
	m.Header.Add(signatureField, in.Label+"=:"+base64.StdEncoding.EncodeToString(signature)+":")
	return nil
}

func sign(key crypto.Signer, base string) ([]byte, error) {
	if _, ok := key.Public().(ed25519.PublicKey); ok {
		return key.Sign(rand.Reader, []byte(base), crypto.Hash(0))
	}
	sum := sha256.Sum256([]byte(base))
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
