package logs_test

import (
	"strings"
	"testing"
	"time"

	"miniflow/cmd/miniflow/internal/backtest/logs"
)

const body = `app_id=2021&biz_content=%7B%22a%22%3A%22%C9%F3%22%7D&charset=GBK&notify_id=1&sign=ab%2Bc%3D%3D`

// TestFormsAreFoundInLines looks for one body in what handlers write around it.
func TestFormsAreFoundInLines(t *testing.T) {
	for name, line := range map[string]string{
		"alone":             body,
		"behind a word":     "2026-06-01 INFO body=" + body,
		"behind a colon":    "notify:" + body,
		"in brackets":       "notify [" + body + "], 12 ms",
		"in quotes":         `"POST /notify HTTP/1.1" 200 7 "` + body + `" "-"`,
		"in single quotes":  "received '" + body + "' from 10.0.0.1",
		"as a query":        "GET /notify?" + body + " HTTP/1.1",
		"in JSON":           `{"level":"info","body":"` + strings.ReplaceAll(body, "&", `\u0026`) + `"}`,
		"in JSON, as it is": `{"level":"info","body":"` + body + `"}`,
		"other sign":        "design=1 sign=x " + body,
		"other app":         "app_id=1 " + body,
		"in HTML":           "<p>" + body + "</p>",
		"in Chinese":        "收到通知：" + body + "，处理成功",
		"in 【】":             "收到通知【" + body + "】",
		"between bars":      "2026-06-01|POST|" + body + "|200|success",
		"between commas":    "notify," + body + ",200,success",
		"among values":      "t=1;body=" + body + ";status=200",
		"with a session":    "POST /notify?" + body + ";jsessionid=1",
		"in colour":         "\x1b[32m" + body + "\x1b[0m",
		"in JSON of Gson":   `{"body":"` + strings.NewReplacer("&", `\u0026`, "=", `\u003d`).Replace(body) + `"}`,
		"in JSON in JSON":   `{"log":"{\"body\":\"` + strings.ReplaceAll(body, "&", `\\u0026`) + `\"}\n"}`,
	} {
		var finder logs.Finder
		found := finder.Find([]byte(line))
		if found.Kind != logs.KindMessage || string(found.Form) != body || found.AppID != "2021" {
			t.Errorf("%s: kind %d, app %s, form %s", name, found.Kind, found.AppID, found.Form)
		}
	}
}

// TestBytesOfAFormSurvive has a body that was not escaped, in the bytes of GBK, whose second half is a
// backslash in one character; and what nginx escapes.
func TestBytesOfAFormSurvive(t *testing.T) {
	var finder logs.Finder
	for line, want := range map[string]string{
		"app_id=1&a=\x81\\\xc9\xf3&sign=x": "app_id=1&a=\x81\\\xc9\xf3&sign=x",
		`"app_id=1&a=\x22\xE5&sign=x"`:     "app_id=1&a=%22%E5&sign=x",
		`"app_id=1&a=b\/c&sign=x"`:         "app_id=1&a=b/c&sign=x",
	} {
		if found := finder.Find([]byte(line)); string(found.Form) != want {
			t.Errorf("%q: %q, not %q", line, found.Form, want)
		}
	}
}

