package adminv1

// User owns devices.
type User struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	DisplayName string `json:"displayName"`
	Mail        string `json:"mail"`
	Source      string `json:"source" enum:"local,activesync,ldap,oidc"`
	State       string `json:"state" enum:"active,disabled"`
	HasPassword bool   `json:"hasPassword"`
	Groups      []Ref  `json:"groups" doc:"Only where one user is read."`
	Devices     int    `json:"devices" doc:"Devices in use, within the caller's scope."`
	Created     string `json:"created"`
	Updated     string `json:"updated"`
	Version     int64  `json:"version"`
}

// UserDraft makes a user.
type UserDraft struct {
	Name        string `json:"name" minLength:"1" maxLength:"256" doc:"Cannot be changed later."`
	DisplayName string `json:"displayName,omitempty" maxLength:"256"`
	Mail        string `json:"mail,omitempty" maxLength:"254"`
	Password    string `json:"password,omitempty" maxLength:"256" doc:"For Drover's own login; 12 bytes at least."`
}

// UserEdit changes a user. What is left out stays.
type UserEdit struct {
	DisplayName *string `json:"displayName,omitempty" maxLength:"256"`
	Mail        *string `json:"mail,omitempty" maxLength:"254"`
	State       *string `json:"state,omitempty" enum:"active,disabled"`
}

// UserPassword gives a user a password for Drover's own login.
type UserPassword struct {
	Password string `json:"password" maxLength:"256" doc:"Empty takes it away."`
}

// ImportResult is the report on an import.
type ImportResult struct {
	DryRun  bool        `json:"dryRun"`
	Created int         `json:"created"`
	Updated int         `json:"updated"`
	Invalid int         `json:"invalid"`
	Rows    []ImportRow `json:"rows"`
}

// ImportRow is the report on one row.
type ImportRow struct {
	Line    int    `json:"line"`
	Name    string `json:"name"`
	Outcome string `json:"outcome" enum:"created,updated,unchanged,invalid"`
	Message string `json:"message"`
}

// Group is a group of users or of devices.
type Group struct {
	ID          string `json:"id"`
	Kind        string `json:"kind" enum:"chosen,rule,folder" doc:"How members come into it: one by one, by conditions, or because it is a folder, whose name is its path."`
	Name        string `json:"name"`
	Description string `json:"description"`
	Members     int    `json:"members"`
	// Directory is the directory whose group it is: name and members are changed there. "" for a group of one's own.
	Directory string `json:"directory"`
	Version   int64  `json:"version"`
}

// GroupDraft is what an administrator says of a group.
type GroupDraft struct {
	Name        string `json:"name" minLength:"1" maxLength:"128"`
	Description string `json:"description,omitempty" maxLength:"1000"`
}
