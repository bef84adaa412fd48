package seal

import (
	"context"
	"errors"
	"slices"

	"drover/internal/base/sqldb"
)

// Piece is one sealed value with its place and its owner.
type Piece struct {
	Field  Field
	Owner  Owner
	Sealed Sealed
}

// OpenAll opens the values of a list as [Keyring.Open] opens one, with one statement for all keys that are not in memory. What
// was sealed with a key that has been destroyed comes back as nil. It is for lists of at most a few thousand.
func (k *Keyring) OpenAll(ctx context.Context, q sqldb.Querier, pieces []Piece) ([][]byte, error) {
	keys, err := k.openingKeys(ctx, q, pieces)
	defer func() {
		for _, dk := range keys {
			dk.wipe()
		}
	}()
	if err != nil {
		return nil, err
	}
	out := make([][]byte, len(pieces))
	for i, p := range pieces {
		version, err := number(p.Sealed)
		if err != nil {
			return nil, damaged(p.Field, err)
		}
		dk := keys[dataName(p.Owner, version)]
		if dk == nil {
			continue
		}
		if out[i], err = dk.decrypt(numberedSize, p.Field.bound(p.Owner), p.Sealed); err != nil {
			return nil, damaged(p.Field, err)
		}
	}
	return out, nil
}

// openingKeys returns the keys that the values were sealed with, by name; those that have been destroyed are missing.
func (k *Keyring) openingKeys(ctx context.Context, q sqldb.Querier, pieces []Piece) (map[string]*key, error) {
	found, wanted := map[string]*key{}, map[string]bool{}
	var owners []string
	for _, p := range pieces {
		version, err := number(p.Sealed)
		if err != nil {
			return found, damaged(p.Field, err)
		}
		if err := p.Owner.check(); err != nil {
			return found, err
		}
		name := dataName(p.Owner, version)
		if found[name] != nil || wanted[name] {
			continue
		}
		if dk, _, ok := k.cache.get(name, k.clock.Now()); ok {
			found[name] = dk
			continue
		}
		wanted[name] = true
		owners = append(owners, string(p.Owner))
	}
	if len(owners) == 0 {
		return found, nil
	}
	slices.Sort(owners)
	var a sqldb.Args
	rows, err := sqldb.All(ctx, q, scanDataKey, selectDataKey+"WHERE owner IN "+a.In(slices.Compact(owners)...), a.List()...)
	if err != nil {
		return found, err
	}
	for _, row := range rows {
		name := dataName(row.owner, row.version)
		if !wanted[name] {
			continue
		}
		dk, err := k.unwrapData(ctx, q, row)
		if errors.Is(err, ErrErased) {
			continue
		}
		if err != nil {
			return found, err
		}
		k.remember(q, name, dk, row.version)
		found[name] = dk
	}
	return found, nil
}
