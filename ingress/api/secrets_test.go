package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"miniflow/alipay/gateway"
	"miniflow/ingress/api/problem"
	"miniflow/ingress/api/strict"
)

// Personal data and tokens are in no answer, no log and no data of Temporal's, whether a call
// succeeds or fails.
func TestCanariesStayInside(t *testing.T) {
	env := openAPI(t)
	env.tokens.status = gateway.TokenStatus{Valid: true, AuthAppID: apiMini}
	canaries := []string{
		canaryToken, canaryRefresh, "canary@example.com", "金丝雀", "CANARY799Y", "张三丰", "13800138000", "李四光", "canary-note", "canary-ext",
	}
	planted := map[string]any{"submission.test_password": "canary-note", "version.ext.secret": "canary-ext"}
	var answers strings.Builder
	for _, spoil := range []map[string]any{
		nil, nil, {"create.contact_phone": 1}, {"create.license_pic": "canary-note"}, {"submission.version_desc": "canary-note"},
		{"merchant_ref": "'canary-note"}, {"kind": "canary-note"}, {"submission.files.app_logo.url": "canary-note"}, {"create.contact_name": "张三丰\x00"},
		{"merchant_ref": "another"}, {"submission.auto_online": "canary-note"},
	} {
		changes := map[string]any{}
		for _, some := range []map[string]any{planted, spoil} {
			for path, value := range some {
				changes[path] = value
			}
		}
		answers.WriteString(env.do("POST", "/v1/orders", body(changes)).text)
	}
	for _, command := range []string{"provide-input", "resubmit"} {
		answers.WriteString(env.do("POST", orderPathOf("A-1")+"/"+command,
			`{"create":{"contact_phone":"13800138000"},"submission":{"test_password":"canary-note"}}`).text)
		answers.WriteString(env.do("POST", orderPathOf("A-1")+"/"+command, `{"create":"canary-note","submission":{"test_password":"canary-note"}`).text)
	}
	answers.WriteString(env.do("PUT", miniPath+"/authorization",
		`{"app_auth_token":"`+canaryToken+`","app_refresh_token":"`+canaryRefresh+`"}`).want(http.StatusOK).text)
	if env.temporal.starts != 1 || len(env.temporal.updates) == 0 || len(env.temporal.withs) == 0 {
		t.Fatal("the calls did not get as far as Temporal; nothing is proved")
	}
	for place, text := range map[string]string{
		"an answer": answers.String(), "the log": env.log.String(), "Temporal": string(env.temporal.payloads),
	} {
		for _, canary := range canaries {
			if strings.Contains(text, canary) {
				t.Errorf("%s holds %q", place, canary)
			}
		}
	}
}

// Two bodies with equal content are the same order, whatever their spelling.
func TestCanonicalFormIsOfTheContentAlone(t *testing.T) {
	value := rapid.Deferred(func() *rapid.Generator[any] { return jsonValue(3) })
	rapid.Check(t, func(t *rapid.T) {
		drawn := value.Draw(t, "value")
		compact, err := json.Marshal(drawn)
		if err != nil {
			t.Skip("JSON has no such value, so no body does")
		}
		var spaced bytes.Buffer
		if err := json.Indent(&spaced, compact, " ", "\t"); err != nil {
			t.Fatal(err)
		}
		var fields problem.Fields
		first, err := strict.ReadTree(compact, &fields)
		if err != nil {
			t.Fatal(err)
		}
		second, err := strict.ReadTree(spaced.Bytes(), &fields)
		if err != nil {
			t.Fatal(err)
		}
		one, _ := strict.Canonical(first)
		other, _ := strict.Canonical(second)
		if !bytes.Equal(one, other) || !fields.Empty() {
			t.Fatalf("%s and %s", one, other)
		}
	})
}

func jsonValue(depth int) *rapid.Generator[any] {
	leaf := rapid.OneOf(rapid.String().AsAny(), rapid.Bool().AsAny(), rapid.Int().AsAny(), rapid.Just[any](nil))
	if depth == 0 {
		return leaf
	}
	return rapid.OneOf(leaf,
		rapid.SliceOfN(jsonValue(depth-1), 0, 4).AsAny(),
		rapid.MapOfN(rapid.String(), jsonValue(depth-1), 0, 4).AsAny())
}

// Bodies of any bytes are read or refused, and a refusal contains no value.
func FuzzStartBody(f *testing.F) {
	f.Add([]byte(body(nil)))
	f.Add([]byte(`{"kind":"release","mini_app_id":"2021","submission":{"files":{"a":{"url":"x"}}}}`))
	f.Add([]byte(`{"create":{"a":[1,2,{"b":null}]},"version":{"ext":{"x":1e400}}}`))
	env := openAPI(f)
	reader := strict.NewReader[startBody](env.api.schemas)
	f.Fuzz(func(t *testing.T, content []byte) {
		var fields problem.Fields
		read, err := reader.Read(content, &fields)
		if err != nil {
			return
		}
		d := env.api.draftOf(read, &fields)
		if fields.Err() != nil {
			return
		}
		request, err := env.api.seal(d)
		if err != nil || request.Kind == "" || len(request.OutOrderNo) > 32 {
			t.Errorf("%q became %+v, %v", content, request, err)
		}
		if same, err := env.api.sameContent(request, request); !same || err != nil {
			t.Errorf("an order is not the same as itself: %v", err)
		}
	})
}
