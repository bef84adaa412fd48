// Package doortest gives tests of what stands above the doors some that stay as they are.
package doortest

import (
	"drover/internal/core/door"
	"drover/internal/core/zone"
)

// Doors has a door for every service, all open to every address, but for those that it names: what is nil there is not
// known.
type Doors map[zone.Service]*door.Door

var all = func() door.Plan {
	d := door.Default()
	return d.Compile("", nil)
}()

// Door returns the door of a service.
func (d Doors) Door(name zone.Service) *door.Door {
	if x, named := d[name]; named {
		return x
	}
	return all[name]
}

// Off is a door that is closed.
var Off = &door.Door{Level: door.Strict}
