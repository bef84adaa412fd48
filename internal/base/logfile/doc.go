// Package logfile is a log in a file that only its owner reads, of lines of JSON (log/slog), bounded in size and number,
// that works while everything else does not, and can be read back from its end.
package logfile
