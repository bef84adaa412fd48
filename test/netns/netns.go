package netns

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The addresses of the server on its two sides, and of whoever stands there. Those outside are of documentation (RFC 5737,
// RFC 3849), those inside private (RFC 1918, RFC 4193).
const (
	ServerInside4  = "10.20.0.1"
	ServerInside6  = "fd00:20::1"
	ServerOutside4 = "198.51.100.1"
	ServerOutside6 = "2001:db8:1::1"

	inside4, inside6   = "10.20.0.2", "fd00:20::2"
	outside4, outside6 = "198.51.100.2", "2001:db8:1::2"
)

// Network is three machines: Server has one leg to Inside and one to Outside.
type Network struct {
	Server, Inside, Outside *Namespace
}

// Namespace is one machine of the network.
type Namespace struct{ name string }

var number atomic.Int64

// New makes the network and takes it away with the test.
func New(t testing.TB) *Network {
	t.Helper()
	id := fmt.Sprintf("dr%d-%d", os.Getpid(), number.Add(1))
	n := &Network{Server: add(t, id+"s"), Inside: add(t, id+"i"), Outside: add(t, id+"o")}
	n.Server.join(t, n.Inside, "inside", [2]string{ServerInside4, inside4}, [2]string{ServerInside6, inside6})
	n.Server.join(t, n.Outside, "outside", [2]string{ServerOutside4, outside4}, [2]string{ServerOutside6, outside6})
	return n
}

func add(t testing.TB, name string) *Namespace {
	t.Helper()
	ip(t, "netns", "add", name)
	t.Cleanup(func() { ip(t, "netns", "del", name) })
	ip(t, "-n", name, "link", "set", "lo", "up")
	return &Namespace{name: name}
}

// join lays a cable between two machines. Its ends have the name of the side; duplicate addresses are not looked for, which
// would take seconds.
func (n *Namespace) join(t testing.TB, other *Namespace, side string, v4, v6 [2]string) {
	t.Helper()
	ip(t, "-n", n.name, "link", "add", side, "type", "veth", "peer", "name", "cable", "netns", other.name)
	for i, end := range []struct{ in, link string }{{n.name, side}, {other.name, "cable"}} {
		ip(t, "-n", end.in, "addr", "add", v4[i]+"/24", "dev", end.link)
		ip(t, "-n", end.in, "addr", "add", v6[i]+"/64", "dev", end.link, "nodad")
		ip(t, "-n", end.in, "link", "set", end.link, "up")
	}
}

func ip(t testing.TB, args ...string) {
	t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		t.Fatalf("ip %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// Put has a prepared command run on the machine once it is started.
func (n *Namespace) Put(t testing.TB, cmd *exec.Cmd) {
	t.Helper()
	file, err := exec.LookPath("ip")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Args = append([]string{"ip", "netns", "exec", n.name, cmd.Path}, cmd.Args[1:]...)
	cmd.Path = file
}

// Client talks HTTPS from the machine.
func (n *Namespace) Client(conf *tls.Config) *http.Client {
	return &http.Client{
		Transport: &http.Transport{TLSClientConfig: conf, DialContext: n.Dial, DisableKeepAlives: true}, Timeout: time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Dial connects from the machine to an address in digits.
func (n *Namespace) Dial(ctx context.Context, network, address string) (c net.Conn, err error) {
	errIn := n.do(func() { c, err = (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, network, address) })
	return c, errors.Join(errIn, err)
}

// Listen listens on the machine at an address in digits.
func (n *Namespace) Listen(network, address string) (l net.Listener, err error) {
	errIn := n.do(func() { l, err = net.Listen(network, address) })
	return l, errors.Join(errIn, err)
}

// do does something on the machine: a socket stays in the namespace of the thread that has made it.
func (n *Namespace) do(act func()) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with its goroutine, since it is elsewhere than the others
		f, err := os.Open("/run/netns/" + n.name)
		if err == nil {
			defer f.Close()
			err = unix.Setns(int(f.Fd()), unix.CLONE_NEWNET)
		}
		if err == nil {
			act()
		}
		done <- err
	}()
	return <-done
}
