package seal

import (
	"os"
	"path/filepath"
	"testing"
)

func TestCheckFindsWhatOpenWouldRefuse(t *testing.T) {
	each(t, func(t *testing.T, r *rig) {
		k := r.open()
		r.seal(k, phone("1"), User("anna"), "0123")
		before := r.snapshot()
		must(t, Check(t.Context(), r.db, r.dir))

		other := onSQLite(t)
		other.open()
		stranger, err := os.ReadFile(filepath.Join(other.dir, rootFile))
		must(t, err)
		back := r.aside(rootFile)
		must(t, os.WriteFile(filepath.Join(r.dir, rootFile), stranger, 0o600))
		if err := Check(t.Context(), r.db, r.dir); err == nil {
			t.Error("a stranger's root key passed")
		}
		must(t, os.Remove(filepath.Join(r.dir, rootFile)))
		if err := Check(t.Context(), r.db, r.dir); err == nil {
			t.Error("a missing root key passed")
		}
		if _, err := os.Stat(filepath.Join(r.dir, rootFile)); err == nil {
			t.Error("it has made a root key")
		}
		back()
		must(t, Check(t.Context(), r.db, r.dir))
		for name, data := range r.snapshot() {
			if before[name] != data {
				t.Errorf("%s has changed", name)
			}
		}
	})
}
