// Package seal keeps secrets and personal data unreadable at rest, and makes them unreadable for good.
//
// Keys hang under one another: the root key (a file outside the database) wraps the versioned zone key (a row of the
// database) and the monthly epoch keys (files beside the root key); zone key and epoch key together wrap one data key
// per user; a data key seals single fields with AES-256-GCM, each bound to its table, column and row. What belongs to
// no user is sealed under the zone's own data key. All of it is the Go standard library, within its FIPS 140-3 module.
//
// Erasing a user destroys the user's data key. A copy of the database made before still holds that key wrapped, so
// live users are moved to the epoch key of the month by [Keyring.Maintain], and an epoch key that no live user needs is
// destroyed once the retention has passed: from then on the old copies cannot be read either. The retention is
// therefore also the greatest age of a backup that can be restored whole.
//
// The key store directory must be kept out of the database's backups, its own backups must not outlive the retention,
// and all servers of one zone share it. Overwriting a file reaches the disk on ordinary file systems; copy-on-write
// file systems, snapshots and flash may keep an old block, which the root key still wraps.
package seal
