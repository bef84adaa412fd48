package adminv1

// Right is one thing that may be done.
type Right struct {
	Key       string `json:"key" doc:"device.wipe.full"`
	Group     string `json:"group" doc:"Its subject: device."`
	Label     string `json:"label"`
	Dangerous bool   `json:"dangerous" doc:"It can destroy, or can give others the power to."`
	Limitable bool   `json:"limitable" doc:"It can be limited to device groups."`
}

// Role is a named set of rights.
type Role struct {
	ID             string   `json:"id"`
	Name           string   `json:"name"`
	Description    string   `json:"description"`
	BuiltIn        bool     `json:"builtIn"`
	Rights         []string `json:"rights"`
	Administrators int      `json:"administrators" doc:"How many have it; 0 for those who may not see administrators."`
	Version        int64    `json:"version"`
}

// RoleDraft is what an administrator says of a role.
type RoleDraft struct {
	Name        string   `json:"name" minLength:"1" maxLength:"60"`
	Description string   `json:"description,omitempty" maxLength:"300"`
	Rights      []string `json:"rights" maxItems:"100"`
}

// RoleChange is what became of a change of a role.
type RoleChange struct {
	Role    Role    `json:"role"`
	Waiting Waiting `json:"waiting"`
}

// Grant is one role that somebody has.
type Grant struct {
	Role   Ref   `json:"role"`
	Groups []Ref `json:"groups" doc:"The device groups it is limited to; see whole."`
	Whole  bool  `json:"whole" doc:"It reaches the whole zone."`
}

// GrantDraft gives a role.
type GrantDraft struct {
	Role   string   `json:"role" minLength:"1" maxLength:"40"`
	Groups []string `json:"groups,omitempty" minItems:"1" maxItems:"100" doc:"The device groups it is limited to. Left out, it reaches the whole zone; an empty list is refused."`
}

// Admin is an administrator.
type Admin struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Mail      string   `json:"mail"`
	State     string   `json:"state" enum:"awaiting,invited,active,disabled"`
	Grants    []Grant  `json:"grants"`
	Factors   []string `json:"factors" enum:"totp,passkey"`
	HeldUntil string   `json:"heldUntil" doc:"Until when the administrator neither orders nor approves anything destructive."`
	Created   string   `json:"created"`
	Version   int64    `json:"version"`
}

// AdminDraft makes an administrator.
type AdminDraft struct {
	Name   string       `json:"name" minLength:"1" maxLength:"60"`
	Mail   string       `json:"mail,omitempty" maxLength:"254"`
	Grants []GrantDraft `json:"grants" minItems:"1" maxItems:"20"`
}

// AdminMail changes where an administrator gets notices.
type AdminMail struct {
	Mail string `json:"mail" maxLength:"254" doc:"Empty for none."`
	Proof
}

// Grants replaces what an administrator may do.
type Grants struct {
	Grants []GrantDraft `json:"grants" minItems:"1" maxItems:"20"`
}

// AdminChange is what became of a change of an administrator.
type AdminChange struct {
	Admin   Admin   `json:"admin"`
	Waiting Waiting `json:"waiting"`
}

// Link is the secret of a one-time link.
type Link struct {
	Token string `json:"token"`
	Path  string `json:"path" doc:"The address to open, on this server."`
}
