package autodiscover

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"drover/internal/base/clock"
	"drover/internal/base/problem"
	"drover/internal/core/zone"
	"drover/internal/gate"
)

// Path is where mail clients look (MS-ASAB section 3.1.5.1).
const Path = "/autodiscover/autodiscover.xml"

// Prover has the mail server accept the credentials of a request.
type Prover interface {
	// Prove returns nil when the credentials are good; else a problem of kind Unauthenticated, Forbidden, Throttled or
	// Unavailable.
	Prove(r *http.Request) error
}

// Service answers Autodiscover.
type Service struct {
	prover  Prover
	address string
}

// New returns the service. The address is the URL of the ActiveSync service as clients outside reach it.
func New(p Prover, address string) *Service { return &Service{p, address} }

// Routes returns the service's way in.
func (s *Service) Routes() []gate.Route {
	return []gate.Route{{
		Service: zone.ServiceAutodiscover, Method: http.MethodPost, Pattern: Path, AnyCase: true, Body: maxBody,
		Who:     gate.ByProtocol("the user's credentials, which the mail server accepts"),
		Handler: http.HandlerFunc(s.serve),
	}}
}

func (s *Service) serve(w http.ResponseWriter, r *http.Request) {
	if err := s.prover.Prove(r); err != nil {
		refuse(w, problem.From(err))
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(body) > maxBody {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	answer := response{}
	if mail, err := parse(body); err != nil {
		answer = failed(err, clock.System{}.Now())
	} else {
		answer = found(mail, s.address)
	}
	text, err := answer.encode()
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	w.Header().Set("Cache-Control", "private")
	_, _ = w.Write(text) // a client that is gone cannot be told
}

// refuse answers as a mail server would: these clients read no problem documents.
func refuse(w http.ResponseWriter, p *problem.Error) {
	switch p.Kind {
	case problem.Unauthenticated:
		w.Header().Set("WWW-Authenticate", `Basic realm="mail", charset="UTF-8"`)
		w.WriteHeader(http.StatusUnauthorized)
	case problem.Forbidden:
		w.WriteHeader(http.StatusForbidden)
	default:
		w.Header().Set("Retry-After", strconv.Itoa(max(int(p.Retry/time.Second), 30)))
		w.WriteHeader(http.StatusServiceUnavailable)
	}
}
