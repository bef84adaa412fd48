package adminv1

// Portal is what users may do by themselves.
type Portal struct {
	URL       string        `json:"url" doc:"Where users find it."`
	Abilities []Ability     `json:"abilities"`
	Groups    []PortalGroup `json:"groups" doc:"The groups of which something else is said."`
}

// Ability is one thing that users can be let do.
type Ability struct {
	Key     string `json:"key"`
	Label   string `json:"label"`
	Proof   bool   `json:"proof" doc:"Users prove once more who they are, each time."`
	Offered bool   `json:"offered"`
}

// PortalRights say what users may do.
type PortalRights struct {
	Offered []string `json:"offered" maxItems:"50" doc:"The keys of the abilities."`
}

// PortalGroup is what a group of users may do by themselves, other than everybody.
type PortalGroup struct {
	Group    Ref      `json:"group"`
	Offered  []string `json:"offered" doc:"What its members may do, though not everybody may."`
	Withheld []string `json:"withheld" doc:"What its members may not do, whatever else is offered to them."`
}

// PortalGroupRights say what a group may do. What is in neither list is decided without the group.
type PortalGroupRights struct {
	Offered  []string `json:"offered" maxItems:"50" doc:"The keys of the abilities."`
	Withheld []string `json:"withheld" maxItems:"50" doc:"The keys of the abilities."`
}

// AbilityOf is one thing that a user may do, or may not, and by whose word.
type AbilityOf struct {
	Key     string `json:"key"`
	Label   string `json:"label"`
	Offered bool   `json:"offered"`
	Groups  []Ref  `json:"groups" doc:"The user's groups that decide it; empty where it is decided for everybody."`
	Because string `json:"because"`
}
