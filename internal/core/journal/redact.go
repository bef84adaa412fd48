package journal

import "regexp"

// What a log must not hold, and what stands in its place. Logs are asked for to mend devices, not to read their users.
var redactions = []struct {
	pattern *regexp.Regexp
	with    string
}{
	{regexp.MustCompile(`(?i)\b(authorization|proxy-authorization|cookie|set-cookie)(\s*[:=]\s*)[^\r\n]+`), "$1$2[removed]"},
	{regexp.MustCompile(`(?i)\b(pass(?:word|wd|code|phrase)?|pwd|pin|secret|token|api[-_]?key)("?\s*[:=]\s*)("[^"\r\n]*"|'[^'\r\n]*'|[^\s,;&]+)`), "$1$2[removed]"},
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
