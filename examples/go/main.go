// Starts an order, hears of it by webhook (or --follow), helps where it is stuck; 0: it is online, 1: it ended otherwise, 2: trouble.
package main

import (
	"bufio"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

type object = map[string]any

var key, secret, api = os.Getenv("MINIFLOW_API_KEY"), os.Getenv("WEBHOOK_SECRET"), cmp.Or(os.Getenv("MINIFLOW_API"), "http://127.0.0.1:8080")
var logo = cmp.Or(os.Getenv("LOGO_URL"), "http://127.0.0.1:8090/sim/v1/files/logo.png") // the simulator's
var number = fmt.Sprint("example-go-", time.Now().UnixMilli())                          // our own: sent twice, it starts one order
var order = api + "/v1/orders/2021000000000000/" + number
var seen, turn = map[any]bool{}, make(chan bool, 1) // a real backend: ids of events in its database, in the transaction that acts

func must[T any](v T, err error) T {
	if err != nil {
		panic(err) // a post is not answered then, and comes again
	}
	return v
}

func call(method, url, body, header string, value any) io.ReadCloser {
	q := must(http.NewRequest(method, url, strings.NewReader(body)))
	q.Header = http.Header{"Authorization": {"Bearer " + key}, "Content-Type": {"application/json"}, header: {fmt.Sprint(value)}}
	a := must(http.DefaultClient.Do(q))
	if a.StatusCode > 299 && a.StatusCode != http.StatusConflict { // 409: the order has moved on, and needs no help any more
		panic(fmt.Sprintf("%s %s: %s %s", method, url, a.Status, must(io.ReadAll(a.Body))))
	}
	return a.Body
}

func handle(e object) { // one after the other, so that a repeat finds what the first one did
	turn <- true
	defer func() { <-turn }()
	if seen[e["id"]] {
		return
	}
	fmt.Println(e["sequence"], e["type"], e["stage"], e["note"])
	if e["type"] == "order.attention_needed" || e["type"] == "order.stage_changed" && e["stage"] == "audit_rejected" {
		now := object{} // the event may be old: what counts is how the order stands
		must(0, json.Unmarshal(must(io.ReadAll(call("GET", order, "", "Accept", "application/json"))), &now))
		if hold, _ := now["hold"].(object); hold["kind"] == "needs_input" && fmt.Sprint(hold["fields"]) == "[submission.files.app_logo]" {
			sum := sha256.Sum256(must(io.ReadAll(must(http.Get(logo)).Body)))
			call("POST", order+"/provide-input", fmt.Sprintf(`{"submission":{"files":{"app_logo":{"url":%q,"sha256":"%x"}}}}`, logo, sum), "Idempotency-Key", e["id"]).Close()
		} else if now["stage"] == "audit_rejected" { // audits[].reasons says why: the description
			call("POST", order+"/resubmit", `{"submission":{"app_desc":"为顾客提供在线点餐、排队取号、会员积分和门店信息查询服务。"}}`, "Idempotency-Key", e["id"]).Close()
		} // anything else was printed, and waits for a person
	}
	seen[e["id"]] = true // only now: what failed above comes again
	if e["type"] == "order.finished" {
		time.AfterFunc(time.Second, func() { os.Exit(map[bool]int{false: 1}[e["stage"] == "online"]) }) // answer first
	}
}

// Standard Webhooks: base64(HMAC-SHA256(secret, id.time.body)), once for each secret while one replaces the other.
func receive(w http.ResponseWriter, q *http.Request) {
	body, at := must(io.ReadAll(q.Body)), q.Header.Get("webhook-timestamp") // the bytes as they came: JSON written anew differs
	mac := hmac.New(sha256.New, must(base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))))
	fmt.Fprintf(mac, "%s.%s.%s", q.Header.Get("webhook-id"), at, body)
	want := []byte("v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	same := func(one string) bool { return secret != "" && hmac.Equal([]byte(one), want) } // in constant time
	genuine := slices.ContainsFunc(strings.Fields(q.Header.Get("webhook-signature")), same)
	if seconds, _ := strconv.ParseInt(at, 10, 64); !genuine || time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute { // a recording
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var post struct{ Data object }
	must(0, json.Unmarshal(body, &post))
	events, _ := post.Data["events"].([]any)                                  // a test has none
	for i := 0; i < len(events) && post.Data["out_order_no"] == number; i++ { // the app's other orders come here too
		handle(events[i].(object))
	}
}

func main() {
	call("POST", api+"/v1/orders", strings.ReplaceAll(string(must(os.ReadFile("../order.json"))), "NUMBER", number), "Accept", "application/json").Close()
	for ; slices.Contains(os.Args, "--follow"); time.Sleep(time.Second) { // a stream ends after ten minutes; repeats do no harm
		for lines := bufio.NewScanner(call("GET", order+"/events", "", "Accept", "text/event-stream")); lines.Scan(); {
			if e := (object{}); json.Unmarshal([]byte(strings.TrimPrefix(lines.Text(), "data:")), &e) == nil {
				handle(e)
			}
		}
	}
	panic(http.ListenAndServe(cmp.Or(os.Getenv("LISTEN"), "127.0.0.1:3000"), http.HandlerFunc(receive))) // what was told before this comes again
}