// TestParametersAreFoundInJSON looks for the same parameters in JSON of every kind.
func TestParametersAreFoundInJSON(t *testing.T) {
	const object = `{"app_id":"2021","biz_content":"{\"a\":\"\u5ba1\\n\"}","sign":"a\/b\u003d"}`
	const want = `app_id=2021&biz_content={"a":"审\n"}&sign=a/b%3D`
	for name, line := range map[string]string{
		"alone":            object,
		"behind a prefix":  "2026-06-01 [http-8] INFO {} params: " + object + " -> success",
		"behind brackets":  `{"trace":{"id":1}} [x] ` + object,
		"nested":           `{"level":"info","params":` + object + `,"ms":12}`,
		"as text":          `{"level":"info","params":"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(object) + `"}`,
		"in a quoted text": `level=INFO msg="params=` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(object) + `"`,
		"quoted twice":     `{"log":"msg=\"` + strings.NewReplacer(`\`, `\\\\`, `"`, `\\\"`).Replace(object) + `\"\n"}`,
		"lists":            `{"app_id":["2021"],"biz_content":["{\"a\":\"审\\n\"}"],"sign":["a/b="]}`,
		"numbers, nothing": `{ "app_id" : 2021 , "lost":null, "biz_content":{"a":"审\n"},"sign":"a/b=" }`,
	} {
		var finder logs.Finder
		found := finder.Find([]byte(line))
		if found.Kind != logs.KindMessage || string(found.Form) != want || found.AppID != "2021" {
			t.Errorf("%s: kind %d, app %s, form %s", name, found.Kind, found.AppID, found.Form)
		}
	}
}

// TestTheSearchInALineIsBounded: everybody may post what a handler logs, and a line takes no minute.
func TestTheSearchInALineIsBounded(t *testing.T) {
	const deep = 64
	for name, line := range map[string]string{
		"objects": strings.Repeat(`{"x":`, deep) + `{"sign":1,"p":"app_id ` + strings.Repeat("z", 1<<19) + `"}` + strings.Repeat("}", deep),
		"names":   strings.Repeat("app_id=", 1<<17) + "sign=1",
		"escapes": `"sign` + strings.Repeat(`\\`, 1<<19) + "app_id",
	} {
		var finder logs.Finder
		began := time.Now()
		if found := finder.Find([]byte(line)); found.Kind == logs.KindNone || time.Since(began) > 5*time.Second {
			t.Errorf("%s: kind %d after %s", name, found.Kind, time.Since(began))
		}
	}
}

// TestCharsetsOfJSON keeps the bytes of GBK where a line has them, and makes them where a log was
// converted.
func TestCharsetsOfJSON(t *testing.T) {
	const want = "app_id=1&charset=GBK&a=\xc9\xf3\x81\\&sign=x"
	for name, line := range map[string]string{
		"converted": `{"app_id":"1","charset":"GBK","a":"审乗","sign":"x"}`,
		"escaped":   `{"app_id":"1","charset":"gbk","a":"\u5ba1\u4e57","sign":"x"}`,
		"bytes":     "{\"app_id\":\"1\",\"charset\":\"GBK\",\"a\":\"\xc9\xf3\x81\\\",\"sign\":\"x\"}",
	} {
		var finder logs.Finder
		found := finder.Find([]byte(line))
		if got := strings.Replace(string(found.Form), "=gbk", "=GBK", 1); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestOtherLines distinguishes what is about something else from what holds a part of a message.
func TestOtherLines(t *testing.T) {
	for line, want := range map[string]logs.Kind{
		"":                                        logs.KindNone,
		"GET /healthz 200":                        logs.KindNone,
		"app_id=2021 is configured":               logs.KindNone,
		"app_id=2021&sign":                        logs.KindNone,
		`{"app_id":"2021","sign":`:                logs.KindUnread,
		`{"app_id":"2021","sign":"x`:              logs.KindUnread,
		"{app_id=2021, sign=x}":                   logs.KindUnread,
		`sign="x" of app_id "2021"`:               logs.KindUnread,
		strings.Repeat("{", 5000) + `app_id"sign`: logs.KindUnread,
	} {
		var finder logs.Finder
		if found := finder.Find([]byte(line)); found.Kind != want {
			t.Errorf("%.40q: kind %d, not %d", line, found.Kind, want)
		}
	}
}

// TestAnswersAreReadAroundAMessage and never inside of it.
func TestAnswersAreReadAroundAMessage(t *testing.T) {
	const status = `{"app_id":"1","status":"200","response":"success","sign":"x"}`
	for line, want := range map[string]logs.Answer{
		body:                                     logs.AnswerUnknown,
		status:                                   logs.AnswerUnknown,
		`"POST / HTTP/1.1" 200 7 "` + body + `"`: logs.AnswerAccepted,
		`"POST / HTTP/1.1" 200 4 "` + body + `"`: logs.AnswerRefused,
		`"POST / HTTP/1.1" 500 7 "` + body + `"`: logs.AnswerRefused,
		`"POST / HTTP/1.1" "` + body + `" 200 7 "success"`:            logs.AnswerAccepted,
		`"POST / HTTP/1.1" "` + body + `" 200 4 "fail"`:               logs.AnswerRefused,
		`"POST / HTTP/1.1" "` + body + `" 404 7 "success"`:            logs.AnswerRefused,
		`{"status":200,"body":"` + body + `"}`:                        logs.AnswerAccepted,
		`{"status": 502,"body":"` + body + `"}`:                       logs.AnswerRefused,
		`{"status_code":200,"response":"fail","body":"` + body + `"}`: logs.AnswerRefused,
		`{"response":"success","request":` + status + `}`:             logs.AnswerAccepted,
		`{"success":true,"request":` + status + `}`:                   logs.AnswerUnknown,
		"params " + status + " -> success":                            logs.AnswerAccepted,
		"params " + status + " verified with success":                 logs.AnswerUnknown,
		"params " + status + " response=FAIL":                         logs.AnswerRefused,
		"status=200 " + body:                                          logs.AnswerAccepted,
		"took 200 ms " + body:                                         logs.AnswerUnknown,
	} {
		var finder logs.Finder
		if found := finder.Find([]byte(line)); found.Kind != logs.KindMessage || found.Answer != want {
			t.Errorf("%q: kind %d, answer %d, not %d", line, found.Kind, found.Answer, want)
		}
	}
}

// FuzzFind must neither end in a panic nor make up a message: what it finds has both names.
func FuzzFind(f *testing.F) {
	f.Add([]byte(body))
	f.Add([]byte(`x {"a":"{\"app_id\":\"1\",\"sign\":\"\\u00e5\\ud83d\"}"} success`))
	f.Add([]byte("{\"app_id\":\"\x81\\\",\"sign\":[\"\\"))
	f.Fuzz(func(t *testing.T, line []byte) {
		var finder logs.Finder
		found := finder.Find(line)
		if found.Kind == logs.KindMessage && !strings.Contains(string(found.Form), "app_id=") {
			t.Errorf("%q has no app_id", found.Form)
		}
	})
}
