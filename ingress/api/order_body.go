package api

import (
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
	"miniflow/internal/spelling"
	"miniflow/order"
	"miniflow/words"
)

// startBody is the body of POST /v1/orders. Its tags are both its documentation and the
// checks of single fields, so that the two agree; draftOf has the rules across fields.
type startBody struct {
	AppID       string         `json:"app_id" maxLength:"64" doc:"The third-party application (第三方应用) that acts."`
	OutOrderNo  string         `json:"out_order_no,omitempty" pattern:"^[0-9A-Za-z_-]{1,32}$" patternDescription:"1 to 32 letters, digits, _ and -" doc:"The ISV's own number of the order. Left out, Miniflow makes one."`
	Kind        order.Kind     `json:"kind" enum:"formal,trial,release" doc:"formal and trial create a mini program, release brings a new version of one that exists."`
	MerchantRef string         `json:"merchant_ref,omitempty" pattern:"^[^'\"?\\\\\\x00-\\x1f\\x7f]{1,64}$" patternDescription:"at most 64 characters, no quotes, no backslash and no question mark" doc:"The ISV's own id of the merchant."`
	ShopName    string         `json:"shop_name,omitempty" pattern:"^[^'\"?\\\\\\x00-\\x1f\\x7f]{1,60}$" patternDescription:"at most 60 characters, no quotes, no backslash and no question mark" doc:"What the ISV calls the shop, for lists and pages. Alipay is not told, and it is never taken from create."`
	Create      alipayFields   `json:"create,omitempty" doc:"Alipay's own fields of alipay.open.mini.isv.create (formal) or alipay.open.mini.isv.fastregister.create (trial); license_pic as a file."`
	OrderNo     string         `json:"order_no,omitempty" pattern:"^[0-9A-Za-z_-]{1,64}$" patternDescription:"Alipay's order_no: letters and digits" doc:"Adopts an order that was created elsewhere."`
	MiniAppID   string         `json:"mini_app_id,omitempty" pattern:"^[0-9A-Za-z]{1,32}$" patternDescription:"Alipay's id of the mini program: letters and digits" doc:"The mini program of a release."`
	Version     versionBody    `json:"version,omitempty" doc:"What is built."`
	Submission  submissionBody `json:"submission,omitempty"`
	Policy      policyBody     `json:"policy,omitempty" doc:"Who does each step. What is left out is as configured."`
}

type versionBody struct {
	TemplateID      string       `json:"template_id,omitempty" pattern:"^[0-9A-Za-z]{1,32}$" patternDescription:"Alipay's id of the template: letters and digits" doc:"The template mini program."`
	TemplateVersion string       `json:"template_version,omitempty" pattern:"^[0-9]{1,10}\\.[0-9]{1,10}\\.[0-9]{1,10}$" patternDescription:"a version such as 1.0.3" doc:"Left out: the template's version online."`
	AppVersion      string       `json:"app_version,omitempty" pattern:"^[0-9]{1,10}\\.[0-9]{1,10}\\.[0-9]{1,10}$" patternDescription:"a version such as 1.0.3" doc:"Left out: the next free number."`
	BundleID        string       `json:"bundle_id,omitempty" pattern:"^[0-9A-Za-z._-]{1,64}$" patternDescription:"a client's id such as com.alipay.alipaywallet" doc:"Left out: Alipay's wallet."`
	Ext             alipayFields `json:"ext,omitempty" doc:"The merchant's configuration of the template (ext.json)."`
}

type policyBody struct {
	Create     order.StepMode       `json:"create,omitempty" enum:"auto,manual,external"`
	Upload     order.StepMode       `json:"upload,omitempty" enum:"auto,manual,external"`
	Submit     order.StepMode       `json:"submit,omitempty" enum:"auto,manual,external"`
	Release    order.StepMode       `json:"release,omitempty" enum:"auto,manual,external"`
	OnBasePass order.BasePassPolicy `json:"on_base_pass,omitempty" enum:"go_online,resubmit,ask"`
}

type alipayFields map[string]json.RawMessage

// Schema allows any member of any type, because Alipay adds fields without notice.
func (alipayFields) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

type submissionBody map[string]json.RawMessage

