package main

import (
	"fmt"
	"slices"
	"strings"

	"drover/api/adminv1"
	"drover/internal/core/device"
)

// pick finds what somebody has named, by its id or by its name, upper and lower case alike. Two of one name are told
// apart by their ids alone.
func pick[T any](what, wanted string, list []T, id func(T) (id, name string)) (string, error) {
	var found []string
	for _, x := range list {
		key, name := id(x)
		if key == wanted {
			return key, nil
		}
		if strings.EqualFold(name, wanted) {
			found = append(found, key)
		}
	}
	switch len(found) {
	case 0:
		return "", missing(fmt.Sprintf("there is no %s %q", what, wanted))
	case 1:
		return found[0], nil
	}
	return "", unusable("there are %d of the name %q: name one by its id: %s", len(found), wanted, join(found))
}

// moved returns the ids of a list with one of them in another place, from 1.
func moved[T any](list []T, id func(T) string, one string, place int) ([]string, error) {
	if place < 1 || place > len(list) {
		return nil, unusable("the places are 1 to %d", len(list))
	}
	ids := make([]string, 0, len(list))
	for _, x := range list {
		if id(x) != one {
			ids = append(ids, id(x))
		}
	}
	return slices.Insert(ids, place-1, one), nil
}

func groupName(g device.Group) (id, name string) { return g.ID, g.Name }

func wireGroupName(g adminv1.Group) (id, name string) { return g.ID, g.Name }
