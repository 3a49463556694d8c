package api

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"miniflow/alipay/gateway/rules"
	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/internal/spelling"
	"miniflow/order"
	"miniflow/words"
)

// startBody is the body of POST /v1/orders. Its tags are both its documentation and the
// checks of single fields, so that the two agree; draftOf has the rules across fields.
type startBody struct {
	AppID       string         `json:"app_id" maxLength:"64" doc:"The third-party application (第三方应用) that acts." example:"2021000000000000"`
	OutOrderNo  string         `json:"out_order_no,omitempty" pattern:"^[0-9A-Za-z_-]{1,32}$" patternDescription:"1 to 32 letters, digits, _ and -" doc:"The ISV's own number of the order. Left out, Miniflow makes one." example:"shop-7-first"`
	Kind        order.Kind     `json:"kind" enum:"formal,trial,release" doc:"formal and trial create a mini program, release brings a new version of one that exists." example:"formal"`
	MerchantRef string         `json:"merchant_ref,omitempty" pattern:"^[^'\"?\\\\\\x00-\\x1f\\x7f]{1,64}$" patternDescription:"at most 64 characters, no quotes, no backslash and no question mark" doc:"The ISV's own id of the merchant." example:"shop-7"`
	ShopName    string         `json:"shop_name,omitempty" pattern:"^[^'\"?\\\\\\x00-\\x1f\\x7f]{1,60}$" patternDescription:"at most 60 characters, no quotes, no backslash and no question mark" doc:"What the ISV calls the shop, for lists and pages. Alipay is not told, and it is never taken from create." example:"巷口小面"`
	Create      createBody     `json:"create,omitempty" doc:"Alipay's own fields of alipay.open.mini.isv.create (formal) or alipay.open.mini.isv.fastregister.create (trial). Left out with order_no and with policy.create external; a release has none."`
	OrderNo     string         `json:"order_no,omitempty" pattern:"^[0-9A-Za-z_-]{1,64}$" patternDescription:"Alipay's order_no: letters and digits" doc:"Adopts an order that was created elsewhere." example:"2026112000001"`
	MiniAppID   string         `json:"mini_app_id,omitempty" pattern:"^[0-9A-Za-z]{1,32}$" patternDescription:"Alipay's id of the mini program: letters and digits" doc:"The mini program of a release." example:"2021999999999999"`
	Version     versionBody    `json:"version,omitempty" doc:"What is built."`
	Submission  submissionBody `json:"submission,omitempty" doc:"Alipay's own fields of alipay.open.mini.version.audit.apply. What was set before may be left out, all of it with policy.submit external."`
	Policy      policyBody     `json:"policy,omitempty" doc:"Who does each step. What is left out is as configured."`
}

type versionBody struct {
	TemplateID      string  `json:"template_id,omitempty" pattern:"^[0-9A-Za-z]{1,32}$" patternDescription:"Alipay's id of the template: letters and digits" doc:"The template mini program." example:"2021000000009999"`
	TemplateVersion string  `json:"template_version,omitempty" pattern:"^[0-9]{1,10}\\.[0-9]{1,10}\\.[0-9]{1,10}$" patternDescription:"a version such as 1.0.3" doc:"Left out: the template's version online." example:"1.0.3"`
	AppVersion      string  `json:"app_version,omitempty" pattern:"^[0-9]{1,10}\\.[0-9]{1,10}\\.[0-9]{1,10}$" patternDescription:"a version such as 1.0.3" doc:"Left out: the next free number." example:"0.0.1"`
	BundleID        string  `json:"bundle_id,omitempty" pattern:"^[0-9A-Za-z._-]{1,64}$" patternDescription:"a client's id such as com.alipay.alipaywallet" doc:"Left out: Alipay's wallet." example:"com.alipay.alipaywallet"`
	Ext             extBody `json:"ext,omitempty" doc:"The merchant's configuration of the template (ext.json)."`
	Experience      *bool   `json:"experience,omitempty" doc:"true: the version is made an experience version (体验版) before its audit, links.experience_qr says where its code is, and the order waits for approve (hold needs_approval, code EXPERIENCE). In resubmit, left out means as before." example:"true"`
}

type policyBody struct {
	Create     order.StepMode       `json:"create,omitempty" enum:"auto,manual,external" doc:"Who creates the mini program: Miniflow, Miniflow once a person approves, or systems of the ISV." example:"auto"`
	Upload     order.StepMode       `json:"upload,omitempty" enum:"auto,manual,external" doc:"Who uploads the version." example:"auto"`
	Submit     order.StepMode       `json:"submit,omitempty" enum:"auto,manual,external" doc:"Who submits it for audit." example:"auto"`
	Release    order.StepMode       `json:"release,omitempty" enum:"auto,manual,external" doc:"Who puts it online." example:"auto"`
	OnBasePass order.BasePassPolicy `json:"on_base_pass,omitempty" enum:"go_online,resubmit,ask" doc:"What follows an admission (准入) without promotion (营销)." example:"ask"`
}

func readFiles(raw json.RawMessage, fields *problem.Fields) map[string]order.FileRef {
	var named map[string]json.RawMessage
	if json.Unmarshal(raw, &named) != nil {
		return nil // the schema check has reported it
	}
	files := make(map[string]order.FileRef, len(named))
	for _, name := range slices.Sorted(maps.Keys(named)) {
		path := "submission.files." + name
		if !parameterName.MatchString(name) {
			fields.Add(path, "use Alipay's own name: letters, digits and _")
			continue
		}
		files[name] = readFile(named[name], path, fields)
	}
	return files
}

