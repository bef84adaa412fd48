// Package throttle makes guessing slow: it counts failed tries by account, by address and by both in a table of the caller's, so
// that all servers of a zone count together and a restart forgets nothing.
package throttle
