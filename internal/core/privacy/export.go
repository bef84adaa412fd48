package privacy

import (
	"archive/zip"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"drover/internal/base/page"
	"drover/internal/base/sqldb"
	"drover/internal/core/journal"
	"drover/internal/core/scope"
)

// Chapter is what one package knows of a user, as one file of the archive.
type Chapter struct {
	Name string // "devices": the file becomes devices.json
	// Write calls add with each thing; what JSON cannot hold is an error. What has a "device" gets its name beside the id.
	Write func(ctx context.Context, owner string, add func(map[string]any) error) error
}

// Add has a chapter be part of every archive. Call it before the first export.
func (s *Store) Add(c Chapter) { s.chapters = append(s.chapters, c) }

// Export records the look at everything that is kept of a user, and returns a function that writes it as a ZIP archive: a
// file of JSON for each chapter, one for each kind of the journal, and the copies of files. It is for the user, and, with a
// reason that the user sees, for who may look at personal data in the whole zone.
func (s *Store) Export(ctx context.Context, c scope.Caller, owner, reason string) (func(io.Writer) error, error) {
	if !own(c, owner) && c.Kind != scope.User {
		if err := c.Require(scope.UserPersonalRead); err != nil {
			return nil, err
		}
	}
	why, err := reasonOf(c, owner, reason)
	if err != nil {
		return nil, err
	}
	err = s.db.Write(ctx, func(tx *sqldb.Tx) error {
		return s.record(ctx, tx, c, Look{Owner: owner, Kind: "export", Reason: why, Entries: 1})
	})
	if err != nil {
		return nil, err
	}
	return func(w io.Writer) error { return s.writeArchive(ctx, owner, w) }, nil
}

func (s *Store) writeArchive(ctx context.Context, owner string, w io.Writer) error {
	archive := zip.NewWriter(w)
	for _, ch := range s.chapters {
		err := s.list(ctx, archive, owner, ch.Name, func(add func(map[string]any) error) error { return ch.Write(ctx, owner, add) })
		if err != nil {
			return err
		}
	}
	for _, d := range journal.Catalogue() {
		if err := s.exportJournal(ctx, archive, owner, d.Kind); err != nil {
			return err
		}
	}
	return archive.Close()
}

// list writes one file of JSON: an array, thing by thing.
func (s *Store) list(ctx context.Context, archive *zip.Writer, owner, name string, fill func(add func(map[string]any) error) error) error {
	file, err := s.create(archive, name+".json")
	if err != nil {
		return err
	}
	separator, names := "[", map[string]string{}
	err = fill(func(thing map[string]any) error {
		if err := s.nameDevice(ctx, owner, names, thing); err != nil {
			return err
		}
		text, err := json.MarshalIndent(thing, "\t", "\t")
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(file, "%s\n\t%s", separator, text)
		separator = ","
		return err
	})
	if err != nil {
		return err
	}
	if separator == "[" {
		_, err = io.WriteString(file, "[]\n")
	} else {
		_, err = io.WriteString(file, "\n]\n")
	}
	return err
}

// nameDevice gives a thing that tells the id of a device the device's name too, unless the device is another's now. names are
// those that are known.
func (s *Store) nameDevice(ctx context.Context, owner string, names map[string]string, thing map[string]any) error {
	id, _ := thing["device"].(string)
	if id == "" {
		return nil
	}
	if _, known := names[id]; !known {
		found, err := s.with.Devices.Names(ctx, reader(owner), id)
		if err != nil {
			return err
		}
		names[id] = found[id]
	}
	thing["deviceName"] = names[id]
	return nil
}

func (s *Store) create(archive *zip.Writer, name string) (io.Writer, error) {
	return archive.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: s.with.Clock.Now()})
}

// reader opens what belongs to an owner, as the owner would.
func reader(owner string) scope.Caller {
	return scope.Caller{Kind: scope.User, ID: owner, Grants: []scope.Grant{{Rights: []scope.Right{scope.DeviceRead}}}}
}

func (s *Store) exportJournal(ctx context.Context, archive *zip.Writer, owner string, k journal.Kind) error {
	var files []journal.Entry
	err := s.list(ctx, archive, owner, string(k), func(add func(map[string]any) error) error {
		return page.Walk(func(after string) ([]journal.Entry, string, error) {
			return s.entries(ctx, journal.Query{Owner: owner, Kind: k, Request: page.Request{Limit: page.MaxLimit, After: after}})
		}, func(e journal.Entry) error {
			t := map[string]any{"id": e.ID, "device": e.Device, "at": e.At, "received": e.Received, "what": e.Body}
			if k == journal.File {
				t["content"] = contentName(e) // the file in the archive
				files = append(files, e)
			}
			return add(t)
		})
	})
	if err != nil {
		return err
	}
	for _, e := range files {
		file, err := s.create(archive, contentName(e))
		if err != nil {
			return err
		}
		if err := s.with.Journal.WriteFile(ctx, e, file); err != nil {
			return err
		}
	}
	return nil
}

// entries reads a page of what an owner's devices have told, as the owner would.
func (s *Store) entries(ctx context.Context, query journal.Query) (list []journal.Entry, next string, err error) {
	err = s.db.Read(ctx, func(q sqldb.Querier) error {
		p, err := s.with.Journal.Read(ctx, q, reader(query.Owner), query)
		list, next = p.Items, p.Next
		return err
	})
	return list, next, err
}

// contentName is made by the server: the path on the device never names a file here.
func contentName(e journal.Entry) string { return "files/" + e.ID }