// submissionFields are the documented ones that callers need most, because the description
// would drown in all of them; Alipay's page of alipay.open.mini.version.audit.apply has the
// rest.
var submissionFields = []struct{ name, kind, doc string }{
	{"version_desc", huma.TypeString, "What is new, 30 to 500 characters; a Chinese character counts two."},
	{"region_type", huma.TypeString, "GLOBAL, CHINA or LOCATION."},
	{"service_region_info", huma.TypeArray, "With LOCATION: a list of province_code, city_code, area_code."},
	{"audit_rule", huma.TypeString, "NONE: both audits have to pass. BASE_PROMOTE: it may go online without promotion."},
	{"auto_online", huma.TypeBoolean, "Whether Alipay puts the version online by itself."},
	{"speed_up", huma.TypeBoolean, "Whether to spend the merchant's right to a faster audit."},
	{"permit_registration_limit_release", huma.TypeBoolean, "Whether it may go online in the limited form before its ICP filing."},
	{"app_name", huma.TypeString, "3 to 40 characters."}, {"app_english_name", huma.TypeString, "3 to 30 characters."},
	{"app_slogan", huma.TypeString, "10 to 32 characters."}, {"app_desc", huma.TypeString, "20 to 400 characters."},
	{"mini_category_ids", huma.TypeString, "One to four categories, joined by ;"},
	{"service_phone", huma.TypeString, ""}, {"service_email", huma.TypeString, ""},
	{"memo", huma.TypeString, "A hint for the reviewer, at most 500 characters."},
}

// Schema describes the fields that are documented with the types of Alipay's page, because a client
// that is generated from fields without a type sends null for each that is left out. Others may be
// a text, a number, a boolean, a list or an object.
func (submissionBody) Schema(huma.Registry) *huma.Schema {
	files := &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: fileSchema(),
		Description: "Alipay's file parameters by name, such as app_logo.",
	}
	schema := &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: true, Properties: map[string]*huma.Schema{"files": files},
		Description: "Alipay's own fields of alipay.open.mini.version.audit.apply.",
	}
	for _, field := range submissionFields {
		described := &huma.Schema{Type: field.kind, Description: field.doc}
		switch field.kind {
		case huma.TypeArray:
			described.Items = &huma.Schema{Type: huma.TypeObject, AdditionalProperties: &huma.Schema{Type: huma.TypeString}}
		case huma.TypeBoolean: // a form sends it as a text
			described.Type, described.OneOf = "", []*huma.Schema{{Type: huma.TypeBoolean}, {Type: huma.TypeString, Enum: []any{"true", "false"}}}
		}
		schema.Properties[field.name] = described
	}
	return schema
}

// fileSchema describes a file by reference. Files are never part of a body, because they
// would end up in histories.
func fileSchema() *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false, Required: []string{"sha256"},
		Properties: map[string]*huma.Schema{
			"url": {Type: huma.TypeString, Description: "Where the file is; fetched by Miniflow, from public addresses only. Left out: the file was handed in with POST /v1/files."},
			"sha256": {
				Type: huma.TypeString, Pattern: "^[0-9a-fA-F]{64}$", PatternDescription: "the file's SHA-256 in 64 hexadecimal digits",
				Description: "The file's SHA-256 in hexadecimal.",
			},
		},
	}
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

// The known members of Alipay's blocks. Others are sent too, because Alipay adds members
// without notice, but get a warning, because a typing error would otherwise go unnoticed.
var (
	formalMembers = []string{
		"alipay_account", "app_name", "cert_name", "cert_no", "contact_name", "contact_phone", "is_individual", "legal_personal_name", "license_pic",
	}
	trialMembers      = []string{"app_name", "auth_notify_url", "uid"}
	submissionMembers = []string{
		"app_desc", "app_english_name", "app_name", "app_slogan", "audit_rule", "auto_online", "files", "license_name", "license_no",
		"license_valid_date", "memo", "mini_category_ids", "permit_registration_limit_release", "region_type", "service_email",
		"service_phone", "service_region_info", "speed_up", "test_accout", "test_password", "version_desc",
	}
	fileMembers = []string{
		"app_logo", "fifth_license_pic", "fifth_screen_shot", "first_license_pic", "first_screen_shot", "first_special_license_pic",
		"fourth_license_pic", "fourth_screen_shot", "out_door_pic", "second_license_pic", "second_screen_shot", "second_special_license_pic",
		"test_file_name", "third_license_pic", "third_screen_shot", "third_special_license_pic",
	}
)

func membersOf(kind order.Kind) []string {
	switch kind {
	case order.KindFormal:
		return formalMembers
	case order.KindTrial:
		return trialMembers
	default:
		return slices.Concat(formalMembers, trialMembers)
	}
}

// unknownMembers returns warnings and no errors, because Alipay may know a member that this
// list doesn't.
func unknownMembers(kind order.Kind, create alipayFields, submission submissionBody) []problem.FieldProblem {
	warnings := strangers("create", create, membersOf(kind))
	warnings = append(warnings, strangers("submission", submission, submissionMembers)...)
	var unused problem.Fields
	return append(warnings, strangers("submission.files", readFiles(submission["files"], &unused), fileMembers)...)
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

type warner interface{ warnings() []problem.FieldProblem }

func (b startBody) warnings() []problem.FieldProblem {
	return unknownMembers(b.Kind, b.Create, b.Submission)
}

func (b provideInputBody) warnings() []problem.FieldProblem {
	return unknownMembers("", b.Create, b.Submission)
}

func (b resubmitBody) warnings() []problem.FieldProblem { return unknownMembers("", nil, b.Submission) }
