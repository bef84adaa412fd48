// Package access decides which devices reach mail: what is said of the single device comes first, then the rules in
// their order (the first that fits wins), then the zone's default. Each decision explains itself in a sentence.
package access
