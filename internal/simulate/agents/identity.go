package agents

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"net/http"
	"sync"
	"time"

	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/clock"
)

// Identity is a computer that belongs to a zone: its key and its device's id.
type Identity struct {
	Device string
	Key    *ecdsa.PrivateKey
}

// NewKey makes the key of a computer: ECDSA P-256, as the agent's is.
func NewKey() (*ecdsa.PrivateKey, error) { return ecdsa.GenerateKey(elliptic.P256(), rand.Reader) }

// Facts are what the computer of a number says it is. The seed is a part of all that tells machines from one another.
func Facts(seed string, number int) agentv1.Facts {
	name := fmt.Sprintf("ws-%s-%05d", seed, number)
	return agentv1.Facts{
		Host: name + ".example.org", Serial: "S" + name, UUID: name, Machine: name, Maker: "Example", Model: "Desk 1",
		Platform: "linux", OS: "Debian GNU/Linux 12", OSVersion: "12.4", Arch: "amd64", Agent: Version,
	}
}

// Version is what simulated agents call themselves.
const Version = "0.0.0-simulated"

// computer is one of a fleet.
type computer struct {
	Identity
	number int
	client *talk.Client

	mu    sync.Mutex // a turn at a time
	told  int        // statuses, of which the last may not have been answered
	kept  int        // the last one that was answered
	asked time.Time
	etags map[string]string
	held  agentv1.Inventory // that the server has taken
}

// register brings a computer into the zone.
func (f *Fleet) register(ctx context.Context, number int) (Identity, error) {
	key, err := NewKey()
	if err != nil {
		return Identity{}, err
	}
	c, err := f.client(key, f.http)
	if err != nil {
		return Identity{}, err
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		return Identity{}, err
	}
	var r agentv1.Registered
	_, err = c.Do(ctx, talk.Request{
		Service: agentv1.ServiceRegistration, Method: http.MethodPost, Path: agentv1.PathRegister,
		Body: agentv1.Registration{Key: f.options.Key, CSR: csr, Facts: Facts(f.options.Seed, number)},
	}, &r)
	return Identity{Device: r.Device, Key: key}, err
}

func (f *Fleet) client(key *ecdsa.PrivateKey, over *http.Client) (*talk.Client, error) {
	return talk.New(talk.Options{Server: f.options.URL, Tag: f.options.Tag, HTTP: over, Clock: clock.System{}, Key: key})
}
