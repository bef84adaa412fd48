// Package places has simulated devices connect from several addresses of this machine, as devices of many places do: a server
// may bound the connections from one.
package places

import (
	"context"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// Dialer connects from each of the addresses in turn; the system chooses where there are none.
func Dialer(from []netip.Addr) func(ctx context.Context, network, address string) (net.Conn, error) {
	var next atomic.Uint64
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		d := net.Dialer{Timeout: 30 * time.Second, KeepAlive: time.Minute}
		if len(from) > 0 {
			own := from[next.Add(1)%uint64(len(from))]
			d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(own, 0))
		}
		return d.DialContext(ctx, network, address)
	}
}
