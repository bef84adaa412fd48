package journal

import "regexp"

const (
	// is stands between a name and its value, in headers, in addresses and in JSON, also in JSON within a text. It ends with the
	// line: what begins the next one is not the value.
	is     = `(\\?"?[ \t]*[:=][ \t]*)`
	quoted = `"(?:[^"\\\r\n]|\\.)*"|'[^'\r\n]*'`
	// secret is the end of the name of a secret: its beginning is parted by a dash or underscore, or is one of these words.
	secret = `(?:pass(?:word|wd|code|phrase)?|pwd|pin|(?:client|app|shared)?secret|[a-z]*sess(?:ion)?[_-]?id|` +
		`(?:access|refresh|auth|id|session|bearer|device|csrf|xsrf)?token|(?:api|access|auth|private|secret|session)[_-]?key)`
)

// What a log must not hold, and what stands in its place. Logs are asked for to mend devices, not to read their users.
var redactions = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`(?i)\b(authorization|proxy-authorization|cookie|set-cookie)` + is + `(` + quoted + `|[^\r\n]+)`), "$1$2[removed]"},
	{regexp.MustCompile(`(?i)\b(digest)([ \t]+)(?:username|realm|nonce|cnonce|nc|uri|qop|response|opaque|algorithm)[ \t]*=[^\r\n]+`), "$1$2[removed]"},
	{regexp.MustCompile(`(?i)\b((?:[a-z0-9]+[_-])*` + secret + `)` + is + `(` + quoted + `|(?:(?:bearer|basic|digest|negotiate|ntlm)[ \t]+)?[^\s,;&]+)`), "$1$2[removed]"},
	{regexp.MustCompile(`(?i)(^|[^\pL\pN_-])((?:key|sig|signature)=)(` + quoted + `|[^\s,;&=][^\s,;&]*)`), "$1$2[removed]"},
	// What follows a scheme is a credential where it looks like none of our words: "basic settings" and "bearer lost" stay.
	{regexp.MustCompile(`(?i)\b(bearer|basic|negotiate|ntlm)([ \t]+)(?:[a-z-]*[0-9._~+/=][a-z0-9._~+/=-]{6,}|[a-z]{16,})`), "$1$2[removed]"},
	{regexp.MustCompile(`(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@:]+:[^\s/@]+@`), "$1[removed]@"},
	{regexp.MustCompile(`[\pL\pN._%+-]+@[\pL\pN-]+(?:\.[\pL\pN-]+)+`), "[address]"},
	{regexp.MustCompile(`(?:\+|\b00?)[1-9](?:[ ()/-]?[0-9]){6,13}\b`), "[number]"},
	{regexp.MustCompile(`\(?\b[0-9]{3}\)?[ .-][0-9]{3}[ .-][0-9]{4}\b`), "[number]"},
	{regexp.MustCompile(`\b[0-9]{9,15}\b`), "[number]"},
}

// redact takes credentials, mail addresses and phone numbers out of a log. It finds what has their form; what a log tells in
// other words stays.
func redact(text string) string {
	for _, r := range redactions {
		text = r.pattern.ReplaceAllString(text, r.with)
	}
	return text
}
