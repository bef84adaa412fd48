// Package activesync is the Exchange ActiveSync gateway. It stands between mail clients and any number of ActiveSync
// servers: what belongs to the zone (who may connect, the policy, a wipe) ends here, everything else is streamed both
// ways as the very bytes that came in. It keeps no rules of its own: core decides who is let in, which policy a device
// must obey and which order waits for it, and this package says that in the words of each protocol version.
//
// The protocol is that of MS-ASHTTP, MS-ASCMD, MS-ASPROV and MS-ASWBXML, versions 2.5 and 12.0 to 16.1.
package activesync
