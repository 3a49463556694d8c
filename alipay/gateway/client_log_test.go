package gateway

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"

	"miniflow/alipay"
)

// TestEveryCallLeavesItsTrace checks the log lines of a failed call, a write and a query,
// each with its level and its trace_id.
func TestEveryCallLeavesItsTrace(t *testing.T) {
	for name, test := range map[string]struct {
		answer func() (method, object string)
		call   func(*testing.T, *Client)
		level  string
		class  any
	}{
		"a write": {func() (string, string) { return alipay.MethodCreate, success(`"order_no":"ORD1"`) },
			func(t *testing.T, c *Client) { _, _ = c.CreateMiniProgram(t.Context(), "OUT1", []byte(fitCreate)) }, "INFO", nil},
		"a question": {func() (string, string) { return alipay.MethodQuery, success(`"status":"AGREED"`) },
			func(t *testing.T, c *Client) { _, _ = c.QueryMiniProgramOrder(t.Context(), "ORD1") }, "DEBUG", nil},
		"a refusal": {func() (string, string) { return alipay.MethodCreate, failure("40004", "HAS_RISK", "x") },
			func(t *testing.T, c *Client) { _, _ = c.CreateMiniProgram(t.Context(), "OUT1", []byte(fitCreate)) }, "WARN", "permanent"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			log := slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
			gateway := answering(t, first(test.answer()), second(test.answer()))
			test.call(t, gateway.client(func(c *Config) { c.Observe = LogExchanges(log) }))
			var line map[string]any
			if err := json.Unmarshal(out.Bytes(), &line); err != nil {
				t.Fatalf("not one line: %v\n%s", err, out.String())
			}
			method, _ := test.answer()
			if line["level"] != test.level || line["trace_id"] != "0a1b2c3d" || line["method"] != method || line["class"] != test.class || line["status"] != 200.0 {
				t.Errorf("logged %s", out.String())
			}
			if bytes.Contains(out.Bytes(), []byte("13800138000")) {
				t.Error("what was sent is in the log")
			}
		})
	}
}

func first(a, _ string) string  { return a }
func second(_, b string) string { return b }
