// Package httpsig signs HTTP messages and checks their signatures (RFC 9421) with Ed25519 or ECDSA P-256, over a digest of
// the body (RFC 9530), so that the proof of a device survives every proxy on the way. [Verifier] holds the rules of this
// house: what must be signed, how old a signature may be, and that none is taken twice. It reads only what these rules
// need: of the components those without parameters and "@query-param", of the algorithms two; everything else is refused.
package httpsig
