// Package outbound is how Drover reaches other people's servers by TLS: to which addresses it never connects, whose
// certificates it trusts, and what a failure means in words.
package outbound
