package door

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"

	"miniflow/alipay"
	"miniflow/ingress"
	"miniflow/ingress/internal/ingresstest"
	"miniflow/internal/telemetry"
	"miniflow/order"
)

// Messages that Alipay did sign, and that are odd nevertheless: old, repeated, unreadable,
// full of control characters, or a question to be answered. They are never refused, and
// change nothing that they should not.

// A message that is too old to be recognised as a repeat is kept and reported, but acts on
// nothing.
func TestYearsOldMessages(t *testing.T) {
	const years = 3 * 365 * 24 * time.Hour
	delivery := "delivery/" + doorApp + "/" + confirmed()["notify_id"]
	old := confirmed().with("utc_timestamp", millis(doorNow().Add(-years)))
	for _, c := range []struct {
		row     string
		message params
		before  []time.Duration // when the same body came earlier, and how long ago that was
		calls   []string        // of the last time
		result  order.Disposition
		level   slog.Level
	}{
		{"X7 unknown and years old", old, nil, []string{"start Delivery " + delivery}, order.DispositionStale, slog.LevelWarn},
		{"X7 years old and known to the door", old, []time.Duration{time.Minute}, []string{}, order.DispositionDuplicate, slog.LevelInfo},
		{"X7 years old and kept before", old, []time.Duration{MemoryFor}, []string{"start Delivery " + delivery, "describe " + delivery}, order.DispositionDuplicate, slog.LevelInfo},
		{"X7 known to an order years ago", confirmed(), []time.Duration{years}, []string{"start Delivery " + delivery}, order.DispositionStale, slog.LevelWarn},
		{"X7 as old as Alipay's last try", confirmed(), []time.Duration{25 * time.Hour}, []string{"signal " + orderOne}, order.DispositionWaiting, slog.LevelInfo},
	} {
		t.Run(c.row, func(t *testing.T) {
			s := openDoor(t, newDoorTemporal(orderOne))
			address := serveDoor(t, s, ingress.DefaultPatience())
			sent := closing(c.message.signed(t, doorKeys().alipay))
			for _, ago := range c.before {
				wantAccepted(t, address, sent)
				s.clock.Forward(ago)
			}
			earlier := len(s.temporal.operations())
			counted := s.metric("miniflow_door_notifications_total", "http", string(c.result))
			wantAccepted(t, address, sent)
			if diff := cmp.Diff(c.calls, s.temporal.operations()[earlier:]); diff != "" {
				t.Error(diff)
			}
			if got := s.metric("miniflow_door_notifications_total", "http", string(c.result)); got != counted+1 {
				t.Errorf("counted %v times as %s: %s", got, c.result, s.log)
			}
			records := s.records()
			if last := records[len(records)-1]; last["level"] != c.level.String() || last["disposition"] != string(c.result) {
				t.Errorf("the alarm is %v", last)
			}
			if c.result == order.DispositionStale && s.temporal.last(t).Delivery.Disposition != order.DispositionStale {
				t.Errorf("it is kept as %+v", s.temporal.last(t).Delivery)
			}
		})
	}
}

// Which of two messages under one id was first is known where the first one is kept: in the
// order, or in the Delivery. The door passes both on with different digests.
func TestSameIDOtherContent(t *testing.T) {
	second := func(first params) params {
		return first.with("biz_content", strings.Replace(first["biz_content"], "AGREED", "REJECTED", 1))
	}
	unrouted := standard("alipay.unknown.message", `{"status":"AGREED"}`)
	for _, c := range []struct {
		row    string
		first  params
		result order.Disposition
		level  slog.Level
		reach  string // where the second one goes
	}{
		{"X9 to an order that runs", confirmed(), order.DispositionWaiting, slog.LevelInfo, "signal " + orderOne},
		{"X9 to no order", unrouted, order.DispositionConflict, slog.LevelError, "start Delivery delivery/" + doorApp + "/n-alipay.unknown.message/"},
	} {
		t.Run(c.row, func(t *testing.T) {
			s := openDoor(t, newDoorTemporal(orderOne))
			address := serveDoor(t, s, ingress.DefaultPatience())
			wantAccepted(t, address, closing(c.first.signed(t, doorKeys().alipay)))
			first := s.temporal.last(t)
			wantAccepted(t, address, closing(second(c.first).signed(t, doorKeys().alipay)))
			other := s.temporal.last(t)
			if first.Notification.NotifyID != other.Notification.NotifyID || first.Notification.Digest == other.Notification.Digest {
				t.Errorf("not told apart: %+v, %+v", first.Notification.NotificationKey, other.Notification.NotificationKey)
			}
			if first.RequestID == other.RequestID {
				t.Error("under one request id Temporal drops the second without a word")
			}
			calls := s.temporal.operations()
			if got := calls[len(calls)-1]; !strings.HasPrefix(got, c.reach) {
				t.Errorf("the second went to %q, want %q…", got, c.reach)
			}
			records := s.records()
			if last := records[len(records)-1]; last["disposition"] != string(c.result) || last["level"] != c.level.String() {
				t.Errorf("logged %v", last)
			}
		})
	}
}

