// Package schedule reckons when something is due: by an interval, each computer at a moment of its own, so that a fleet
// that was switched on at once does not ask at once.
package schedule
