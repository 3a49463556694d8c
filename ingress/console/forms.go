package console

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"miniflow/alipay/gateway/rules"
	"miniflow/ingress/api/problem"
	"miniflow/order"
	"miniflow/words"
)

// entry is one field of a form.
type entry struct {
	// Path is the field's in the command's body, such as submission.files.app_logo.
	Path string
	// ID is the path as an id in the page.
	ID, Label string
	// Kind is text, long, file or choice.
	Kind     string
	Value    string
	Required bool
	Most     int
	// Accept is of a file: what may be chosen. Hint says what is taken.
	Accept, Hint string
	Choices      []string
	// Shortest and Longest are of a text, as Alipay counts; no Longest is no limit.
	Shortest, Longest int
	// Folded is whether it is asked for seldom.
	Folded bool
	// Wrong is what the REST API has against what was given.
	Wrong string
}

// formPage is a command as a form.
type formPage struct {
	Order   order.View
	Command string
	Class   string
	Back    string
	Fields  []entry
	// Form is this form's own id, by which it is sent once.
	Form string
	// Reasons are why the last audit refused.
	Reasons []reasonShown
	// Keeps is whether what is left empty stays as it is, and Nothing that nothing is asked for.
	Keeps, Nothing bool
}

// certified are the papers of a trial's merchant.
var certified = []string{
	"create.alipay_account", "create.cert_name", "create.cert_no", "create.legal_personal_name", "create.contact_name", "create.contact_phone",
	"create.is_individual", "create.license_pic",
}

// shown is how many fields of a rework are not folded away.
const shown = 5

const (
	mostText   = 300
	mostLong   = 2000
	decision   = "decision"
	reason     = "reason"
	filePrefix = "submission.files."
)

// rework are the fields that a rejection asks for; what a rejection names itself comes first, then the
// first ones here, and the others are folded away.
var rework = []string{
	"submission.app_slogan", "submission.app_desc", "submission.app_name", "submission.mini_category_ids", "submission.files.app_logo",
	"submission.version_desc", "submission.service_phone", "submission.service_email", "submission.memo", "submission.files.first_screen_shot",
	"submission.files.second_screen_shot", "submission.files.third_screen_shot", "submission.files.first_license_pic",
	"submission.files.second_license_pic", "submission.files.out_door_pic", "version.template_version", "version.app_version",
}

// formOf makes the form of a command to an order: of the fields that the order asks for, where it
// asks for some.
func formOf(view order.View, command string, w wording) formPage {
	page := formPage{
		Order: view, Command: command, Class: class(order.Command(command)),
		Back: to("orders", view.AppID, view.OutOrderNo), Form: uuid.NewString(),
	}
	switch order.Command(command) {
	case order.CommandProvideInput:
		page.Fields = entries(asked(view), w)
		page.Nothing, page.Keeps = len(page.Fields) == 0, true
	case order.CommandCertify:
		page.Fields = entries(certified, w)
	case order.CommandResubmit:
		page.Fields = entries(append(asked(view), rework...), w)
		for i := range page.Fields {
			page.Fields[i].Folded = slices.Contains(rework[shown:], page.Fields[i].Path) && !slices.Contains(asked(view), page.Fields[i].Path)
		}
		page.Reasons, page.Keeps = lastReasons(view), true
	case order.CommandDecideBasePass:
		page.Fields = []entry{{Path: decision, ID: decision, Label: w.say("What shall follow?"), Kind: "choice", Choices: []string{"go_online", "resubmit"}}}
	case order.CommandCancel, order.CommandGiveUp, order.CommandBeginAgain:
		page.Fields = []entry{{Path: reason, ID: reason, Label: w.say("Why? Everybody who sees the order reads it."), Kind: "text", Most: 100}}
	case order.CommandApprove, order.CommandWithdraw, order.CommandRefresh, order.CommandRetry: // nothing to fill in
	}
	return page
}

// asked are the fields that an order holds for.
func asked(view order.View) []string {
	if view.Hold == nil {
		return nil
	}
	return view.Hold.Fields
}

