// Package easclient is an Exchange ActiveSync client that judges Drover's gateway from outside.
//
// It is written against Microsoft's open specifications (MS-ASHTTP, MS-ASWBXML, MS-ASPROV, MS-ASCMD), lives in a
// module of its own and imports nothing but the standard library: codec, query strings and code pages are its own,
// so that a mistake of the gateway cannot be repeated here by sharing code with it. Each frame can also be decoded
// by libwbxml and compared (see Cross). The programs on top of it are cmd/easclient, which runs a list of steps
// against any server, and acceptance, which compares a gateway with the server behind it.
package easclient
