package store

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"slices"
	"strings"

	"drover/agent/system"
	"drover/api/agentv1"
)

// Upload is a file on its way to the server.
type Upload struct{ agentv1.NewUpload }

// AddUpload keeps the content of a file until it is delivered. It comes to stand before the entry that names it.
func (s *Store) AddUpload(kind, order, media string, content []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := rand.Text()
	sum := sha256.Sum256(content)
	if err := system.Replace(s.path(dirUploads, id+".bin"), content, private); err != nil {
		return err
	}
	return s.put(Upload{NewUpload: agentv1.NewUpload{
		ID: id, Kind: kind, Order: order, Type: media, Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:]),
	}}, private, dirUploads, id+".json")
}

// Uploads returns what waits.
func (s *Store) Uploads() ([]Upload, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	files, err := os.ReadDir(s.path(dirUploads))
	var list []Upload
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".json") {
			continue
		}
		var u Upload
		ok, err := s.kept(&u, dirUploads, f.Name())
		if err != nil {
			return nil, err
		}
		if ok {
			list = append(list, u)
		}
	}
	slices.SortFunc(list, func(a, b Upload) int { return strings.Compare(a.ID, b.ID) })
	return list, err
}

// Chunk returns at most n octets of an upload from an offset.
func (s *Store) Chunk(u Upload, offset int64, n int) ([]byte, error) {
	f, err := os.Open(s.path(dirUploads, u.ID+".bin"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	chunk := make([]byte, min(int64(n), u.Size-offset))
	_, err = f.ReadAt(chunk, offset)
	return chunk, err
}

// DropUpload forgets an upload: the server has it, or will not take it.
func (s *Store) DropUpload(u Upload) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.drop(dirUploads, u.ID+".json"); err != nil {
		return err
	}
	return s.drop(dirUploads, u.ID+".bin")
}
