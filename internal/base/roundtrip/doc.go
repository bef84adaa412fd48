// Package roundtrip sends small HTTP/1.1 requests on the goroutine of its caller. [net/http.Transport] keeps two goroutines
// and their buffers for each connection, which is most of what a gateway pays for thousands of held requests; here a
// connection that waits for an answer costs a socket and no buffer. What does not fit, such as a large body, goes over
// the transport as always.
package roundtrip
