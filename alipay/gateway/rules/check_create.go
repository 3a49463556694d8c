package rules

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"

	"miniflow/alipay/internal/wire"
)

// CheckCreate returns what Alipay would refuse in the fields of CreateMiniProgram.
// license_pic may still be an object with the file's address: a picture is checked only once
// it is present as base64.
func CheckCreate(fields json.RawMessage) []Error {
	wrong, given := checkObject(fields, createFields)
	if given == nil {
		return wrong
	}
	return append(wrong, checkLicensePic(given["license_pic"])...)
}

// CheckTrial returns what Alipay would refuse in the fields of CreateTrial; brand words, which it
// refuses too, only Alipay knows.
func CheckTrial(fields json.RawMessage) []Error {
	wrong, _ := checkObject(fields, trialFields)
	return wrong
}

// CheckCertify returns what Alipay would refuse in the fields of CertifyTrial.
func CheckCertify(fields json.RawMessage) []Error {
	wrong, given := checkObject(fields, CertifyFields())
	if given == nil {
		return wrong
	}
	return append(wrong, checkLicensePic(given["license_pic"])...)
}

// checkObject checks the texts of a JSON object; numbers and booleans count as texts, because
// Alipay accepts them as such. given is nil when fields is not an object.
func checkObject(fields json.RawMessage, demanded []Field) (wrong []Error, given map[string]json.RawMessage) {
	given, err := wire.ReadMembers(fields)
	if err != nil {
		return []Error{{"create", Format, "give one JSON object without repeated members"}}, nil
	}
	for _, rule := range demanded {
		if rule.Type == Picture {
			continue // an object until it is fetched
		}
		read := wire.ObjectOf(given)
		value := read.Text(rule.Name)
		if read.Failure() != nil {
			wrong = append(wrong, Error{rule.Name, Format, "give a text"})
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
