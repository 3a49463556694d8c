package activities_test

import (
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"miniflow/internal/fetch"
	"miniflow/order"
)

// TestATargetThatCanNotBeReached says why in words that name no address.
func TestATargetThatCanNotBeReached(t *testing.T) {
	hanging := make(chan struct{})
	for name, test := range map[string]struct {
		prepare func(*counter)
		says    string
	}{
		"loopback, not allowed": {func(c *counter) {
			guard, err := fetch.NewGuard(nil)
			if err != nil {
				t.Fatal(err)
			}
			c.forward.Backend.HTTP = guard.Client(time.Second)
		}, "list it under files.allow"},
		"nobody listens": {func(c *counter) { c.server.Close() }, "could not be reached"},
		"hangs": {func(c *counter) {
			c.says = func(_ http.ResponseWriter, r *http.Request) {
				select {
				case <-hanging:
				case <-r.Context().Done():
				}
			}
		}, "did not answer in time"},
	} {
		t.Run(name, func(t *testing.T) {
			c := openCounter(t, false)
			test.prepare(c)
			done, err := c.tryMessage(callFor(c.message()))
			comesAgain(t, done, err, 2*time.Minute, test.says)
			if name == "loopback, not allowed" && len(c.got) != 0 {
				t.Error("it was reached all the same")
			}
		})
	}
	close(hanging)
}

// TestATargetThatIsInside is refused when it is dialled, in every spelling, and the
// message waits for somebody to allow it.
func TestATargetThatIsInside(t *testing.T) {
	for name, test := range map[string]struct{ url, says string }{
		"loopback":            {"http://127.0.0.1:PORT/", "list it under files.allow"},
		"loopback by name":    {"http://localhost:PORT/", "list it under files.allow"},
		"loopback over IPv6":  {"http://[::1]:PORT/", "list it under files.allow"},
		"IPv4 in IPv6":        {"http://[::ffff:127.0.0.1]:PORT/", "list it under files.allow"},
		"this host":           {"http://0.0.0.0:PORT/", "list it under files.allow"},
		"private":             {"http://10.20.0.7/", "list it under files.allow"},
		"link-local":          {"http://[fe80::1]/", "list it under files.allow"},
		"metadata":            {"http://169.254.169.254/latest/", "list it under files.allow"},
		"metadata of Aliyun":  {"http://100.100.100.200/", "list it under files.allow"},
		"decimal":             {"http://2130706433:PORT/", "list it under files.allow"},
		"octal":               {"http://0177.0.0.1:PORT/", "list it under files.allow"},
		"another scheme":      {"gopher://127.0.0.1:PORT/", "could not be reached"},
		"a file of this host": {"file:///etc/passwd", "could not be reached"},
	} {
		t.Run("X15 "+name, func(t *testing.T) {
			c := openCounter(t, false)
			_, port, err := net.SplitHostPort(c.server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			guard, err := fetch.NewGuard(nil)
			if err != nil {
				t.Fatal(err)
			}
			target := c.forward.Targets[appID]
			target.URL = strings.ReplaceAll(test.url, "PORT", port)
			c.forward.Targets[appID], c.forward.Backend.HTTP = target, guard.Client(time.Second)
			done, err := c.tryMessage(callFor(c.message()))
			comesAgain(t, done, err, 2*time.Minute, test.says)
			if len(c.got) != 0 {
				t.Error("it was reached all the same")
			}
		})
	}
}

// TestAnAppWithoutATarget keeps its message waiting, and gives up with a reason
// that says what to configure. Nothing of another app's target is used.
func TestAnAppWithoutATarget(t *testing.T) {
	c := openCounter(t, false)
	call := callFor(c.message(func(n *order.Notification) { n.AppID = "2021000000000009" }))
	now := call.TargetUntil.Add(-time.Second)
	c.forward.Backend.Now = func() time.Time { return now }
	done, err := c.tryMessage(call)
	if err != nil || done.Disposition != "" || done.Tried || done.Again.Std() != 6*time.Hour || !strings.Contains(done.Reason, "no forward target is configured for app") {
		t.Errorf("%+v, %v", done, err)
	}
	now = call.TargetUntil
	done, err = c.tryMessage(call)
	if err != nil || done.Disposition != order.DispositionDead || !strings.Contains(done.Reason, "forward.url") || len(c.got) != 0 {
		t.Errorf("%+v, %v", done, err)
	}
}
