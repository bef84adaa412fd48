//go:build !unix

package roundtrip

import "time"

// maxUnseen is how long a connection is trusted where it cannot be looked at: less than servers wait.
const maxUnseen = 2 * time.Second

// alive tells whether a connection that waited may still be open.
func (c *conn) alive() bool { return time.Since(c.since) < maxUnseen }
