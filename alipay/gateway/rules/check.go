package rules

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Kind is the kind of rule that a field broke, so that a program can react without reading
// the message.
type Kind string

// The rules, few enough that a caller can react to each: Alipay has codes of their own for nearly
// every field.
const (
	Required Kind = "required"
	Length   Kind = "length"
	Choice   Kind = "choice"
	Format   Kind = "format"
	Size     Kind = "size"
)

// Kinds returns every rule, so that tests can check that each is used.
func Kinds() []Kind {
	return []Kind{Required, Length, Choice, Format, Size}
}

// Error is one field that Alipay would refuse. It holds nothing of the field's value, which
// may be personal.
type Error struct {
	Field   string
	Rule    Kind
	Message string
}

// Error returns the field and what to do about it, because people see only this line.
func (e Error) Error() string { return e.Field + ": " + e.Message }

// check returns only the first rule that value breaks, because the later ones mostly follow
// from it.
func (f Field) check(value string) []Error {
	broken := func(rule Kind, message string, args ...any) []Error {
		return []Error{{Field: f.Name, Rule: rule, Message: fmt.Sprintf(message, args...)}}
	}
	length, choices := textLength(value), f.Choices
	if f.Type == Flag {
		choices = []string{"true", "false"}
	}
	switch {
	case value == "" && f.Required:
		return broken(Required, "give a value")
	case value == "":
		return nil
	case f.Max > 0 && (length < f.Min || length > f.Max):
		return broken(Length, "use %d to %d characters, a Chinese character counts two; there are %d", f.Min, f.Max, length)
	case choices != nil && !slices.Contains(choices, value):
		return broken(Choice, "choose one of %s", strings.Join(choices, ", "))
	case !utf8.ValidString(value) || f.valid != nil && !f.valid(value):
		return broken(Format, "%s", orElse(f.format, "send text in UTF-8"))
	}
	return nil
}

// textLength counts as Alipay does, because it refuses by that count: a CJK character or sign
// counts two. They all lie above U+1100, and of the other characters in a mini program's
// texts only emoji do, which are as wide.
func textLength(text string) int {
	length := 0
	for _, r := range text {
		length++
		if r >= 0x1100 {
			length++
		}
	}
	return length
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

var (
	phoneNumber = regexp.MustCompile(`^[0-9-]+$`)
	mailAddress = regexp.MustCompile(`^[^\s@]+@[^\s@]+\.[^\s@]+$`)
)

// CheckSubmission returns what Alipay would refuse in the text fields of a submission
// (ApplyAudit), in a fixed order. An empty result means only that no rule known here is
// broken.
func CheckSubmission(fields map[string]string) []Error {
	var wrong []Error
	for _, field := range submissionFields {
		wrong = append(wrong, field.check(fields[field.Name])...)
	}
	return append(wrong, checkRegion(fields["region_type"], fields["service_region_info"])...)
}

func oneToFour(categories string) bool {
	entries := strings.Split(categories, ";")
	return len(entries) <= 4 && !slices.ContainsFunc(entries, func(entry string) bool {
		return strings.TrimSpace(entry) == ""
	})
}

func isDate(text string) bool {
	_, err := time.Parse(time.DateOnly, text)
	return err == nil
}

// checkRegion checks that LOCATION has a list of regions, and that each code comes with its
// parent's, because Alipay refuses a city without its province.
func checkRegion(regionType, regions string) []Error {
	const field = "service_region_info"
	if regions == "" {
		if regionType == "LOCATION" {
			return []Error{{field, Required, "list the regions: region_type is LOCATION"}}
		}
		return nil
	}
	var list []struct {
		Province string `json:"province_code"`
		City     string `json:"city_code"`
		Area     string `json:"area_code"`
	}
	if json.Unmarshal([]byte(regions), &list) != nil || len(list) == 0 {
		return []Error{{field, Format, "give a JSON list of objects with province_code, city_code, area_code, all texts"}}
	}
	for i, region := range list {
		if region.Province == "" || region.City == "" && region.Area != "" {
			return []Error{{field, Required, "give every region the codes above it: look at entry " + strconv.Itoa(i+1)}}
		}
	}
	return nil
}
