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
		`{"token":"abc\"def","n":1}`:                                      `{"token":[removed],"n":1}`,
		`body {\"apiKey\":\"abc\", \"n\":1}`:                              `body {\"apiKey\":[removed], \"n\":1}`,
		`{"Authorization":"Bearer abc","n":1}`:                            `{"Authorization":[removed],"n":1}`,
		"token: Bearer abc.def.ghi":                                       "token: [removed]",
		"token: Bearer abc.def.ghi ok":                                    "token: [removed] ok",
		"sent Bearer abc.def.ghi to it":                                   "sent Bearer [removed] to it",
		"sent Basic YW5uYTpzZWNyZXQ= to it":                               "sent Basic [removed] to it",
		"sent Negotiate YIIJvwYGKwYBBQUC":                                 "sent Negotiate [removed]",
		`sent Digest username="anna", response="6629fae49393"`:            "sent Digest [removed]",
		`token: Digest username="anna", response="6629fae49393"`:          "token: [removed]",
		"GET /sync?key=secretkey&n=1":                                     "GET /sync?key=[removed]&n=1",
		"GET /sync?n=1&apikey=secretkey&api_key=a&x-api-key=b":            "GET /sync?n=1&apikey=[removed]&api_key=[removed]&x-api-key=[removed]",
		"GET /#access_token=abc&id_token=def&refreshToken=ghi":            "GET /#access_token=[removed]&id_token=[removed]&refreshToken=[removed]",
		"GET /file?sv=1&sig=abc%2Fdef":                                    "GET /file?sv=1&sig=[removed]",
		"db user_pwd=hunter2, client_secret: x":                           "db user_pwd=[removed], client_secret: [removed]",
		"Cookie: a=b; session=c":                                          "Cookie: [removed]",
		"Set-Cookie: JSESSIONID=abc; Path=/":                              "Set-Cookie: [removed]",
		"got JSESSIONID=abc; Path=/":                                      "got JSESSIONID=[removed]; Path=/",
		"pin=\ntoken: Bearer abc.def":                                     "pin=\ntoken: [removed]",
		"keyboard=qwerty monkey=ape turkey=bird SyncKey=7 primary-key=id": "keyboard=qwerty monkey=ape turkey=bird SyncKey=7 primary-key=id",
		"compass=north tokens: 5 pinned=2 signal=-67 design=new":          "compass=north tokens: 5 pinned=2 signal=-67 design=new",
		"basic settings loaded, bearer lost, digest mismatch":             "basic settings loaded, bearer lost, digest mismatch",
		"basic retry in 5000ms; negotiate TLS":                            "basic retry in 5000ms; negotiate TLS",
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

// FuzzRedact puts lines with a secret between whatever a log holds: it is on none of them afterwards.
func FuzzRedact(f *testing.F) {
	f.Add("password=hunter2 anna@example.org +43 660 1234567")
	f.Add("pin=")
	f.Add(`"token":"`)
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Contains(text, "hunter2") {
			return
		}
		for _, line := range []string{
			"password=hunter2", `{"token":"hunter2"}`, "token: Bearer a.hunter2", "Authorization: Basic hunter2", "GET /?n=1&key=hunter2",
			"access_token=hunter2", "sig=hunter2", "Cookie: a=b; c=hunter2", `sent Digest username="anna", response="hunter2"`, "sent Bearer a.hunter2",
		} {
			if got := redact(text + "\n" + line + "\n" + text); strings.Contains(got, "hunter2") {
				t.Fatalf("%s: %q", line, got)
			}
		}
	})
}
