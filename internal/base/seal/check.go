package seal

import (
	"context"

	"drover/internal/base/sqldb"
)

// Check opens all that the root key has wrapped, and makes sure that no epoch is missing, as [Open] does first; it
// changes nothing, and makes no keys where there are none. While the root key is being rotated it may fail.
func Check(ctx context.Context, db *sqldb.DB, dir string) error {
	k := &Keyring{db: db, store: &keyStore{dir: dir, root: newFileRoot(dir)}}
	return k.checkKeys(ctx)
}
