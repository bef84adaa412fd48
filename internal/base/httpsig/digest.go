package httpsig

import (
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"hash"
	"io"
	"net/http"

	"drover/internal/base/problem"
)

var (
	errDigest  = problem.New(problem.Malformed, "signature.digest", "The body is not the one that its Content-Digest tells of.")
	errDigests = problem.New(problem.Malformed, "signature.digest-field",
		"The Content-Digest field must hold a sha-256 or sha-512 digest of the body (RFC 9530).")
)

// SetDigest puts the digest of a body into the header (RFC 9530 section 2).
func SetDigest(h http.Header, body []byte) {
	sum := sha256.Sum256(body)
	h.Set(digestField, "sha-256=:"+base64.StdEncoding.EncodeToString(sum[:])+":")
}

// Body returns a reader of the body that fails at its end, with a problem of kind Malformed, unless the body is the one of
// the Content-Digest field: whoever reads must do nothing before the end. It fails at once when the field holds no digest
// that we know. That the field itself is signed is for [Verifier] to say.
func Body(h http.Header, body io.ReadCloser) (io.ReadCloser, error) {
	digests := map[string][]byte{}
	err := dictionary(h.Values(digestField), func(key string, s *scanner) (err error) {
		digests[key], err = s.octets()
		return err
	})
	if err != nil {
		return nil, errDigests
	}
	if want := digests["sha-512"]; want != nil {
		return &checked{body, sha512.New(), want}, nil
	}
	if want := digests["sha-256"]; want != nil {
		return &checked{body, sha256.New(), want}, nil
	}
	return nil, errDigests
}

// checked compares what was read with what was promised.
type checked struct {
	io.ReadCloser
	sum  hash.Hash
	want []byte
}

// Read reads, and judges at the end.
func (c *checked) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	c.sum.Write(p[:n])
	if err == io.EOF && subtle.ConstantTimeCompare(c.sum.Sum(nil), c.want) != 1 {
		return n, errDigest
	}
	return n, err
}
