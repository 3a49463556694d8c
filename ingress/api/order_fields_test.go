package api

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"miniflow/alipay/gateway/rules"
	"miniflow/ingress/api/problem"
	"miniflow/order"
)

type describedField struct {
	Description          string
	Examples             []any
	Enum                 []string
	MinLength, MaxLength *int
	Properties           map[string]describedField
}

func describedBlocks(t *testing.T) map[string]describedField {
	t.Helper()
	components := read[struct {
		Components struct {
			Schemas map[string]json.RawMessage
		}
	}](openAPI(t).as("", "GET", "/openapi.json", "").want(http.StatusOK)).Components.Schemas
	blocks := map[string]describedField{}
	for _, name := range []string{"CreateBody", "SubmissionBody", "FileRef"} {
		var block describedField
		if err := json.Unmarshal(components[name], &block); err != nil {
			t.Fatal(err)
		}
		blocks[name] = block
	}
	return blocks
}

// exampleOrder is an order of the examples in the description.
func exampleOrder(blocks map[string]describedField, kind order.Kind) map[string]map[string]any {
	made := map[string]map[string]any{"create": {}, "submission": {}}
	for name, field := range blocks["CreateBody"].Properties {
		if strings.Contains(field.Description, string(kind)+".") || strings.Contains(field.Description, string(kind)+" and ") {
			made["create"][name] = exampleOf(blocks, field)
		}
	}
	files := map[string]any{}
	for name, field := range blocks["SubmissionBody"].Properties {
		made["submission"][name] = exampleOf(blocks, field)
	}
	for name, field := range blocks["SubmissionBody"].Properties["files"].Properties {
		files[name] = exampleOf(blocks, field)
	}
	made["submission"]["files"] = files
	return made
}

func exampleOf(blocks map[string]describedField, field describedField) any {
	if len(field.Examples) > 0 {
		return field.Examples[0]
	}
	file := map[string]any{}
	for name, member := range blocks["FileRef"].Properties {
		file[name] = member.Examples[0]
	}
	return file
}

func checkedOrder(t *testing.T, kind order.Kind, blocks map[string]map[string]any) (refused, warned []problem.FieldProblem) {
	t.Helper()
	body, err := json.Marshal(map[string]any{
		"app_id": "2021", "kind": kind, "version": map[string]any{"template_id": "2021"}, "create": blocks["create"], "submission": blocks["submission"],
	})
	if err != nil {
		t.Fatal(err)
	}
	if refused, warned, err = CheckOrder(body, order.Policy{}); err != nil {
		t.Fatal(err)
	}
	return refused, warned
}

// The description's fields with its examples are an order that nothing is said against.
func TestTheExamplesOfTheDescriptionMakeAnOrder(t *testing.T) {
	blocks := describedBlocks(t)
	for kind, fields := range map[order.Kind][]rules.Field{order.KindFormal: rules.CreateFields(), order.KindTrial: rules.TrialFields()} {
		example := exampleOrder(blocks, kind)
		if refused, warned := checkedOrder(t, kind, example); len(refused)+len(warned) > 0 || len(example["create"]) != len(fields) {
			t.Errorf("%s with %d fields: refused %v, warned %v", kind, len(example["create"]), refused, warned)
		}
		for _, field := range fields {
			without := exampleOrder(blocks, kind)
			delete(without["create"], field.Name)
			refused, _ := checkedOrder(t, kind, without)
			said := strings.Contains(blocks["CreateBody"].Properties[field.Name].Description, "Required for ")
			if said != isRefused(refused, "create."+field.Name) {
				t.Errorf("%s without %s, which is described as required: %v, is refused: %v", kind, field.Name, said, refused)
			}
		}
	}
}

func isRefused(refused []problem.FieldProblem, field string) bool {
	return slices.ContainsFunc(refused, func(one problem.FieldProblem) bool { return one.Field == field })
}

// A text is refused once it is longer, or shorter, than described, and so is another choice, in the
// words of Alipay's rules, which say how Alipay counts.
func TestTheDescribedLimitsAreThoseThatAreChecked(t *testing.T) {
	blocks, limits := describedBlocks(t), 0
	for block, name := range map[string]string{"create": "CreateBody", "submission": "SubmissionBody"} {
		for field, described := range blocks[name].Properties {
			says := func(value string, want bool) {
				changed := exampleOrder(blocks, order.KindFormal)
				changed[block][field] = value
				refused, _ := checkedOrder(t, order.KindFormal, changed)
				if isRefused(refused, block+"."+field) != want || want && strings.HasPrefix(refused[0].Message.String(), "expected") {
					t.Errorf("%s of %d is refused: %v", field, len(value), refused)
				}
			}
			if described.MaxLength != nil {
				limits++
				says(strings.Repeat("1", *described.MaxLength), false)
				says(strings.Repeat("1", *described.MaxLength+1), true)
			}
			if described.MinLength != nil && *described.MinLength > 1 && field != "service_phone" {
				says(strings.Repeat("界", *described.MinLength), false)
				says(strings.Repeat("界", *described.MinLength-1), true)
			}
			for _, choice := range described.Enum {
				limits++
				says(choice, false)
				says(choice+"X", true)
			}
		}
	}
	if limits < 12 {
		t.Errorf("%d limits are described", limits)
	}
}

// A number was always taken as Alipay takes it, and a list never.
func TestNumbersAreTextsToAlipay(t *testing.T) {
	example := exampleOrder(describedBlocks(t), order.KindFormal)
	example["create"]["contact_phone"], example["submission"]["memo"] = 13800000000, 7
	if refused, _ := checkedOrder(t, order.KindFormal, example); len(refused) > 0 {
		t.Errorf("numbers are refused: %v", refused)
	}
	example["create"]["contact_phone"], example["submission"]["memo"] = []string{"1"}, []string{"1"}
	if refused, _ := checkedOrder(t, order.KindFormal, example); len(refused) != 2 {
		t.Errorf("lists: %v", refused)
	}
}
