package preflight

import (
	"regexp"
	"slices"
	"strings"
)

// numbered are the fields that are texts of digits. A spreadsheet takes them for numbers, of
// which it keeps fifteen digits and no zeros in front.
var numbered = []string{
	"app_id", "out_order_no", "merchant_ref", "order_no", "mini_app_id", "version.template_id", "create.alipay_account", "create.cert_no",
	"create.contact_phone", "create.uid", "submission.license_no", "submission.service_phone",
}

// What is said of a number that a spreadsheet has spoiled.
const (
	Rounded  = "enter it again as text: the spreadsheet has rounded it, and its last digits are gone; format the column as text first"
	LostZero = "enter it again as text, with its area code: a zero in front seems to be lost; format the column as text first"

	ShorterThanOthers = "enter it again as text: a zero in front seems to be lost, others in the column are longer and have one"
)

// Digits is how many digits of a number a spreadsheet keeps.
const Digits = 15

// IsNumbered reports whether a field is a text of digits.
func IsNumbered(field string) bool { return slices.Contains(numbered, field) }

// rounded matches a number as a spreadsheet shows a long one, 2.02E+15 and also 2,02E+15, and
// one that was calculated with, 2021000000000000.0. An ISV's own 5E10 is none: spreadsheets
// write the sign.
var rounded = regexp.MustCompile(`^(?:[0-9](?:[.,][0-9]+)?[eE]\+[0-9]{1,3}|[0-9]{6,}\.0)$`)

// IsRounded reports whether a text is a number that a program has made shorter.
func IsRounded(text string) bool { return rounded.MatchString(text) }

// mangled returns what to do about a number that shows what a spreadsheet has done to it.
func mangled(field, text string) string {
	switch {
	case IsRounded(text):
		return Rounded
	case strings.HasSuffix(field, "_phone") && !isPhone(text):
		return LostZero
	default:
		return ""
	}
}

// The beginnings of Chinese numbers that have no zero in front: mobiles, and numbers for the
// whole country.
var (
	mobile     = regexp.MustCompile(`^1[3-9][0-9]{9}$`)
	nationwide = regexp.MustCompile(`^[48]00[0-9]{7}$`)
)

// isPhone reports whether nothing speaks against a number. Only one of digits alone can have
// lost its zero, and only one too long to be local has an area code.
func isPhone(text string) bool {
	const shortest, longest = 9, 11 // of an area code without its zero and a number
	if strings.Trim(text, "0123456789") != "" || len(text) < shortest || len(text) > longest {
		return true
	}
	return text[0] == '0' || mobile.MatchString(text) || nationwide.MatchString(text)
}
