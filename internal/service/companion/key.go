package companion

import (
	"context"
	"net/http"

	"drover/api/companionv1"
	"drover/internal/gate/openapi"
)

func (s *Service) addKey() {
	openapi.Add(s.API, byDevice(openapi.Operation{
		ID: "readKey", Method: http.MethodGet, Path: "/key", Tag: "key", Summary: "Read the key that signs this request, as it is certified",
	}), s.readKey)
	openapi.Add(s.API, byDevice(openapi.Operation{
		ID: "renewKey", Method: http.MethodPost, Path: "/key", Tag: "key", Body: maxEnrolment, Summary: "Certify a new key in place of the one that signs this request",
		Words: "The old key ends at once. When the answer is lost, the new key tells by readKey that it counts.",
	}), s.renewKey)
	openapi.Add(s.API, byDevice(openapi.Operation{
		ID: "leave", Method: http.MethodDelete, Path: "/key", Tag: "key", Summary: "End the key: the device is managed by the application no longer",
	}), s.leave)
	openapi.Add(s.API, byDevice(openapi.Operation{
		ID: "agreeToTerms", Method: http.MethodPost, Path: "/terms", Tag: "enrolment", Summary: "Agree to newer terms of use",
	}), s.agree)
}

func (s *Service) readKey(ctx context.Context, _ *Signed) (*answer[companionv1.Key], error) {
	p, err := s.proof(ctx)
	if err != nil {
		return nil, err
	}
	k, err := s.Enrol.Certified(ctx, p)
	return reply(wireKey(k), err)
}

func (s *Service) renewKey(ctx context.Context, in *struct {
	SignedBody
	Body companionv1.Renewal
},
) (*answer[companionv1.Key], error) {
	p, err := s.proof(ctx)
	if err != nil {
		return nil, err
	}
	k, err := s.Enrol.Renew(ctx, p, in.Body.CSR)
	return reply(wireKey(k), err)
}

func (s *Service) leave(ctx context.Context, _ *Signed) (*none, error) {
	p, err := s.proof(ctx)
	if err != nil {
		return nil, err
	}
	return done(s.Enrol.Leave(ctx, p))
}

func (s *Service) agree(ctx context.Context, in *struct {
	SignedBody
	Body companionv1.Agreement
},
) (*none, error) {
	p, err := s.proof(ctx)
	if err != nil {
		return nil, err
	}
	return done(s.Enrol.Agree(ctx, p, in.Body.Terms))
}
