package adminapi

import (
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// sampler makes requests that fit the description, for tests that walk every operation.
type sampler struct {
	spec *huma.OpenAPI
	text string // what stands in free texts
}

// operations returns every operation by method and path.
func (a *API) operations() map[string]*huma.Operation {
	all := map[string]*huma.Operation{}
	for path, item := range a.Document().Paths {
		for method, op := range map[string]*huma.Operation{
			"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete,
		} {
			if op != nil {
				all[method+" "+path] = op
			}
		}
	}
	return all
}

func (s sampler) value(schema *huma.Schema) any {
	if schema.Ref != "" {
		schema = s.spec.Components.Schemas.SchemaFromRef(schema.Ref)
	}
	switch {
	case len(schema.Enum) > 0:
		return schema.Enum[0]
	case schema.Type == huma.TypeObject:
		object := map[string]any{}
		for name, property := range schema.Properties {
			if slices.Contains(schema.Required, name) || property.Type == huma.TypeArray {
				object[name] = s.value(property)
			}
		}
		return object
	case schema.Type == huma.TypeArray:
		return []any{s.value(schema.Items)}
	case schema.Type == huma.TypeBoolean:
		return false
	case schema.Type == huma.TypeInteger, schema.Type == huma.TypeNumber:
		if schema.Minimum != nil {
			return *schema.Minimum
		}
		return 0
	case schema.Type == "":
		return map[string]any{}
	}
	return s.text
}

// body returns a body for the operation, nil when it takes none.
func (s sampler) body(op *huma.Operation) any {
	if op.RequestBody == nil {
		return nil
	}
	m, ok := op.RequestBody.Content["application/json"]
	if !ok {
		return "name\n" + s.text + "\n"
	}
	return s.value(m.Schema)
}

// path fills the path and the required parameters in.
func (s sampler) path(op *huma.Operation, id string) string {
	path := strings.TrimPrefix(op.Path, Base)
	for _, name := range []string{"{id}", "{name}"} {
		path = strings.Replace(path, name, url.PathEscape(id), 1)
	}
	path = strings.Replace(path, "{section}", "software", 1)
	path = strings.Replace(path, "{version}", "1", 1)
	query := url.Values{}
	for _, p := range op.Parameters {
		if p.In == "query" && p.Required {
			if p.Name == "platform" {
				query.Set(p.Name, "ios")
				continue
			}
			if p.Schema.Type == huma.TypeInteger {
				query.Set(p.Name, "1")
				continue
			}
			query.Set(p.Name, s.text)
		}
	}
	if len(query) > 0 {
		path += "?" + query.Encode()
	}
	return path
}

func csvBody(op *huma.Operation) bool {
	if op.RequestBody == nil {
		return false
	}
	_, json := op.RequestBody.Content["application/json"]
	return !json
}
