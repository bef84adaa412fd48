package companion

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"drover/internal/base/httpsig"
)

const (
	base      = "/companion/v1"
	maxAnswer = 1 << 20          // octets of an answer that an application reads
	patience  = 90 * time.Second // for any answer: the longest wait, and half a minute
)

// Refused is an answer that does not serve a request. Code is the stable one of RFC 9457's extension.
type Refused struct {
	Status int
	Code   string
}

// Error says what was answered.
func (r *Refused) Error() string { return fmt.Sprintf("the server answers %d %s", r.Status, r.Code) }

// IsRefused tells whether err is a refusal with the code.
func IsRefused(err error, code string) bool {
	var r *Refused
	return errors.As(err, &r) && r.Code == code
}

// wire sends signed requests.
type wire struct {
	url    string
	client *http.Client
	key    ed25519.PrivateKey
	id     string // the key's thumbprint
	tag    string // of signatures, as discovery tells
}

func newWire(url string, client *http.Client) (*wire, error) {
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	id, err := httpsig.Thumbprint(public)
	return &wire{url: url, client: client, key: key, id: id}, err
}

// ask reads what needs no signature.
func (w *wire) ask(ctx context.Context, path string, out any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, w.url+path, nil)
	if err != nil {
		return err
	}
	return w.do(r, out)
}

// call sends a signed request with a body in JSON, nil for none, and reads the answer into out, nil for none.
func (w *wire) call(ctx context.Context, method, path string, query url.Values, body, out any) error {
	if body == nil {
		return w.send(ctx, method, path, query, "", nil, out)
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return w.send(ctx, method, path, query, "application/json", raw, out)
}

func (w *wire) send(ctx context.Context, method, path string, query url.Values, media string, body []byte, out any) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	target := w.url + base + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	r, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return err
	}
	covered := []string{"@method", "@path", "@query"}
	if body != nil {
		r.Header.Set("Content-Type", media)
		httpsig.SetDigest(r.Header, body)
		covered = append(covered, "content-digest", "content-type")
	}
	err = httpsig.Sign(httpsig.Request(r), w.key, httpsig.Input{
		Label: "sig", Components: httpsig.Fields(covered...), Created: time.Now(), Nonce: rand.Text(), KeyID: w.id, Tag: w.tag,
	})
	if err != nil {
		return err
	}
	return w.do(r, out)
}

func (w *wire) do(r *http.Request, out any) error {
	res, err := w.client.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusMultipleChoices {
		var p struct {
			Code string `json:"code"`
		}
		_ = json.Unmarshal(raw, &p) // what stands before the server may answer in another form
		return &Refused{res.StatusCode, p.Code}
	}
	if out == nil || len(raw) == 0 {
		return nil
	}
	return json.Unmarshal(raw, out)
}
