// Package addrrule answers questions about network addresses: whether one is on a list, and which address a request
// really came from when it passed through proxies that the zone trusts.
package addrrule
