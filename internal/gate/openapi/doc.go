// Package openapi makes an API of operations that describe themselves: each becomes a route of the gate, and all of them
// together the OpenAPI 3.1 document from which clients are made. Input is checked against the description before a
// handler sees it, and every error leaves as a problem (RFC 9457) in which nothing stands that was sent to us.
package openapi
