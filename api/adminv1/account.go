package adminv1

// Login is the first step of signing in.
type Login struct {
	Name     string `json:"name" minLength:"1" maxLength:"100"`
	Password string `json:"password" minLength:"1" maxLength:"1024"`
}

// Code is a one-time code.
type Code struct {
	Code string `json:"code" minLength:"1" maxLength:"10"`
}

// Credential is a browser's answer about a passkey.
type Credential struct {
	Credential any `json:"credential" doc:"PublicKeyCredential.toJSON()"`
}

// Session is who is signed in, how far, and what they may do.
type Session struct {
	State   string      `json:"state" enum:"second-factor,enrol-factor,ready" doc:"Only a ready session has rights."`
	Methods []string    `json:"methods" enum:"totp,passkey" doc:"The second factors the administrator has."`
	Admin   Ref         `json:"admin"`
	Mail    string      `json:"mail" doc:"Where the administrator gets notices; empty for nowhere, and until the session is ready."`
	Token   string      `json:"token,omitempty" doc:"The API token's id, when it is a token that asks."`
	Rights  []string    `json:"rights" doc:"What the caller may do; the catalogue of rights has the words."`
	Scope   []Ref       `json:"scope" doc:"The device groups that the caller is limited to; none means the whole zone."`
	Zone    SessionZone `json:"zone"`
	Notes   []Note      `json:"notes"`
}

// SessionZone is what everybody who is signed in may know of the zone.
type SessionZone struct {
	Name           string `json:"name"`
	Administrators int    `json:"administrators" doc:"How many there are; 0 for those who may not see administrators."`
	Quorum         int    `json:"quorum" doc:"How many others must approve a destructive act."`
	Passkeys       bool   `json:"passkeys" doc:"Passkeys work at this address."`
}

// Invitation is what a one-time link is for.
type Invitation struct {
	Valid bool   `json:"valid"`
	First bool   `json:"first" doc:"It makes the zone's first administrator, who chooses a name."`
	Name  string `json:"name" doc:"Whom it is for otherwise."`
}

// Setup uses a one-time link up.
type Setup struct {
	Token    string `json:"token" minLength:"1" maxLength:"200" doc:"The secret of the link."`
	Name     string `json:"name,omitempty" maxLength:"60" doc:"The first administrator's name."`
	Mail     string `json:"mail,omitempty" maxLength:"254"`
	Password string `json:"password" minLength:"1" maxLength:"1024"`
}

// PasswordChange changes one's own password.
type PasswordChange struct {
	Current string `json:"current" maxLength:"1024"`
	Next    string `json:"next" maxLength:"1024"`
	Proof
}

// Factor is one of the caller's own second factors.
type Factor struct {
	ID       string `json:"id"`
	Kind     string `json:"kind" enum:"totp,passkey"`
	Label    string `json:"label"`
	Created  string `json:"created"`
	LastUsed string `json:"lastUsed"`
}

// TOTPOffer is a new secret for one-time codes, which is not in force yet.
type TOTPOffer struct {
	Secret string `json:"secret" doc:"For typing."`
	URI    string `json:"uri" doc:"For a QR code."`
}

// TOTPConfirm puts an offered secret in force.
type TOTPConfirm struct {
	Secret string `json:"secret" minLength:"1" maxLength:"100" doc:"As it was offered."`
	Code   string `json:"code" minLength:"1" maxLength:"10" doc:"A code made with the new secret."`
	Proof  Proof  `json:"proof,omitzero" doc:"Of a factor that the account has already."`
}

// PasskeyFinish keeps a new passkey.
type PasskeyFinish struct {
	Label      string `json:"label" minLength:"1" maxLength:"60"`
	Credential any    `json:"credential" doc:"The browser's answer, PublicKeyCredential.toJSON()."`
	Proof      Proof  `json:"proof,omitzero" doc:"Of a factor that the account has already."`
}

// AdminSession is one login of an administrator.
type AdminSession struct {
	ID       string `json:"id"`
	Admin    Ref    `json:"admin"`
	State    string `json:"state" enum:"second-factor,enrol-factor,ready"`
	Address  string `json:"address"`
	Agent    string `json:"agent"`
	Created  string `json:"created"`
	LastSeen string `json:"lastSeen"`
	Expires  string `json:"expires"`
	Current  bool   `json:"current" doc:"It is the session that asks."`
}

// Token is an API token, without its secret.
type Token struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Admin    Ref      `json:"admin"`
	State    string   `json:"state" enum:"awaiting,active,ended"`
	Rights   []string `json:"rights"`
	Created  string   `json:"created"`
	Expires  string   `json:"expires"`
	LastUsed string   `json:"lastUsed"`
}

// TokenDraft asks for a token.
type TokenDraft struct {
	Name   string   `json:"name" minLength:"1" maxLength:"60"`
	Rights []string `json:"rights,omitempty" maxItems:"100" doc:"None means all that the caller has."`
	Days   int      `json:"days" minimum:"1" maximum:"366"`
	Proof
}

// NewToken is a token with its secret, which is shown this once.
type NewToken struct {
	Token
	Secret string `json:"secret"`
}
