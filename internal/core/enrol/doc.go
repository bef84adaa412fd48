// Package enrol lets devices into the zone that prove themselves by a key of their own. The key is made on the device and
// never leaves it; the zone's authority certifies it once the device's user is proven, by an invitation or by a password,
// and has agreed to the terms of use. From then on the key alone says which device calls: no serial number, IMEI or name
// ever does. A key ends with its device's wipe, retirement, removal or handing over, or when it is revoked, at once on
// the server where that happens and within two seconds on all.
package enrol
