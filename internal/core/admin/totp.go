package admin

import (
	"context"
	"crypto/fips140"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" // RFC 6238's default, and all that most authenticator apps speak
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/url"
	"time"

	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
)

const (
	totpBytes  = 20 // RFC 4226 section 4 R6
	totpPeriod = 30
	totpDigits = 1_000_000
	// totpSkew is how many periods a phone's clock may be off (RFC 6238 section 5.2).
	totpSkew = 1
)

// totpCode computes the code of one period (RFC 6238; RFC 4226 section 5.3). HMAC-SHA-1 is not approved by FIPS 140-3;
// the apps leave no choice.
func totpCode(secret []byte, step int64) string {
	var sum []byte
	fips140.WithoutEnforcement(func() {
		m := hmac.New(sha1.New, secret)
		m.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
		sum = m.Sum(nil)
	})
	offset := sum[len(sum)-1] & 0x0f
	n := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%06d", n%totpDigits)
}

// totpStep returns the period in which the code is right, 0 when in none; periods up to last have been used already.
func totpStep(secret []byte, code string, now time.Time, last int64) int64 {
	current := now.Unix() / totpPeriod
	for step := max(current-totpSkew, last+1); step <= current+totpSkew; step++ {
		if subtle.ConstantTimeCompare([]byte(totpCode(secret, step)), []byte(code)) == 1 {
			return step
		}
	}
	return 0
}

// totpURI is what authenticator apps read from a QR code.
func totpURI(name string, secret []byte) string {
	u := url.URL{Scheme: "otpauth", Host: "totp", Path: "/Drover:" + name}
	u.RawQuery = url.Values{
		"secret": {base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(secret)}, "issuer": {"Drover"},
	}.Encode()
	return u.String()
}

// newTOTP gives an administrator a new secret, which is in force at once.
func (s *Store) newTOTP(ctx context.Context, tx *sqldb.Tx, id string) ([]byte, error) {
	secret := make([]byte, totpBytes)
	_, _ = rand.Read(secret) // never fails
	return secret, s.keepTOTP(ctx, tx, id, secret, 0)
}

func (s *Store) keepTOTP(ctx context.Context, tx *sqldb.Tx, id string, secret []byte, step int64) error {
	sealed, err := s.Keys.Seal(ctx, tx, totpField(id), seal.Zone, secret)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE admin SET totp_secret = $1, totp_step = $2, version = version + 1 WHERE id = $3", []byte(sealed), step, id)
	return err
}

var errCode = problem.New(problem.Forbidden, "factor.code", "This code is wrong, or was used already: wait for the next one.").WithField("code")

// useTOTP checks a code and uses it up.
func (s *Store) useTOTP(ctx context.Context, tx *sqldb.Tx, id, code string) error {
	type row struct {
		sealed []byte
		step   int64
	}
	x, err := sqldb.One(ctx, tx, func(r sqldb.Row) (x row, err error) {
		err = r.Scan(&x.sealed, &x.step)
		return x, err
	}, "SELECT totp_secret, totp_step FROM admin WHERE id = $1 AND state = 'active'", id)
	if err != nil {
		return err
	}
	if x.sealed == nil {
		return errCode
	}
	secret, err := s.Keys.Open(ctx, tx, totpField(id), seal.Zone, x.sealed)
	if err != nil {
		return err
	}
	step := totpStep(secret, code, s.clock.Now(), x.step)
	if step == 0 {
		return errCode
	}
	// Two at once with one code: one of them finds the step moved.
	n, err := tx.Exec(ctx, "UPDATE admin SET totp_step = $1 WHERE id = $2 AND totp_step < $3", step, id, step)
	if err == nil && n != 1 {
		return errCode
	}
	return err
}
