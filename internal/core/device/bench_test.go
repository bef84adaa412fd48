package device_test

import (
	"fmt"
	"io"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"drover/internal/base/page"
	"drover/internal/base/sqldb"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

const fleet = 100_000

// plant puts a fleet into the tables directly: by contact it would take minutes.
func plant(b *testing.B, f *fixture) {
	b.Helper()
	owner := f.user(b, "owner")
	types := []string{"ios", "ios", "ios", "android-gmail", "android-samsung", "outlook-mobile", "unknown"}
	states := []string{"active", "active", "active", "active", "active", "active", "active", "pending", "wiped", "removed"}
	now := sqldb.Micros(f.Clock.Now())
	write := func(fn func(tx *sqldb.Tx) error) {
		if err := f.DB.Write(b.Context(), fn); err != nil {
			b.Fatal(err)
		}
	}
	write(func(tx *sqldb.Tx) error {
		_, err := tx.Exec(b.Context(), `INSERT INTO device_group (id, kind, name, folded, description, conditions, version) VALUES ('g', 'chosen', 'g', 'g', '', '[]', 1)`)
		return err
	})
	for base := 0; base < fleet; base += 2000 {
		write(func(tx *sqldb.Tx) error {
			for i := base; i < base+2000; i++ {
				if err := plantOne(b, tx, i, owner.ID, types[i%len(types)], states[(i/7)%len(states)], now); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := f.DB.Analyze(b.Context()); err != nil { // as the server does every hour
		b.Fatal(err)
	}
}

func plantOne(b *testing.B, tx *sqldb.Tx, i int, owner, kind, state string, now int64) error {
	b.Helper()
	h := uint32(i) * 2654435761
	id, name := sqldb.NewID(), fmt.Sprintf("phone %08x of user%d", h, i%5000)
	if i == 77_777 {
		kind = "webos"
	}
	agent := fmt.Sprintf("Apple-iPhone14C%d/2103.%d", i%9, i%100)
	_, err := tx.Exec(b.Context(), `INSERT INTO device (id, owner, owner_name, owner_folded, eas_id, eas_key, name, name_folded,
		platform, platform_by, liability, friendly, model, os, language, operator, serial, imei, user_agent, device_type,
		protocol, state, access, upstream, policy_state, enrolled_at, facts_at, search, version)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'recognised', 'corporate', '', $10, 'iOS 17.2 21C62', 'en', '', '', $11, $12,
		'iPhone', '14.1', $13, 'allow', 'up', 'acknowledged', $14, $15, $16, 1)`,
		id, owner, fmt.Sprintf("user%d", i%5000), fmt.Sprintf("user%d", i%5000), fmt.Sprintf("APPL%08X", h), fmt.Sprintf("appl%08x%d", h, i),
		name, name, kind, fmt.Sprintf("iPhone14C%d", i%9), fmt.Sprint(356938035000000+i), agent, state, now-int64(h), now,
		fmt.Sprintf("%s\nuser%d\niphone14c%d\nios 17.2 21c62\nios and ipados mail\n%d\nappl%08x\niphone\n%s", name, i%5000, i%9, 356938035000000+i, h, agent))
	if err != nil {
		return err
	}
	_, err = tx.Exec(b.Context(), `INSERT INTO device_presence (device, last_contact, requests) VALUES ($1, $2, 1)`, id, now-int64(uint32(i)*2246822519)*1000)
	if err == nil && i%10 == 0 {
		_, err = tx.Exec(b.Context(), "INSERT INTO device_group_member (device, device_group) VALUES ($1, 'g')", id)
	}
	return err
}

// mostWait is the bound of each list's p95.
const mostWait = 100 * time.Millisecond

// BenchmarkFleet measures what an administrator of 100,000 devices waits for, on SQLite. It is of "make bench", where
// nothing else runs; no test asserts a time.
func BenchmarkFleet(b *testing.B) {
	f := newFixture(coretest.New(b, sqldb.SQLite))
	plant(b, f)
	lists := map[string]device.Query{
		"first page":        {},
		"by owner":          {Sort: device.ByOwner},
		"by contact":        {Sort: device.ByContact, Desc: true},
		"by state":          {Sort: device.ByState},
		"common platform":   {Filter: device.Filter{Platforms: []string{"ios"}}},
		"rare platform":     {Filter: device.Filter{Platforms: []string{"webos"}}},
		"rare, by contact":  {Filter: device.Filter{Platforms: []string{"webos"}}, Sort: device.ByContact},
		"state":             {Filter: device.Filter{States: []device.State{device.Wiped}}},
		"state by contact":  {Filter: device.Filter{States: []device.State{device.Wiped}}, Sort: device.ByContact},
		"access none":       {Filter: device.Filter{Access: []device.Access{device.Block}}},
		"contact this hour": {Filter: device.Filter{Contact: device.WithinHour}},
		"contact long ago":  {Filter: device.Filter{Contact: device.WithinMonth}, Sort: device.ByName},
		"search many":       {Filter: device.Filter{Search: "iphone"}},
		"search a user":     {Filter: device.Filter{Search: "user4711"}},
		"search one":        {Filter: device.Filter{Search: "356938035077777"}},
		"search nothing":    {Filter: device.Filter{Search: "xyzzy"}},
		"search by contact": {Filter: device.Filter{Search: "356938035077777"}, Sort: device.ByContact, Desc: true},
		"group":             {Filter: device.Filter{Group: "g"}},
		"group by contact":  {Filter: device.Filter{Group: "g"}, Sort: device.ByContact},
		"search two words":  {Filter: device.Filter{Search: "user4711 iphone14c"}},
	}
	whole := coretest.Admin([]scope.Right{scope.DeviceRead})
	limited := coretest.Admin([]scope.Right{scope.DeviceRead}, "g")
	for who, c := range map[string]scope.Caller{"zone": whole, "group": limited} {
		for name, q := range lists {
			q.Request = page.Request{Limit: 100}
			measure(b, who+"/"+name, func() error { _, err := f.devices.List(b.Context(), c, q); return err })
		}
		measure(b, who+"/counts", func() error { _, err := f.devices.Counts(b.Context(), c); return err })
	}
	b.Run("export", func(b *testing.B) {
		for b.Loop() {
			if err := f.devices.Export(b.Context(), whole, device.Query{}, device.Columns, io.Discard); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func measure(b *testing.B, name string, fn func() error) {
	b.Helper()
	b.Run(name, func(b *testing.B) {
		var took []time.Duration
		before := cpu(b)
		for b.Loop() {
			begun := time.Now()
			if err := fn(); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(begun))
		}
		b.ReportMetric(float64((cpu(b)-before).Microseconds())/1000/float64(len(took)), "cpu-ms/op") // what a busy machine adds is not in it
		slices.Sort(took)
		p95 := took[len(took)*95/100]
		b.ReportMetric(float64(p95.Microseconds())/1000, "p95-ms")
		if p95 > mostWait {
			b.Errorf("p95 is %s, the bound %s", p95, mostWait)
		}
		b.ReportMetric(0, "ns/op")
	})
}

// cpu returns what this process has used of the processors so far.
func cpu(b *testing.B) time.Duration {
	b.Helper()
	var use unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &use); err != nil {
		b.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
