package notify

import (
	"errors"

	"miniflow/alipay"
	"miniflow/alipay/internal/wire"
	"miniflow/alipay/keys"
)

// ContentError means that a verified message has no readable content. Alipay would send the
// same bytes again, so the message is kept for a person instead of refused.
type ContentError struct{ Problem alipay.ContentProblem }

// Error returns what is wrong and what to do, without any of the content.
func (e *ContentError) Error() string {
	text := "unreadable content (" + string(e.Problem) + "): "
	switch e.Problem {
	case alipay.ContentCharset:
		return text + "the names in it, or whose it is, don't fit the charset it names; look at the raw notification"
	case alipay.ContentNoKey:
		return text + "it is encrypted; configure the app's AES key for the next ones, and refresh the order: Alipay knows what this one says"
	case alipay.ContentEncryptType:
		return text + "its encrypt_type is neither AES nor AES_V2; look at the raw notification"
	case alipay.ContentEncryption:
		return text + "it can't be decrypted; check the app's AES key against the console, and refresh the order: Alipay knows what this one says"
	case alipay.ContentDepth, alipay.ContentDuplicate:
		return text + "no sender has a reason to write such JSON; look at the raw notification"
	case alipay.ContentJSON:
		return text + "biz_content is no JSON; look at the raw notification"
	default:
		return text + "look at the raw notification"
	}
}

// readContent decrypts, converts and checks a biz_content, in this order, because the
// signature was over the encrypted bytes and the plain text has the message's charset. The
// result is JSON in UTF-8 with the repairs made, or nil and the problem.
func readContent(key []byte, encryptType string, from wire.Charset, raw string) ([]byte, []alipay.Repair, alipay.ContentProblem) {
	if encryptType != "" {
		plain, problem := keys.Decrypt(key, encryptType, raw)
		if problem != "" {
			return nil, nil, problem
		}
		raw = string(plain)
	}
	text, whole := from.Decode(raw)
	if !whole && !from.Known() {
		return nil, nil, alipay.ContentCharset
	}
	if !whole {
		text = from.Replace(raw)
	}
	content, repairs, err := wire.ReadJSON([]byte(text))
	if !whole {
		repairs = wire.Also(repairs, alipay.RepairCharset)
	}
	switch {
	case err == nil:
		return content, repairs, ""
	case errors.Is(err, wire.ErrTooDeep):
		return nil, nil, alipay.ContentDepth
	case errors.Is(err, wire.ErrDuplicateMember):
		return nil, nil, alipay.ContentDuplicate
	case !whole:
		return nil, nil, alipay.ContentCharset
	default:
		return nil, nil, alipay.ContentJSON
	}
}
