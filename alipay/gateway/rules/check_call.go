package rules

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The typed methods check the rules below before they send: a call that Alipay is sure to
// refuse would use up the rate limit and come back with a code that names less.

// orderNumber is the form of an out_order_no. Alipay publishes no length, so it is thirty-two
// characters of an alphabet that is safe everywhere.
var orderNumber = regexp.MustCompile(`^[0-9A-Za-z_-]{1,32}$`)

func checkTexts(texts map[string]string, checks ...Field) []Error {
	var wrong []Error
	for _, rule := range checks {
		wrong = append(wrong, rule.check(texts[rule.Name])...)
	}
	return wrong
}

// CheckName returns what Alipay would refuse in the name of a name check, which allows fewer
// characters than a submission.
func CheckName(name string) []Error {
	return createdName.check(name)
}

// CheckOrderNumber returns what makes a number unfit for creating an order. It becomes part
// of workflow ids, so its alphabet is narrow.
func CheckOrderNumber(number string) []Error {
	return Field{
		Name: "out_order_no", Required: true, valid: orderNumber.MatchString, format: "use 1 to 32 letters, digits, _ and -",
	}.check(number)
}

// CheckInvitation returns what Alipay would refuse in the parameters of Invite. Without a redirect
// the code would reach nobody.
func CheckInvitation(authAppID, redirectURL string) []Error {
	return checkTexts(map[string]string{"auth_app_id": authAppID, "redirect_url": redirectURL},
		Field{Name: "auth_app_id", Required: true},
		Field{Name: "redirect_url", Required: true, valid: isAddress, format: "give the address of a page"})
}

var uploadChecks = []Field{
	{Name: "template_id", Required: true},
	{Name: "app_version", Required: true, valid: isVersion, format: versionForm},
	{Name: "template_version", valid: isVersion, format: versionForm},
}

const versionForm = "write the version as x.y.z, each a number up to 2147483647"

// CheckUpload returns what Alipay would refuse in the parameters of UploadVersion. Only
// Alipay knows whether a number is above every earlier one.
func CheckUpload(upload Upload) []Error {
	wrong := checkTexts(map[string]string{
		"template_id": upload.TemplateID, "app_version": upload.AppVersion, "template_version": upload.TemplateVersion,
	}, uploadChecks...)
	if ext := strings.TrimSpace(string(upload.Ext)); ext != "" && ext != "null" && (ext[0] != '{' || !json.Valid(upload.Ext)) {
		wrong = append(wrong, Error{"ext", Format, "make ext a JSON object"})
	}
	return wrong
}

// isVersion reports whether text is a version number. Alipay compares the three parts as
// 32-bit numbers, so a longer one would overflow there.
func isVersion(text string) bool {
	parts := strings.Split(text, ".")
	return len(parts) == 3 && !slices.ContainsFunc(parts, func(part string) bool {
		_, err := strconv.ParseUint(part, 10, 31)
		return err != nil
	})
}
