// Package adminv1 holds what the admin API speaks, version 1: the bodies of its requests and answers, shared by the
// server and the command line. Times are text in RFC 3339, UTC, with "" for never; durations are seconds; ids are opaque
// text. A reference to nothing has an empty id.
package adminv1
