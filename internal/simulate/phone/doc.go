// Package phone simulates Exchange ActiveSync phones that behave: they provision in two phases, sync, hold a Ping, obey
// a new policy and acknowledge a wipe before they forget everything, each under the name and the protocol versions of
// its platform. A [Fleet] holds thousands of them in one process, with one connection each. It is for load and for
// demonstrations; it is built on Drover's own codec and so never the only judge of the gateway.
package phone