func TestUnreadableContentIsKept(t *testing.T) {
	const deep, parallel, bound = 100_000, 20, 128 << 20
	for row, content := range map[string]string{
		"X12 arrays nested 100,000 deep":  strings.Repeat("[", deep) + strings.Repeat("]", deep),
		"X12 objects nested 100,000 deep": strings.Repeat(`{"a":`, deep) + "1" + strings.Repeat("}", deep),
		"X12 half of it":                  strings.Repeat("[", deep),
		"X12 arrays nested 5,000 deep":    strings.Repeat("[", 5000) + strings.Repeat("]", 5000),
		"X12 objects nested 65 deep":      strings.Repeat(`{"a":`, alipay.MaxDepth+1) + "1" + strings.Repeat("}", alipay.MaxDepth+1),
	} {
		t.Run(row, func(t *testing.T) {
			s := openDoor(t, newDoorTemporal(orderOne))
			address := serveDoor(t, s, ingress.DefaultPatience())
			bodies := make([]string, parallel)
			for i := range bodies {
				body := confirmed().with("notify_id", string(rune('a'+i))).with("biz_content", content).signed(t, doorKeys().alipay)
				// Escaped it would be above the limit; a form may leave these unescaped.
				bodies[i] = closing([]byte(strings.NewReplacer("%7B", "{", "%22", `"`, "%3A", ":", "%7D", "}").Replace(string(body))))
			}
			peak := watchMemory(t)
			// Only a sender that is known by a first message has its others looked at side by side.
			wantAccepted(t, address, bodies[0])
			var all sync.WaitGroup
			for _, body := range bodies[1:] {
				all.Go(func() { wantAccepted(t, address, body) })
			}
			all.Wait()
			if grown := peak(); grown > bound {
				t.Errorf("%d of them took %d MiB", parallel, grown>>20)
			}
			if got := s.metric("miniflow_door_notifications_total", "http", "dead"); got != parallel {
				t.Errorf("%v dead letters: %s", got, s.log)
			}
			if n := s.temporal.last(t).Notification; n.Flaw == "" {
				t.Errorf("nobody is told what is wrong with it: %+v", n)
			}
		})
	}
}

// Whatever Alipay signs stays on one line of the log, and moves no cursor.
func TestLogFieldsAreEscaped(t *testing.T) {
	const evil = "x\r\nlevel=ERROR msg=FORGED\n\x1b[2J\x1b]0;FORGED\a\u009b31m\x00\u2028FORGED\u202e"
	for _, format := range telemetry.Formats() {
		t.Run("X22 CR, LF and ANSI, log as "+string(format), func(t *testing.T) {
			var written ingresstest.Buffer
			log, err := telemetry.NewLogger(&written, telemetry.LogOptions{Format: format, Level: slog.LevelDebug})
			if err != nil {
				t.Fatal(err)
			}
			s := openDoor(t, newDoorTemporal(), func(c *IntakeConfig) { c.Log = log })
			s.door.config.Log = log
			address := serveDoor(t, s, ingress.DefaultPatience())
			message := confirmed().with("notify_id", "n"+evil).with("msg_method", evil).with("x\r\n\x1b[2J", evil)
			genuine := closing(message.signed(t, doorKeys().alipay))
			wantAccepted(t, address, genuine)
			wantAccepted(t, address, genuine) // a repeat is logged elsewhere
			s.temporal.down = errDown
			exchange(t, address, closing(message.with("version", evil).signed(t, doorKeys().alipay)))
			exchange(t, address, closing(message.with("app_id", evil).signed(t, doorKeys().alipay)))
			forged := closing(message.signed(t, doorKeys().other))
			exchange(t, address, strings.Replace(forged, "/alipay/notify", "/%0d%0a%1b[2J?%1b%0aFORGED", 1))
			exchange(t, address, strings.Replace(forged, "Host: door", "Host: door\r\nUser-Agent: \x1b[2JFORGED", 1)) // Go's own 400
			lines := strings.Split(strings.TrimSuffix(written.String(), "\n"), "\n")
			if len(lines) != 5 {
				t.Errorf("%d lines for five requests:\n%s", len(lines), written.String())
			}
			if i := strings.IndexAny(written.String(), "\r\x1b\a\x00\u009b\u2028\u202e"); i >= 0 {
				t.Errorf("a control character gets through: %q", written.String()[max(0, i-20):][:40])
			}
			if !strings.Contains(lines[0], "FORGED") {
				t.Errorf("the id is not there at all: %s", lines[0])
			}
		})
	}
}

