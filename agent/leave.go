package agent

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"strings"

	"drover/agent/desired"
	"drover/agent/store"
	"drover/agent/talk"
	"drover/api/agentv1"
	"drover/internal/base/clock"
)

// ErrConsent is returned where the zone has not agreed that the agent goes.
var ErrConsent = errors.New("the zone has not agreed that this agent is removed; ask your administrator for an order or a one-time code")

// consent returns what allows the agent to go: that anybody may, an order, or a one-time code.
func consent(s *store.Store, id store.Identity, code string) (agentv1.Leave, error) {
	d, err := desired.Open(s, id)
	if err != nil {
		return agentv1.Leave{}, err
	}
	st, err := s.State()
	if err != nil {
		return agentv1.Leave{}, err
	}
	rule := d.Settings.Uninstall
	leave := agentv1.Leave{ID: rand.Text()}
	switch {
	case rule.Free || !d.Has(agentv1.KindSettings): // a zone that has never said anything forbids nothing
		leave.Way = "allowed"
		return leave, nil
	case st.Consent != "":
		leave.Way = "order"
		return leave, nil
	}
	leave.Way = "code"
	print := CodePrint(id.Device, code)
	for i, want := range rule.Codes {
		if subtle.ConstantTimeCompare([]byte(print), []byte(want)) == 1 {
			// It is spent by the agent being gone and not before: what was cut off in between goes on with the same code.
			leave.Code = i
			return leave, nil
		}
	}
	return leave, ErrConsent
}

// CodePrint is how the settings name a one-time code of a device. People write codes in groups and small letters.
func CodePrint(device, code string) string {
	code = strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
	sum := sha256.Sum256([]byte(device + ":" + code))
	return hex.EncodeToString(sum[:])
}

// Leave ends the computer's membership, where the zone agrees, and forgets everything of it. A server that cannot be reached
// is no hindrance: it learns from the silence.
func Leave(ctx context.Context, s *store.Store, c clock.Clock, code string) error {
	id, member, err := s.Identity()
	if err != nil {
		return err
	}
	if member {
		leave, err := consent(s, id, code)
		if err != nil {
			return err
		}
		client, err := Client(s, id, c)
		if err != nil {
			return err
		}
		defer client.Close()
		_, err = client.Do(ctx, talk.Request{
			Service: agentv1.ServiceRegistration, Method: http.MethodPost, Path: agentv1.PathLeave, Body: leave,
		}, nil)
		if err != nil && reached(err) && !talk.IsOff(err) && !talk.IsRefused(err, "key.ended", "key.unknown") {
			return err
		}
	}
	return s.Remove()
}
