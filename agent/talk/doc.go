// Package talk is the agent's side of the protocol of api/agentv1 on the wire: signed requests over TLS that the zone's own
// authority or the system's list vouches for, answers of a bounded size, and the connection that is held for hints.
package talk
