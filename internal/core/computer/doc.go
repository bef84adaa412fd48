// Package computer keeps what the zone tells the agents of managed computers and what these tell of themselves: the versions
// of the documents, the state of each setting, and what became of orders and scripts. It knows no protocol: package
// management says it on the wire.
package computer