// fileHash matches a SHA-256. Upper-case digits are converted, so that the same file has the
// same text.
var fileHash = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

// readFile reads a file by reference: where it is and its hash, or the hash alone of one that was
// handed in. Anything else, base64 included, is refused, because a file in a body would end up in a
// history.
func readFile(raw json.RawMessage, path string, fields *problem.Fields) order.FileRef {
	var members map[string]json.RawMessage
	var file order.FileRef
	if json.Unmarshal(raw, &members) != nil || members == nil {
		fields.Add(path, `name the file as {"url": "…", "sha256": "…"}, or as {"sha256": "…"} after handing it in with POST /v1/files`)
		return file
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if name != "url" && name != "sha256" {
			fields.Add(strict.Join(path, name), "remove it; a file is url and sha256")
		}
	}
	if json.Unmarshal(members["sha256"], &file.SHA256) != nil || !fileHash.MatchString(file.SHA256) {
		fields.Add(path+".sha256", "use the file's SHA-256 in 64 hexadecimal digits, as sha256sum prints it")
	}
	file.SHA256 = strings.ToLower(file.SHA256)
	if url, there := members["url"]; there && (json.Unmarshal(url, &file.URL) != nil || checkURL(file.URL) != nil) {
		fields.Add(path+".url", "give the file's full http or https address, without a password, at most %d bytes", maxURL)
	}
	return file
}

// checkURL checks only the form; whether an address may be fetched is decided when it is
// dialled, because a name can resolve differently by then.
func checkURL(text string) error {
	address, err := url.Parse(text)
	switch {
	case err != nil || len(text) > maxURL || address.Host == "" || address.User != nil:
		return errors.New("not the address of a file")
	case address.Scheme != "http" && address.Scheme != "https":
		return errors.New("not an address on the web")
	}
	return nil
}

// unknownMembers returns warnings and no errors, because Alipay may know a member that this
// list doesn't.
func unknownMembers(kind order.Kind, create createBody, submission submissionBody) []problem.FieldProblem {
	warnings := strangers("create", create, membersOf(kind))
	warnings = append(warnings, strangers("submission", submission, append(namesOf(rules.SubmissionFields()), "files"))...)
	var unused problem.Fields
	return append(warnings, strangers("submission.files", readFiles(submission["files"], &unused), fileNames())...)
}

// strangers returns a warning for each unknown member of a block, with the known one that was
// probably meant, because Alipay ignores a misspelt one silently.
func strangers[T any](path string, block map[string]T, known []string) []problem.FieldProblem {
	var found []problem.FieldProblem
	for _, name := range slices.Sorted(maps.Keys(block)) {
		if slices.Contains(known, name) || len(found) == problem.MaxFieldProblems {
			continue
		}
		message := words.New("Alipay's page of the call lists no such field; it is sent as it is")
		if meant := spelling.Nearest(name, known); meant != "" {
			message = words.New("%s; did you mean %s?", message, meant)
		}
		found = append(found, problem.FieldProblem{Field: problem.FieldName(strict.Join(path, name)), Message: message})
	}
	return found
}

// warner is a body that may be taken and be worth a word all the same; held is why the order did
// not act when the body came.
type warner interface {
	warnings(held *order.Hold) []problem.FieldProblem
}

// warning answers a command with what its body is worth a word for. The hold is that of the memo,
// which is as old as the look at the workflow before the command.
func (a *API) warning(body any, f found) *orderOutput {
	output := a.answer(http.StatusOK, f)
	if warns, ok := body.(warner); ok {
		before, _ := summaryOf[order.View](f.info)
		output.Body.Warnings = warns.warnings(before.Hold)
	}
	return output
}

func (b startBody) warnings() []problem.FieldProblem {
	return unknownMembers(b.Kind, b.Create, b.Submission)
}

func (b provideInputBody) warnings(held *order.Hold) []problem.FieldProblem {
	return append(b.unhelpful(held), unknownMembers("", b.Create, b.Submission)...)
}

func (b resubmitBody) warnings(*order.Hold) []problem.FieldProblem {
	return unknownMembers("", nil, b.Submission)
}

// unhelpful names what an order is held for where the input has nothing of it. One field is enough,
// because Alipay also refuses two of which either would do.
func (b provideInputBody) unhelpful(held *order.Hold) []problem.FieldProblem {
	if held == nil || held.Kind != order.HoldNeedsInput || slices.ContainsFunc(held.Fields, b.has) {
		return nil
	}
	var missed []problem.FieldProblem
	for _, field := range held.Fields {
		missed = append(missed, problem.FieldProblem{
			Field:   problem.FieldName(field),
			Message: words.New("the order was held for this field, and the input has none that it was held for; it is likely to be held again"),
		})
	}
	return missed
}

// has reports whether the input has the field of a path such as submission.files.app_logo.
func (b provideInputBody) has(path string) bool {
	block, field, _ := strings.Cut(path, ".")
	file, isFile := strings.CutPrefix(field, "files.")
	switch {
	case path == "order_no":
		return b.OrderNo != ""
	case block == "create":
		return givenIn(b.Create)(field)
	case block == "submission" && isFile:
		var files map[string]json.RawMessage
		return json.Unmarshal(b.Submission["files"], &files) == nil && givenIn(files)(file)
	default:
		return block == "submission" && givenIn(b.Submission)(field)
	}
}
