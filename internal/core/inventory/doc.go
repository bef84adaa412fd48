// Package inventory keeps what computers are made of and what is installed on them: sections of items, as their agents or
// the inventory agents of others tell them. What a report tells of a section replaces what was known of it, and what changed is kept as history. Software is kept once for the zone, so that "who has an openssl older than
// 3.0.15" is one question.
package inventory
