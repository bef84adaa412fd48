package openapi

import (
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"drover/internal/base/problem"
	"drover/internal/gate"
)

var (
	errNul  = errors.New("a text holds the character NUL")
	errText = problem.New(problem.Malformed, "request.text", "The request holds the character NUL (U+0000), which no text of Drover has.")
)

// format is JSON without the character NUL in any text: PostgreSQL keeps none, so that it would be a fault of ours in whatever
// statement it came to.
var format = huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}

func unmarshal(data []byte, into any) error {
	if escapesNul(data) {
		return errNul
	}
	return json.Unmarshal(data, into)
}

// escapesNul tells whether a JSON text has the escape of NUL, the only form in which it can stand there (RFC 8259 section 7).
func escapesNul(data []byte) bool {
	for i := 0; i+5 < len(data); i++ {
		if data[i] != '\\' {
			continue
		}
		if string(data[i+1:i+6]) == "u0000" {
			return true
		}
		i++ // what is escaped is no beginning
	}
	return false
}

// withoutNul serves what has no NUL in its query; the gate lets none through in a path.
func withoutNul(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.RawQuery, "%00") {
			gate.WriteProblem(w, r, errText)
			return
		}
		next(w, r)
	}
}
