package companion

import (
	"bytes"
	"context"
	"crypto"
	"io"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"drover/api/companionv1"
	"drover/internal/base/httpsig"
	"drover/internal/base/problem"
	"drover/internal/core/device"
	"drover/internal/core/enrol"
	"drover/internal/gate"
	"drover/internal/gate/openapi"
)

// maxEnrolment bounds an enrolment, of which a certificate request is the largest part.
const maxEnrolment = 32 << 10

func (s *Service) addEnrolment() {
	anyone := gate.Anyone("who is not enrolled yet must find the way in; nothing is told of users or devices")
	discover := openapi.Operation{
		ID: "discover", Method: http.MethodGet, Path: wellKnown, Tag: "enrolment", Who: anyone,
		Summary: "Tell where the zone is that serves a mail address",
		Words: "An application asks the host of the address's domain, then drover. before that domain, over HTTPS. The part " +
			"before the @ is not looked at and need not be sent.",
	}
	openapi.Add(s.API, discover, s.discover)
	here := discover
	here.ID, here.Path, here.Summary, here.Words = "describe", Base, "Tell what this zone is", ""
	openapi.Add(s.API, here, s.describe)
	openapi.Add(s.API, openapi.Operation{
		ID: "readTerms", Method: http.MethodGet, Path: Base + "/terms", Tag: "enrolment", Who: anyone,
		Summary: "Read the terms of use that a user must agree to",
	}, s.terms)
	openapi.Add(s.API, openapi.Operation{
		ID: "enrol", Method: http.MethodPost, Path: Base + "/enrolments", Tag: "enrolment", Body: maxEnrolment,
		Who:      gate.ByProtocol("an invitation or the user's password, and a signature by the key that is to be certified"),
		Security: []map[string][]string{{"signature": {}}}, Status: http.StatusCreated,
		Summary: "Let a device in and certify its key",
		Words:   "Signed by the new key. Made again with the same key, it gives the same answer.",
	}, s.enrol)
}

func (s *Service) discover(ctx context.Context, in *struct {
	Mail string `query:"mail" required:"true" maxLength:"254" doc:"A mail address, or @ and its domain."`
},
) (*answer[companionv1.Discovery], error) {
	_, domain, ok := strings.Cut(in.Mail, "@")
	if ok {
		var err error
		if ok, err = s.Serves(ctx, strings.ToLower(domain)); err != nil {
			return nil, err
		}
	}
	if !ok {
		return nil, problem.New(problem.NotFound, "discover.domain", "This zone does not serve that mail domain.")
	}
	return s.describe(ctx, nil)
}

func (s *Service) describe(ctx context.Context, _ *none) (*answer[companionv1.Discovery], error) {
	name, err := s.Zone(ctx)
	if err != nil {
		return nil, err
	}
	t, err := s.Enrol.Terms(ctx)
	return reply(companionv1.Discovery{
		Zone: name, URL: s.URL, Tag: s.Tag, Ways: []string{"invitation", "password"}, Terms: t.Version, Time: stamp(s.Clock.Now()),
		Algorithm: []string{"ed25519", "ecdsa-p256-sha256"},
	}, err)
}

func (s *Service) terms(ctx context.Context, _ *none) (*answer[companionv1.Terms], error) {
	t, err := s.Enrol.Terms(ctx)
	return reply(companionv1.Terms{Version: t.Version, Text: t.Text}, err)
}

// newcomer is an enrolment, with the request as it came: its signature can be checked only once its key is read.
type newcomer struct {
	SignedBody
	RawBody []byte
	Body    companionv1.Enrolment

	request *http.Request
}

// Resolve keeps the request; it is called by huma.
func (n *newcomer) Resolve(ctx huma.Context) []error {
	n.request, _ = humago.Unwrap(ctx)
	return nil
}

func (s *Service) enrol(ctx context.Context, in *newcomer) (*answer[companionv1.Key], error) {
	e := in.Body
	public, id, err := enrol.PublicKey(e.CSR)
	if err != nil {
		return nil, err
	}
	if err := s.checkNewcomer(in, public, id); err != nil {
		return nil, err
	}
	if e.Facts.Phone != "" {
		return nil, errPhone
	}
	k, err := s.Enrol.Enrol(ctx, enrol.Request{
		Invitation: e.Invitation, Name: e.Name, Password: e.Password, Public: public, KeyID: id, Terms: e.Terms,
		ActiveSync: e.ActiveSync, App: e.App, Facts: facts(e.Facts), Addr: gate.ClientAddr(ctx),
	})
	return reply(wireKey(k), err)
}

// checkNewcomer proves that the whole request was made by who holds the key.
func (s *Service) checkNewcomer(in *newcomer, public crypto.PublicKey, id string) error {
	body, err := httpsig.Body(in.request.Header, io.NopCloser(bytes.NewReader(in.RawBody)))
	if err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return err
	}
	v := httpsig.Verifier{Tag: s.Tag, Clock: s.Clock, Nonces: s.Nonces, Key: func(_ context.Context, keyID string) (crypto.PublicKey, error) {
		if keyID != id {
			return nil, problem.New(problem.Unauthenticated, "enrol.signature", "The enrolment must be signed by the key of its certificate request.")
		}
		return public, nil
	}}
	_, err = v.Verify(in.request)
	return err
}

func facts(f companionv1.Facts) device.Facts {
	return device.Facts{
		FriendlyName: f.Name, Model: f.Model, OS: f.OS, Language: f.Language, Operator: f.Operator, Serial: f.Serial, IMEI: f.IMEI,
		Phone: f.Phone, DeviceType: f.DeviceType, UserAgent: f.UserAgent,
	}
}

func wireKey(k enrol.Key) companionv1.Key {
	return companionv1.Key{
		ID: k.ID, Device: k.Device, Certificate: k.Certificate, RenewFrom: stamp(k.RenewFrom()), Expires: stamp(k.Expires),
	}
}
