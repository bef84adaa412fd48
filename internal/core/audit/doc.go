// Package audit is the zone's memory of who did what: an append-only log whose records are written in the transaction
// of what they record, chained afterwards by one sealer, and whose signed heads are also kept outside the database, so
// that an edit, a gap, a new order or a truncation is found.
package audit
