package main

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
	"miniflow/cmd/miniflow/internal/listen"
)

// post sends a body and returns the answer; an empty host is the address's own.
func post(t *testing.T, method, address, host, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Host = host
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}

func TestListenKeepsForgeriesOut(t *testing.T) {
	s := newStage(t)
	s.Must("trigger", "appauth.cancelled", "--simulator", s.url)
	commandtest.Next[listen.Received](s.listener)
	genuine, _ := s.form()
	listener := s.Start("listen", "--listen", "127.0.0.1:0", "--public-key", s.key("alipay_public.pem"))
	door := commandtest.Next[map[string]string](listener)["listening"]
	if status, text := post(t, http.MethodPost, door, "", genuine.body); status != http.StatusOK || text != "success" {
		t.Errorf("a genuine message is answered %d %s", status, text)
	}
	if v := commandtest.Next[listen.Received](listener); !v.Valid {
		t.Errorf("%+v", v)
	}
	if status, text := post(t, http.MethodPost, door, "", genuine.body+"&x=1"); status != http.StatusForbidden || text != "fail" {
		t.Errorf("a forgery is answered %d %s", status, text)
	}
	if v := commandtest.Next[listen.Received](listener); v.Valid || v.Causes[0].Cause != "added_parameter" {
		t.Errorf("%+v", v)
	}
	for _, c := range []struct {
		method, host, body string
		status             int
	}{
		{http.MethodGet, "", "", http.StatusMethodNotAllowed},
		{http.MethodPost, "", strings.Repeat("x", alipay.MaxBody+1), http.StatusBadRequest},
		{http.MethodPost, "evil.example", genuine.body, http.StatusMisdirectedRequest},
	} {
		if status, _ := post(t, c.method, door, c.host, c.body); status != c.status {
			t.Errorf("%s to %q is answered %d, want %d", c.method, c.host, status, c.status)
		}
	}
}

func TestListenSaysThatTheReceiverIsGone(t *testing.T) {
	s := newStage(t)
	s.Must("trigger", "appauth.cancelled", "--simulator", s.url)
	genuine, _ := s.form()
	listener := s.Start("listen", "--listen", "127.0.0.1:0", "--public-key", s.key("alipay_public.pem"), "--forward-to", "http://127.0.0.1:1/")
	door := commandtest.Next[map[string]string](listener)["listening"]
	status, _ := post(t, http.MethodPost, door, "", genuine.body)
	if v := commandtest.Next[listen.Received](listener); status != http.StatusBadGateway || !v.Valid || v.Error == "" {
		t.Errorf("answered %d, printed %+v", status, v)
	}
}

func TestListenRefusesTheApplicationsKey(t *testing.T) {
	p := newProgram(t)
	p.Keys()
	own := filepath.Join(p.Dir, "app_public.pem")
	p.Says(p.Run("listen", "--listen", "127.0.0.1:0", "--public-key", own, "--app-public-key", own), command.ExitUsage, "支付宝公钥")
}
