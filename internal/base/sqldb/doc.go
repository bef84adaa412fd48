// Package sqldb runs one SQL text on two engines: SQLite, embedded, by default, and PostgreSQL where a zone has several
// servers.
//
// Statements use $1, $2, ... placeholders. All writing goes through [DB.Write]: one transaction, durable when it
// returns. On SQLite the transactions of several callers share one commit (each in a savepoint of its own), since a
// commit that reaches the disk costs far more than the statements in it. Reading goes through [DB] itself, one
// statement at a time, or through [DB.Read], one consistent snapshot for several.
//
// Times are stored as microseconds (see [Micros]), ids are made here ([NewID]), never in SQL.
package sqldb
