// Package device knows the devices of the zone: whose they are, what they say of themselves, the partnership they have
// with the gateway, and the groups they are in. A device that syncs mail is known by its owner and the id it gives
// itself; that id is no proof of anything, so a device comes into being only when the owner's credentials are proven.
package device
