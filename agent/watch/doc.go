// Package watch finds what happened on the computer since it last looked, of the kinds that the zone asks for: who signed in,
// who became an administrator, what was plugged in. It reads the journal of systemd; other systems have none of it yet.
package watch
