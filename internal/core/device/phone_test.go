package device_test

import (
	"testing"

	"drover/internal/base/problem"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/scope"
)

func TestANumberIsWrittenWhenItIsNewAndForgottenWhenNobodyAsks(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		ctx := t.Context()
		k := f.contact(t, f.user(t, "anna"), "dev")
		id := k.Device.ID
		itself := scope.Caller{Kind: scope.Device, ID: id}
		tell := func(number string) device.Device {
			t.Helper()
			k, err := f.devices.RecordFacts(ctx, itself, id, device.Facts{Phone: number})
			if err != nil {
				t.Fatal(err)
			}
			return k.Device
		}
		first := tell("+1 555 0100")
		if again := tell("+1 555 0100"); !first.HasPhone || again.Version != first.Version {
			t.Errorf("the same number again: version %d, then %d", first.Version, again.Version)
		}
		if other := tell("+1 555 0101"); other.Version == first.Version {
			t.Error("another number is not news")
		}
		if number, err := f.number(t, gate, id); err != nil || number != "+1 555 0101" {
			t.Fatalf("%q, %v", number, err)
		}
		if err := f.devices.ForgetPhone(ctx, scope.Caller{Kind: scope.Device, ID: "another"}, id); !problem.Is(err, problem.Forbidden) {
			t.Errorf("another device: %v", err)
		}
		for range 2 {
			if err := f.devices.ForgetPhone(ctx, itself, id); err != nil {
				t.Fatal(err)
			}
		}
		n, err := sqldb.One(ctx, f.DB, sqldb.Scan1[int], "SELECT count(*) FROM audit_record WHERE action = 'device.phone-forgotten'")
		if err != nil || n != 1 {
			t.Errorf("%d records (%v)", n, err)
		}
		if number, err := f.number(t, gate, id); err != nil || number != "" {
			t.Errorf("%q, %v", number, err)
		}
	})
}
