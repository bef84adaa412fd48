// Package logbook is what administrators read of the zone's work: the server's own log, with nothing in it that leads to
// a user, and, where the zone keeps one, the log of what each device has synchronised, of which nothing but time,
// command, outcome, duration and size is known: never a content, never an address. It is losable, bounded, and off at
// first.
package logbook
