package channel_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/channel"
	"miniflow/alipay/keys"
)

func TestConfigurationsThatCantWork(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1024) //nolint:gosec // to be refused
	if err != nil {
		t.Fatal(err)
	}
	for wanted, change := range map[string]func(*channel.Config){
		"AppID":                   func(c *channel.Config) { c.AppID = "" },
		"AppID is empty or no":    func(c *channel.Config) { c.AppID = "1&sign=x" },
		"Verifier":                func(c *channel.Config) { c.Verifier = nil },
		"AlipayKey":               func(c *channel.Config) { c.AlipayKey = nil },
		"Handle":                  func(c *channel.Config) { c.Handle = nil },
		"PrivateKey":              func(c *channel.Config) { c.PrivateKey = nil },
		"1024 bits":               func(c *channel.Config) { c.PrivateKey = short },
		"Charset":                 func(c *channel.Config) { c.Charset = "latin1" },
		"SDKVersion":              func(c *channel.Config) { c.SDKVersion = "版本" },
		"belong together":         func(c *channel.Config) { c.AppCertSN = "aa" },
		"no serial number":        func(c *channel.Config) { c.AppCertSN, c.AlipayRootCertSN = "aa", "b b" },
		"Silence":                 func(c *channel.Config) { c.PingEvery, c.Silence = 2*time.Second, 3*time.Second },
		"Idle":                    func(c *channel.Config) { c.Idle = 10 * time.Second },
		"Backoff":                 func(c *channel.Config) { c.Backoff = channel.Backoff{Min: time.Minute, Max: time.Second} },
		"URL is not https":        func(c *channel.Config) { c.URL, c.AllowPlainHTTP = "http://openchannel.example", false },
		"http is for loopback":    func(c *channel.Config) { c.URL = "ws://openchannel.example" },
		"URL is no address":       func(c *channel.Config) { c.URL = "openchannel.alipay.com" },
		"a query":                 func(c *channel.Config) { c.URL = "https://openchannel.example/?app_id=1" },
		"a user":                  func(c *channel.Config) { c.URL = "https://me:secret@openchannel.example" },
		"skips the verification":  func(c *channel.Config) { c.Transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} }, //nolint:gosec // refused
		"its own TLS connections": func(c *channel.Config) { c.Transport.DialTLSContext = new(net.Dialer).DialContext },
	} {
		t.Run(wanted, func(t *testing.T) {
			config := configOf(t, newServer(t))
			change(&config)
			client, err := channel.New(config)
			if client != nil || err == nil || !strings.Contains(err.Error(), wanted) || strings.Contains(err.Error(), "secret") {
				t.Errorf("made %v, error %v", client, err)
			}
		})
	}
	config := configOf(t, newServer(t))
	config.AlipayKey = func(string) []keys.PublicKey { return []keys.PublicKey{&appKey().PublicKey} }
	if _, err := channel.New(config); !errors.Is(err, keys.ErrApplicationKey) {
		t.Errorf("the application's key as Alipay's: %v", err)
	}
	if _, err := channel.New(channel.Config{}); err == nil || strings.Count(err.Error(), "\n") < 4 {
		t.Errorf("not every empty field is named: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	for _, address := range []string{
		"", channel.URLProduction, "https://openchannel-sandbox.dl.alipaydev.com", "https://proxy.example:8443/alipay/",
		"http://127.0.0.1:8080", "http://localhost", "http://[::1]:1",
	} {
		config := configOf(t, newServer(t))
		config.URL, config.AllowPlainHTTP = address, false
		if _, err := channel.New(config); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestAPathInFrontStays matters for operators who reach Alipay through a gateway of their
// own.
func TestAPathInFrontStays(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := start(t, func(_ *server, c *channel.Config) { c.URL = "http://localhost/alipay/" })
		r.server.next("/alipay/websocket/register.do")
	})
}

// TestTheTransportGivenIsLeftAlone checks that the caller's transport stays unchanged,
// because others may use it too.
func TestTheTransportGivenIsLeftAlone(t *testing.T) {
	config := configOf(t, newServer(t))
	given := &http.Transport{TLSClientConfig: trusting(), ForceAttemptHTTP2: true}
	config.Transport = given
	if _, err := channel.New(config); err != nil {
		t.Fatal(err)
	}
	if !given.ForceAttemptHTTP2 || given.DisableKeepAlives || given.DialContext != nil || given.Protocols != nil {
		t.Errorf("changed to %+v", given)
	}
}

// TestEveryKindHasAText guards the texts, because people read them.
func TestEveryKindHasAText(t *testing.T) {
	seen := make(map[string]bool)
	for _, step := range channel.Steps() {
		for _, cause := range channel.Causes() {
			err := &channel.Error{Step: step, Cause: cause}
			if text := err.Error(); seen[text] || !strings.Contains(text, string(step)) || !strings.Contains(text, string(cause)) {
				t.Error(text)
			}
			seen[err.Error()] = true
			if errors.Is(err, &channel.Error{Step: step, Cause: "other"}) || errors.Is(err, context.Canceled) {
				t.Errorf("%v is what it isn't", err)
			}
		}
	}
	for _, reason := range channel.Reasons() {
		if !strings.Contains((&channel.FrameError{Reason: reason}).Error(), string(reason)) {
			t.Errorf("%s is not named", reason)
		}
	}
	if len(channel.Charsets()) != 2 || len(channel.Phases()) != 4 || len(channel.Outcomes()) != 6 {
		t.Error("a list is not whole")
	}
}

// TestDefaults checks that a client without a Transport uses the environment's proxy.
func TestDefaults(t *testing.T) {
	r := start(t, func(s *server, c *channel.Config) {
		s.plain = true
		c.URL, c.AllowPlainHTTP, c.Transport, c.Log, c.Observe = "http://"+s.listen(), false, nil, nil, nil
	})
	p := receive(t, r.server.links)
	p.text(consume("7", genuine))
	if status := p.status(); status != "SUCCESS" {
		t.Errorf("answered %s", status)
	}
}
