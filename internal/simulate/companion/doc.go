// Package companion simulates the application that stands beside the mail client on a phone. It speaks the companion
// protocol, which docs/companion.md describes: it enrols with a key that it has made, signs every request, obeys the policy
// on its [handset.Handset], takes orders in two phases where they erase something, and tells personal data only where the
// policy asks for it. It is for demonstrations, load and tests of the zone; a foreign client judges the protocol.
package companion
