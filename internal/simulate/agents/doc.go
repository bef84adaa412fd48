// Package agents simulates computers with Drover's agent, by the tens of thousands: each has a key of its own and signs with
// the agent's own client; all share a bounded pool of kept-alive connections, as no machine for measuring has a file
// descriptor for each. They register, tell how they stand at an interval, some of them with a changed inventory, ask for
// their documents, and hold connections for hints. Nothing is done to the machine. What was told and answered is counted
// exactly, so that a server can be asked afterwards whether it has kept all of it.
package agents
