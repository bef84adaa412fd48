//go:build !race

package passhash

// rounds is what OWASP asks of PBKDF2 with HMAC-SHA-256.
const rounds = 600_000
