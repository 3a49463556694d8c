package notify

import "strings"

// CheckContentType accepts the Content-Type of a form and refuses any other with a [*Refusal]
// (ReasonContentType). Only the media type counts: Alipay sends
// "application/x-www-form-urlencoded; text/html; charset=UTF-8", whose parameters no strict
// parser accepts, and the signed parameter names the charset anyway.
func CheckContentType(header string) error {
	mediaType, _, _ := strings.Cut(header, ";")
	if !strings.EqualFold(strings.TrimSpace(mediaType), "application/x-www-form-urlencoded") {
		return &Refusal{Reason: ReasonContentType}
	}
	return nil
}
