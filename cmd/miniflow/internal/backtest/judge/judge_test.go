package judge_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // what is tested is that it is refused unless asked for
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"testing"

	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/cmd/miniflow/internal/backtest/judge"
	"miniflow/cmd/miniflow/internal/backtest/logs"
	"miniflow/cmd/miniflow/internal/backtest/synth"
)

// judged returns the results of a log.
func judged(t *testing.T, text []byte, apps ...notify.App) (results []judge.Result) {
	t.Helper()
	by, err := judge.New(apps)
	if err != nil {
		t.Fatal(err)
	}
	source, err := logs.Open([]string{"-"}, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := by.Each(t.Context(), source, func(b *judge.Batch) { results = append(results, b.Results...) }); err != nil {
		t.Fatal(err)
	}
	return results
}

func app(id string, key *rsa.PublicKey) notify.App {
	return notify.App{ID: id, AlipayKeys: []keys.AlipayKey{{Public: key}}}
}

// written is a log without forgeries, and its key.
func written(t *testing.T, lines int) ([]byte, *rsa.PublicKey) {
	t.Helper()
	var text bytes.Buffer
	_, key, err := synth.Log{Lines: lines, Seed: 9}.Write(&text)
	if err != nil {
		t.Fatal(err)
	}
	return text.Bytes(), key.Public()
}

// TestResultsComeInTheOrderOfTheLog over many batches, which workers finish as they can.
func TestResultsComeInTheOrderOfTheLog(t *testing.T) {
	message, key := written(t, 40)
	message = message[:bytes.IndexByte(message, '\n')+1]
	var text bytes.Buffer
	for i := range 4000 {
		if i%3 == 0 { // the slow ones
			text.Write(message)
		} else {
			fmt.Fprintf(&text, "line %d\n", i)
		}
	}
	results := judged(t, text.Bytes(), app("", key))
	for i, one := range results {
		if (one.Kind == logs.KindMessage) != (i%3 == 0) {
			t.Fatalf("line %d is of kind %d", i, one.Kind)
		}
	}
	if len(results) != 4000 {
		t.Errorf("%d results", len(results))
	}
}

// TestAppsDecideWhoseMessagesCount: with keys by hand any app's, with a configuration its own.
func TestAppsDecideWhoseMessagesCount(t *testing.T) {
	text, key := written(t, 40)
	own := app("2021009900000001", key)
	for name, c := range map[string]struct {
		apps []notify.App
		want notify.Reason
	}{
		"any":            {[]notify.App{app("", key)}, ""},
		"its own":        {[]notify.App{own}, ""},
		"one of two":     {[]notify.App{app("2021000000000002", key), own}, ""},
		"another":        {[]notify.App{app("2021000000000002", key)}, notify.ReasonUnknownApp},
		"with another's": {[]notify.App{app("", &otherKey(t).PublicKey)}, notify.ReasonBadSignature},
	} {
		if got := judged(t, text, c.apps...)[0]; got.Kind != logs.KindMessage || got.Reason != c.want {
			t.Errorf("%s: kind %d, %q, not %q", name, got.Kind, got.Reason, c.want)
		}
	}
}

func otherKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// TestSHA1 counts where it is allowed, also of a message that does not say which it has.
func TestSHA1(t *testing.T) {
	key := otherKey(t)
	sum := sha1.Sum([]byte("app_id=1&notify_id=2")) //nolint:gosec // see above
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA1, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	line := []byte("app_id=1&notify_id=2&sign=" + url.QueryEscape(base64.StdEncoding.EncodeToString(signature)) + "\n")
	strict, lenient := app("", &key.PublicKey), app("", &key.PublicKey)
	lenient.AllowSHA1 = true
	if got := judged(t, line, strict)[0].Reason; got != notify.ReasonBadSignature {
		t.Errorf("strict: %q", got)
	}
	if got := judged(t, line, lenient)[0].Reason; got != "" {
		t.Errorf("lenient: %q", got)
	}
}

// TestWrongKeysFailBeforeAnythingIsRead, whether they are for any app or for one.
func TestWrongKeysFailBeforeAnythingIsRead(t *testing.T) {
	for _, id := range []string{"", "1"} {
		if _, err := judge.New([]notify.App{{ID: id}}); !errors.Is(err, notify.ErrNoKeys) {
			t.Errorf("app %q: %v", id, err)
		}
	}
}

// TestJudgingEndsWithItsContext and leaves no worker behind.
func TestJudgingEndsWithItsContext(t *testing.T) {
	text, key := written(t, 40)
	by, err := judge.New([]notify.App{app("", key)})
	if err != nil {
		t.Fatal(err)
	}
	source, err := logs.Open([]string{"-"}, bytes.NewReader(bytes.Repeat(text, 100)))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	err = by.Each(ctx, source, func(b *judge.Batch) {
		seen += b.Len()
		cancel()
	})
	if !errors.Is(err, context.Canceled) || seen == 4000 {
		t.Errorf("%v after %d lines", err, seen)
	}
}
