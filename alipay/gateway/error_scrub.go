package gateway

import (
	"encoding/json"
	"regexp"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxWords bounds what is kept of Alipay's sentences, in bytes: an error ends in a history and in
// logs.
const maxWords = 512

// longDigits matches phone numbers, account ids, licence and identity numbers, also in
// groups, because Alipay repeats some that the request did not contain.
var longDigits = regexp.MustCompile(`[0-9](?:[ \-]?[0-9]){10,}`)

// personal holds the request parameters whose values are about a person or grant access.
// Their values never appear in an error.
var personal = map[string]bool{
	"app_auth_token": true, "app_refresh_token": true, "refresh_token": true, "code": true,
	"alipay_account": true, "cert_name": true, "cert_no": true, "legal_personal_name": true,
	"contact_name": true, "contact_phone": true, "uid": true,
	"license_no": true, "license_name": true, "service_phone": true, "service_email": true,
	"test_accout": true, "test_password": true,
}

// scrubber removes from Alipay's words the personal values of the request, since sub_msg repeats
// what it refuses.
type scrubber struct{ values []string }

// scrubberOf collects the personal values of a request: its token, its fields, and the
// members of its content at any depth, because Alipay repeats any of them.
func scrubberOf(request Request) scrubber {
	var s scrubber
	s.add(request.Token.Reveal())
	for name, value := range request.Fields {
		if personal[name] {
			s.add(value)
		}
	}
	var content any
	if json.Unmarshal(request.Content, &content) == nil {
		s.collect(content)
	}
	// Longest first, because a value that begins another would leave the rest of it.
	sort.Slice(s.values, func(i, j int) bool { return len(s.values[i]) > len(s.values[j]) })
	return s
}

func (s *scrubber) collect(node any) {
	switch node := node.(type) {
	case map[string]any:
		for name, member := range node {
			if text, isText := member.(string); isText && personal[name] {
				s.add(text)
			}
			s.collect(member)
		}
	case []any:
		for _, member := range node {
			s.collect(member)
		}
	}
}

func (s *scrubber) add(value string) {
	if value = strings.TrimSpace(value); value != "" {
		s.values = append(s.values, value)
	}
}

// clean masks personal values and long numbers, replaces control characters, which could
// forge log lines, and cuts the text at maxWords bytes.
func (s scrubber) clean(text string) string {
	return s.cut(longDigits.ReplaceAllString(s.mask(text), "***"))
}

// traceID matches the trace_id header of an answer. Personal numbers are shorter, so none of
// them passes as one.
var traceID = regexp.MustCompile(`^[0-9A-Za-z]{24,64}$`)

// identifier cleans the id that Alipay gave to a call. Its digits are kept: they are not a
// person's, and support can't find the call without them.
func (s scrubber) identifier(text string) string {
	if masked := s.mask(text); traceID.MatchString(masked) {
		return masked
	}
	return s.clean(text)
}

func (s scrubber) mask(text string) string {
	for _, value := range s.values {
		text = strings.ReplaceAll(text, value, "***")
	}
	return text
}

// cut makes a text printable and short, because it is logged and shown in the Temporal UI.
func (s scrubber) cut(text string) string {
	text = strings.Map(printable, strings.ToValidUTF8(text, "?"))
	if len(text) <= maxWords {
		return text
	}
	cut := maxWords - len("…")
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// printable replaces characters that could break a log line.
func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return ' '
}
