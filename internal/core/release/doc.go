// Package release asks, where the zone's administrators want it, a host of their choice whether there is a newer version of
// Drover: once a day, with nothing in the request that tells of the zone. It believes a manifest that is signed with the key
// they gave, and no other; it shows what the manifest says, and never downloads or installs anything.
package release
