package registration

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http/httptest"
	"testing"
	"unicode"
	"unicode/utf8"

	"drover/api/agentv1"
	"drover/internal/core/enrol"
	"drover/internal/gate/agents"
)

// FuzzRegistration: whatever a newcomer sends is read or refused, and what is read of it holds nothing that is not text.
func FuzzRegistration(f *testing.F) {
	good, err := json.Marshal(agentv1.Registration{Key: "k", CSR: []byte{0x30, 0}, Facts: agentv1.Facts{
		Host: "ws-1", Platform: "linux", MACs: []string{"00:53:00:aa:bb:cc"}, Attributes: map[string]string{"room": "201"},
	}})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{good, []byte("null"), []byte(`{"facts":{"platform":"macos","host":"\u0000\u202e"}}`), []byte(`{"csr":"MAA="}`)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequest("POST", agentv1.PathRegister, nil)
		r.Body = io.NopCloser(bytes.NewReader(body))
		var in agentv1.Registration
		if agents.Read(r, &in) != nil {
			return
		}
		_, _, _ = enrol.PublicKey(in.CSR) // it must not panic
		known := enrol.FactsOf(in.Facts)
		if known.Clean() != nil {
			return
		}
		for _, text := range []string{known.Host, known.Serial, known.Model, known.OS, known.Machine} {
			if !utf8.ValidString(text) || bytes.ContainsFunc([]byte(text), unicode.IsControl) || len(text) > 256 {
				t.Fatalf("%q", text)
			}
		}
	})
}
