package rules

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"

	"miniflow/alipay/internal/wire"
)

// maxLicensePic is Alipay's limit for a licence picture, before base64, because callers know
// the size of the file.
const maxLicensePic = 2 << 20

var createChecks = []fieldCheck{
	{field: "alipay_account", required: true},
	{field: "app_name", required: true, min: 3, max: 30},
	{field: "cert_name", required: true},
	{field: "cert_no", required: true},
	{field: "contact_name", required: true},
	{field: "contact_phone", required: true},
	{field: "legal_personal_name", required: true},
	{field: "is_individual", choices: yesOrNo},
}

var trialChecks = []fieldCheck{
	{field: "uid", required: true},
	{field: "app_name", required: true, min: 3, max: 30},
	{field: "auth_notify_url", valid: isAddress, format: "give the address of an H5 page or of a mini program's page"},
}

// CheckCreate returns what Alipay would refuse in the fields of CreateMiniProgram.
// license_pic may still be an object with the file's address: a picture is checked only once
// it is present as base64.
func CheckCreate(fields json.RawMessage) []Error {
	wrong, given := checkObject(fields, createChecks)
	if given == nil {
		return wrong
	}
	return append(wrong, checkLicensePic(given["license_pic"])...)
}

// CheckTrial returns what Alipay would refuse in the fields of CreateTrial; brand words, which it
// refuses too, only Alipay knows.
func CheckTrial(fields json.RawMessage) []Error {
	wrong, _ := checkObject(fields, trialChecks)
	return wrong
}

// checkObject checks the texts of a JSON object; numbers and booleans count as texts, because
// Alipay accepts them as such. given is nil when fields is not an object.
func checkObject(fields json.RawMessage, checks []fieldCheck) (wrong []Error, given map[string]json.RawMessage) {
	given, err := wire.ReadMembers(fields)
	if err != nil {
		return []Error{{"create", Format, "give one JSON object without repeated members"}}, nil
	}
	for _, rule := range checks {
		read := wire.ObjectOf(given)
		value := read.Text(rule.field)
		if read.Failure() != nil {
			wrong = append(wrong, Error{rule.field, Format, "give a text"})
			continue
		}
		wrong = append(wrong, rule.check(strings.TrimSpace(value))...)
	}
	return wrong, given
}

func isAddress(text string) bool {
	address, err := url.Parse(text)
	return err == nil && address.Scheme != ""
}

func checkLicensePic(raw json.RawMessage) []Error {
	var encoded string
	if len(raw) == 0 || raw[0] != '"' || json.Unmarshal(raw, &encoded) != nil || encoded == "" {
		return nil
	}
	picture, err := base64.StdEncoding.DecodeString(encoded)
	switch {
	case err != nil:
		return []Error{{"license_pic", Format, "give the picture in base64"}}
	case len(picture) > maxLicensePic:
		return []Error{{"license_pic", Size, "give a picture of at most 2 MB"}}
	}
	return nil
}
