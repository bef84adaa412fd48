// Package agents is what all services for the agents of computers do alike (docs/decisions/0016-agent-protocol.md): a route
// names [gate.Agent] as its caller, so that the gate has checked the signature and knows the device before the handler is
// asked; [Handle] reads the body to its end, where one that is not as it was signed fails, and only then asks the service.
package agents
