// Package inventory keeps what computers are made of and what is installed on them: sections of items, as their agents or
// the inventory agents of others tell them. A section replaces what was known of it, or changes it where the teller knows
// from what. What changed is kept as history. Software is kept once for the zone, so that "who has an openssl older than
// 3.0.15" is one question.
package inventory
