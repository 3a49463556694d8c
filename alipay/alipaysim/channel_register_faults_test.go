package alipaysim_test

import (
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
)

func TestFaultsOfRegister(t *testing.T) {
	w := newWorld(t, overSocket)
	w.faults(`{"channel":[{"kind":"register_failure","times":1,"code":"20000","sub_code":"isp.unknow-error","sub_msg":"稍后再试"},
		{"kind":"register_failure","times":1,"sub_code":"NO"},{"kind":"register_unsigned","times":1},{"kind":"register_bad_signature","times":1},
		{"kind":"register_hang","times":1,"for":"10ms"}]}`)
	for _, want := range []string{
		`{"response":{"code":"20000","msg":"Service Currently Unavailable","sub_code":"isp.unknow-error","sub_msg":"稍后再试"}}`,
		`{"response":{"code":"40004","msg":"Business Failed","sub_code":"NO","sub_msg":""}}`,
	} {
		if _, body := w.registered(w.knock(map[string]string{"nonce": w.nonce()})); body != want {
			t.Errorf("%s, want %s", body, want)
		}
	}
	if _, body := w.registered(w.knock(map[string]string{"nonce": w.nonce()})); strings.Contains(body, "sign") || !strings.Contains(body, "10000") {
		t.Errorf("unsigned: %s", body)
	}
	for _, holds := range []bool{false, true} { // the second one hangs, and then is good
		_, body := w.registered(w.knock(map[string]string{"nonce": w.nonce()}))
		object, sign, _ := strings.Cut(strings.TrimPrefix(body, `{"response":`), `,"sign":"`)
		if alipaySigned(object, strings.TrimSuffix(sign, `"}`)) != holds {
			t.Errorf("holds %v: %s", !holds, body)
		}
	}
}

func TestRegisterThatHangsHoldsUntilTheClientLeaves(t *testing.T) {
	w := newWorld(t, overSocket)
	w.faults(`{"channel":[{"kind":"register_hang","for":"10h"}]}`)
	conn, _ := w.exchange("GET /websocket/register.do?" + w.knock(map[string]string{"nonce": w.nonce()}) + " HTTP/1.1\r\nHost: sim\r\n\r\n")
	if err := conn.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 1)); n != 0 || err == nil || errors.Is(err, io.EOF) {
		t.Errorf("it answered: %d, %v", n, err)
	}
	_ = conn.Close()
	w.close() // waits for every answer, and this one is given up
}

func TestLinksAreCutByHand(t *testing.T) {
	w := newWorld(t, overSocket)
	for body, ends := range map[string]func(*line) bool{
		``:                func(l *line) bool { return string(l.frame(8)) == "\x03\xe9" },
		`{"code":1011}`:   func(l *line) bool { return string(l.frame(8)) == "\x03\xf3" },
		`{"how":"reset"}`: func(l *line) bool { _, err := l.in.ReadByte(); return errors.Is(err, syscall.ECONNRESET) },
	} {
		link := w.connect(nil)
		if got := w.must("POST", "apps/"+appID+"/disconnect", body)["links"]; got != 1.0 {
			t.Errorf("%s: %v links", body, got)
		}
		if !ends(link) {
			t.Errorf("%s: the link did not end so", body)
		}
		_ = link.conn.Close()
	}
	for _, test := range wrongChannelCalls {
		status, body := w.manage("POST", test.path, test.body)
		if detail, _ := body["detail"].(string); status != test.status || !strings.Contains(detail, test.says) {
			t.Errorf("%s %s: %d %v, want %d …%s…", test.path, test.body, status, body, test.status, test.says)
		}
	}
	for _, kind := range alipaysim.ChannelFaultKinds() {
		if status, body := w.manage("PUT", "faults", `{"channel":[{"kind":"`+kind+`","for":"1s"}]}`); status != 200 {
			t.Errorf("%s: %d %v", kind, status, body)
		}
	}
}

func TestChannelFaultsThatMakeNoSense(t *testing.T) {
	w := newWorld(t)
	for body, says := range map[string]string{
		`{"kind":"earthquake"}`:                "channel[0]: kind is",
		`{"kind":"close","times":-1}`:          "times is -1",
		`{"kind":"register_hang"}`:             `needs "for"`,
		`{"kind":"oversized","size":67108865}`: "size is",
		`{"kind":"never_pong","message":"x"}`:  "strikes no message",
		`{"kind":"close","message":"[a"}`:      "is not a glob",
		`{"kind":"close","app_id":"[a"}`:       "is not a glob",
	} {
		status, got := w.manage("PUT", "faults", `{"channel":[`+body+`]}`)
		if detail, _ := got["detail"].(string); status != 422 || !strings.Contains(detail, says) {
			t.Errorf("%s: %d %v, want …%s…", body, status, got, says)
		}
	}
}