// entries are the paths as fields of a form, each once.
func entries(paths []string, w wording) []entry {
	var fields []entry
	seen := map[string]bool{}
	for _, path := range paths {
		if seen[path] {
			continue
		}
		seen[path] = true
		field := entry{Path: path, ID: strings.ReplaceAll(path, ".", "-"), Label: w.field(path), Kind: "text", Most: mostText}
		switch {
		case strings.HasPrefix(path, filePrefix) || path == "create.license_pic":
			field.Kind, field.Accept, field.Hint = "file", acceptOf(path), w.hint(path)
		case strings.HasSuffix(path, "_desc") || strings.HasSuffix(path, ".memo"):
			field.Kind, field.Most = "long", mostLong
		}
		if field.Shortest, field.Longest = lengthOf(path); field.Longest > 0 {
			field.Hint = w.say("%d to %d characters; a Chinese one counts two, so at most %d of those", field.Shortest, field.Longest, field.Longest/2)
		}
		fields = append(fields, field)
	}
	return fields
}

// lengthOf is how long Alipay lets a text be.
func lengthOf(path string) (shortest, longest int) {
	block, name, _ := strings.Cut(path, ".")
	fields := map[string][]rules.Field{"submission": rules.SubmissionFields(), "create": rules.CreateFields()}[block]
	if at := slices.IndexFunc(fields, func(f rules.Field) bool { return f.Name == name }); at >= 0 {
		return fields[at].Min, fields[at].Max
	}
	return 0, 0
}

// Unfolded is whether something that is asked for seldom was filled in, or is wrong.
func (p formPage) Unfolded() bool {
	return slices.ContainsFunc(p.Fields, func(e entry) bool { return e.Folded && (e.Value != "" || e.Wrong != "") })
}

// Folded is whether there is something that is asked for seldom.
func (p formPage) Folded() bool {
	return slices.ContainsFunc(p.Fields, func(e entry) bool { return e.Folded })
}

func acceptOf(path string) string {
	if strings.HasSuffix(path, "test_file_name") {
		return ".zip,.rar"
	}
	return "image/png,image/jpeg"
}

// hint says what a picture has to be before anybody chooses one.
func (w wording) hint(path string) string {
	if strings.HasSuffix(path, "app_logo") {
		return w.say("PNG or JPG, square, best 180 × 180 pixels; it is checked as soon as it is chosen.")
	}
	return w.say("PNG or JPG; it is checked as soon as it is chosen.")
}

// body makes a command's body of what a form was filled with; empty fields are left out. A path such
// as submission.files.app_logo is a member within members.
func body(fields []entry) map[string]any {
	whole := map[string]any{}
	for _, field := range fields {
		if field.Value == "" {
			continue
		}
		put(whole, strings.Split(field.Path, "."), field.content())
	}
	return whole
}

// content is what the REST API is given for a field: a list or an object where that was written down.
func (e entry) content() any {
	structured := strings.HasPrefix(e.Value, "[") || strings.HasPrefix(e.Value, "{")
	switch {
	case e.Kind == "file":
		return map[string]string{"sha256": e.Value}
	case structured && json.Valid([]byte(e.Value)):
		return json.RawMessage(e.Value)
	}
	return e.Value
}

// empty says that nothing was filled in, beside the first field.
func (p *formPage) empty() *refusal {
	refused := own(http.StatusUnprocessableEntity)
	refused.Title = words.OnConsole("Nothing was filled in")
	if len(p.Fields) > 0 {
		refused.Errors = []problem.FieldProblem{{Field: p.Fields[0].Path, Message: words.OnConsole("Fill in this field, or another one that is to change.")}}
	}
	return refused
}

func put(within map[string]any, path []string, value any) {
	if len(path) == 1 {
		within[path[0]] = value
		return
	}
	deeper, ok := within[path[0]].(map[string]any)
	if !ok {
		deeper = map[string]any{}
		within[path[0]] = deeper
	}
	put(deeper, path[1:], value)
}

// mark writes what the REST API has against fields beside them.
func mark(fields []entry, refused *refusal, language words.Language) {
	for _, wrong := range refused.Errors {
		for i := range fields {
			if wrong.Field == fields[i].Path || strings.HasPrefix(wrong.Field, fields[i].Path+".") {
				fields[i].Wrong = wrong.Message.In(language)
			}
		}
	}
}
