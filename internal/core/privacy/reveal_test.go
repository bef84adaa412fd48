package privacy_test

import (
	"context"
	"errors"
	"testing"

	"drover/internal/base/page"
	"drover/internal/base/problem"
	"drover/internal/base/seal"
	"drover/internal/base/sqldb"
	"drover/internal/core/audit"
	"drover/internal/core/coretest"
	"drover/internal/core/device"
	"drover/internal/core/privacy"
	"drover/internal/core/scope"
)

// phones tells the number of every user.
type phones string

// OpenPhone tells the number.
func (p phones) OpenPhone(context.Context, *sqldb.Tx, scope.Caller, string) (string, error) {
	return string(p), nil
}

// revealing is the privacy of the fixture over a directory that tells one number.
func (f *fixture) revealing(number string, keys audit.Keys) *privacy.Store {
	return privacy.New(privacy.Parts{
		DB: f.DB, Clock: f.Clock, Log: audit.New(f.DB, f.Clock, keys, f.Bus), Keys: keys, Journal: f.journal, Devices: f.devices, Users: phones(number),
	})
}

func (f *fixture) looks(t *testing.T) []privacy.Look {
	t.Helper()
	p, err := f.privacy.Looks(t.Context(), f.owner(), f.anna.ID, page.Request{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Items
}

// recorded writes something personal into the audit log.
func (f *fixture) recorded(t *testing.T) (id string) {
	t.Helper()
	err := f.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
		return f.Log.Append(t.Context(), tx, audit.Record{
			Action: "device.changed", Caller: scope.System("test"), Device: f.phone.ID, Owner: f.anna.ID, Reason: "left on the train",
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	list, _, err := f.Log.List(t.Context(), scope.System("test"), audit.Filter{Action: "device.changed"}, audit.Page{Limit: 1})
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	return list[0].ID
}

func TestNumbersAndRecordsAreOpenedWithTheirLookOrNotAtAll(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		if _, err := f.devices.RecordFacts(t.Context(), f.itself(), f.phone.ID, device.Facts{Phone: "+1 555 0100"}); err != nil {
			t.Fatal(err)
		}
		record := f.recorded(t)
		s := f.revealing("+1 555 0101", f.Keys)
		ways := map[string]func(*privacy.Store, scope.Caller, string) (string, error){
			"+1 555 0100": func(s *privacy.Store, c scope.Caller, why string) (string, error) {
				return s.Phone(t.Context(), c, f.phone.ID, why)
			},
			"+1 555 0101": func(s *privacy.Store, c scope.Caller, why string) (string, error) {
				return s.UserPhone(t.Context(), c, f.anna.ID, why)
			},
			"left on the train": func(s *privacy.Store, c scope.Caller, why string) (string, error) {
				x, err := s.Record(t.Context(), c, record, why)
				return x.Values["reason"], err
			},
		}
		for want, open := range ways {
			if _, err := open(s, looker, " "); !problem.Is(err, problem.Invalid) {
				t.Errorf("%s without a reason: %v", want, err)
			}
			before := len(f.looks(t))
			if got, err := open(s, looker, "a stolen phone"); err != nil || got != want {
				t.Errorf("%q, want %q (%v)", got, want, err)
			}
			looks := f.looks(t)
			if len(looks) != before+1 || looks[0].Reason != "a stolen phone" || looks[0].By != looker.ID || looks[0].Entries != 1 {
				t.Errorf("%s: looks %+v", want, looks)
			}
			// What cannot be written down is not handed out.
			if _, err := open(f.revealing("+1 555 0101", mute{f.Keys}), looker, "secretly"); !errors.Is(err, errMute) {
				t.Errorf("%s without a record: %v", want, err)
			}
			if n := len(f.looks(t)); n != len(looks) {
				t.Errorf("%s: %d looks after a failure, before it %d", want, n, len(looks))
			}
		}
		if got, err := s.Phone(t.Context(), f.owner(), f.phone.ID, ""); err != nil || got != "+1 555 0100" {
			t.Errorf("the owner: %q, %v", got, err)
		}
		elsewhere := coretest.Admin([]scope.Right{scope.UserPersonalRead}, "g")
		if _, err := s.Phone(t.Context(), elsewhere, f.phone.ID, "curious"); !problem.Is(err, problem.NotFound) {
			t.Errorf("outside the scope: %v", err)
		}
		if n := len(f.looks(t)); n != len(ways) {
			t.Errorf("%d looks, want %d", n, len(ways))
		}
	})
}

func TestNothingToSeeIsNoLook(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		s := f.revealing("", f.Keys)
		for _, open := range []func() (string, error){
			func() (string, error) { return s.Phone(t.Context(), looker, f.phone.ID, "lost") },
			func() (string, error) { return s.UserPhone(t.Context(), looker, f.anna.ID, "lost") },
		} {
			if got, err := open(); err != nil || got != "" {
				t.Errorf("%q, %v", got, err)
			}
		}
		if n := len(f.looks(t)); n != 0 {
			t.Errorf("%d looks", n)
		}
	})
}

var errMute = errors.New("nothing can be sealed")

// mute opens, and seals nothing.
type mute struct{ audit.Keys }

// Seal fails.
func (mute) Seal(context.Context, *sqldb.Tx, seal.Field, seal.Owner, []byte) (seal.Sealed, error) {
	return nil, errMute
}
