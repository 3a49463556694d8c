package rules

import "slices"

// Type is how the value of a field is written.
type Type int

// The types of Alipay's pages.
const (
	Text    Type = iota
	Flag         // true or false
	Regions      // a list of province_code, city_code, area_code
	Picture      // base64 at Alipay, see maxLicensePic
)

// Field is a parameter that Alipay's page of a call lists. It is what values are checked by and
// what the API's description says, so that the two agree.
type Field struct {
	Name string
	Type Type
	// Required fields are needed by every call. What a category or a first version needs
	// besides, only Alipay knows.
	Required bool
	// Min and Max are in characters, of which a Chinese one counts two; no Max is no limit.
	Min, Max int
	Choices  []string
	// Doc is in sentences and leaves to the members above what they say.
	Doc, Example string

	valid  func(string) bool
	format string
}

// FileField is a file that Alipay's page of a submission lists.
type FileField struct {
	Name, Doc string
	MaxBytes  int
}

// CreateFields returns the fields of alipay.open.mini.isv.create but for out_order_no.
func CreateFields() []Field { return slices.Clone(createFields) }

// TrialFields returns the fields of alipay.open.mini.isv.fastregister.create but for out_order_no.
func TrialFields() []Field { return slices.Clone(trialFields) }

// CertifyFields returns the fields of alipay.open.mini.isv.certify.create but for order_no: those of
// isv.create, without the name that the trial has already.
func CertifyFields() []Field {
	return slices.DeleteFunc(CreateFields(), func(f Field) bool { return f.Name == createdName.Name })
}

// SubmissionFields returns the texts of alipay.open.mini.version.audit.apply but for those that say
// which version it is.
func SubmissionFields() []Field { return slices.Clone(submissionFields) }

// SubmissionFiles returns the files of alipay.open.mini.version.audit.apply.
func SubmissionFiles() []FileField { return slices.Clone(submissionFiles) }

// createdName allows fewer characters than a submission's name.
var createdName = Field{
	Name: "app_name", Required: true, Min: 3, Max: 30, Example: "巷口小面",
	Doc: "The mini program's name. Alipay adds 的试用小程序 to a trial's, and refuses brand names in it.",
}

var createFields = []Field{
	{
		Name: "alipay_account", Required: true, Example: "shop@example.com",
		Doc: "The merchant's login at Alipay, a mail address or a phone number: an enterprise's, unless is_individual is true.",
	},
	createdName,
	{
		Name: "cert_name", Required: true, Example: "杭州巷口餐饮有限公司",
		Doc: "The name on the business licence; where a sole trader's has none, 个体户 and the legal person's name.",
	},
	{Name: "cert_no", Required: true, Example: "91330000000000000X", Doc: "The number of the business licence."},
	{Name: "contact_name", Required: true, Example: "联系人", Doc: "Whom Alipay asks."},
	{Name: "contact_phone", Required: true, Example: "13800000000", Doc: "Where Alipay asks."},
	{Name: "legal_personal_name", Required: true, Example: "法人", Doc: "The legal person, as on the business licence."},
	{Name: "is_individual", Type: Flag, Example: "false", Doc: "Whether the account may be an individual business's (个体工商户)."},
	{
		Name: "license_pic", Type: Picture,
		Doc: "The business licence, png or jpg, at most 2 MB. With is_individual Alipay makes a personal account an individual business's by it.",
	},
}

var trialFields = []Field{
	{Name: "uid", Required: true, Example: "2088000000000000", Doc: "The merchant's id at Alipay, which begins with 2088."},
	createdName,
	{
		Name: "auth_notify_url", valid: isAddress, format: "give the address of an H5 page or of a mini program's page",
		Doc: "The page that opens once the merchant has confirmed, on the web or of a mini program.", Example: "https://isv.example/confirmed",
	},
}
