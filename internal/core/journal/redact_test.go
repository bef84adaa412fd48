package journal

import (
	"strings"
	"testing"
)

func TestALogLosesItsSecretsAndKeepsItsSense(t *testing.T) {
	for in, want := range map[string]string{
		"2026-11-22 05:12:33 Beginning Sync":                              "2026-11-22 05:12:33 Beginning Sync",
		"Registration status code: 200":                                   "Registration status code: 200",
		"ConnectivityChange for mobile: CONNECTING/CONNECTING":            "ConnectivityChange for mobile: CONNECTING/CONNECTING",
		"Scheduling restart of crashed service in 5000ms at 10.0.0.1:443": "Scheduling restart of crashed service in 5000ms at 10.0.0.1:443",
		"Authorization: Basic YW5uYTpzZWNyZXQ=":                           "Authorization: [removed]",
		"login password=hunter2 ok":                                       "login password=[removed] ok",
		`{"token":"abc.def","n":1}`:                                       `{"token":[removed],"n":1}`,
		"GET https://anna:secret@mail.example.org/sync":                   "GET https://[removed]@mail.example.org/sync",
		"mail of anna@example.org came":                                   "mail of [address] came",
		"call to +43 660 1234567 ended":                                   "call to [number] ended",
		"dialled 0660 123 45 67":                                          "dialled [number]",
		"dialled (212) 555-0100":                                          "dialled [number]",
		"imei 356938035643809":                                            "imei [number]",
	} {
		if got := redact(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("password=hunter2 anna@example.org +43 660 1234567")
	f.Fuzz(func(t *testing.T, text string) {
		if got := redact("password=hunter2\n" + text); strings.HasPrefix(got, "password=hunter2") {
			t.Fatal(got)
		}
	})
}
