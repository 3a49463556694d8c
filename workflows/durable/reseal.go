package durable

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"go.temporal.io/sdk/workflow"

	"miniflow/activities"
	"miniflow/order"
)

// sealedForm finds sealed values in JSON, whose alphabet needs no escaping there.
var sealedForm = regexp.MustCompile(`"sealed:v1:[0-9A-Za-z._-]{1,32}:[0-9A-Za-z_-]+"`)

// Anew puts values that are sealed anew into what a run hands to the next.
type Anew struct{ replacer *strings.Replacer }

// Reseal has everything sealed anew that is in a state. Workflow code sees inside no value; which it has
// is in the JSON of the state.
func Reseal(ctx workflow.Context, appID, summary string, states ...any) (Anew, error) {
	var values []order.Sealed
	for _, state := range states {
		text, err := json.Marshal(state)
		if err != nil {
			return Anew{}, fmt.Errorf("read what is sealed: %w", err)
		}
		for _, found := range sealedForm.FindAllString(string(text), -1) {
			if value := order.Sealed(strings.Trim(found, `"`)); !slices.Contains(values, value) {
				values = append(values, value)
			}
		}
	}
	call := activities.ResealCall{AppID: appID, Values: values}
	again, err := AnswerTo(ctx, activities.Reseal, Start(ctx, appID, activities.Reseal, call, summary))
	if err != nil {
		return Anew{}, err
	}
	var pairs []string
	for i, value := range again.Values[:min(len(values), len(again.Values))] {
		pairs = append(pairs, `"`+string(values[i])+`"`, `"`+string(value)+`"`)
	}
	return Anew{strings.NewReplacer(pairs...)}, nil
}

// In returns an input with the values that were sealed anew. The zero value changes nothing.
func (a Anew) In(input any) error {
	if a.replacer == nil {
		return nil
	}
	text, err := json.Marshal(input)
	if err == nil {
		err = json.Unmarshal([]byte(a.replacer.Replace(string(text))), input)
	}
	if err != nil {
		return fmt.Errorf("hand on what was sealed anew: %w", err)
	}
	return nil
}
