// Package scope says who asks and what they may touch. Every exported list, get and act of core takes a [Caller],
// finds with [Caller.Scope] to which devices a right reaches, and puts that into the WHERE of its SQL, so that an
// object outside the scope is not there rather than forbidden (incident S13).
package scope
