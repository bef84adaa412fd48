package ldapdir

import (
	"context"
	"slices"
)

// Groups says how a directory keeps its groups.
type Groups struct {
	Base       string
	Filter     string
	Member     string // the attribute that holds the DNs of members: member, uniqueMember
	Attributes []string
}

const (
	// maxDepth and maxGroups bound how far nested groups are followed for one member.
	maxDepth  = 16
	maxGroups = 2000
	// maxAlternatives bounds the DNs that one search asks for.
	maxAlternatives = 50

	inChain = ":1.2.840.113556.1.4.1941:" // MS-ADTS section 3.1.1.3.4.4.3
)

// Above returns the groups in which one of some DNs is, directly or by a group within a group. Where the server resolves nested groups
// itself it is asked to; otherwise they are followed upwards, each group once, at most 16 levels and 2,000 groups.
func (s *Session) Above(ctx context.Context, g Groups, dns ...string) ([]Entry, error) {
	root, err := s.Root(ctx)
	if err != nil {
		return nil, err
	}
	if root.InChain {
		return s.All(ctx, Search{
			Base: g.Base, Attributes: g.Attributes, Max: maxGroups, Filter: And(g.Filter, anyOf(g.Member+inChain, dns)),
		})
	}
	return s.climb(ctx, g, dns)
}

func (s *Session) climb(ctx context.Context, g Groups, level []string) ([]Entry, error) {
	var found []Entry
	seen := make(map[string]bool)
	for _, dn := range level {
		seen[Key(dn)] = true
	}
	for depth := 0; len(level) > 0 && depth < maxDepth; depth++ {
		var next []string
		for some := range slices.Chunk(level, maxAlternatives) {
			list, err := s.All(ctx, Search{
				Base: g.Base, Attributes: g.Attributes, Max: maxGroups, Filter: And(g.Filter, anyOf(g.Member, some)),
			})
			if err != nil {
				return nil, err
			}
			for _, e := range list {
				if key := Key(e.DN); !seen[key] {
					seen[key] = true
					found, next = append(found, e), append(next, e.DN)
				}
			}
		}
		if len(found) > maxGroups {
			return nil, ErrTooMany
		}
		level = next
	}
	return found, nil
}

func anyOf(attribute string, values []string) string {
	filters := make([]string, len(values))
	for i, v := range values {
		filters[i] = Equal(attribute, v)
	}
	return Or(filters...)
}
