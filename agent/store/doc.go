// Package store is the agent's memory on the disk: its identity and keys, the last good documents, the journal of orders and
// runs with the results that wait to be delivered, the queue of events, and what the person at the machine may read. Every
// change is one file that is replaced in one step and durably, so that the agent may be killed at any instruction: what it
// has said is kept is kept, and what it has begun is known to have begun.
package store
