// Package syslog sends messages to this machine's syslog, or in the form of RFC 5424 to another machine's, by UDP (RFC
// 5426), TCP (RFC 6587, octets counted) or TLS (RFC 5425).
package syslog
