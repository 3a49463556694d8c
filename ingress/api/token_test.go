package api

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/order"
	"miniflow/words"
)

const (
	canaryToken   = "202611BBcanarytoken0123456789abcdefX01"
	canaryRefresh = "202611BBcanaryrefresh0123456789abcdX02"
	canaryCode    = "canarycode0123456789"
	miniPath      = "/v1/mini-programs/" + apiApp + "/" + apiMini
)

var spentCode = &gateway.Error{Method: alipay.MethodToken, Code: "40004", SubCode: "AUTH_CODE_NOT_VALID", Meaning: codes.Meaning{Class: codes.ClassAuthorization}}

var unknownToken = &gateway.Error{Method: alipay.MethodTokenQuery, Code: "40004", SubCode: "AUTH_TOKEN_NOT_EXISTED", Meaning: codes.Meaning{Class: codes.ClassAuthorization}}

func TestGetMiniProgram(t *testing.T) {
	env := openAPI(t)
	env.aMiniProgram(t)
	if got := read[order.MiniProgramView](env.as(keyRead, "GET", miniPath, "").want(http.StatusOK)); got.OutOrderNo != "A-1" {
		t.Errorf("answered %+v", got)
	}
}

func TestImportAuthorization(t *testing.T) {
	env := openAPI(t, func(config *Config) { config.Apps[0].Language = words.Chinese })
	env.tokens.status = gateway.TokenStatus{Valid: true, AuthAppID: apiMini}
	answer := env.as(keyToken, "PUT", miniPath+"/authorization",
		`{"app_auth_token":"`+canaryToken+`","app_refresh_token":"`+canaryRefresh+`","auth_time":"2026-11-19T08:00:00+08:00"}`).want(http.StatusOK)
	if answer.header.Get("Cache-Control") != "no-store" || strings.Contains(answer.text, "canary") {
		t.Errorf("answered %v %s", answer.header, answer.text)
	}
	operation := env.temporal.withs[0]
	if operation.options.ID != "mini-program/"+apiApp+"/"+apiMini || operation.update.WorkflowID != operation.options.ID ||
		operation.update.UpdateName != order.ImportTokenUpdate || operation.options.TaskQueue != order.TaskQueue ||
		operation.options.WorkflowIDReusePolicy != enums.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE ||
		operation.options.WorkflowIDConflictPolicy != enums.WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING ||
		operation.input.AppID != apiApp || operation.input.MiniAppID != apiMini || len(operation.input.Schedules.Authorization) == 0 ||
		operation.input.Language != words.Chinese {
		t.Errorf("operation %+v", operation)
	}
	token, _ := operation.update.Args[0].(order.Token)
	if token.Fingerprint != order.Fingerprint(canaryToken) || token.Source != "import" ||
		!token.AuthTime.Equal(time.Date(2026, 11, 19, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("token %+v", token)
	}
	for want, sealed := range map[string]order.Sealed{canaryToken: token.Sealed, canaryRefresh: token.Refresh} {
		if plain, err := env.ring.Open(sealed, apiApp, order.SealToken); err != nil || string(plain) != want {
			t.Errorf("the token opens to %q, %v", plain, err)
		}
	}
}

// TestAnImportIsAsOldAsItsAuthorisation checks that Alipay's time of the authorisation is
// used, so that an old token imported today outranks no newer one.
func TestAnImportIsAsOldAsItsAuthorisation(t *testing.T) {
	since := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		start time.Time
		body  string
		want  func(now time.Time) time.Time
	}{
		"Alipay says":               {since, "", func(time.Time) time.Time { return since }},
		"the caller says otherwise": {since, `,"auth_time":"2026-11-19T08:00:00Z"`, func(time.Time) time.Time { return since }},
		"Alipay does not say":       {time.Time{}, `,"auth_time":"2026-11-19T08:00:00Z"`, func(time.Time) time.Time { return time.Date(2026, 11, 19, 8, 0, 0, 0, time.UTC) }},
		"nobody says":               {time.Time{}, "", func(now time.Time) time.Time { return now }},
		"a time to come":            {since.AddDate(9, 0, 0), "", func(now time.Time) time.Time { return now }},
	} {
		env := openAPI(t)
		env.tokens.status = gateway.TokenStatus{Valid: true, AuthAppID: apiMini, Start: test.start}
		env.as(keyToken, "PUT", miniPath+"/authorization", `{"app_auth_token":"`+canaryToken+`"`+test.body+`}`).want(http.StatusOK)
		token, _ := env.temporal.withs[0].update.Args[0].(order.Token)
		if want := test.want(env.clock.Now()); !token.AuthTime.Equal(want) {
			t.Errorf("%s: kept as of %s, want %s", name, token.AuthTime, want)
		}
	}
}

