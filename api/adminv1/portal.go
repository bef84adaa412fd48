package adminv1

// Portal is what users may do by themselves.
type Portal struct {
	URL       string    `json:"url" doc:"Where users find it."`
	Abilities []Ability `json:"abilities"`
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
