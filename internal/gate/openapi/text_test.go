package openapi

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestS23NoTextHoldsNul(t *testing.T) {
	for raw, want := range map[string]bool{
		`{"a":"x"}`: false, `"\u0000"`: true, `{"\u0000":1}`: true, `["a\\u0000"]`: false, `"\\\u0000"`: true, `"\u00001"`: true, `"\u0001"`: false,
		`"\u000`: false, `\`: false, "": false,
	} {
		if got := escapesNul([]byte(raw)); got != want {
			t.Errorf("%s: %v", raw, got)
		}
		var into any
		if err := unmarshal([]byte(raw), &into); want && err == nil {
			t.Errorf("%s is taken", raw)
		}
	}
	reached := false
	serve := withoutNul(func(http.ResponseWriter, *http.Request) { reached = true })
	for query, want := range map[string]bool{"": true, "q=a%20b": true, "q=%00": false, "%00=1": false, "q=%2500": true} {
		reached = false
		w := httptest.NewRecorder()
		serve(w, httptest.NewRequest(http.MethodGet, "/x?"+query, nil))
		if reached != want || !want && w.Code != http.StatusBadRequest {
			t.Errorf("%q: %v, %d", query, reached, w.Code)
		}
	}
}

func FuzzEscapesNul(f *testing.F) {
	f.Add("a\x00b")
	f.Add(`\u0000`)
	f.Fuzz(func(t *testing.T, text string) {
		raw, err := json.Marshal([]string{text})
		if err != nil {
			t.Fatal(err)
		}
		if got := escapesNul(raw); got != strings.Contains(text, "\x00") {
			t.Fatalf("%q: %v", raw, got)
		}
	})
}
