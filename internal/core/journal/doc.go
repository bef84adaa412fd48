// Package journal keeps what devices tell of their users' lives: where they are, their calls and text messages, files, and
// the device's own log. A kind is taken only while the policy of the device asks for it, and is refused at the door
// otherwise. Every entry is sealed under its owner's key and deleted after its retention, with a proof of the deletion, but
// not while a hold stands. Nothing is read here without package privacy, which records the look.
package journal
