package api

import (
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"miniflow/order"
)

// startBody is POST /v1/orders. Its tags are both its documentation and what is
// checked of a single field; what fields ask of each other is in draft.
type startBody struct {
	AppID       string         `json:"app_id" maxLength:"64" doc:"The third-party application (第三方应用) that acts."`
	OutOrderNo  string         `json:"out_order_no,omitempty" pattern:"^[0-9A-Za-z_-]{1,32}$" patternDescription:"1 to 32 letters, digits, _ and -" doc:"The ISV's own number of the order. Left out, Miniflow makes one."`
	Kind        order.Kind     `json:"kind" enum:"formal,trial,release" doc:"formal and trial create a mini program, release brings a new version of one that exists."`
	MerchantRef string         `json:"merchant_ref,omitempty" pattern:"^[^'\"\\\\\\x00-\\x1f\\x7f]{1,64}$" patternDescription:"at most 64 characters, no quotes and no backslash" doc:"The ISV's own id of the merchant."`
	Create      alipayFields   `json:"create,omitempty" doc:"Alipay's own fields of alipay.open.mini.isv.create (formal) or alipay.open.mini.isv.fastregister.create (trial); license_pic as a file."`
	OrderNo     string         `json:"order_no,omitempty" pattern:"^[0-9A-Za-z_-]{1,64}$" patternDescription:"Alipay's order_no: letters and digits" doc:"Adopts an order that was created elsewhere."`
	MiniAppID   string         `json:"mini_app_id,omitempty" pattern:"^[0-9A-Za-z]{1,32}$" patternDescription:"Alipay's id of the mini program: letters and digits" doc:"The mini program of a release."`
	Version     versionBody    `json:"version,omitempty" doc:"What is built."`
	Submission  submissionBody `json:"submission,omitempty"`
	Policy      policyBody     `json:"policy,omitempty" doc:"Who does each step. What is left out is as configured."`
}

// versionBody says what is built.
type versionBody struct {
	TemplateID      string       `json:"template_id,omitempty" pattern:"^[0-9A-Za-z]{1,32}$" patternDescription:"Alipay's id of the template: letters and digits" doc:"The template mini program."`
	TemplateVersion string       `json:"template_version,omitempty" pattern:"^[0-9]{1,10}\\.[0-9]{1,10}\\.[0-9]{1,10}$" patternDescription:"a version such as 1.0.3" doc:"Left out: the template's version online."`
	AppVersion      string       `json:"app_version,omitempty" pattern:"^[0-9]{1,10}\\.[0-9]{1,10}\\.[0-9]{1,10}$" patternDescription:"a version such as 1.0.3" doc:"Left out: the next free number."`
	BundleID        string       `json:"bundle_id,omitempty" pattern:"^[0-9A-Za-z._-]{1,64}$" patternDescription:"a client's id such as com.alipay.alipaywallet" doc:"Left out: Alipay's wallet."`
	Ext             alipayFields `json:"ext,omitempty" doc:"The merchant's configuration of the template (ext.json)."`
}

// policyBody says who does each step.
type policyBody struct {
	Create     order.StepMode       `json:"create,omitempty" enum:"auto,manual,external"`
	Upload     order.StepMode       `json:"upload,omitempty" enum:"auto,manual,external"`
	Submit     order.StepMode       `json:"submit,omitempty" enum:"auto,manual,external"`
	Release    order.StepMode       `json:"release,omitempty" enum:"auto,manual,external"`
	OnBasePass order.BasePassPolicy `json:"on_base_pass,omitempty" enum:"go_online,resubmit,ask"`
}

// alipayFields is an object that goes to Alipay as it is.
type alipayFields map[string]json.RawMessage

// Schema : any member, each of any type.
func (alipayFields) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// submissionBody is an object of Alipay's fields of audit.apply, and files.
type submissionBody map[string]json.RawMessage

// submissionFields are those that people ask about; Alipay's page of
// alipay.open.mini.version.audit.apply has them all.
var submissionFields = []struct{ name, doc string }{
	{"version_desc", "What is new, 30 to 500 characters; a Chinese character counts two."},
	{"region_type", "GLOBAL, CHINA or LOCATION."},
	{"service_region_info", "With LOCATION: a list of province_code, city_code, area_code."},
	{"audit_rule", "NONE: both audits have to pass. BASE_PROMOTE: it may go online without promotion."},
	{"auto_online", "Whether Alipay puts the version online by itself."},
	{"speed_up", "Whether to spend the merchant's right to a faster audit."},
	{"permit_registration_limit_release", "Whether it may go online in the limited form before its ICP filing."},
	{"app_name", "3 to 40 characters."}, {"app_english_name", "3 to 30 characters."},
	{"app_slogan", "10 to 32 characters."}, {"app_desc", "20 to 400 characters."},
	{"mini_category_ids", "One to four categories, joined by ;"},
	{"service_phone", ""}, {"service_email", ""}, {"memo", "A hint for the reviewer, at most 500 characters."},
}

// Schema : Alipay's fields, each a text, a number, a boolean, a list or an object.
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
		schema.Properties[field.name] = &huma.Schema{Description: field.doc}
	}
	return schema
}

// fileSchema is a file by reference; files never enter a body.
func fileSchema() *huma.Schema {
	return &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: false, Required: []string{"url", "sha256"},
		Properties: map[string]*huma.Schema{
			"url": {Type: huma.TypeString, Description: "Where the file is; fetched by Miniflow, from public addresses only."},
			"sha256": {
				Type: huma.TypeString, Pattern: "^[0-9a-fA-F]{64}$", PatternDescription: "the file's SHA-256 in 64 hexadecimal digits",
				Description: "The file's SHA-256 in hexadecimal.",
			},
		},
	}
}
