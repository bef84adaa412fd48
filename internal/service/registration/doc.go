// Package registration serves agents that come into the zone, renew the key of their computer, and leave: JSON under
// /agent/v1/registration (docs/decisions/0016-agent-protocol.md). Discovery is open to everybody and tells nothing secret; a
// registration is signed by the key that it brings; everything else by a key that the zone has certified, of which the gate
// makes sure. Core decides who comes in.
package registration
