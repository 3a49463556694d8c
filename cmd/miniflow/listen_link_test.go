package main

import (
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
	"miniflow/cmd/miniflow/internal/listen"
	"miniflow/cmd/miniflow/internal/trigger"
)

// TestListenOverTheLongConnection checks that the receiver gets the very bytes that Alipay
// signed, and what it needs to verify them; the simulator gets SUCCESS.
func TestListenOverTheLongConnection(t *testing.T) {
	s := newLinked(t)
	if v := s.event(linkConnecting); v.URL != s.url || v.AppID != simulatedApp || !strings.HasSuffix(v.ForwardTo, "/handler") {
		t.Errorf("%+v", v)
	}
	s.event(linkConnected)
	sent := commandtest.Asks[trigger.Attempt](s.Program, command.ExitOK, "trigger", "merchant.confirmed", "--simulator", s.url, "--set", "biz_content.status=面馆 + %")
	if sent.Channel != "websocket" || sent.Body != ackSuccess || !sent.Success {
		t.Errorf("the simulator says %+v", sent)
	}
	seen := commandtest.Next[listen.Received](s.listener)
	if !seen.Valid || seen.Channel != "websocket" || seen.Name != alipay.MessageMerchantConfirmed || seen.NotifyID != sent.NotifyID ||
		seen.Ack != ackSuccess || seen.Answer != "success" || seen.Status != http.StatusOK || seen.LatencyMS <= 0 || seen.AppID != simulatedApp {
		t.Errorf("shown %+v", seen)
	}
	got := s.got()
	if !strings.HasPrefix(got.body, `{"header":{"appId":"`+simulatedApp) || !strings.Contains(got.body, "面馆 + %") {
		t.Errorf("handed on %s", got.body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/json; charset=UTF-8", "x-msgId": sent.NotifyID, "x-signType": "RSA2", "x-charset": "UTF-8",
	} {
		if got.headers.Get(name) != want {
			t.Errorf("%s is %q, want %q", name, got.headers.Get(name), want)
		}
	}
	if len(got.headers.Get("x-timestamp")) != 13 {
		t.Errorf("x-timestamp is %q", got.headers.Get("x-timestamp"))
	}
	s.verified(got)
}

// TestWhatTheReceiverSaysIsWhatAlipayHears checks that Alipay is answered SUCCESS only for success.
func TestWhatTheReceiverSaysIsWhatAlipayHears(t *testing.T) {
	s := newLinked(t)
	s.event(linkConnecting)
	s.event(linkConnected)
	for _, test := range []struct {
		status int
		text   string
		ack    string
	}{
		{http.StatusOK, "success", ackSuccess},
		{http.StatusAccepted, "SUCCESS\n", ackSuccess},
		{http.StatusOK, "fail", ackFail},
		{http.StatusOK, "", ackFail},
		{http.StatusInternalServerError, "success", ackFail},
		{http.StatusFound, "success", ackFail},
	} {
		s.answers(test.status, test.text)
		code := command.ExitOK
		if test.ack == ackFail {
			code = command.ExitFailed
		}
		r := s.Run("--output", "json", "trigger", "version.audit.passed", "--simulator", s.url)
		s.Says(r, code, `"body":"`+test.ack+`"`)
		seen := commandtest.Next[listen.Received](s.listener)
		if seen.Ack != test.ack || seen.Status != test.status || seen.Answer != test.text {
			t.Errorf("%d %q is shown as %+v", test.status, test.text, seen)
		}
		s.settle()
	}
}

// TestTheLongConnectionIsLostAndRegained checks that each is said, and what was sent
// meanwhile comes afterwards.
func TestTheLongConnectionIsLostAndRegained(t *testing.T) {
	s := newLinked(t)
	s.event(linkConnecting)
	s.event(linkConnected)
	s.strike(alipaysim.Faults{Channel: []alipaysim.ChannelFault{
		{Kind: alipaysim.ChannelRegisterFailure, Times: 1, SubCode: "isv.invalid-signature"}}})
	s.manage(http.MethodPost, "apps/"+simulatedApp+"/disconnect", nil, nil)
	if v := s.event(linkLost); v.Error == "" || v.HeldSeconds <= 0 {
		t.Errorf("%+v", v)
	}
	if v := s.event(linkFailed); !strings.Contains(v.Error, "private key") {
		t.Errorf("a refused registration does not say what to do: %+v", v)
	}
	s.event(linkRegained)
	s.Must("trigger", "version.audit.rejected", "--simulator", s.url)
	if v := commandtest.Next[listen.Received](s.listener); !v.Valid || v.Name != alipay.MessageVersionAuditRejected {
		t.Errorf("%+v", v)
	}
}

// TestForgedFramesAreNotPassedOn checks that they are explained, and answered FAIL.
func TestForgedFramesAreNotPassedOn(t *testing.T) {
	s := newLinked(t)
	s.event(linkConnecting)
	s.event(linkConnected)
	s.strike(alipaysim.Faults{Channel: []alipaysim.ChannelFault{{Kind: alipaysim.ChannelWrongKey, Times: 1}}})
	s.Says(s.Run("trigger", "version.audit.passed", "--simulator", s.url), command.ExitFailed, ackFail)
	if v := commandtest.Next[listen.Received](s.listener); v.Valid || v.Ack != ackFail || !strings.Contains(v.Error, "bad_signature") {
		t.Errorf("%+v", v)
	}
	// The retry is genuine.
	if v := commandtest.Next[listen.Received](s.listener); !v.Valid || v.Ack != ackSuccess {
		t.Errorf("%+v", v)
	}
	if s.got(); len(s.received) > 0 {
		t.Error("the forged frame was passed on")
	}
}

// TestTriggerChoosesTheChannel sends as the app has subscribed, or as it is told; the
// 1.0 layout comes over http in any case.
func TestTriggerChoosesTheChannel(t *testing.T) {
	s := newLinked(t)
	s.event(linkConnecting)
	s.event(linkConnected)
	for _, test := range []struct {
		args string
		want string
	}{
		{"version.audit.passed", "websocket"},
		{"version.audit.passed --channel http", "http"},
		{"appauth.cancelled", "http"}, // not alipay.open.mini.*
		{"appauth.cancelled --channel websocket", "websocket"},
		{"open_app_auth_notify", "http"},
	} {
		sent := commandtest.Asks[trigger.Attempt](s.Program, command.ExitOK, append([]string{"trigger", "--simulator", s.url}, strings.Fields(test.args)...)...)
		if sent.Channel != test.want {
			t.Errorf("%s went over %s, want %s", test.args, sent.Channel, test.want)
		}
	}
	mixed := s.Must("trigger", "revoke-and-return", "--channel", "websocket", "--simulator", s.url)
	if strings.Count(mixed, "✓") != 6 || strings.Count(mixed, ackSuccess) != 4 {
		t.Errorf("the scenario with two messages of the 1.0 layout:\n%s", mixed)
	}
	for args, want := range map[string]string{
		"open_app_auth_notify --channel websocket":             "over http alone",
		"version.audit.passed --channel websocket --rule with": "--rule and --charset",
		"version.audit.passed --channel websocket --app-id 7":  simulatedApp,
	} {
		s.Says(s.Run(append([]string{"trigger", "--simulator", s.url}, strings.Fields(args)...)...), command.ExitUsage, want)
	}
	s.listener.End()
	s.Says(s.Run("trigger", "version.audit.passed", "--simulator", s.url), command.ExitUsage, "miniflow listen --channel websocket")
	s.Must("trigger", "version.audit.passed", "--channel", "http", "--simulator", s.url)
}

// TestListenOpensTheConfiguredLongConnections checks that keys and addresses come from the
// configuration, as serve takes them.
func TestListenOpensTheConfiguredLongConnections(t *testing.T) {
	s := newLinked(t)
	s.event(linkConnected)
	s.listener.End()
	file := s.Config(s.url + "/gateway.do")
	both := strings.NewReplacer("app_id: \""+commandtest.AppID+"\"", "app_id: \""+simulatedApp+"\"",
		"endpoint: "+s.url+"/gateway.do", "endpoint: "+s.url+"/gateway.do\n    channel_endpoint: "+s.url+"\n    channel: websocket").
		Replace(s.Read(file))
	s.Write(filepath.Base(file), both)
	for name, from := range map[string]string{"app_private.pem": "app_private.pem", "alipay_public.pem": "alipay_public.pem"} {
		s.Write(name, s.Read(s.key(from)))
	}
	s.listener = s.Start("listen", "--channel", "websocket", "--config", file)
	s.event(linkConnected)
	s.Must("trigger", "version.audit.passed", "--simulator", s.url)
	if v := commandtest.Next[listen.Received](s.listener); !v.Valid || v.Ack != ackSuccess || v.AppID != simulatedApp {
		t.Errorf("%+v", v)
	}
	s.Says(s.Run("listen", "--channel", "websocket", "--config", file, "--app-id", "7"), command.ExitUsage, simulatedApp)
}

// TestListenSaysWhatItNeeds before it connects anywhere.
func TestListenSaysWhatItNeeds(t *testing.T) {
	p := newProgram(t)
	p.Keys()
	own, private := filepath.Join(p.Dir, "app_public.pem"), filepath.Join(p.Dir, "app_private.pem")
	for _, test := range []struct{ args, want string }{
		{"--public-key " + own, "--private-key"},
		{"--public-key " + own + " --private-key " + private + " --app-id 1", "支付宝公钥"},
		{"--public-key " + own + " --private-key " + own + " --app-id 1", "public key"},
		{"--public-key " + own + " --private-key " + private + " --simulator nowhere", "--simulator"},
		{"--config " + filepath.Join(p.Dir, "none.yaml"), "none.yaml"},
		{"--public-key " + own + " --private-key " + private + " --forward-to ftp://x", "--forward-to"},
	} {
		r := p.Run(append([]string{"listen", "--channel", "websocket"}, strings.Fields(test.args)...)...)
		p.Says(r, command.ExitUsage, test.want)
	}
}
