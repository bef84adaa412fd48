package autodiscover

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"drover/internal/base/problem"

	"github.com/google/go-cmp/cmp"
)

const asked = `<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="` + requestSchema + `"><Request>` +
	`<EMailAddress>a&lt;b@example.test</EMailAddress><AcceptableResponseSchema>` + mobileSchema + `</AcceptableResponseSchema></Request></Autodiscover>`

type prover struct{ err error }

func (p prover) Prove(*http.Request) error { return p.err }

func ask(t *testing.T, p prover, body string) (*http.Response, string) {
	t.Helper()
	s := New(p, "https://drover.example.test/Microsoft-Server-ActiveSync")
	w := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodPost, Path, strings.NewReader(body))
	s.Routes()[0].Handler.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Result().Body)
	if err != nil {
		t.Fatal(err)
	}
	return w.Result(), string(text)
}

// answered is the response as a client reads it, namespaces and all.
type answered struct {
	XMLName xml.Name `xml:"http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006 Autodiscover"`
	Mobile  struct {
		Culture string
		Mail    string `xml:"User>EMailAddress"`
		Type    string `xml:"Action>Settings>Server>Type"`
		URL     string `xml:"Action>Settings>Server>Url"`
	} `xml:"http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006 Response"`
}

func TestTheAnswerIsOurOwnAddress(t *testing.T) {
	r, text := ask(t, prover{}, asked)
	var got answered
	if err := xml.Unmarshal([]byte(text), &got); err != nil {
		t.Fatalf("HTTP %d %s: %v", r.StatusCode, text, err)
	}
	if got.Mobile.URL != "https://drover.example.test/Microsoft-Server-ActiveSync" || got.Mobile.Type != "MobileSync" || got.Mobile.Mail != "a<b@example.test" {
		t.Errorf("the answer is %s", text)
	}
}

func TestRequestsThatCannotBeServed(t *testing.T) {
	for name, c := range map[string]struct{ body, code string }{
		"nothing":          {"", "600"},
		"not XML":          {"hello", "600"},
		"document type":    {strings.Replace(asked, "<Autodiscover", `<!DOCTYPE a [<!ENTITY x "y">]><Autodiscover`, 1), "600"},
		"entity":           {strings.Replace(asked, "&lt;", "&x;", 1), "600"},
		"deep":             {strings.Repeat("<a>", 2000) + strings.Repeat("</a>", 2000), "600"},
		"no address":       {strings.Replace(asked, "a&lt;b@example.test", "", 1), "600"},
		"address too long": {strings.Replace(asked, "a&lt;b", strings.Repeat("a", maxMail), 1), "600"},
		"for Outlook":      {strings.ReplaceAll(asked, "mobilesync", "outlook"), "601"},
	} {
		r, text := ask(t, prover{}, c.body)
		if r.StatusCode != http.StatusOK || !strings.Contains(text, "<ErrorCode>"+c.code+"</ErrorCode>") {
			t.Errorf("%s: HTTP %d %s", name, r.StatusCode, text)
		}
	}
	if r, _ := ask(t, prover{}, asked+strings.Repeat(" ", maxBody)); r.StatusCode != http.StatusBadRequest {
		t.Errorf("a body beyond the bound: HTTP %d", r.StatusCode)
	}
}

func TestWhoIsNotProvenLearnsNothing(t *testing.T) {
	for _, c := range []struct {
		err  error
		want int
		head string
	}{
		{problem.New(problem.Unauthenticated, "x", "X."), http.StatusUnauthorized, "Www-Authenticate"},
		{problem.New(problem.Forbidden, "x", "X."), http.StatusForbidden, ""},
		{problem.New(problem.Throttled, "x", "X.").WithRetry(time.Minute), http.StatusServiceUnavailable, "Retry-After"},
		{errors.New("a fault"), http.StatusServiceUnavailable, "Retry-After"},
	} {
		r, text := ask(t, prover{c.err}, asked)
		if r.StatusCode != c.want || text != "" || c.head != "" && r.Header.Get(c.head) == "" {
			t.Errorf("%v: HTTP %d %v %q", c.err, r.StatusCode, r.Header, text)
		}
	}
}

// FuzzParse holds that no body panics, and that an accepted address survives the answer.
func FuzzParse(f *testing.F) {
	f.Add([]byte(asked))
	f.Add([]byte(`<!DOCTYPE a><a/>`))
	f.Fuzz(func(t *testing.T, body []byte) {
		mail, err := parse(body)
		if err != nil {
			return
		}
		text, err := found(mail, "https://example.test/").encode()
		if err != nil {
			t.Fatal(err)
		}
		var got answered
		if err := xml.Unmarshal(text, &got); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if d := cmp.Diff("https://example.test/", got.Mobile.URL); d != "" {
			t.Error(d)
		}
	})
}
