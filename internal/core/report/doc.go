// Package report keeps questions about devices that administrators have saved, answers them as tables of comma-separated values
// or JSON, and has the answers sent by a schedule. A report shows what its reader may see; one that is sent, what its owner may
// see at that moment.
package report
