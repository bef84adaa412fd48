// Package netns makes a small network for tests, in namespaces of its own: a server that stands in a DMZ, one machine inside and
// one outside, each joined to the server by IPv4 and IPv6. It needs root and Debian's iproute2, and is gone with the test.
package netns
