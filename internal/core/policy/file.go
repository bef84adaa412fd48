package policy

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// File is one that must be on a computer as told.
type File struct {
	Path string `json:"path"` // absolute, on Linux and macOS or on Windows
	Mode string `json:"mode,omitempty"`
	Text string `json:"text"` // the whole content
}

const (
	maxFiles = 20
	// maxFileTexts bounds the files of one value, in bytes: they travel in one document.
	maxFileTexts = 64 << 10
	maxPath      = 260
)

var (
	absolute = regexp.MustCompile(`^((/[^/\x00-\x1f]+)+|[A-Za-z]:(\\[^\\/\x00-\x1f]+)+)$`)
	fileMode = regexp.MustCompile(`^0[0-7]{3}$`)
)

// Files makes a value of files, in the order of their paths.
func Files(files ...File) Value {
	if len(files) == 0 {
		return List() // as JSON has no other empty list
	}
	sorted := slices.Clone(files)
	slices.SortStableFunc(sorted, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	v := Value{kind: 'f'}
	for _, f := range sorted {
		text, err := json.Marshal(f)
		if err != nil {
			panic(err) // texts can always be written
		}
		v.list = append(v.list, string(text))
	}
	return v
}

// Files returns the files; none for any other kind of value.
func (v Value) Files() []File {
	if v.kind != 'f' {
		return nil
	}
	files := make([]File, len(v.list))
	for i, text := range v.list {
		_ = json.Unmarshal([]byte(text), &files[i]) // written by us
	}
	return files
}

func (v *Value) unmarshalFiles(text []byte) error {
	var files []File
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&files); err != nil {
		return errValue
	}
	*v = Files(files...)
	return nil
}

func paths(files []File) []string {
	list := make([]string, len(files))
	for i, f := range files {
		list[i] = f.Path
	}
	return list
}

func (d *Definition) checkFiles(v Value) string {
	files := v.Files()
	if v.kind != 'f' && (v.kind != 'l' || len(v.list) > 0) || int64(len(files)) > d.Max {
		return fmt.Sprintf("%s is a list of at most %d files, each with path and text, written [{path: /etc/motd, text: Welcome}].", d.Title, d.Max)
	}
	size := 0
	for i, f := range files {
		switch {
		case len(f.Path) > maxPath || !absolute.MatchString(f.Path) || !utf8.ValidString(f.Path):
			return d.Title + ": " + formats[FormatAbsolute].words
		case i > 0 && files[i-1].Path == f.Path:
			return fmt.Sprintf("%s names %s twice.", d.Title, f.Path)
		case f.Mode != "" && !fileMode.MatchString(f.Mode):
			return d.Title + ": a mode is four octal digits, such as 0644."
		case !utf8.ValidString(f.Text) || strings.ContainsRune(f.Text, 0):
			return d.Title + ": the content of a file is a text."
		}
		size += len(f.Text)
	}
	if size > maxFileTexts {
		return fmt.Sprintf("The files of %s hold at most %d bytes together.", d.Title, maxFileTexts)
	}
	return ""
}

// allFiles is what either asks for. Of two that ask for the same path the first counts.
func (d *Definition) allFiles(a, b Value) Value {
	files := a.Files()
	for _, f := range b.Files() {
		if !slices.Contains(paths(files), f.Path) {
			files = append(files, f)
		}
	}
	return Files(files[:min(int64(len(files)), d.Max)]...)
}
