// Package live writes streams of server-sent events (HTML Living Standard, section 9.2) to browsers: hints that something has
// changed, never what. A stream ends by itself after a while, with its caller's session, and when the server stops; the
// browser comes back and proves itself anew.
package live
