// Package management serves the agents of managed computers (docs/decisions/0016-agent-protocol.md): it tells them how to
// work, what to obey and what to do, each as a signed document, takes what they report, and holds the connections by which
// they learn at once that there is something to ask for. Core decides; this package says so on the wire and keeps no rules
// of its own.
package management
