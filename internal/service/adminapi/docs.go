package adminapi

import (
	"bytes"
	_ "embed"
	"html/template"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

//go:embed docs.html
var docsPage string

// docsReason is why the description asks for no proof.
const docsReason = "the description of the API holds no data and is the same in every zone"

// addDocs makes the description of the API and the page on which people read it. They are no operations of the API.
func (a *API) addDocs() {
	a.Publish(Base+"/openapi.json", docsReason)
	a.Serve("/api/docs", "text/html; charset=utf-8", a.page(), docsReason)
}

// docTag is one chapter of the page.
type docTag struct {
	*huma.Tag
	Operations []docOperation
}

type docOperation struct {
	*huma.Operation
	Query   []*huma.Param
	Request string // the name of the body's schema
	Answer  string
}

type docSchema struct {
	Name   string
	Fields []docField
}

type docField struct {
	Name, Type, Words string
	Required          bool
}

// page writes the description for people: plain HTML, without scripts and without anything from elsewhere.
func (a *API) page() []byte {
	spec := a.Document()
	chapters := make([]docTag, len(spec.Tags))
	for i, t := range spec.Tags {
		chapters[i] = docTag{t, operationsOf(spec, t.Name)}
	}
	var out bytes.Buffer
	data := map[string]any{"Info": spec.Info, "Tags": chapters, "Schemas": schemasOf(spec)}
	if err := template.Must(template.New("docs").Parse(docsPage)).Execute(&out, data); err != nil { // made of our own words alone
		panic(err)
	}
	return out.Bytes()
}

func operationsOf(spec *huma.OpenAPI, tag string) []docOperation {
	var list []docOperation
	for _, item := range spec.Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil || !slices.Contains(op.Tags, tag) {
				continue
			}
			d := docOperation{Operation: op, Query: op.Parameters}
			if op.RequestBody != nil {
				d.Request = schemaName(op.RequestBody.Content)
			}
			for _, status := range []string{"200", "201"} {
				if r := op.Responses[status]; r != nil {
					d.Answer = schemaName(r.Content)
				}
			}
			list = append(list, d)
		}
	}
	slices.SortFunc(list, func(x, y docOperation) int { return strings.Compare(x.Path+x.Method, y.Path+y.Method) })
	return list
}

func schemaName(content map[string]*huma.MediaType) string {
	for kind, m := range content {
		if m.Schema == nil || m.Schema.Ref == "" {
			return kind
		}
		return strings.TrimPrefix(m.Schema.Ref, "#/components/schemas/")
	}
	return ""
}

func schemasOf(spec *huma.OpenAPI) []docSchema {
	var list []docSchema
	for name, s := range spec.Components.Schemas.Map() {
		d := docSchema{Name: name}
		for field, p := range s.Properties {
			d.Fields = append(d.Fields, docField{field, typeOf(p), p.Description, slices.Contains(s.Required, field)})
		}
		slices.SortFunc(d.Fields, func(x, y docField) int { return strings.Compare(x.Name, y.Name) })
		list = append(list, d)
	}
	slices.SortFunc(list, func(x, y docSchema) int { return strings.Compare(x.Name, y.Name) })
	return list
}

func typeOf(s *huma.Schema) string {
	switch {
	case s.Ref != "":
		return strings.TrimPrefix(s.Ref, "#/components/schemas/")
	case s.Type == huma.TypeArray && s.Items != nil:
		return "list of " + typeOf(s.Items)
	case len(s.Enum) > 0:
		words := make([]string, 0, len(s.Enum))
		for _, e := range s.Enum {
			if text, ok := e.(string); ok {
				words = append(words, text)
			}
		}
		return "one of " + strings.Join(words, ", ")
	case s.Type == "":
		return "any"
	}
	return s.Type
}
