package httpsig

import (
	"context"
	"crypto"
	"net/http"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/problem"
)

// Window is how far the time of a signature may be from ours, either way.
const Window = 5 * time.Minute

const (
	minNonce = 16
	maxNonce = 128
	maxKeyID = 128
)

var (
	errNone      = problem.New(problem.Unauthenticated, "signature.none", "The request carries no signature of the device (RFC 9421).")
	errMalformed = problem.New(problem.Unauthenticated, "signature.malformed",
		"The fields Signature-Input and Signature cannot be read, or name something that is not taken here.")
	errTagged = problem.New(problem.Unauthenticated, "signature.tag",
		"The request must carry exactly one signature with the tag that the server tells.")
	errParams = problem.New(problem.Unauthenticated, "signature.params",
		"The signature needs the parameters created, nonce (16 to 128 characters) and keyid.")
	errCovered = problem.New(problem.Unauthenticated, "signature.components",
		"The signature must cover @method, @path and @query, and with a body content-digest and content-type.")
	errExpired = problem.New(problem.Unauthenticated, "signature.expired", "The signature has expired: sign a new one.")
	errWrong   = problem.New(problem.Unauthenticated, "signature.wrong", "The signature does not fit the request and the key.")
)

// Verifier checks the signatures of requests by the rules of this house: covered are "@method", "@path" and "@query", and
// "content-digest" and "content-type" where there is a body; not "@authority", which proxies rewrite. The parameters
// created, nonce, keyid and tag are needed. The time is within [Window] of ours, and no nonce is taken twice. All fields
// are required. It may be used by several goroutines.
type Verifier struct {
	Tag    string
	Clock  clock.Clock
	Nonces *Nonces // that live for twice [Window] at least
	// Key returns the public key of a key id; a problem of kind Unauthenticated when it is not known or not good any more.
	Key func(ctx context.Context, keyID string) (crypto.PublicKey, error)
}

// Verify checks the signature of a request and returns what it says. The body is not read: hand it through [Body], which
// fails where it is not the one that was signed. Errors are problems, of kind Unauthenticated for every wrong proof.
func (v *Verifier) Verify(r *http.Request) (Input, error) {
	s, err := v.find(r)
	if err != nil {
		return Input{}, err
	}
	if err := v.check(r, s.Input); err != nil {
		return Input{}, err
	}
	key, err := v.Key(r.Context(), s.KeyID)
	if err != nil {
		return Input{}, err
	}
	if alg, err := algorithm(key); err != nil || s.Alg != "" && s.Alg != alg {
		return Input{}, errWrong
	}
	base, err := s.Base(Request(r))
	if err != nil {
		return Input{}, errMalformed
	}
	if verify(key, base, s.Signature) != nil {
		return Input{}, errWrong
	}
	// Last, so that only who holds the key fills the memory.
	return s.Input, v.Nonces.Use(s.KeyID, s.Nonce, v.Clock.Now())
}

func (v *Verifier) find(r *http.Request) (Signed, error) {
	if len(r.Header.Values(inputField)) == 0 {
		return Signed{}, errNone
	}
	list, err := Parse(r.Header)
	if err != nil {
		return Signed{}, errMalformed
	}
	var found []Signed
	for _, s := range list {
		if s.Tag == v.Tag {
			found = append(found, s)
		}
	}
	if len(found) != 1 {
		return Signed{}, errTagged
	}
	return found[0], nil
}

// check judges what the signature says of itself.
func (v *Verifier) check(r *http.Request, in Input) error {
	if in.Created.IsZero() || in.KeyID == "" || len(in.KeyID) > maxKeyID || len(in.Nonce) < minNonce || len(in.Nonce) > maxNonce {
		return errParams
	}
	needed := []string{"@method", "@path", "@query"}
	if r.ContentLength != 0 {
		needed = append(needed, "content-digest", "content-type")
	}
	for _, name := range needed {
		if !in.Covers(name) {
			return errCovered
		}
	}
	now := v.Clock.Now()
	if ahead := in.Created.Sub(now); ahead > Window || ahead < -Window {
		return skewed(ahead)
	}
	if !in.Expires.IsZero() && !now.Before(in.Expires) {
		return errExpired
	}
	return nil
}

// skewed tells a device how wrong its clock is, so that it can reckon with that.
func skewed(ahead time.Duration) error {
	return problem.Newf(problem.Unauthenticated, "signature.clock",
		"The signature was made %d seconds from now by the server's clock; at most %d are taken. The Date field of this answer is the server's time.",
		int64(ahead/time.Second), int64(Window/time.Second))
}
