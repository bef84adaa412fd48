// Package wbxml reads and writes WAP Binary XML as Exchange ActiveSync uses it (MS-ASWBXML, WBXML 1.3). [Walker] streams
// over bytes already in memory, allocates nothing and holds hard limits, so that it may look at hostile bytes; [Parse]
// builds a small tree of the frames that Drover itself terminates; [Node.Encode] writes one. Traffic that is only
// passed on is never re-encoded. The code pages are generated from codepages.json.
package wbxml

//go:generate go run ./tablegen -in codepages.json -out tables_gen.go
