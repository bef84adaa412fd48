package gatetest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
)

// Raw is a client that sends paths as they are; that of net/http would clean them. It is for one goroutine.
type Raw struct {
	Address string // "127.0.0.1:port"

	conn net.Conn
	in   *bufio.Reader
}

// Ask sends a request and reads its answer, on a new connection when the last one was ended over what it carried. It returns
// the answer's status, 0 for none. headers are lines that each end with CR LF.
func (c *Raw) Ask(t *testing.T, method, path, headers string) (status int) {
	t.Helper()
	for range 2 {
		if c.conn == nil {
			conn, err := net.Dial("tcp", c.Address)
			if err != nil {
				t.Fatal(err)
			}
			c.conn, c.in = conn, bufio.NewReader(conn)
		}
		_, err := fmt.Fprintf(c.conn, "%s %s HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n%s\r\n", method, path, headers)
		if err == nil {
			if status, err = c.read(method); err == nil {
				return status
			}
		}
		c.Close()
	}
	return 0
}

func (c *Raw) read(method string) (int, error) {
	answer, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(io.Discard, answer.Body)
	if answer.Close || err != nil {
		c.Close()
	}
	return answer.StatusCode, err
}

// Close ends the connection.
func (c *Raw) Close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}
