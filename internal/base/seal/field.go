package seal

import (
	"fmt"
	"io"
	"log/slog"
	"regexp"

	"drover/internal/base/problem"
)

// maxPlain bounds one field. Larger things belong in a blob store.
const maxPlain = 16 << 20

// Field is the place of one sealed value. A value opens nowhere else.
type Field struct {
	Table, Column string
	Row           string // the row's primary key; several parts joined by the caller with a separator they cannot hold
}

func (f Field) bound(o Owner) []byte { return bind("field", string(o), f.Table, f.Column, f.Row) }

// Owner is whose key seals a field: the zone's or one user's.
type Owner string

// Zone owns what belongs to no user: secrets of mail servers, tokens, one-time-code secrets.
const Zone Owner = "zone"

// indexOwner owns the secret from which blind indexes derive their keys.
const indexOwner Owner = "index"

const userPrefix = "user:"

// User is the owner of one user's personal data. The id is 1 to 128 letters, digits and "._:@-", and is never used
// again for another person.
func User(id string) Owner { return Owner(userPrefix + id) }

var ownerPattern = regexp.MustCompile(`^(zone|index|user:[A-Za-z0-9._:@-]{1,128})$`)

func (o Owner) check() error {
	if !ownerPattern.MatchString(string(o)) {
		return problem.New(problem.Invalid, "seal.owner", "A user's id is 1 to 128 letters, digits and . _ : @ -.")
	}
	return nil
}

// isUser tells whether the owner can be erased.
func (o Owner) isUser() bool { return o != Zone && o != indexOwner }

// Sealed is a sealed field as the database keeps it: format, number of the key (big-endian, 4 bytes), nonce, ciphertext,
// tag. It never shows its bytes in logs, JSON or formatted text.
type Sealed []byte

const shown = "[sealed]"

// String returns a constant.
func (Sealed) String() string { return shown }

// GoString returns a constant.
func (Sealed) GoString() string { return shown }

// Format writes a constant for every verb.
func (Sealed) Format(w fmt.State, _ rune) { _, _ = io.WriteString(w, shown) }

// MarshalJSON returns a constant.
func (Sealed) MarshalJSON() ([]byte, error) { return []byte(`"` + shown + `"`), nil }

// MarshalText returns a constant.
func (Sealed) MarshalText() ([]byte, error) { return []byte(shown), nil }

// LogValue returns a constant.
func (Sealed) LogValue() slog.Value { return slog.StringValue(shown) }
