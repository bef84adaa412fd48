package adminv1

// DirectoryDraft is what an administrator says of a directory: where users, groups and administrators come from.
type DirectoryDraft struct {
	Name   string             `json:"name" minLength:"1" maxLength:"128"`
	Kind   string             `json:"kind" enum:"ldap,oidc"`
	LDAP   *DirectoryLDAP     `json:"ldap,omitempty" doc:"For the kind ldap."`
	OIDC   *DirectoryOIDC     `json:"oidc,omitempty" doc:"For the kind oidc."`
	Join   bool               `json:"join,omitempty" doc:"Whoever is not known yet becomes a user at the first sign-in."`
	Roles  []DirectoryMapping `json:"roles,omitempty" maxItems:"50" doc:"Groups whose members become administrators, each once approved."`
	Secret *string            `json:"secret,omitempty" maxLength:"1000" doc:"The password of the one who searches, or of the OpenID Connect client. Left out, the present one stays; a directory that moves to other servers loses it."`
}

// DirectoryMapping gives a role to the members of one group.
type DirectoryMapping struct {
	Group        string   `json:"group" minLength:"1" maxLength:"500" doc:"Its name in the directory."`
	Role         string   `json:"role" minLength:"1" maxLength:"64"`
	DeviceGroups []string `json:"deviceGroups,omitempty" maxItems:"100" doc:"To which the role is limited; left out, it reaches the whole zone."`
}

// DirectoryLDAP says how a directory is reached and read by LDAP.
type DirectoryLDAP struct {
	Servers        []string            `json:"servers" minItems:"1" maxItems:"8" doc:"HOST or HOST:PORT, asked in turn."`
	Mode           string              `json:"mode,omitempty" enum:"ldaps,starttls" doc:"ldaps where it is left out; nothing goes without TLS."`
	CA             string              `json:"ca,omitempty" maxLength:"40000" doc:"PEM of the only authorities to trust; those of the machine where it is left out."`
	ServerName     string              `json:"serverName,omitempty" maxLength:"253" doc:"In the certificates, where it is not the host's name."`
	TimeoutSeconds int                 `json:"timeoutSeconds,omitempty" minimum:"0" maximum:"120" doc:"0 means 10."`
	BindName       string              `json:"bindName,omitempty" maxLength:"500" doc:"Who searches."`
	Schema         string              `json:"schema,omitempty" enum:"openldap,ad,389ds" doc:"Which attributes and filters hold where nothing else is said."`
	Users          DirectoryBranch     `json:"users"`
	Groups         DirectoryBranch     `json:"groups,omitzero" doc:"Without a base no groups are read."`
	Attributes     DirectoryAttributes `json:"attributes,omitzero"`
	Import         *DirectoryImport    `json:"import,omitempty"`
}

// DirectoryBranch says where entries are, and which.
type DirectoryBranch struct {
	Base   string `json:"base" maxLength:"500" doc:"Such as ou=people,dc=example,dc=org."`
	Filter string `json:"filter,omitempty" maxLength:"2000"`
}

// DirectoryAttributes names what is read of an entry.
type DirectoryAttributes struct {
	Login       string `json:"login,omitempty" maxLength:"64"`
	DisplayName string `json:"displayName,omitempty" maxLength:"64"`
	Mail        string `json:"mail,omitempty" maxLength:"64"`
	Phone       string `json:"phone,omitempty" maxLength:"64" doc:"- for none; it is kept sealed."`
	ID          string `json:"id,omitempty" maxLength:"64" doc:"Names an entry for ever: entryUUID, objectGUID, nsUniqueId."`
	Group       string `json:"group,omitempty" maxLength:"64" doc:"A group's name."`
	Member      string `json:"member,omitempty" maxLength:"64"`
}

// DirectoryImport says when users and groups are taken over.
type DirectoryImport struct {
	EveryMinutes int `json:"everyMinutes" minimum:"0" maximum:"10080" doc:"15 or more; 0 for by hand alone."`
	Grace        int `json:"grace" minimum:"1" maximum:"100" doc:"For how many imports in a row an entry is missed before its user is disabled."`
	GraceHours   int `json:"graceHours" minimum:"0" maximum:"2160" doc:"And for how long at the least."`
	Share        int `json:"share" minimum:"1" maximum:"100" doc:"Percentage of known entries that may vanish at once; when more do, the import stops."`
}

// DirectoryOIDC says how an OpenID Connect provider is used.
type DirectoryOIDC struct {
	Issuer   string          `json:"issuer" minLength:"1" maxLength:"500" doc:"https, as the provider names itself, exactly."`
	ClientID string          `json:"clientId" minLength:"1" maxLength:"500"`
	CA       string          `json:"ca,omitempty" maxLength:"40000"`
	Scopes   []string        `json:"scopes,omitempty" maxItems:"8" doc:"Besides openid; profile, email and groups where they are left out."`
	Claims   DirectoryClaims `json:"claims,omitzero"`
	Return   bool            `json:"return,omitempty" doc:"The provider knows the portal's address, portalReturn, as one to which people come back after they have signed out there. One that does not may refuse to sign them out."`
}

