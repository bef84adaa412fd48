// Package agenttest is a zone as an agent sees it, for tests: a TLS server that checks every signature by the rules of
// httpsig, certifies keys, signs documents, and keeps what it is told in memory.
package agenttest
