// Package door is what the zone says about its doors: which services are on, from which addresses they may be called, how
// much proof and how much traffic each takes, on every server and on single ones. It is one document in versions, of which
// the newest is in force, and which every server keeps compiled in its memory. Beside it stand the servers themselves, and
// the record of who came through which door, against which a change is tried before it is made.
package door
