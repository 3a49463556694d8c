package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/internal/wire"
)

// Response is a success whose signature held. Only Call makes one, so its content can be
// trusted.
type Response struct {
	// Content is made from the very bytes that the signature covers, so it can be trusted:
	// decrypted where Alipay encrypts, and converted to JSON in UTF-8 where necessary.
	Content json.RawMessage
	// TraceID identifies the call, because Alipay's support can't find it otherwise.
	TraceID string

	from answer
}

type envelope struct {
	content []byte
	sign    string
	certSN  string
}

// readEnvelope splits an answer. The signature covers the raw text of one member, so that
// text is cut out and never re-encoded. The standard decoder finds it, because it knows
// strings, escapes and nesting, and returns the original bytes of a value. A member that
// occurs twice refuses the whole answer, because the one that is verified might not be the
// one that is read.
func readEnvelope(body []byte, member string) (envelope, error) {
	members, err := wire.CutMembers(body, wire.PlainOf(body))
	if err != nil {
		return envelope{}, err
	}
	var read envelope
	answer, answered := members[member]
	failure, failed := members["error_response"]
	switch {
	case answered && failed:
		return envelope{}, errors.New("a response and an error_response at once")
	case answered:
		read.content = answer
	case failed:
		read.content = failure
	default:
		return envelope{}, fmt.Errorf("no member %s and no error_response", member)
	}
	if kind := read.content[0]; kind != '{' && kind != '"' {
		return envelope{}, errors.New("the response is neither an object nor an encrypted text")
	}
	if err := readText(members, "sign", &read.sign); err != nil {
		return envelope{}, err
	}
	return read, readText(members, "alipay_cert_sn", &read.certSN)
}

func readText(members map[string]json.RawMessage, name string, into *string) error {
	raw, present := members[name]
	if present && json.Unmarshal(raw, into) != nil {
		return fmt.Errorf("%s is not a text", name)
	}
	return nil
}

type answer struct {
	status  int
	traceID string
	charset string
	body    []byte
}

// interpret turns an answer into a response or an error. Only a success with a valid
// signature is a success; a failure may lack a signature but not carry a wrong one, because
// the gateway signs no failure that it detects early; anything else leaves the result
// unknown.
func (c *Client) interpret(r Request, got answer) (*Response, error) {
	if got.status >= 500 || got.status >= 300 && got.status < 400 {
		return nil, unknownResult(r.Method, ErrHTTPStatus)
	}
	outer, err := readEnvelope(got.body, responseMember(r.Method))
	if err != nil {
		return nil, unknownResult(r.Method, fmt.Errorf("%w: %w", ErrUnreadable, err))
	}
	content, signed, err := c.open(r, outer)
	if err != nil {
		return nil, unknownResult(r.Method, err)
	}
	content = wire.AsText(content)
	read, err := wire.ReadObject(content)
	if err != nil {
		return nil, unknownResult(r.Method, fmt.Errorf("%w: %w", ErrUnreadable, err))
	}
	read = c.watched(read)
	code := read.Text("code")
	switch {
	case code == "":
		return nil, unknownResult(r.Method, fmt.Errorf("%w: the response has no code", ErrUnreadable))
	case code != codes.CodeSuccess:
		refused := refusedByAlipay(r, code, read)
		c.compare(r.Method, got, content, read)
		return nil, refused
	case !signed:
		return nil, unknownResult(r.Method, ErrUnsigned)
	}
	return &Response{Content: content, TraceID: got.traceID, from: got}, nil
}

func refusedByAlipay(r Request, code string, read wire.Object) *Error {
	subCode, subMsg := read.Text("sub_code"), read.Text("sub_msg")
	words := scrubberOf(r)
	failed := &Error{
		Method:  r.Method,
		Code:    words.clean(code),
		Msg:     words.clean(read.Text("msg")),
		SubCode: words.clean(codes.RealSubCode(subCode, subMsg)),
		SubMsg:  words.clean(subMsg),
		Meaning: codes.Classify(r.Method, code, subCode, subMsg),
	}
	if failed.Class == codes.ClassUnknown {
		failed.cause = ErrUnavailable
	}
	return failed
}

// responseMember returns the top-level member that carries the answer, e.g.
// alipay_open_mini_isv_query_response. Another member with a valid signature would be an
// answer to another call.
func responseMember(method string) string {
	return strings.ReplaceAll(method, ".", "_") + "_response"
}
