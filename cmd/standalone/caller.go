package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"time"

	"miniflow/cmd/internal/remote"
	"miniflow/order"
)

// caller calls the REST API the way an ISV's backend does, so that the demonstration shows
// nothing that an ISV can't have.
type caller struct {
	api  *remote.API
	http *http.Client
}

// callWithin bounds one call. Questions here don't wait for news, so an answer comes at once.
const callWithin = time.Minute

// The simulator's files are fetched without the key: they are no part of the API.
func newCaller(base, key string) (*caller, error) {
	api, err := remote.New(remote.Place{
		URL: base, What: "Miniflow", Flag: "--listen", Advice: "it should be in this process", Key: key, Within: callWithin,
	})
	return &caller{api: api, http: &http.Client{Timeout: callWithin}}, err
}

func (c *caller) call(ctx context.Context, method, path string, body, result any) error {
	// Without a result the answer's body doesn't matter: the status alone says whether it was taken.
	if result != nil {
		return c.api.Ask(ctx, method, path, body, result)
	}
	_, err := c.api.Call(ctx, method, path, body)
	return err
}

// awaitReady waits until /readyz says that work is accepted. Until then the API answers 503.
func (c *caller) awaitReady(ctx context.Context) error {
	return everySoOften(ctx, 50*time.Millisecond, func() (bool, error) {
		return c.call(ctx, http.MethodGet, "/readyz", nil, nil) == nil, nil
	})
}

func (c *caller) order(ctx context.Context, outOrderNo string) (view order.View, err error) {
	// Nothing needs escaping: the demonstration's numbers are letters and hyphens.
	err = c.call(ctx, http.MethodGet, "/v1/orders/"+appID+"/"+outOrderNo, nil, &view)
	return view, err
}

// reference names a file by its address and hash, as an order wants it: what is fetched weeks later
// has to be what was meant.
func (c *caller) reference(ctx context.Context, address string) (order.FileRef, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return order.FileRef{}, err
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return order.FileRef{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	// The simulator's logo is small; what is larger is not the logo.
	hash := sha256.New()
	_, err = io.Copy(hash, io.LimitReader(answer.Body, 4<<20))
	return order.FileRef{URL: address, SHA256: hex.EncodeToString(hash.Sum(nil))}, err
}

// A failure of f ends the waiting; "not yet" is not one, so f says that by done.
func everySoOften(ctx context.Context, pause time.Duration, f func() (done bool, err error)) error {
	// Asked at once and only then in steps: what is so already needs no wait.
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for {
		done, err := f()
		if done || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ticker.C:
		}
	}
}
