package house

import (
	"slices"
	"strings"
)

// floors from the ground up. A package imports only from floors below its own; within core the order of [coreOrder]
// holds, and within base and server packages may use one another.
var floors = []string{"internal/base", "internal/core", "internal/gate", "internal/service", "internal/server", "cmd"}

// coreOrder is the order within core: a later package may import an earlier one, never the reverse.
var coreOrder = []string{
	"scope", "audit", "schema", "zone", "release", "safety", "admin", "directory", "platform", "device", "enrol", "upstream",
	"location", "policy", "computer", "script", "inventory", "journal", "spool", "event", "report", "logbook", "door", "duress", "privacy", "command", "compliance", "access", "selfservice", "bundle", "remote",
}

// agentBase is all that the agent's own house knows of this one, besides its wire types: it must stay small, and nothing of
// the server's may reach the computers that it manages.
var agentBase = []string{
	"api/agentv1", "internal/base/clock", "internal/base/envelope", "internal/base/httpsig", "internal/base/logfield",
	"internal/base/logfile", "internal/base/problem",
}

// agentTalk is what simulated computers speak with: the real agent's own client and wire types.
var agentTalk = []string{"agent/talk", "api/agentv1"}

// measures tells whether a directory simulates agents, and so speaks with their client.
func measures(dir string) bool {
	return dir == "internal/simulate/agents" || dir == "cmd/drover-sim" || dir == "test/bench"
}

// ofAgent tells whether a directory belongs to the agent's own house.
func ofAgent(dir string) bool {
	return dir == "agent" || strings.HasPrefix(dir, "agent/") || dir == "cmd/drover-agent"
}

// floor returns the number of a directory's floor, -1 when it stands outside the house.
func floor(dir string) int {
	return slices.IndexFunc(floors, func(f string) bool { return dir == f || strings.HasPrefix(dir, f+"/") })
}

// room is the part of a directory below its floor: "audit" of "internal/core/audit/audittest".
func room(dir string) string {
	for _, f := range floors {
		if rest, ok := strings.CutPrefix(dir, f+"/"); ok {
			name, _, _ := strings.Cut(rest, "/")
			return name
		}
	}
	return ""
}

// checkFloors judges the imports of one file. Tests may look sideways, never up.
func checkFloors(s *source) []finding {
	var found []finding
	here := s.dir()
	for path, spec := range s.imports() {
		there, ours := strings.CutPrefix(path, module+"/")
		if !ours {
			continue
		}
		if why := forbidden(here, there, s.isTest()); why != "" {
			found = append(found, s.find(spec.Pos(), "imports "+there+": "+why))
		}
	}
	return found
}

// forbidden returns why the package in directory here may not import there, "" when it may.
func forbidden(here, there string, test bool) string {
	if measures(here) && slices.Contains(agentTalk, there) {
		return ""
	}
	if strings.HasPrefix(here, "internal/simulate/") && !test && !strings.HasPrefix(there, "internal/base/") &&
		!strings.HasPrefix(there, "internal/simulate/") {
		return "the simulator knows the ground floor alone"
	}
	switch {
	case ofAgent(here) && !test && !ofAgent(there) && !slices.Contains(agentBase, there):
		return "the agent's own house knows a closed list"
	case !ofAgent(here) && ofAgent(there) && !test:
		return "the agent is a program of its own"
	}
	from, to := floor(here), floor(there)
	if from < 0 || to < 0 || room(here) == room(there) && from == to {
		return ""
	}
	switch {
	case to > from && !(test && strings.HasSuffix(there, "test")):
		return "that is a floor above"
	case to != from || test:
		return ""
	case floors[from] == "internal/service":
		return "services share nothing; what two need belongs in core or base"
	case floors[from] == "internal/core":
		return forbiddenInCore(room(here), room(there))
	}
	return ""
}

func forbiddenInCore(here, there string) string {
	from, to := slices.Index(coreOrder, here), slices.Index(coreOrder, there)
	switch {
	case from < 0:
		return here + " has no place in the order of core"
	case to < 0:
		return there + " has no place in the order of core"
	case to > from:
		return there + " stands later in the order of core"
	}
	return ""
}
