package embedded

import (
	"fmt"
	"maps"
	"testing"

	enumspb "go.temporal.io/api/enums/v1"
)

const (
	keyword = enumspb.INDEXED_VALUE_TYPE_KEYWORD
	integer = enumspb.INDEXED_VALUE_TYPE_INT
)

func TestAddAlias(t *testing.T) {
	full := map[string]string{"Int01": "A", "Int02": "B", "Int03": "C"}
	tests := map[string]struct {
		have   map[string]string
		name   string
		of     enumspb.IndexedValueType
		column string // empty when refused
	}{
		"the first of its type":     {nil, "OrderStage", keyword, "Keyword01"},
		"beside another":            {map[string]string{"Keyword01": "A"}, "OrderStage", keyword, "Keyword02"},
		"into a gap":                {map[string]string{"Keyword02": "A"}, "OrderStage", keyword, "Keyword01"},
		"already there, after gaps": {map[string]string{"Keyword07": "OrderStage"}, "OrderStage", keyword, "Keyword07"},
		"the last of a full type":   {full, "C", integer, "Int03"},
		"one too many":              {full, "D", integer, ""},
		"a full type leaves others": {full, "D", keyword, "Keyword01"},
		"another type":              {map[string]string{"Keyword01": "A"}, "A", integer, ""},
		"a system attribute":        {nil, "ExecutionStatus", keyword, ""},
		"a predefined attribute":    {nil, "BuildIds", keyword, ""},
		"an unknown type":           {nil, "A", enumspb.INDEXED_VALUE_TYPE_UNSPECIFIED, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			got := maps.Clone(tt.have)
			if got == nil {
				got = map[string]string{}
			}
			err := addAlias(got, tt.name, tt.of)
			if (err == nil) != (tt.column != "") {
				t.Fatalf("error %v, want column %q", err, tt.column)
			}
			if err != nil && !maps.Equal(got, tt.have) {
				t.Errorf("the refusal changed %v to %v", tt.have, got)
			}
			if err == nil && got[tt.column] != tt.name {
				t.Errorf("aliases %v, want %s at %s", got, tt.name, tt.column)
			}
		})
	}
}

func TestTheContractsAttributesFit(t *testing.T) {
	aliases := map[string]string{}
	for i := range 10 {
		if err := addAlias(aliases, fmt.Sprintf("K%d", i), keyword); err != nil {
			t.Fatal(err)
		}
	}
	if err := addAlias(aliases, "K10", keyword); err == nil {
		t.Error("an eleventh keyword found room")
	}
}
