//go:build race

package passhash

// rounds is small in binaries with the race detector, which are for tests alone: it makes each round so dear that every
// login of a test would take seconds. A stored hash holds its own number, so that both kinds of binaries read it.
const rounds = 5_000
