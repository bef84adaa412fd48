// Package zone holds what belongs to the zone as a whole: its settings as data, the names of its services, and the
// revision that every cached decision carries.
package zone