// gatewayAnswer is the answer to a gateway check as Alipay reads it.
type gatewayAnswer struct {
	XMLName  xml.Name `xml:"alipay"`
	Response struct {
		Inner   string `xml:",innerxml"`
		Key     string `xml:"biz_content"`
		Success string `xml:"success"`
	} `xml:"response"`
	Sign     string `xml:"sign"`
	SignType string `xml:"sign_type"`
}

// wantGatewayAnswer checks an answer without any code of the package that made it.
func wantGatewayAnswer(t *testing.T, answer string) {
	t.Helper()
	inUTF8, err := simplifiedchinese.GBK.NewDecoder().String(answer)
	if err != nil {
		t.Fatal(err)
	}
	declared, document, _ := strings.Cut(inUTF8, "?>")
	var read gatewayAnswer
	if err := xml.Unmarshal([]byte(document), &read); err != nil || declared != `200 <?xml version="1.0" encoding="GBK"` {
		t.Fatalf("%v in %s", err, answer)
	}
	sign, err := base64.StdEncoding.DecodeString(read.Sign)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(read.Response.Inner))
	if err := rsa.VerifyPKCS1v15(&doorKeys().application.PublicKey, crypto.SHA256, sum[:], sign); err != nil {
		t.Errorf("%v in %s", err, answer)
	}
	if read.Response.Success != "true" || read.SignType != "RSA2" || len(read.Response.Key) < 300 {
		t.Errorf("answered %s", answer)
	}
}

func TestGatewayCheckIsAnsweredToAlipayAlone(t *testing.T) {
	canary := filepath.Join(t.TempDir(), "canary")
	if err := os.WriteFile(canary, []byte("CANARY"), 0o600); err != nil {
		t.Fatal(err)
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	called := make(chan struct{})
	go func() {
		if _, err := listener.Accept(); err == nil {
			close(called)
		}
	}()
	t.Cleanup(func() { _ = listener.Close() })
	question := gatewayCheck()["biz_content"]
	entity := func(system string) string {
		return `<!DOCTYPE XML [<!ENTITY e SYSTEM "` + system + `">]>` + strings.Replace(question, "</XML>", "<ActionParam>&e;</ActionParam></XML>", 1)
	}
	for row, content := range map[string]string{
		"X25 the console's check":           question,
		"X25 in GBK":                        strings.Replace(question, "</XML>", "<FromUserId>"+chineseGBK+"</FromUserId></XML>", 1),
		"X25 with an entity from a file":    entity("file://" + canary),
		"X25 with an entity from the web":   entity("http://" + listener.Addr().String() + "/"),
		"X25 with a billion laughs to tell": `<!DOCTYPE XML [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>` + strings.Replace(question, "</XML>", "&b;</XML>", 1),
	} {
		t.Run(row, func(t *testing.T) {
			s := openDoor(t, newDoorTemporal())
			address := serveDoor(t, s, ingress.DefaultPatience())
			message := gatewayCheck().with("biz_content", content)
			got := exchange(t, address, closing(message.signed(t, doorKeys().alipay)))
			if len(got) != 1 {
				t.Fatalf("answered %q", got)
			}
			wantGatewayAnswer(t, got[0])
			if strings.Contains(got[0], "CANARY") || strings.Contains(s.log.String(), "CANARY") {
				t.Error("the file was read")
			}
			if diff := cmp.Diff([]string{"403 fail"}, exchange(t, address, closing(message.signed(t, doorKeys().other)))); diff != "" {
				t.Errorf("a stranger's check: %s", diff)
			}
			if calls := s.temporal.operations(); len(calls) != 0 {
				t.Errorf("a check is no work: %v", calls)
			}
		})
	}
	select {
	case <-called:
		t.Error("the door went to the web for an entity")
	default:
	}
}
