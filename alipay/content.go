package alipay

import "errors"

// ContentError says why a verified message has no readable content. Alipay
// would send the same bytes again, so such a message is kept for a person.
type ContentError struct{ Problem ContentProblem }

// Error says what is wrong and what to do, without any of the content.
func (e *ContentError) Error() string {
	text := "unreadable content (" + string(e.Problem) + "): "
	switch e.Problem {
	case ContentCharset:
		return text + "the names in it, or whose it is, don't fit the charset it names; look at the raw notification"
	case ContentNoKey:
		return text + "it is encrypted; configure the app's AES key for the next ones, and refresh the order: Alipay knows what this one says"
	case ContentEncryptType:
		return text + "its encrypt_type is neither AES nor AES_V2; look at the raw notification"
	case ContentEncryption:
		return text + "it can't be decrypted; check the app's AES key against the console, and refresh the order: Alipay knows what this one says"
	case ContentDepth, ContentDuplicate:
		return text + "no sender has a reason to write such JSON; look at the raw notification"
	case ContentJSON:
		return text + "biz_content is no JSON; look at the raw notification"
	default:
		return text + "look at the raw notification"
	}
}

// readContent decrypts, converts and checks a biz_content. The result is JSON
// in UTF-8 with what had to be repaired, or nil and the problem.
func readContent(key []byte, encryptType string, from charset, raw string) ([]byte, []Repair, ContentProblem) {
	if encryptType != "" {
		plain, problem := decrypt(key, encryptType, raw)
		if problem != "" {
			return nil, nil, problem
		}
		raw = string(plain)
	}
	text, whole := from.decode(raw)
	if !whole && !from.known() {
		return nil, nil, ContentCharset
	}
	if !whole {
		text = from.replace(raw)
	}
	content, repairs, err := readJSON([]byte(text))
	if !whole {
		repairs = also(repairs, RepairCharset)
	}
	switch {
	case err == nil:
		return content, repairs, ""
	case errors.Is(err, errTooDeep):
		return nil, nil, ContentDepth
	case errors.Is(err, errDuplicateMember):
		return nil, nil, ContentDuplicate
	case !whole:
		return nil, nil, ContentCharset
	default:
		return nil, nil, ContentJSON
	}
}
