// Package companion serves the applications that stand beside the mail client on a phone and do what ActiveSync has no
// word for: JSON over HTTPS under /companion/v1, described by the OpenAPI document that its own code makes. A device comes
// in by an invitation or its user's password, with a key that it has made itself; from then on each of its requests is
// signed (RFC 9421). Core decides who comes in, what a device must obey and which order waits for it; this package says
// so on the wire, holds the long polls, and keeps no rules of its own.
package companion
