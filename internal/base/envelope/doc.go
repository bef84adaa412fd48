// Package envelope signs documents and checks their signatures with Ed25519 or ECDSA P-256. The words under which a
// document is signed come before it, so that what was signed for one purpose counts for no other.
package envelope
