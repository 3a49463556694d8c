package channel

import (
	"context"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"
)

// grant is the right to open one connection. The official client uses no link_token twice.
type grant struct {
	linkToken string // is sent only in the query of the handshake
	zone      string // cookie of the cluster that issued the token; may be empty
}

// register requests a grant, a new one for every connection as the official client does:
// Alipay documents no lifetime of a link_token.
func (c *Client) register(ctx context.Context) (grant, error) {
	ctx, done := context.WithTimeout(ctx, c.config.Timeouts.Register)
	defer done()
	nonce, err := c.randomHex(16)
	if err != nil {
		return grant{}, &Error{Step: StepRegister, Cause: CauseUnreachable, err: err}
	}
	address, err := c.signedURL(c.base.Scheme, "/websocket/register.do", map[string]string{paramNonce: nonce})
	if err != nil {
		return grant{}, &Error{Step: StepRegister, Cause: CauseUnreachable, err: err}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return grant{}, unreached(StepRegister, err)
	}
	request.Header = c.header()
	request.Header.Set("Accept", "text/plain,text/xml,text/javascript,text/html")
	response, err := c.http.Do(request)
	if err != nil {
		return grant{}, unreached(StepRegister, err)
	}
	defer func() { _ = response.Body.Close() }()
	return c.readGrant(response)
}

// header returns the header lines of both requests. The content type has no meaning for a GET
// but is sent because the official client sends it.
func (c *Client) header() http.Header {
	return http.Header{
		"Content-Type": {"application/x-www-form-urlencoded;charset=" + string(c.config.Charset)},
		"User-Agent":   {c.config.SDKVersion},
	}
}

// readGrant reads a bounded answer. Business failures have status 200; the body of any other
// status, redirects among them, is not read, because the protocol defines none.
func (c *Client) readGrant(response *http.Response) (grant, error) {
	if response.StatusCode != http.StatusOK {
		return grant{}, &Error{Step: StepRegister, Cause: CauseRefused, Status: response.StatusCode}
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return grant{}, unreached(StepRegister, err)
	}
	if len(body) > maxAnswer {
		return grant{}, malformed(errors.New("the answer is longer than any answer"))
	}
	token, err := c.readAnswer(body)
	if err != nil {
		return grant{}, err
	}
	return grant{linkToken: token, zone: zoneOf(response)}, nil
}

// safeZone keeps line breaks and separators out of the Cookie header that zone goes into.
var safeZone = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// zoneOf returns the zone that the answer sets as a cookie. The cookie is not signed, so one
// in another alphabet is left out; the server then finds the token's zone by itself or
// refuses the handshake.
func zoneOf(response *http.Response) string {
	for _, cookie := range response.Cookies() {
		if strings.EqualFold(cookie.Name, "zone") && safeZone.MatchString(cookie.Value) {
			return cookie.Value
		}
	}
	return ""
}
