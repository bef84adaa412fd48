package easclient

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

//go:embed codepages.json
var codePagesJSON []byte

type tagEntry struct {
	Token   byte     `json:"token"`
	Name    string   `json:"name"`
	Aliases []string `json:"aliases"`
}

type codePage struct {
	Page      byte       `json:"page"`
	Namespace string     `json:"namespace"`
	Tags      []tagEntry `json:"tags"`
}

// code is a tag on the wire: its code page and its token without content and attribute bits.
type code struct{ page, token byte }

// tables are the code pages of MS-ASWBXML section 2.1.2.1, indexed in both directions.
type tables struct {
	names  map[code]tagEntry
	spaces map[byte]string
	codes  map[string]code // by "Namespace:Tag", aliases included
	pages  map[string]byte
}

var pages = loadTables()

// loadTables panics on a broken table: it is embedded, so that is a mistake of the build.
func loadTables() tables {
	var file struct {
		Pages []codePage `json:"pages"`
	}
	if err := json.Unmarshal(codePagesJSON, &file); err != nil {
		panic("easclient: codepages.json: " + err.Error())
	}
	t := tables{map[code]tagEntry{}, map[byte]string{}, map[string]code{}, map[string]byte{}}
	for _, p := range file.Pages {
		t.spaces[p.Page] = p.Namespace
		t.pages[p.Namespace] = p.Page
		for _, tag := range p.Tags {
			c := code{p.Page, tag.Token}
			t.names[c] = tag
			for _, name := range append([]string{tag.Name}, tag.Aliases...) {
				if _, taken := t.codes[p.Namespace+":"+name]; !taken {
					t.codes[p.Namespace+":"+name] = c
				}
			}
		}
	}
	return t
}

// lookup names a tag of the wire. A tag that no table has becomes "Page14" and "0x3F", which code reads back.
func (t tables) lookup(c code) (space, name string) {
	space, ok := t.spaces[c.page]
	if !ok {
		space = fmt.Sprintf("Page%d", c.page)
	}
	if tag, ok := t.names[c]; ok {
		return space, tag.Name
	}
	return space, fmt.Sprintf("0x%02X", c.token)
}

func (t tables) code(space, name string) (code, error) {
	if c, ok := t.codes[space+":"+name]; ok {
		return c, nil
	}
	page, ok := t.pages[space]
	if digits, numbered := strings.CutPrefix(space, "Page"); !ok && numbered {
		n, err := strconv.ParseUint(digits, 10, 8)
		page, ok = byte(n), err == nil
	}
	token, err := strconv.ParseUint(strings.TrimPrefix(name, "0x"), 16, 8)
	if !ok || err != nil || !strings.HasPrefix(name, "0x") || token < firstTag || token > tokenMask {
		return code{}, fmt.Errorf("no token for %s:%s", space, name)
	}
	return code{page, byte(token)}, nil
}

// sameTag says whether two spellings name one tag of a namespace. Implementations differ in case (CC and Cc) and in
// hyphens and underscores (ReplyTo and Reply-To), and some tags have other names.
func (t tables) sameTag(space, a, b string) bool {
	if plainName(a) == plainName(b) {
		return true
	}
	c, ok := t.codes[space+":"+a]
	return ok && slices.ContainsFunc(t.names[c].Aliases, func(alias string) bool { return plainName(alias) == plainName(b) })
}

func plainName(s string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "").Replace(s))
}
