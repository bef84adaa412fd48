package server

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/door"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

// openDoors makes the doors of this server.
func (z *Zone) openDoors() error {
	self, err := serverID(z.Config.Data)
	if err != nil {
		return err
	}
	z.DoorStore = door.New(door.Parts{DB: z.DB, Clock: z.Clock, Log: z.Audit, Zone: z.Zone, Self: self})
	z.Doors = door.NewDoors(z.DoorStore, z.Bus, z.Revision)
	z.Devices.Follow(z.DoorStore)
	z.Users.Follow(z.DoorStore)
	return nil
}

var idPattern = regexp.MustCompile(`^[0-9a-f-]{36}$`)

// serverID returns the id of the server that has the data directory, and makes it where there is none.
func serverID(data string) (string, error) {
	path := filepath.Join(data, "server.id")
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		id := sqldb.NewID()
		return id, os.WriteFile(path, []byte(id+"\n"), 0o600)
	}
	id := strings.TrimSpace(string(text))
	if err == nil && !idPattern.MatchString(id) {
		err = fmt.Errorf("%s does not hold a server's id: remove it, and the server gets another", path)
	}
	return id, err
}

// visitChapter is from where a user and the user's devices have called which service.
func (z *Zone) visitChapter(ctx context.Context, owner string, add func(map[string]any) error) error {
	visited := func(id string) error {
		list, err := z.DoorStore.Visited(ctx, exporter, id)
		return each(list, err, add, func(u door.Use) map[string]any {
			return map[string]any{"who": u.Caller, "service": u.Service, "from": u.Address, "requests": u.Requests, "last": u.Last, "refused": u.Refused}
		})
	}
	if err := visited(owner); err != nil {
		return err
	}
	return z.devicesOf(ctx, owner, func(d device.Device) error { return visited(d.ID) })
}

// register tells the zone that this server is there.
func (s *Server) register(ctx context.Context) error {
	var addresses []netip.Addr
	conf := s.zone.Config
	conf.DeviceAddr = s.DeviceAddr() // with the port that the system chose, where it was left to it
	for _, host := range conf.Hosts() {
		if a, err := netip.ParseAddr(host); err == nil {
			addresses = append(addresses, a)
		}
	}
	if len(conf.Names) == 0 {
		addresses = append(addresses, outward()...)
	}
	name, err := os.Hostname()
	if len(s.zone.Config.Names) > 0 {
		name, err = s.zone.Config.Names[0], nil
	}
	if err != nil {
		return err
	}
	return s.zone.DoorStore.Register(ctx, name, addresses, door.Ports{Device: portOf(s.DeviceAddr()), Admin: portOf(s.AdminAddr())}, conf.URLs()...)
}

func portOf(addr string) int {
	ap, _ := netip.ParseAddrPort(addr) // of a listener, which is one
	return int(ap.Port())
}

// outward returns the addresses from which this machine reaches others, one of each family; none where it has no network.
func outward() (list []netip.Addr) {
	for _, to := range []string{"192.0.2.1:9", "[2001:db8::1]:9"} { // of documentation (RFC 5737, RFC 3849): nothing is sent
		c, err := (&net.Dialer{}).Dial("udp", to)
		if err != nil {
			continue
		}
		if a, err := netip.ParseAddrPort(c.LocalAddr().String()); err == nil {
			list = append(list, a.Addr())
		}
		_ = c.Close()
	}
	return list
}

// traffic takes the record of every request.
type traffic []gate.Traffic

// Record hands it on.
func (t traffic) Record(v gate.Visit) {
	for _, x := range t {
		x.Record(v)
	}
}

// visits count who comes through which door.
type visits struct{ to *door.Store }

// Record counts a request. A device of ActiveSync counts as such once its user's password has been taken.
func (x visits) Record(v gate.Visit) {
	kind, caller := v.Kind, v.Caller
	if caller == "" && v.Sync.Proven {
		kind, caller = scope.Device, v.Sync.Device
	}
	refused := v.Refused
	if v.Status == http.StatusUnauthorized || v.Status == http.StatusForbidden {
		refused = cmp.Or(refused, "service")
	}
	took := v.Duration
	if v.Held {
		took = 0
	}
	x.to.Record(door.Visit{
		Body: v.BytesIn, Took: took,
		At: v.At, Service: v.Service, Address: v.Client, Kind: kind, Caller: caller, Unproven: v.Unproven, Refused: refused,
	})
}
