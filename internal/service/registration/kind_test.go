package registration_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"net/http"
	"testing"
	"time"

	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/clock"
	"drover/internal/base/httpsig"
	"drover/internal/base/sqldb"
	"drover/internal/core/device"
	"drover/internal/core/directory"
	"drover/internal/core/enrol"
	"drover/internal/core/zone"
	"drover/internal/server/zonetest"
)

// TestATelephonesKeyIsNoComputers: a key that was certified for a companion application proves nothing among agents, and an
// agent's nothing among telephones.
func TestATelephonesKeyIsNoComputers(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		u, err := w.Users.Add(t.Context(), zonetest.System, directory.Draft{Name: "ann"})
		if err != nil {
			t.Fatal(err)
		}
		_, token, err := w.Enrol.Invite(t.Context(), zonetest.System, enrol.Draft{Owner: u.ID, Uses: 1, Life: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		public, phone, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		id, err := httpsig.Thumbprint(public)
		if err == nil {
			_, err = w.Enrol.Enrol(t.Context(), enrol.Request{Invitation: token, Public: public, KeyID: id})
		}
		if err != nil {
			t.Fatal(err)
		}
		client, err := talk.New(talk.Options{
			Server: w.Device, Tag: w.tag(t), HTTP: talk.HTTPClient(w.authority(t)), Clock: clock.System{}, Key: phone,
		})
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if _, err := client.Do(t.Context(), readKey, nil); !talk.IsRefused(err, "key.unknown") {
			t.Errorf("a telephone's key as an agent's: %v", err)
		}
		csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, phone)
		if err != nil {
			t.Fatal(err)
		}
		again := talk.Request{
			Service: agentv1.ServiceRegistration, Method: http.MethodPost, Path: agentv1.PathRegister,
			Body: agentv1.Registration{Key: w.key(t, 1), CSR: csr, Facts: agentv1.Facts{Host: "x", Platform: "linux"}},
		}
		if _, err := client.Do(t.Context(), again, nil); !talk.IsRefused(err, "enrol.key-used") {
			t.Errorf("a telephone's key registers a computer: %v", err)
		}
	})
}

// TestAComputerThatErasesItselfMayOnlyReport: its key still counts for that and for nothing else.
func TestAComputerThatErasesItselfMayOnlyReport(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.computer(t)
		id := c.joined(t)
		client := c.client(t)
		err := w.DB.Write(t.Context(), func(tx *sqldb.Tx) error {
			return w.Zone.Devices.MarkWiped(t.Context(), tx, zonetest.System, id.Device)
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []talk.Request{
			readKey,
			{Service: agentv1.ServiceSettings, Method: http.MethodGet, Path: agentv1.PathSettings},
			{Service: agentv1.ServiceRegistration, Method: http.MethodPost, Path: agentv1.PathLeave, Body: agentv1.Leave{ID: "0123456789abcdef", Way: "order"}},
		} {
			if _, err := client.Do(t.Context(), r, nil); !talk.IsRefused(err, "device.wiped") {
				t.Errorf("%s: %v", r.Path, err)
			}
		}
		results := talk.Request{
			Service: agentv1.ServiceStatus, Method: http.MethodPost, Path: agentv1.PathResults, Body: agentv1.Results{Results: []agentv1.Result{}},
		}
		if _, err := client.Do(t.Context(), results, nil); talk.IsRefused(err, "device.wiped", "key.ended", "key.unknown") {
			t.Errorf("what became of the order: %v", err)
		}
	})
}

// TestAServiceThatIsOffIsNotThere for agents either, and discovery says what is on.
func TestAServiceThatIsOffIsNotThere(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.computer(t)
		c.joined(t)
		client := c.client(t)
		if _, err := w.DoorStore.Switch(t.Context(), zonetest.System, 0, "for the test", "", zone.ServiceRegistration, false); err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
			_, err := client.Do(t.Context(), readKey, nil)
			if talk.IsOff(err) {
				return
			}
			if time.Now().After(end) {
				t.Fatalf("the service is off and answers %v", err)
			}
		}
	})
}

// TestAComputerThatIsGivenToSomebodyStaysRegistered: its key proves the machine, not a person, and is the new owner's then.
func TestAComputerThatIsGivenToSomebodyStaysRegistered(t *testing.T) {
	onBoth(t, func(t *testing.T, w *world) {
		c := w.computer(t)
		id := c.joined(t)
		u, err := w.Users.Add(t.Context(), zonetest.System, directory.Draft{Name: "ann"})
		if err != nil {
			t.Fatal(err)
		}
		d := w.devices(t)[0]
		if _, err := w.Zone.Devices.Edit(t.Context(), zonetest.System, d.ID, d.Version, device.Change{Owner: &u.ID}); err != nil {
			t.Fatal(err)
		}
		if k, err := c.certified(t); err != nil || k.ID != id.Key {
			t.Errorf("afterwards: %+v %v", k, err)
		}
		keys, err := w.Enrol.Keys(t.Context(), zonetest.System, d.ID)
		if err != nil || len(keys) != 1 || keys[0].Owner != u.ID || keys[0].State != enrol.Good {
			t.Errorf("%+v %v", keys, err)
		}
	})
}
