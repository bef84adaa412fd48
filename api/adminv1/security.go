package adminv1

// SecurityLayers is how the zone's security stands, layer by layer, as it was read at that moment.
type SecurityLayers struct {
	Checked string          `json:"checked"`
	Layers  []SecurityLayer `json:"layers"`
}

// SecurityLayer is one layer, with the worst of its findings.
type SecurityLayer struct {
	Key      string            `json:"key" enum:"links,data,logs,doors,devices"`
	Title    string            `json:"title"`
	State    string            `json:"state" enum:"good,attention,bad,unknown,off"`
	Findings []SecurityFinding `json:"findings"`
}

// SecurityFinding is one fact about a layer.
type SecurityFinding struct {
	Name  string         `json:"name"`
	State string         `json:"state" enum:"good,attention,bad,unknown,off"`
	Words string         `json:"words"`
	Mend  string         `json:"mend" doc:"What to do about it; empty where there is nothing to do."`
	Facts []SecurityFact `json:"facts"`
	Page  string         `json:"page" doc:"The page of the dashboard where that is done, or empty."`
}

// SecurityFact is a detail of a finding.
type SecurityFact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}
