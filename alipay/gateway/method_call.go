package gateway

import (
	"context"
	"encoding/json"
	"fmt"

	"miniflow/alipay"
	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/gateway/rules"
	"miniflow/alipay/internal/wire"
)

// ask makes a call with the given members as biz_content and reads its answer. A signed
// answer of unexpected content is an unknown result, because the call was most likely carried
// out.
func ask[T any](ctx context.Context, c *Client, method string, token alipay.Secret, members map[string]any, read func(wire.Object) T) (T, error) {
	var none T
	content, err := contentOf(members)
	if err != nil {
		return none, refusedHere(method, "send values that are JSON")
	}
	return askWith(ctx, c, Request{Method: method, Token: token, Content: content}, read)
}

// askFor is ask on behalf of a merchant's mini program. It refuses to call without a token,
// because Alipay would take the call as the application's own.
func askFor[T any](ctx context.Context, c *Client, method string, token alipay.Secret, members map[string]any, read func(wire.Object) T) (T, error) {
	if token == "" {
		var none T
		return none, withoutToken(method)
	}
	return ask(ctx, c, method, token, members, read)
}

func askWith[T any](ctx context.Context, c *Client, request Request, read func(wire.Object) T) (T, error) {
	var none T
	response, err := c.Call(ctx, request)
	if err != nil {
		return none, err
	}
	object, err := wire.ReadObject(response.Content)
	if err == nil {
		object = c.watched(object)
		result := read(object)
		c.compare(request.Method, response.from, response.Content, object)
		if err = object.Failure(); err == nil {
			return result, nil
		}
	}
	unknown := unknownResult(request.Method, fmt.Errorf("%w: %w", ErrUnreadable, err))
	unknown.TraceID = response.TraceID
	return none, unknown
}

func withoutToken(method string) *Error {
	return notSent(method, codes.Authorize("the merchant has to authorise first"), errNoToken)
}

// nothing reads an answer whose only content is its success, so that such methods need no
// reader of their own.
func nothing(wire.Object) struct{} { return struct{}{} }

func version(appVersion, bundleID string) map[string]any {
	return map[string]any{"app_version": appVersion, "bundle_id": bundleID}
}

// withOrderNumber puts the order number into Alipay's own fields, as the ISV gave them, once
// check finds nothing wrong with them. Fields with another number are refused, because it is
// unclear which of the two is meant.
func withOrderNumber(method, outOrderNo string, fields json.RawMessage, check func(json.RawMessage) []rules.Error) (map[string]any, error) {
	merged, err := withMember(method, "out_order_no", outOrderNo, fields)
	if err != nil {
		return nil, err
	}
	wrong := append(rules.CheckOrderNumber(outOrderNo), check(fields)...)
	return merged, unfit(method, wrong)
}

// withMember returns the caller's fields with a member that is the caller's to name elsewhere. One that
// stands among the fields, too, has to be the same.
func withMember(method, name, text string, fields json.RawMessage) (map[string]any, error) {
	given, err := wire.ReadMembers(fields)
	if err != nil {
		return nil, refusedHere(method, "give the fields as one JSON object without repeated members")
	}
	merged := make(map[string]any, len(given)+1)
	for name, value := range given {
		merged[name] = value
	}
	if raw, present := given[name]; present {
		var other string
		if json.Unmarshal(raw, &other) != nil || other != text {
			return nil, refusedHere(method, fmt.Sprintf("leave %s out of the fields, or give the order's own", name), name)
		}
	}
	merged[name] = text
	return merged, nil
}
