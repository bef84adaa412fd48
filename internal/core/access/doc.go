// Package access decides which devices reach mail: what keeps the single device out comes first, then the rules of
// compliance that it breaks, then what lets the single device in, then the rules in their order (the first that fits wins),
// then the zone's default. Each decision explains itself in a sentence.
package access
