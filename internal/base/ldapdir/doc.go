// Package ldapdir speaks LDAP (RFC 4511) with a directory of people: always under TLS, with several servers in turn, every
// search in pages and within bounds, every value escaped. It knows attributes and entries, nothing of what they are for.
package ldapdir
