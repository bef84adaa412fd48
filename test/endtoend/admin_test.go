package endtoend

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1" // RFC 6238's default
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"drover/internal/core/admin"
	"drover/internal/core/safety"
)

// administrator is somebody who calls the admin API, by an API token or by a session.
type administrator struct {
	t             *testing.T
	w             *world
	id, name      string
	password      string
	secret        []byte // of one-time codes
	token, cookie string
	header        http.Header
	used          int64 // the step of the last one-time code: each counts once
}

const adminPassword = "correct horse battery staple"

// administrator makes an owner at the server's shell, with an API token of all rights.
func (w *world) administrator(t *testing.T, name string) *administrator {
	t.Helper()
	return w.administratorAt(t, name, "")
}

// administratorAt is [world.administrator] with a mail address.
func (w *world) administratorAt(t *testing.T, name, address string) *administrator {
	t.Helper()
	x, uri, err := w.Admins.CreateAtShell(t.Context(), name, address, []admin.Grant{{Role: admin.Owner}}, adminPassword)
	if err != nil {
		t.Fatal(err)
	}
	a := &administrator{t: t, w: w, id: x.ID, name: name, password: adminPassword, header: http.Header{}, secret: totpSecret(t, uri)}
	if a.token, _, err = w.Admins.CreateToken(t.Context(), system, admin.Draft{Admin: x.ID, Label: "test", Life: time.Hour}, safety.Proof{}); err != nil {
		t.Fatal(err)
	}
	return a
}

// totpSecret reads the secret out of an otpauth URI.
func totpSecret(t *testing.T, uri string) []byte {
	t.Helper()
	u, err := url.Parse(uri)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// code is a one-time code (RFC 6238). As each counts once, and one step ahead is taken, two may be had at once.
func (a *administrator) code() string {
	a.t.Helper()
	step := time.Now().Unix() / 30
	if a.used >= step {
		step = a.used + 1
	}
	until(a.t, "the next one-time code", func() bool { return step <= time.Now().Unix()/30+1 })
	a.used = step
	m := hmac.New(sha1.New, a.secret)
	m.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := m.Sum(nil)
	n := binary.BigEndian.Uint32(sum[sum[len(sum)-1]&0x0f:]) & 0x7fffffff
	return fmt.Sprintf("%06d", n%1_000_000)
}

// signIn begins a session with both factors and uses it from then on, instead of the token.
func (a *administrator) signIn() {
	a.t.Helper()
	a.token = ""
	res, _ := a.call(http.MethodPost, "/session", map[string]any{"name": a.name, "password": a.password})
	for _, c := range res.Cookies() {
		a.cookie = c.Name + "=" + c.Value
	}
	if a.cookie == "" {
		a.t.Fatalf("signing in gives no session: %s", res.Status)
	}
	a.want(http.MethodPost, "/session/totp", map[string]any{"code": a.code()})
}

// call calls the API and returns the answer with its body.
func (a *administrator) call(method, path string, body any) (*http.Response, []byte) {
	a.t.Helper()
	var raw []byte
	switch b := body.(type) {
	case nil:
	case []byte:
		raw = b
	default:
		var err error
		if raw, err = json.Marshal(body); err != nil {
			a.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(a.t.Context(), method, a.w.Admin+"/api/v1"+path, bytes.NewReader(raw))
	if err != nil {
		a.t.Fatal(err)
	}
	r.Header = a.header.Clone()
	if len(raw) > 0 && r.Header.Get("Content-Type") == "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if a.token != "" {
		r.Header.Set("Authorization", "Bearer "+a.token)
	} else if a.cookie != "" {
		r.Header.Set("Cookie", a.cookie)
	}
	res, err := a.w.Client.Do(r)
	if err != nil {
		a.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return res, text
}

// want calls the API and wants success; the answer is read into a map.
func (a *administrator) want(method, path string, body any) map[string]any {
	a.t.Helper()
	res, text := a.call(method, path, body)
	if res.StatusCode >= 300 {
		a.t.Fatalf("%s %s: %s\n%s", method, path, res.Status, text)
	}
	var out map[string]any
	if len(text) > 0 {
		if err := json.Unmarshal(text, &out); err != nil {
			a.t.Fatalf("%s %s: %v\n%s", method, path, err, text)
		}
	}
	return out
}
