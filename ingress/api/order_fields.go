package api

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/alipay/gateway/rules"
	"miniflow/order"
)

// Alipay's blocks in a body. They take any member, because Alipay adds members without notice,
// and describe those of Alipay's pages from the table that their values are checked by.
type (
	createBody     map[string]json.RawMessage
	submissionBody map[string]json.RawMessage
	extBody        map[string]json.RawMessage
)

// Schema says nothing of the members, which are the template's.
func (extBody) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// Schema has the fields of both kinds and says of each which kind has it: a body does not have its
// order's kind with provide-input, and two types would be two in every client.
func (createBody) Schema(registry huma.Registry) *huma.Schema {
	return component(registry, "CreateBody", func(block *huma.Schema) {
		formal, trial := rules.CreateFields(), rules.TrialFields()
		for _, field := range slices.Concat(formal, trial) {
			var kinds []string
			if slices.ContainsFunc(formal, named(field.Name)) {
				kinds = append(kinds, string(order.KindFormal))
			}
			if slices.ContainsFunc(trial, named(field.Name)) {
				kinds = append(kinds, string(order.KindTrial))
			}
			need := "For "
			if field.Required {
				need = "Required for "
			}
			block.Properties[field.Name] = describe(registry, field, need+strings.Join(kinds, " and ")+".")
		}
	})
}

func (submissionBody) Schema(registry huma.Registry) *huma.Schema {
	return component(registry, "SubmissionBody", func(block *huma.Schema) {
		for _, field := range rules.SubmissionFields() {
			need := ""
			if field.Required {
				need = "Required."
			}
			block.Properties[field.Name] = describe(registry, field, need)
		}
		files := map[string]*huma.Schema{}
		for _, file := range rules.SubmissionFiles() {
			files[file.Name] = fileSchema(registry)
			files[file.Name].Description = fmt.Sprintf("%s At most %d MB.", file.Doc, file.MaxBytes>>20)
		}
		block.Properties["files"] = &huma.Schema{
			Type: huma.TypeObject, Properties: files, AdditionalProperties: fileSchema(registry), Description: "Alipay's file parameters.",
		}
	})
}

// component describes a block once, because several bodies have it.
func component(registry huma.Registry, name string, fill func(*huma.Schema)) *huma.Schema {
	if registry.Map()[name] == nil {
		block := &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true, Properties: map[string]*huma.Schema{}}
		fill(block)
		block.PrecomputeMessages()
		registry.Map()[name] = block
	}
	return &huma.Schema{Ref: "#/components/schemas/" + name}
}

// describe gives each field the type of Alipay's page, because a client that is generated from
// fields without a type sends null for each that is left out. Lengths and choices are extensions,
// which the framework does not check: Alipay's rules do, and say more.
func describe(registry huma.Registry, field rules.Field, need string) *huma.Schema {
	said := []string{field.Doc}
	schema := &huma.Schema{Type: huma.TypeString, Extensions: map[string]any{}}
	if field.Example != "" {
		schema.Examples = []any{field.Example}
	}
	switch field.Type {
	case rules.Picture:
		schema = fileSchema(registry)
	case rules.Regions:
		schema = regionsSchema()
	case rules.Flag: // a form sends it as a text
		schema.Type, schema.Examples = "", []any{field.Example == "true"}
		schema.OneOf = []*huma.Schema{{Type: huma.TypeBoolean}, {Type: huma.TypeString, Enum: []any{"true", "false"}}}
	case rules.Text:
		if field.Choices != nil {
			schema.Extensions["enum"] = field.Choices
		}
		if field.Max > 0 {
			said = append(said, fmt.Sprintf("%d to %d characters, of which a Chinese one counts two.", field.Min, field.Max))
			schema.Extensions["minLength"], schema.Extensions["maxLength"] = (field.Min+1)/2, field.Max // where all are Chinese, and none
		}
	}
	schema.Description = strings.TrimSpace(strings.Join(append(said, need), " "))
	return schema
}

func regionsSchema() *huma.Schema {
	text := &huma.Schema{Type: huma.TypeString}
	code := map[string]*huma.Schema{"province_code": text, "city_code": text, "area_code": text}
	return &huma.Schema{
		Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject, Properties: code, AdditionalProperties: text},
		Examples: []any{[]any{map[string]any{"province_code": "330000", "city_code": "330100"}}},
	}
}

// fileSchema describes a file by reference. Files are never part of a body, because they
// would end up in histories.
func fileSchema(registry huma.Registry) *huma.Schema {
	return component(registry, "FileRef", func(file *huma.Schema) {
		file.AdditionalProperties, file.Required = false, []string{"sha256"}
		file.Properties["url"] = &huma.Schema{
			Type: huma.TypeString, Description: "Where the file is; fetched by Miniflow, from public addresses only. Left out: the file was handed in with POST /v1/files.",
			Examples: []any{"https://isv.example/logo.png"},
		}
		file.Properties["sha256"] = &huma.Schema{
			Type: huma.TypeString, Pattern: "^[0-9a-fA-F]{64}$", PatternDescription: "the file's SHA-256 in 64 hexadecimal digits",
			Description: "The file's SHA-256 in hexadecimal.", Examples: []any{strings.Repeat("0f", 32)},
		}
	})
}

// membersOf returns the fields of create that are known for a kind, for all of them where it is not
// known.
func membersOf(kind order.Kind) []string {
	switch kind {
	case order.KindFormal:
		return namesOf(rules.CreateFields())
	case order.KindTrial:
		return namesOf(rules.TrialFields())
	default:
		return append(namesOf(rules.CreateFields()), namesOf(rules.TrialFields())...)
	}
}

func namesOf(fields []rules.Field) []string {
	names := make([]string, len(fields))
	for i, field := range fields {
		names[i] = field.Name
	}
	return names
}

func fileNames() []string {
	files := rules.SubmissionFiles()
	names := make([]string, len(files))
	for i, file := range files {
		names[i] = file.Name
	}
	return names
}

func named(name string) func(rules.Field) bool {
	return func(field rules.Field) bool { return field.Name == name }
}