// DirectoryClaims names what is read of a token.
type DirectoryClaims struct {
	Login       string `json:"login,omitempty" maxLength:"254" doc:"People must not be able to change it themselves."`
	DisplayName string `json:"displayName,omitempty" maxLength:"254"`
	Mail        string `json:"mail,omitempty" maxLength:"254"`
	Groups      string `json:"groups,omitempty" maxLength:"254"`
}

// Directory is where users, groups and administrators come from.
type Directory struct {
	ID        string             `json:"id"`
	Name      string             `json:"name"`
	Kind      string             `json:"kind" enum:"ldap,oidc"`
	LDAP      *DirectoryLDAP     `json:"ldap,omitempty"`
	OIDC      *DirectoryOIDC     `json:"oidc,omitempty"`
	Join      bool               `json:"join"`
	Roles     []DirectoryMapping `json:"roles"`
	HasSecret bool               `json:"hasSecret"`
	Active    bool               `json:"active" doc:"Its addition was approved: people come from it."`
	Callback  string             `json:"callback" doc:"For the kind oidc: where the provider sends browsers of administrators back to; it has to be registered there."`

	PortalCallback string `json:"portalCallback" doc:"The same for the browsers of users."`
	PortalReturn   string `json:"portalReturn" doc:"Where users come back to after they have signed out at the provider; to be registered there as such."`

	Users   int          `json:"users" doc:"That come from it."`
	State   string       `json:"state" enum:"untested,ok,failed" doc:"Of the last test."`
	Said    string       `json:"said" doc:"What the last test found."`
	Checked string       `json:"checked"`
	Import  DirectoryRun `json:"import" doc:"The last one."`
	Due     string       `json:"due" doc:"When the next import is due; empty for never."`
	Version int64        `json:"version"`
}

// DirectoryChange is what became of a change of a directory. While it waits, the directory is as it was; nobody comes from a
// new one.
type DirectoryChange struct {
	Directory
	Waiting Waiting `json:"waiting"`
}

// DirectoryRun is how an import ended.
type DirectoryRun struct {
	State  string          `json:"state" enum:"never,ok,failed"`
	Ended  string          `json:"ended"`
	Said   string          `json:"said"`
	Counts DirectoryCounts `json:"counts"`
}

// DirectoryCounts are what an import found and did.
type DirectoryCounts struct {
	People   int `json:"people"`
	Groups   int `json:"groups"`
	Created  int `json:"created"`
	Updated  int `json:"updated"`
	Renamed  int `json:"renamed"`
	Disabled int `json:"disabled"`
	Enabled  int `json:"enabled"`
	Missing  int `json:"missing"`
	Invalid  int `json:"invalid"`
}

// DirectoryReport is the report on an import.
type DirectoryReport struct {
	DryRun  bool            `json:"dryRun"`
	Stopped bool            `json:"stopped" doc:"Too much has vanished: nothing was changed."`
	Said    string          `json:"said"`
	Counts  DirectoryCounts `json:"counts"`
	Rows    []DirectoryRow  `json:"rows" doc:"What changed or could not be taken, at most 1,000."`
}

// DirectoryRow is the report on one entry.
type DirectoryRow struct {
	Name    string `json:"name"`
	Outcome string `json:"outcome" enum:"created,updated,renamed,disabled,enabled,missing,invalid"`
	Message string `json:"message" doc:"Why an entry could not be taken."`
}

// DirectoryTry tests a directory that is not saved.
type DirectoryTry struct {
	Directory DirectoryDraft `json:"directory" doc:"With its secret: none that is saved is used."`
}

// DirectoryTest is what a test saw.
type DirectoryTest struct {
	OK           bool                  `json:"ok"`
	Sentence     string                `json:"sentence"`
	Server       string                `json:"server" doc:"The one that answered."`
	Vendor       string                `json:"vendor"`
	TLS          string                `json:"tls"`
	Certificates []UpstreamCertificate `json:"certificates"`
	People       int                   `json:"people" doc:"At most 1,000 are counted."`
	Groups       int                   `json:"groups"`
	First        []DirectorySample     `json:"first" doc:"A few entries by the mapping."`
	Steps        []UpstreamStep        `json:"steps"`
}

// DirectorySample is one entry as the mapping reads it.
type DirectorySample struct {
	Name        string   `json:"name"`
	DisplayName string   `json:"displayName"`
	Mail        string   `json:"mail"`
	Phone       bool     `json:"phone" doc:"There is one; it is not shown."`
	ID          string   `json:"id"`
	Disabled    bool     `json:"disabled"`
	Groups      []string `json:"groups"`
	Fault       string   `json:"fault" doc:"Why the entry cannot be taken."`
}

// SignInWays are the ways to sign in besides a name and a password.
type SignInWays struct {
	Providers []Ref `json:"providers"`
}

// SignInBegun says where the browser is to go.
type SignInBegun struct {
	URL string `json:"url"`
}