// ownFault returns Alipay's refusal of the application's own call.
func ownFault(subCode string) error {
	class := codes.ClassPermanent
	return &gateway.Error{Method: "test", Code: "40006", SubCode: subCode, Meaning: codes.Meaning{Class: class, Advice: "put it right"}}
}

// wantOwnFault checks that a fault of the application is reported as such, neither blamed on
// the token nor to be retried in a second.
func wantOwnFault(t *testing.T, err error, answer *apiAnswer) {
	t.Helper()
	var refused *gateway.Error
	if !errors.As(err, &refused) || answer.status != http.StatusBadGateway {
		return
	}
	if !strings.Contains(answer.text, refused.SubCode+", "+refused.Advice) || answer.header.Get("Retry-After") != "" {
		t.Errorf("answered %s with Retry-After %q", answer.text, answer.header.Get("Retry-After"))
	}
}

func TestImportRefusals(t *testing.T) {
	good := gateway.TokenStatus{Valid: true, AuthAppID: apiMini}
	for name, test := range map[string]struct {
		body   string
		status gateway.TokenStatus
		err    error
		want   int
		field  string
	}{
		"no token":          {`{}`, good, nil, 422, "app_auth_token"},
		"a crooked token":   {`{"app_auth_token":"a b"}`, good, nil, 422, "app_auth_token"},
		"an unknown field":  {`{"app_auth_token":"` + canaryToken + `","token":"x"}`, good, nil, 422, "token"},
		"a crooked time":    {`{"app_auth_token":"` + canaryToken + `","auth_time":"yesterday"}`, good, nil, 422, "auth_time"},
		"a time to come":    {`{"app_auth_token":"` + canaryToken + `","auth_time":"2027-11-20T08:00:00Z"}`, good, nil, 422, "auth_time"},
		"dead":              {"", gateway.TokenStatus{AuthAppID: apiMini}, nil, 422, "app_auth_token"},
		"another's":         {"", gateway.TokenStatus{Valid: true, AuthAppID: "2021888"}, nil, 422, "app_auth_token"},
		"unknown to Alipay": {"", gateway.TokenStatus{}, unknownToken, 422, "app_auth_token"},
		"Alipay is down":    {"", gateway.TokenStatus{}, errors.New("connection refused"), 502, ""},
		"our address":       {"", gateway.TokenStatus{}, ownFault("isv.illegal-client-ip"), 502, ""},
		"our key":           {"", gateway.TokenStatus{}, ownFault("isv.invalid-signature"), 502, ""},
	} {
		t.Run(name, func(t *testing.T) {
			env := openAPI(t)
			env.tokens.status, env.tokens.err = test.status, test.err
			if test.body == "" {
				test.body = `{"app_auth_token":"` + canaryToken + `"}`
			}
			answer := env.do("PUT", miniPath+"/authorization", test.body).want(test.want)
			if test.field != "" {
				answer.wantFields(test.field)
			}
			wantOwnFault(t, test.err, answer)
			if strings.Contains(answer.text+env.log.String(), "canary") || len(env.temporal.withs) > 0 {
				t.Errorf("answered %s, kept %v", answer.text, env.temporal.withs)
			}
		})
	}
	t.Run("Temporal is down", func(t *testing.T) {
		env := openAPI(t)
		env.tokens.status = good
		env.temporal.down["update"], env.within = serviceerror.NewUnavailable("down"), 200*time.Millisecond
		env.do("PUT", miniPath+"/authorization", `{"app_auth_token":"`+canaryToken+`"}`).want(http.StatusServiceUnavailable)
	})
}

