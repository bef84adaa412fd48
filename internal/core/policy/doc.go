// Package policy says what devices must obey. Its catalogue declares every setting: type, bounds, default, which of two
// values is the stricter, and its element in ActiveSync's provisioning document (MS-ASPROV). Suites are named sets of
// values, one for corporate and one for personal devices; each change is a new version, and none is ever rewritten. A
// suite is assigned to a device, a user, a group, or to all; the most specific assignment gives one device its
// [Effective] policy, with the origin of each value. Channels turn that into their wire form ([Renderer]); [Preview]
// says beforehand what is sent and what a platform makes of it, and [Report] afterwards what is known, which is never
// more than that the device has said so.
package policy
