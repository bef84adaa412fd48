package adminapi

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"drover/api/adminv1"
	"drover/internal/base/problem"
	"drover/internal/core/admin"
	"drover/internal/core/scope"
	"drover/internal/gate"
)

// totpID names the caller's one-time codes among the factors.
const totpID = "totp"

func (a *API) addAccount() {
	own := gate.AnyAdmin("everybody keeps their own account")
	op := func(id, method, path, summary string, early bool) operation {
		return operation{id: id, method: method, path: path, tag: "account", summary: summary, who: own, early: early}
	}
	add(a, op("changePassword", http.MethodPost, "/account/password", "Change one's own password", false), a.changePassword)
	add(a, op("listFactors", http.MethodGet, "/account/factors", "List one's own second factors", true), a.listFactors)
	add(a, op("offerTOTP", http.MethodPost, "/account/factors/totp", "Get a secret for one-time codes, not in force yet", true), a.offerTOTP)
	add(a, op("confirmTOTP", http.MethodPost, "/account/factors/totp/confirm", "Put an offered secret in force", true), a.confirmTOTP)
	add(a, op("beginNewPasskey", http.MethodPost, "/account/factors/passkey/begin",
		"Ask for what the browser must be asked to make a passkey", true), a.beginNewPasskey)
	add(a, op("finishNewPasskey", http.MethodPost, "/account/factors/passkey/finish", "Keep a new passkey", true), a.finishNewPasskey)
	add(a, op("removeFactor", http.MethodDelete, "/account/factors/{id}", "Remove a passkey of one's own", false), a.removeFactor)
	add(a, op("beginProof", http.MethodPost, "/account/proof/begin",
		"Ask for what the browser must be asked to prove oneself with a passkey before one's own account is changed", false), a.beginProof)
	add(a, op("listSessions", http.MethodGet, "/sessions", "List one's own sessions, or those of another administrator", false), a.listSessions)
	add(a, op("endSession", http.MethodDelete, "/sessions/{id}", "End a session", false), a.endSession)
	add(a, op("listTokens", http.MethodGet, "/tokens", "List one's own API tokens, or everybody's", false), a.listTokens)
	add(a, op("endToken", http.MethodDelete, "/tokens/{id}", "End an API token", false), a.endToken)
	add(a, operation{
		id: "makeToken", method: http.MethodPost, path: "/tokens", tag: "account", who: gate.Admin(scope.TokenOwn),
		status: http.StatusCreated, summary: "Make an API token; its secret is shown this once",
		words: "It outlives the session, so it asks for the second factor again. A token with destructive rights waits for " +
			"approval while the quorum asks for one.",
	}, a.makeToken)
}

func (a *API) changePassword(ctx context.Context, in *with[adminv1.PasswordChange]) (*none, error) {
	p, err := proof(in.Body.Proof)
	if err != nil {
		return nil, err
	}
	return done(a.Admins.ChangePassword(ctx, caller(ctx), in.Body.Current, in.Body.Next, p))
}

func (a *API) listFactors(ctx context.Context, _ *none) (*answer[adminv1.Page[adminv1.Factor]], error) {
	c := caller(ctx)
	me, err := a.Admins.Get(ctx, c, c.ID)
	if err != nil {
		return nil, err
	}
	keys, err := a.Admins.ListPasskeys(ctx, c)
	if err != nil {
		return nil, err
	}
	factors := []adminv1.Factor{}
	if me.TOTP {
		factors = append(factors, adminv1.Factor{ID: totpID, Kind: "totp", Label: "One-time codes"})
	}
	for _, k := range keys {
		factors = append(factors, adminv1.Factor{ID: k.ID, Kind: "passkey", Label: k.Name, Created: stamp(k.Created), LastUsed: stamp(k.Used)})
	}
	return reply(whole(factors, func(f adminv1.Factor) adminv1.Factor { return f }), nil)
}

func (a *API) offerTOTP(ctx context.Context, _ *none) (*answer[adminv1.TOTPOffer], error) {
	o, err := a.Admins.OfferTOTP(ctx, caller(ctx))
	return reply(adminv1.TOTPOffer{Secret: o.Secret, URI: o.URI}, err)
}

func (a *API) confirmTOTP(ctx context.Context, in *with[adminv1.TOTPConfirm]) (*none, error) {
	p, err := proof(in.Body.Proof)
	if err != nil {
		return nil, err
	}
	return done(a.Admins.EnrolTOTP(ctx, caller(ctx), in.Body.Secret, in.Body.Code, p))
}

