// Package acme holds the test of certificates by ACME: the built program against Pebble, the authority that Let's Encrypt
// keeps for tests of clients, on loopback. It is a module of its own and imports nothing of Drover's.
package acme
