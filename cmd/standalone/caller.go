package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"miniflow/order"
)

// caller calls the REST API the way an ISV's backend does.
type caller struct {
	base, key string
	http      *http.Client
}

func newCaller(base, key string) *caller {
	return &caller{base: base, key: key, http: &http.Client{Timeout: time.Minute}}
}

// errRefused is an answer that trying again does not change.
var errRefused = errors.New("refused")

// call makes one call and decodes its answer into result, when that is not nil.
func (c *caller) call(ctx context.Context, method, path string, body, result any) error {
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, sent)
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "Bearer "+c.key)
	request.Header.Set("Content-Type", "application/json")
	answer, err := c.http.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 4<<20))
	switch {
	case err != nil:
		return err
	// Later it may say something else; what it refuses it refuses for good.
	case answer.StatusCode >= http.StatusInternalServerError:
		return fmt.Errorf("%s %s: %s", method, path, answer.Status)
	case answer.StatusCode >= http.StatusBadRequest:
		return fmt.Errorf("%s %s: %w: %s: %s", method, path, errRefused, answer.Status, text)
	case result == nil:
		return nil
	}
	return json.Unmarshal(text, result)
}

// awaitReady waits until /readyz says that work is accepted. Until then the API answers 503.
func (c *caller) awaitReady(ctx context.Context) error {
	return everySoOften(ctx, 50*time.Millisecond, func() (bool, error) {
		return c.call(ctx, http.MethodGet, "/readyz", nil, nil) == nil, nil
	})
}

// order reads one order.
func (c *caller) order(ctx context.Context, outOrderNo string) (view order.View, err error) {
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
	hash := sha256.New()
	_, err = io.Copy(hash, io.LimitReader(answer.Body, 4<<20))
	return order.FileRef{URL: address, SHA256: hex.EncodeToString(hash.Sum(nil))}, err
}

// everySoOften calls f until it is done, fails, or the context ends.
func everySoOften(ctx context.Context, pause time.Duration, f func() (done bool, err error)) error {
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
