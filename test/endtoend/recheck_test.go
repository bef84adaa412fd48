package endtoend

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/zone"
	"drover/internal/server/zonetest"
	"drover/internal/service/activesync"
)

// BenchmarkRecheck measures how long a server needs to look again at devices that are held, after a change of the zone:
// a policy or a block is to reach 5,000 of them within two seconds. One operation is one device.
func BenchmarkRecheck(b *testing.B) {
	b.Run("rules", func(b *testing.B) { recheck(b, (*zone.Zone).Bump) })
	b.Run("people", func(b *testing.B) { recheck(b, (*zone.Zone).BumpPeople) })
}

func recheck(b *testing.B, bump func(*zone.Zone, context.Context, *sqldb.Tx) error) {
	z := zonetest.New(b, sqldb.SQLite)
	up := z.Mail(b, "http://127.0.0.1:9/")
	z.Policy(b, "strict")
	mail := (&activesync.Zone{
		Users: z.Users, Devices: z.Devices, Servers: z.Upstream, Policies: z.Policies,
		Commands: z.Commands, Access: z.Access, Clock: z.Clock, Log: z.Log,
	}).Ready()
	const devices = 5000
	seats := make([]activesync.Seat, devices)
	for i := range devices {
		u, err := z.Users.Admit(b.Context(), zonetest.System, fmt.Sprintf("u%d", i), "", true)
		if err != nil {
			b.Fatal(err)
		}
		seats[i] = activesync.Seat{User: u.ID, DeviceID: "DEV1", Device: plant(b, z.Devices, u, up.ID)}
	}
	b.ResetTimer()
	for n := 0; n < b.N; n += devices {
		if err := z.DB.Write(b.Context(), func(tx *sqldb.Tx) error { return bump(z.Zone.Zone, context.Background(), tx) }); err != nil {
			b.Fatal(err)
		}
		if err := mail.Remember(b.Context(), seats); err != nil {
			b.Fatal(err)
		}
		work := make(chan int)
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for i := range work {
					if _, err := mail.Standing(b.Context(), up.ID, fmt.Sprintf("u%d", i), "DEV1", activesync.V141); err != nil {
						b.Error(err)
					}
				}
			})
		}
		for i := range min(devices, b.N-n) {
			work <- i
		}
		close(work)
		wg.Wait()
	}
}

func plant(b *testing.B, s *device.Store, u directory.User, upstream string) string {
	b.Helper()
	k, err := s.Contact(b.Context(), zonetest.System, device.Hello{
		Owner: u, EASID: "DEV1", Upstream: upstream, Enrol: true,
		Facts: device.Facts{DeviceType: "iPhone", Protocol: "14.1"},
	})
	if err != nil {
		b.Fatal(err)
	}
	return k.Device.ID
}