func TestReadToken(t *testing.T) {
	env := openAPI(t)
	sealed, err := env.ring.Seal([]byte(canaryToken), apiApp, order.SealToken)
	if err != nil {
		t.Fatal(err)
	}
	env.temporal.queryAnswers["mini-program/"+apiApp+"/"+apiMini+" token"] = &order.Token{Sealed: sealed, AuthTime: apiStart}
	r := env.request(keyToken, "POST", miniPath+"/token", "")
	r.Header.Set("X-Actor", "李四")
	answer := env.send(r).want(http.StatusOK)
	if diff := cmp.Diff(tokenView{AppAuthToken: canaryToken, AuthTime: apiStart}, read[tokenView](answer)); diff != "" {
		t.Errorf("answer (-want +got)\n%s", diff)
	}
	if answer.header.Get("Cache-Control") != "no-store" {
		t.Error("the token may be cached")
	}
	log := env.log.String()
	if !strings.Contains(log, `"msg":"app_auth_token read"`) || !strings.Contains(log, "李四") || strings.Contains(log, canaryToken) {
		t.Errorf("the log says %s", log)
	}

	env.temporal.queryAnswers["mini-program/"+apiApp+"/"+apiMini+" token"] = (*order.Token)(nil)
	env.as(keyToken, "POST", miniPath+"/token", "").want(http.StatusConflict)
	env.temporal.queryAnswers["mini-program/"+apiApp+"/"+apiMini+" token"] = &order.Token{Sealed: sealed + "x"}
	env.as(keyToken, "POST", miniPath+"/token", "").want(http.StatusInternalServerError)
}

func TestExchangeCode(t *testing.T) {
	request := `{"app_id":"` + apiApp + `","app_auth_code":"` + canaryCode + `"}`
	t.Run("brings every token home", func(t *testing.T) {
		env := openAPI(t)
		env.tokens.tokens = []gateway.AppToken{{Token: canaryToken, AuthAppID: apiMini}, {Token: canaryRefresh, AuthAppID: "2021777"}}
		// A code is spent, so temporary errors are retried.
		env.temporal.fail("update", serviceerror.NewUnavailable("down"), serviceerror.NewUnavailable("down"))
		answer := env.do("POST", "/v1/authorizations", request).want(http.StatusOK)
		if got := read[miniProgramList](answer).MiniPrograms; len(got) != 2 || len(env.temporal.withs) != 2 || len(env.tokens.exchange) != 1 {
			t.Errorf("answered %s after %d exchanges", answer.text, len(env.tokens.exchange))
		}
		if strings.Contains(answer.text+env.log.String(), "canary") {
			t.Errorf("answered %s", answer.text)
		}
	})
	for name, test := range map[string]struct {
		body    string
		arrange func(*apiEnv)
		status  int
	}{
		"no code":       {`{"app_id":"` + apiApp + `"}`, func(*apiEnv) {}, 422},
		"no such app":   {`{"app_id":"2021","app_auth_code":"x"}`, func(*apiEnv) {}, 422},
		"spent":         {request, func(s *apiEnv) { s.tokens.err = spentCode }, 422},
		"Alipay down":   {request, func(s *apiEnv) { s.tokens.err = errors.New("no answer") }, 502},
		"our address":   {request, func(s *apiEnv) { s.tokens.err = ownFault("isv.illegal-client-ip") }, 502},
		"our rights":    {request, func(s *apiEnv) { s.tokens.err = ownFault("isv.insufficient-isv-permissions") }, 502},
		"not kept":      {request, func(s *apiEnv) { s.temporal.fail("update", serviceerror.NewInvalidArgument("no")) }, 500},
		"another's app": {request, func(*apiEnv) {}, 403},
	} {
		t.Run(name, func(t *testing.T) {
			env := openAPI(t)
			env.tokens.tokens = []gateway.AppToken{{Token: canaryToken, AuthAppID: apiMini}}
			test.arrange(env)
			key := keyAll
			if test.status == 403 {
				key = keyOther
			}
			answer := env.as(key, "POST", "/v1/authorizations", test.body).want(test.status)
			wantOwnFault(t, env.tokens.err, answer)
			if strings.Contains(answer.text+env.log.String(), "canary") {
				t.Errorf("answered %s", answer.text)
			}
		})
	}
}

