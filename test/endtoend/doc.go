// Package endtoend holds the tests that run the whole server, on both databases, between foreign clients and real
// servers. It has no code of its own.
package endtoend
