// Package desired is what the zone wants of the computer: it fetches the signed documents, judges each, and keeps the last
// good one of its kind. What is wrongly signed, of another device or kind, older than what is held, or expired is refused
// and told; what is held stays in force.
package desired