// A mini program that has left can be closed; one that can't be reports why.
func TestCloseAMiniProgram(t *testing.T) {
	env := openAPI(t)
	env.do("POST", miniPath+"/close", "").want(http.StatusNotFound)
	flow := env.aMiniProgram(t)
	env.temporal.onUpdate = func(client.UpdateWorkflowOptions) (any, error) {
		return order.MiniProgramView{MiniAppID: apiMini, Authorization: order.AuthorizationNone}, nil
	}
	answer := env.as(keyWrite, "POST", miniPath+"/close", `{"reason":"the shop has closed"}`).want(http.StatusOK)
	sent := env.temporal.updates[len(env.temporal.updates)-1]
	want := order.DeliveryInstruction{Actor: "name of " + keyWrite, Reason: "the shop has closed"}
	if sent.UpdateName != order.CloseUpdate || sent.WorkflowID != "mini-program/"+apiApp+"/"+apiMini || sent.Args[0] != want {
		t.Errorf("sent %+v", sent)
	}
	if got := read[order.MiniProgramView](answer); got.MiniAppID != apiMini {
		t.Errorf("answered %s", answer.text)
	}
	env.temporal.onUpdate = func(client.UpdateWorkflowOptions) (any, error) {
		return nil, temporal.NewNonRetryableApplicationError("the order A-1 is in charge of it", order.RefusedType, nil)
	}
	if got := env.do("POST", miniPath+"/close", "").want(http.StatusConflict); !strings.Contains(got.text, "A-1 is in charge") {
		t.Errorf("answered %s", got.text)
	}
	env.temporal.onUpdate, flow.status = nil, enums.WORKFLOW_EXECUTION_STATUS_COMPLETED
	env.do("POST", miniPath+"/close", "").want(http.StatusConflict)
	env.as(keyRead, "POST", miniPath+"/close", "").want(http.StatusForbidden)
}

// TestAnExchangedCodeNamesAPlainMiniProgram checks that whatever Alipay answers as the id becomes one
// that a search attribute can hold, on PostgreSQL too, and the one that messages lead to.
func TestAnExchangedCodeNamesAPlainMiniProgram(t *testing.T) {
	for _, id := range []string{strings.Repeat("小", 256), "2021\x00777", "20'21"} {
		env := openAPI(t)
		env.tokens.tokens = []gateway.AppToken{{Token: canaryToken, AuthAppID: id}}
		env.do("POST", "/v1/authorizations", `{"app_id":"`+apiApp+`","app_auth_code":"`+canaryCode+`"}`).want(http.StatusOK)
		operation := env.temporal.withs[0]
		if operation.input.MiniAppID != order.PlainID(id) || operation.options.ID != order.MiniProgramWorkflowID(apiApp, id) {
			t.Errorf("%q started %s for %q", id, operation.options.ID, operation.input.MiniAppID)
		}
	}
}