func (a *API) beginNewPasskey(ctx context.Context, _ *none) (*answer[adminv1.PasskeyQuestion], error) {
	options, err := a.Admins.BeginPasskey(ctx, caller(ctx))
	if err != nil {
		return nil, err
	}
	return reply(adminv1.PasskeyQuestion{PublicKey: options.Response}, nil)
}

func (a *API) finishNewPasskey(ctx context.Context, in *with[adminv1.PasskeyFinish]) (*none, error) {
	p, err := proof(in.Body.Proof)
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(in.Body.Credential)
	if err != nil {
		return nil, err
	}
	return done(a.Admins.FinishPasskey(ctx, caller(ctx), in.Body.Label, raw, p))
}

func (a *API) removeFactor(ctx context.Context, in *idWith[adminv1.Proof]) (*none, error) {
	if in.ID == totpID {
		return nil, problem.New(problem.Conflict, "factor.totp", "One-time codes are replaced, not removed: set up new ones.")
	}
	p, err := proof(in.Body)
	if err != nil {
		return nil, err
	}
	return done(a.Admins.RemovePasskey(ctx, caller(ctx), in.ID, p))
}

func (a *API) beginProof(ctx context.Context, _ *none) (*answer[adminv1.PasskeyQuestion], error) {
	return a.question(ctx, admin.PurposeOwn, nil)
}

func (a *API) listSessions(ctx context.Context, in *struct {
	Paged
	Admin string `query:"admin" maxLength:"64" doc:"Another administrator's id; needs the right admin.read."`
},
) (*answer[adminv1.Page[adminv1.AdminSession]], error) {
	c := caller(ctx)
	who := in.Admin
	if who == "" {
		who = c.ID
	}
	list, err := a.Admins.Sessions(ctx, c, who)
	if err != nil {
		return nil, err
	}
	admins, err := a.admins(ctx)
	return reply(whole(list, func(x admin.Session) adminv1.AdminSession {
		return adminv1.AdminSession{
			ID: x.ID, Admin: admins.ref(x.Admin), State: string(x.State), Address: x.Address, Agent: x.Agent,
			Created: stamp(x.Created), LastSeen: stamp(x.Seen), Expires: stamp(x.Expires), Current: x.ID == c.Session,
		}
	}), err)
}

func (a *API) endSession(ctx context.Context, in *byID) (*none, error) {
	return done(a.Admins.EndSession(ctx, caller(ctx), in.ID))
}

func (a *API) listTokens(ctx context.Context, in *struct {
	Paged
	All bool `query:"all" doc:"Everybody's; needs the right token.all."`
},
) (*answer[adminv1.Page[adminv1.Token]], error) {
	c := caller(ctx)
	who := c.ID
	if in.All {
		who = ""
	}
	list, err := a.Admins.Tokens(ctx, c, who)
	if err != nil {
		return nil, err
	}
	admins, err := a.admins(ctx)
	return reply(whole(list, func(t admin.Token) adminv1.Token { return wireToken(t, admins) }), err)
}

func wireToken(t admin.Token, admins names) adminv1.Token {
	return adminv1.Token{
		ID: t.ID, Name: t.Label, Admin: admins.ref(t.Admin), State: string(t.State), Rights: texts(t.Rights),
		Created: stamp(t.Created), Expires: stamp(t.Expires), LastUsed: stamp(t.Used),
	}
}

func (a *API) makeToken(ctx context.Context, in *with[adminv1.TokenDraft]) (*answer[adminv1.NewToken], error) {
	p, err := proof(in.Body.Proof)
	if err != nil {
		return nil, err
	}
	c := caller(ctx)
	secret, t, err := a.Admins.CreateToken(ctx, c, admin.Draft{
		Admin: c.ID, Label: in.Body.Name, Rights: named[scope.Right](in.Body.Rights), Life: time.Duration(in.Body.Days) * 24 * time.Hour,
	}, p)
	if err != nil {
		return nil, err
	}
	admins, err := a.admins(ctx)
	return reply(adminv1.NewToken{Token: wireToken(t, admins), Secret: secret}, err)
}

func (a *API) endToken(ctx context.Context, in *byID) (*none, error) {
	return done(a.Admins.EndToken(ctx, caller(ctx), in.ID))
}

// texts turns named strings into strings.
func texts[T ~string](list []T) []string {
	return each(list, func(x T) string { return string(x) })
}
