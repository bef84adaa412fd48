// Package agentv1 holds what the agents of managed computers and the zone's servers say to each other, in JSON, and the few
// rules of it that both sides must reckon alike: the tag of signatures, and the difference between two inventories.
// docs/decisions/0016-agent-protocol.md says why it is so.
package agentv1
