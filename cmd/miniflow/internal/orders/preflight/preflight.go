// Package preflight checks one order before anything is sent: by the API's own rules, which
// are Alipay's where those are published, and by what only a file at hand shows, such as the
// shape of a picture. What it says holds nothing of a field's value, which may be personal.
//
// Nothing is asked of Alipay, so an order that passes can still be refused: a name may be
// taken, and which papers a category needs only Alipay knows.
package preflight

import (
	"encoding/json"
	"slices"
	"strings"

	"miniflow/alipay/gateway/rules"
	"miniflow/ingress/api"
	"miniflow/order"
)

// Problem is one field and what to do about it. Field is a path in the body of POST /v1/orders.
type Problem struct {
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Findings are what is wrong with an order, and what is only likely to be refused.
type Findings struct {
	Refused []Problem
	Advised []Problem
}

// Check checks the body of POST /v1/orders. files are those that are at hand, by the path of
// the field that names them. The error is for a body that is no JSON object.
func Check(body []byte, files map[string][]byte) (Findings, error) {
	refused, warned, err := api.CheckOrder(body, order.DefaultPolicy())
	if err != nil {
		return Findings{}, err
	}
	o, err := read(body)
	if err != nil {
		return Findings{}, err
	}
	var found Findings
	// What a spreadsheet has done to a number explains what the API would say of it.
	for _, field := range slices.Sorted(slices.Values(numbered)) {
		if message := mangled(field, o.text(field)); message != "" {
			found.refuse(field, message)
		}
	}
	for _, one := range refused {
		found.refuse(one.Field, worded(one.Message.String()))
	}
	for _, field := range sortedKeys(files) {
		file := rules.File{Field: field[strings.LastIndexByte(field, '.')+1:], Content: files[field]}
		for _, wrong := range rules.CheckFile(file) {
			found.refuse(field, wrong.Message)
		}
	}
	if o.shots() == 1 {
		found.refuse("submission.files.second_screen_shot", "send two to five screen shots, or none")
	}
	for _, one := range warned {
		found.Advised = append(found.Advised, Problem{one.Field, one.Message.String()})
	}
	found.Advised = append(found.Advised, o.unset()...)
	return found, nil
}

// refuse keeps the first word about a field: later ones mostly follow from it.
func (f *Findings) refuse(field, message string) {
	if !slices.ContainsFunc(f.Refused, func(p Problem) bool { return p.Field == field }) {
		f.Refused = append(f.Refused, Problem{field, message})
	}
}

// body is an order as far as the checks here look into it.
type body map[string]any

func read(text []byte) (body, error) {
	var b body
	err := json.Unmarshal(text, &b)
	return b, err
}

// text returns a field that is a text, or nothing.
func (b body) text(path string) string {
	text, _ := b.at(path).(string)
	return text
}

func (b body) at(path string) any {
	var value any = map[string]any(b)
	for name := range strings.SplitSeq(path, ".") {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

// shots counts the screen shots: one alone is refused.
func (b body) shots() int {
	files, _ := b.at("submission.files").(map[string]any)
	count := 0
	for name := range files {
		if strings.HasSuffix(name, "_screen_shot") {
			count++
		}
	}
	return count
}

// firstTime are the fields of a submission that Alipay asks for where nothing was set before.
// Each may have been set by another way, so they are advice.
var firstTime = []string{
	"submission.app_english_name", "submission.app_slogan", "submission.app_desc", "submission.mini_category_ids", "submission.files.app_logo",
}

// unset returns what a new mini program has none of. A release takes over what is there.
func (b body) unset() []Problem {
	kind := order.Kind(b.text("kind"))
	if kind != order.KindFormal && kind != order.KindTrial || order.StepMode(b.text("policy.submit")) == order.StepExternal {
		return nil
	}
	const message = "give it unless it is set in another way: a new mini program has none, and the audit asks for it"
	var missing []Problem
	for _, field := range firstTime {
		if b.at(field) == nil {
			missing = append(missing, Problem{field, message})
		}
	}
	if b.at("submission.service_phone") == nil && b.at("submission.service_email") == nil {
		missing = append(missing, Problem{"submission.service_phone", "give a phone or a mail address for the merchant's customers: the audit asks for one of them"})
	}
	return missing
}

func sortedKeys[T any](m map[string]T) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// worded turns the words of a schema into a sentence that says what to do, as all others do.
func worded(message string) string {
	for schema, sentence := range map[string]string{
		"expected string to be ": "use ", `expected value to be one of "`: "choose one of ", "expected length <= ": "use at most ",
	} {
		rest, found := strings.CutPrefix(message, schema)
		switch {
		case found && sentence == "use at most ":
			return sentence + rest + " characters"
		case found:
			return sentence + strings.TrimSuffix(rest, `"`)
		}
	}
	return message
}
