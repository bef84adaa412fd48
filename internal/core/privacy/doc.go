// Package privacy stands between people and the personal data of others: each look is recorded with its reason, in the
// same transaction, and shown to the owner; and the owner gets everything that is kept of them as one archive.
package privacy
