package api

import (
	"encoding/json"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"miniflow/order"
)

// described is a part of the OpenAPI document.
type described struct {
	Type        any                  `json:"type"`
	Description string               `json:"description"`
	Enum        []string             `json:"enum"`
	Examples    []any                `json:"examples"`
	Properties  map[string]described `json:"properties"`
	Items       *described           `json:"items"`
	Ref         string               `json:"$ref"`
	Required    []string             `json:"required"`
}

func schemasOf(t *testing.T, path string) map[string]described {
	t.Helper()
	return read[struct {
		Components struct {
			Schemas map[string]described `json:"schemas"`
		} `json:"components"`
	}](openAPI(t).as("", "GET", path, "").want(http.StatusOK)).Components.Schemas
}

// answerSchemas returns the names of the answers' schemas.
func answerSchemas() []string {
	return []string{"OrderBody", "View", "Hold", "Links", "VersionView", "Audit", "TimelineItem", "Reason", "Interruption", "MiniProgramView",
		"OnlineVersion", "DeliveryView", "OrderList", "DeliveryList", "MiniProgramList", "CallList", "Call", "Stats", "Problem", "FieldProblem"}
}

// Thirteen lists that are never null were once described as nullable, so that a generated
// client had to check each time.
func TestListsThatAreNeverNullAreDescribedSo(t *testing.T) {
	schemas := schemasOf(t, "/openapi.json")
	lists := 0
	for _, name := range answerSchemas() {
		schema, there := schemas[name]
		if !there {
			t.Errorf("%s is not described", name)
		}
		for property, of := range schema.Properties {
			if of.Items == nil {
				continue
			}
			lists++
			if of.Type != "array" {
				t.Errorf("%s.%s is described as %v", name, property, of.Type)
			}
		}
	}
	if lists < 13 {
		t.Errorf("%d lists were looked at, there are 13", lists)
	}
	env := openAPI(t)
	flow := env.anOrder(order.StageAuditRejected, func(v *order.View) {
		v.Audits = []order.Audit{{Attempt: 1, Reasons: []order.Reason{{Part: "base"}}}, {Attempt: 2}}
		v.Hold = &order.Hold{Kind: order.HoldNeedsInput}
	})
	env.visible(runRow("A-1", "r", flow.status, 0, flow.view))
	for _, path := range []string{orderPathOf("A-1"), "/v1/orders", "/v1/deliveries"} {
		answer := env.do("GET", path, "").want(http.StatusOK)
		for _, list := range []string{"reasons", "images", "fields", "commands", "audits", "timeline", "orders", "deliveries"} {
			if strings.Contains(answer.text, `"`+list+`":null`) {
				t.Errorf("%s of %s is null: %s", list, path, answer.text)
			}
		}
	}
}

// Every value that a caller may receive is listed, and every field has a description.
func TestAnswersAreDescribedWithTheirValues(t *testing.T) {
	schemas := schemasOf(t, "/openapi.json")
	for where, want := range map[string][]string{
		"View.stage": texts(order.Stages()), "OrderBody.stage": texts(order.Stages()), "View.kind": texts(order.Kinds()), "Hold.kind": texts(order.HoldKinds()),
		"OrderBody.execution": texts(order.Executions()), "MiniProgramView.authorization": texts(order.Authorizations()),
		"DeliveryView.state": texts(order.Dispositions()), "View.certification": texts(order.Certifications()), "Audit.verdict": append(texts(order.Verdicts()), ""),
	} {
		schema, property, _ := strings.Cut(where, ".")
		if got := schemas[schema].Properties[property].Enum; !slices.Equal(got, want) {
			t.Errorf("%s is one of %v, want %v", where, got, want)
		}
	}
	if got := schemas["OrderBody"].Properties["commands"].Items.Enum; !slices.Contains(got, "begin-again") || !slices.Contains(got, "cancel") {
		t.Errorf("commands are some of %v", got)
	}
	if got := len(schemas["Stats"].Properties["by_stage"].Properties); got != len(order.Stages()) {
		t.Errorf("the counts name %d stages", got)
	}
	examples := 0
	for _, name := range answerSchemas() {
		for property, of := range schemas[name].Properties {
			if examples += len(of.Examples); of.Description == "" && of.Ref == "" && !slices.Contains([]string{"orders", "deliveries", "mini_programs"}, property) {
				t.Errorf("%s.%s is not described", name, property)
			}
		}
	}
	if examples < 40 {
		t.Errorf("%d examples", examples)
	}
}

// Every type with a list of its values is among the enumerations.
func TestEveryEnumerationIsKnown(t *testing.T) {
	for _, answer := range responses() {
		for _, field := range reflect.VisibleFields(answer) {
			kind := field.Type
			if kind.Kind() == reflect.String && kind.PkgPath() == "miniflow/order" && enumerations()[kind] == nil {
				t.Errorf("%s of %s has no values", field.Name, answer)
			}
		}
	}
}

// The description for tools that read OpenAPI 3.0 was once mounted and answered 404.
func TestTheOlderDescriptionIsServed(t *testing.T) {
	answer := openAPI(t).as("", "GET", "/openapi-3.0.json", "").want(http.StatusOK)
	document := read[struct {
		OpenAPI string                     `json:"openapi"`
		Paths   map[string]json.RawMessage `json:"paths"`
	}](answer)
	newer := read[struct {
		Paths map[string]json.RawMessage `json:"paths"`
	}](openAPI(t).as("", "GET", "/openapi.json", ""))
	if !strings.HasPrefix(document.OpenAPI, "3.0.") || !slices.Equal(slices.Sorted(maps.Keys(document.Paths)), slices.Sorted(maps.Keys(newer.Paths))) {
		t.Errorf("OpenAPI %s with %d paths", document.OpenAPI, len(document.Paths))
	}
}

func texts[T ~string](all []T) (found []string) {
	for _, one := range all {
		found = append(found, string(one))
	}
	return found
}
