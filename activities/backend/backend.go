// Package backend posts to the ISV's backend: under the guard in front of private networks, signed by
// the Standard Webhooks scheme where it is not Alipay's own bytes, and without a word of the address
// in what it says about a failure.
package backend

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// Signer signs a message by the Standard Webhooks scheme, which receivers verify with a library;
// *standardwebhooks.Webhook is one.
type Signer interface {
	Sign(messageID string, at time.Time, payload []byte) (string, error)
}

// Doer posts. An http.Client is one; the real one refuses private networks and
// follows no redirect.
type Doer interface {
	Do(request *http.Request) (*http.Response, error)
}

// Poster posts to one kind of address.
type Poster struct {
	// Name is what people call such an address, as in "the forward target did not answer in time",
	// and Field is where it is configured.
	Name, Field string
	HTTP        Doer
	// Forbidden reports that an address was refused by the guard in front of private networks,
	// which a person is told in other words than an outage.
	Forbidden func(error) bool
	Now       func() time.Time
}

// UnsendableError says why something can never be sent to this address; trying again would only keep
// it from the dead letters.
type UnsendableError struct{ Why string }

func (e *UnsendableError) Error() string { return e.Why }

// Request makes a request that posts. It names no product version: a receiver has no business with
// it.
func (p Poster) Request(ctx context.Context, url, contentType string, body []byte) (*http.Request, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		// The error would repeat the address, which may hold a password.
		return nil, &UnsendableError{p.Field + " can't be used: write it as an absolute URL, and start Miniflow again"}
	}
	request.Header.Set("Content-Type", contentType)
	request.Header.Set("User-Agent", "miniflow")
	return request, nil
}

// Signed makes a request that posts JSON, with a signature of each live secret: while a secret is
// changed, a receiver that knows either accepts. It is made anew at each attempt, since receivers
// refuse a signature of more than five minutes ago.
func (p Poster) Signed(ctx context.Context, url, id string, body []byte, signers []Signer) (*http.Request, error) {
	request, err := p.Request(ctx, url, "application/json", body)
	if err != nil {
		return nil, err
	}
	now := p.Now()
	signatures := make([]string, 0, len(signers))
	for _, signer := range signers {
		signature, err := signer.Sign(id, now, body)
		if err != nil {
			return nil, fmt.Errorf("sign the event: %w", err)
		}
		signatures = append(signatures, signature)
	}
	request.Header.Set(webhooks.HeaderWebhookID, id)
	request.Header.Set(webhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	request.Header.Set(webhooks.HeaderWebhookSignature, strings.Join(signatures, " "))
	return request, nil
}

// did says what such an address did. The catalogue of sentences knows the two halves apart, because
// there are several addresses.
func (p Poster) did(what string) string { return p.Name + " " + what }

func (p Poster) refusedStatus(status int) string {
	switch {
	case status >= 300 && status < 400:
		return p.did(fmt.Sprintf("answered %d: a redirect is not followed, give the address that it leads to", status))
	default:
		return p.did(fmt.Sprintf("answered %d %s", status, cmp.Or(http.StatusText(status), "(no status of HTTP)")))
	}
}
