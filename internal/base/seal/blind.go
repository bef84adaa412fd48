package seal

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"

	"drover/internal/base/sqldb"
)

// Blind returns the blind index of a value: 32 bytes that are equal for equal values of one column and say nothing
// else, so that a sealed column can be looked up exactly. Case and outer spaces do not count; whatever else makes two
// spellings one (the dots of a phone number) the caller removes first. It does not fit values that can be tried out one
// by one, such as a year of birth, against somebody who holds the keys.
func (k *Keyring) Blind(table, column, value string) ([]byte, error) {
	secret, err := hkdf.Key(sha256.New, k.index[:], nil, string(bind("blind index", table, column)), keySize)
	if err != nil {
		return nil, fmt.Errorf("derive the key of a blind index: %w", err)
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(sqldb.Fold(value)))
	clear(secret)
	return mac.Sum(nil), nil
}
