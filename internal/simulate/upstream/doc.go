// Package upstream simulates an Exchange ActiveSync server that answers cheaply: an inbox of short mails per user, held
// Pings by the thousand, Basic authentication, any list of protocol versions, and on request a provisioning and a
// remote wipe of its own. It can be slow, lie about the length of its answers, or go down. It is for load, for
// demonstrations and for what no free server does (versions 16.x, provisioning); it is built on Drover's own codec and
// so never the only judge of the gateway.
package upstream
