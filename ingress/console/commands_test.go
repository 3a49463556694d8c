package console

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"miniflow/order"
	"miniflow/words"
)

const picture = "\x89PNG a picture"

var pictureSum = strings.Repeat("ab", 32)

// ordered is a console before an order that asks for the fields, and takes every command.
func ordered(t *testing.T, fields ...string) *house {
	t.Helper()
	h := open(t)
	view := order.View{AppID: app, OutOrderNo: no, Stage: order.StageAuditRejected, StageSince: earlier, Sequence: 4, Commands: order.Commands()}
	view.Hold = &order.Hold{Kind: order.HoldNeedsInput, Since: earlier, Message: words.Plain("the logo is missing"), Fields: fields}
	h.api.answers["GET "+orderAPI(app, no)] = func(q heard) any {
		if after := q.Query.Get("after"); after != "" {
			view.Sequence, view.Stage, view.Hold = 6, order.StageAuditing, nil
		}
		return view
	}
	for _, command := range append(orderCommands(), "begin-again") {
		after := view
		after.Sequence = 5
		h.api.answers["POST "+orderAPI(app, no)+"/"+command] = after
	}
	h.api.answers["POST /v1/files"] = map[string]any{"sha256": pictureSum, "bytes": 14, "kind": "png", "width": 180, "height": 180}
	return h
}

// send fills a command's form in as a browser does that has a picture for some fields.
func (h *house) send(command string, fields url.Values, pictures ...string) *httptest.ResponseRecorder {
	h.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for name, values := range fields {
		h.must(form.WriteField(name, values[0]))
	}
	for _, name := range pictures {
		part, err := form.CreateFormFile(name, "logo.png")
		h.must(err)
		_, err = part.Write([]byte(picture))
		h.must(err)
	}
	h.must(form.Close())
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodPost, to("orders", app, no, "do", command), &body)
	r.Header.Set("Content-Type", form.FormDataContentType())
	return h.do(r, h.logIn("release-1"))
}

// commanded returns the one command that the REST API was given.
func (h *house) commanded() heard {
	h.t.Helper()
	var commands []heard
	for _, one := range h.api.posts() {
		if one.Path != "/v1/files" {
			commands = append(commands, one)
		}
	}
	if len(commands) != 1 {
		h.t.Fatalf("the REST API was given %d commands: %+v", len(commands), commands)
	}
	return commands[0]
}

func sameJSON(t *testing.T, got, want string) {
	t.Helper()
	var one, other any
	if err := json.Unmarshal([]byte(got), &one); err != nil {
		t.Fatalf("%s: %v", got, err)
	}
	if err := json.Unmarshal([]byte(want), &other); err != nil {
		t.Fatalf("%s: %v", want, err)
	}
	if !reflect.DeepEqual(one, other) {
		t.Errorf("it was sent %s, want %s", got, want)
	}
}

// TestACommandSendsWhatItsFormHas: each command, its form and its body.
func TestACommandSendsWhatItsFormHas(t *testing.T) {
	for name, c := range map[string]struct {
		command  string
		asked    []string
		fields   url.Values
		pictures []string
		body     string
		files    int
	}{
		"approve":            {"approve", nil, nil, nil, `{}`, 0},
		"withdraw":           {"withdraw", nil, url.Values{"reason": {"nobody asks"}}, nil, `{}`, 0},
		"refresh":            {"refresh", nil, nil, nil, `{}`, 0},
		"retry":              {"retry", nil, nil, nil, `{}`, 0},
		"cancel":             {"cancel", nil, url.Values{"reason": {"the shop has closed"}}, nil, `{"reason":"the shop has closed"}`, 0},
		"give up":            {"give-up", nil, url.Values{"reason": {""}}, nil, `{}`, 0},
		"begin again":        {"begin-again", nil, url.Values{"reason": {"a test"}}, nil, `{"reason":"a test"}`, 0},
		"decide":             {"decide-base-pass", nil, url.Values{"decision": {"go_online"}}, nil, `{"decision":"go_online"}`, 0},
		"what is asked":      {"provide-input", []string{"create.cert_no"}, url.Values{"create.cert_no": {"9133"}, "submission.app_name": {"not asked"}}, nil, `{"create":{"cert_no":"9133"}}`, 0},
		"a list":             {"resubmit", nil, url.Values{"submission.mini_category_ids": {`["XS1009_XS2074"]`}}, nil, `{"submission":{"mini_category_ids":["XS1009_XS2074"]}}`, 0},
		"a bracket":          {"resubmit", nil, url.Values{"submission.app_desc": {"[new] noodles"}}, nil, `{"submission":{"app_desc":"[new] noodles"}}`, 0},
		"a picture":          {"provide-input", []string{"submission.files.app_logo"}, nil, []string{"submission.files.app_logo"}, `{"submission":{"files":{"app_logo":{"sha256":"` + pictureSum + `"}}}}`, 1},
		"handed in before":   {"provide-input", []string{"submission.files.app_logo"}, url.Values{"submission.files.app_logo.sha256": {"cd"}}, nil, `{"submission":{"files":{"app_logo":{"sha256":"cd"}}}}`, 0},
		"two of one section": {"resubmit", []string{"submission.files.app_logo"}, url.Values{"submission.version_desc": {"1.1"}, "version.app_version": {"0.0.2"}}, []string{"submission.files.app_logo"}, `{"submission":{"files":{"app_logo":{"sha256":"` + pictureSum + `"}},"version_desc":"1.1"},"version":{"app_version":"0.0.2"}}`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			h := ordered(t, c.asked...)
			answer := h.send(c.command, c.fields, c.pictures...)
			if answer.Code != http.StatusSeeOther || answer.Header().Get("Location") != to("orders", app, no)+"?done="+c.command {
				t.Errorf("it is answered %d, to %q: %s", answer.Code, answer.Header().Get("Location"), &h.log)
			}
			command := h.commanded()
			sameJSON(t, command.Body, c.body)
			if command.Path != orderAPI(app, no)+"/"+c.command || command.Header.Get("Idempotency-Key") == "" || command.Header.Get("Content-Type") != "application/json" || command.Who.Name != "release-1" {
				t.Errorf("it was asked as %+v", command)
			}
			files := h.api.of("POST /v1/files")
			if len(files) != c.files {
				t.Errorf("%d files were handed in, want %d", len(files), c.files)
			}
			for _, file := range files {
				if file.Body != picture || file.Query.Get("app_id") != app || file.Query.Get("field") != "submission.files.app_logo" {
					t.Errorf("a file was handed in as %+v", file)
				}
			}
			waited := h.api.of("GET " + orderAPI(app, no))
			if last := waited[len(waited)-1].Query; last.Get("wait") != "3s" || last.Get("after") != "5" {
				t.Errorf("it waited for %v, want 3s after 5", last)
			}
		})
	}
}

// TestAFormNamesWhatIsAskedFor: in words where there are, in both languages.
func TestAFormNamesWhatIsAskedFor(t *testing.T) {
	h := ordered(t, "create.cert_no", "submission.files.app_logo", "create.license_pic", "submission.version_desc", "newer.field")
	who := h.logIn("service-1")
	for _, language := range words.Languages() {
		page := h.page(to("orders", app, no, "do", "provide-input"), language, who)
		for _, path := range []string{"create.cert_no", "submission.files.app_logo", "create.license_pic", "submission.version_desc"} {
			name, known := order.FieldName(path)
			if said := words.Sentence(name).In(language); !known || !strings.Contains(page, ">"+html.EscapeString(said)+"</label>") {
				t.Errorf("in %s %s is not asked for as %q", language, path, said)
			}
		}
		if !strings.Contains(page, ">newer.field</label>") || strings.Count(page, `type="file"`) != 2 || strings.Count(page, "<textarea") != 1 {
			t.Errorf("in %s it is %s", language, page)
		}
	}
}

// TestARefusalStandsBesideItsField, and what was typed, chosen and handed in is still there.
func TestARefusalStandsBesideItsField(t *testing.T) {
	h := ordered(t, "submission.files.app_logo", "submission.version_desc", "create.cert_no")
	h.api.answers["POST "+orderAPI(app, no)+"/provide-input"] = refuses(http.StatusUnprocessableEntity, "some fields are wrong",
		"submission.version_desc", canary, "submission.files.app_logo.sha256", "it is not square", "somewhere.else", "this one has no place")
	answer := h.send("provide-input", url.Values{"submission.version_desc": {`noodles "&" more`}, "create.cert_no": {"9133"}}, "submission.files.app_logo")
	page := answer.Body.String()
	if answer.Code != http.StatusUnprocessableEntity || strings.Count(page, `class="one wrong"`) != 2 {
		t.Errorf("it is answered %d: %s", answer.Code, page)
	}
	for _, part := range []string{
		`<p class="bad" role="alert">` + html.EscapeString(canary)[:5], `<p class="bad" role="alert">it is not square</p>`, "this one has no place",
		">noodles &#34;&amp;&#34; more</textarea>", `value="9133"`, `name="submission.files.app_logo.sha256" value="` + pictureSum + `"`,
	} {
		if !strings.Contains(page, part) {
			t.Errorf("it has no %q: %s", part, page)
		}
	}
	h.harmless("a refusal", page)

	h = ordered(t)
	h.api.answers["POST "+orderAPI(app, no)+"/decide-base-pass"] = refuses(http.StatusConflict, "not now")
	if page := h.send("decide-base-pass", url.Values{"decision": {"resubmit"}}).Body.String(); !strings.Contains(page, `value="resubmit" required checked`) {
		t.Errorf("what was chosen is forgotten: %s", page)
	}
}

// TestAPictureThatIsRefusedIsNamed, whatever the REST API calls the field on that way, and no command
// is given without it.
func TestAPictureThatIsRefusedIsNamed(t *testing.T) {
	for name, refusal := range map[string]refusing{
		"by its detail": refuses(http.StatusUnprocessableEntity, "it is not square"),
		"by its field":  refuses(http.StatusUnprocessableEntity, "it is wrong", "submission.files.app_logo", "it is not square"),
	} {
		t.Run(name, func(t *testing.T) {
			h := ordered(t, "submission.files.app_logo", "submission.files.out_door_pic", "create.license_pic", "create.cert_no")
			h.api.answers["POST /v1/files"] = func(q heard) any {
				if q.Query.Get("field") == "create.license_pic" {
					return map[string]string{"sha256": pictureSum}
				}
				refusal.Errors = slices.Clone(refusal.Errors)
				for i := range refusal.Errors {
					refusal.Errors[i].Field = q.Query.Get("field")
				}
				return refusal
			}
			answer := h.send("provide-input", url.Values{"create.cert_no": {"9133"}}, "submission.files.app_logo", "submission.files.out_door_pic", "create.license_pic")
			page := answer.Body.String()
			if answer.Code != http.StatusUnprocessableEntity || strings.Count(page, `<p class="bad" role="alert">it is not square</p>`) != 2 {
				t.Errorf("it is answered %d: %s", answer.Code, page)
			}
			if !strings.Contains(page, `value="9133"`) || !strings.Contains(page, `name="create.license_pic.sha256" value="`+pictureSum) {
				t.Errorf("what was right is forgotten: %s", page)
			}
			if sent := h.api.posts(); len(sent) != 3 {
				t.Errorf("it went on to %+v", sent)
			}
		})
	}
}

// TestACommandSaysWhatItHasComeTo: done once the order has moved on, and not well where it is held for
// something that went wrong since.
func TestACommandSaysWhatItHasComeTo(t *testing.T) {
	hold := func(kind order.HoldKind, since time.Time) *order.Hold { return &order.Hold{Kind: kind, Since: since} }
	before := order.View{AppID: app, OutOrderNo: no, Sequence: 4, Stage: order.StageSubmitting, Hold: hold(order.HoldNeedsInput, earlier)}
	sentences := map[string][2]string{
		"done": {"good", "Take out of audit: done."}, "requested": {"good", "Take out of audit: requested."},
		"refused": {"bad", "Take out of audit: sent, and Alipay has refused it again"},
	}
	for name, c := range map[string]struct {
		later any
		word  string
	}{
		"it has moved on":                 {order.View{Sequence: 6, Stage: order.StageAuditing}, "done"},
		"it has moved on, to an approval": {order.View{Sequence: 6, Stage: order.StageReleasing, Hold: hold(order.HoldNeedsApproval, noon)}, "done"},
		"more has happened, in its place": {order.View{Sequence: 6, Stage: order.StageSubmitting}, "requested"},
		"held as before":                  {order.View{Sequence: 6, Stage: order.StageSubmitting, Hold: before.Hold}, "requested"},
		"held anew for the same":          {order.View{Sequence: 6, Stage: order.StageSubmitting, Hold: hold(order.HoldNeedsInput, noon)}, "refused"},
		"held anew, elsewhere":            {order.View{Sequence: 6, Stage: order.StageAuditing, Hold: hold(order.HoldNeedsOperator, noon)}, "refused"},
		"nothing more":                    {order.View{Sequence: 5, Stage: order.StageAuditing}, "requested"},
		"nobody knows":                    {refuses(http.StatusServiceUnavailable, "try later"), "requested"},
		"no answer":                       {raw{status: 200, content: "<html>"}, "requested"},
	} {
		t.Run(name, func(t *testing.T) {
			h := ordered(t)
			h.api.answers["GET "+orderAPI(app, no)] = func(q heard) any {
				if q.Query.Get("after") != "" {
					return c.later
				}
				return before
			}
			at := h.send("withdraw", nil).Header().Get("Location")
			if at != to("orders", app, no)+"?"+c.word+"=withdraw" {
				t.Fatalf("it leads to %q", at)
			}
			h.api.answers["GET "+orderAPI(app, no)] = before
			want := `<p class="note ` + sentences[c.word][0] + `" role="status">` + sentences[c.word][1]
			if page := h.page(at, words.English, h.logIn("release-1")); !strings.Contains(page, want) {
				t.Errorf("it does not say %q", want)
			}
		})
	}
}

// TestAFormSentTwiceIsOneCommand, as after a second click, and one with other content is another.
func TestAFormSentTwiceIsOneCommand(t *testing.T) {
	h := ordered(t)
	form := func() string {
		page := h.page(to("orders", app, no, "do", "cancel"), words.English, h.logIn("release-1"))
		_, rest, _ := strings.Cut(page, `name="form" value="`)
		id, _, _ := strings.Cut(rest, `"`)
		return id
	}
	one, other := form(), form()
	for _, fields := range []url.Values{{"form": {one}, "reason": {"a"}}, {"form": {one}, "reason": {"a"}}, {"form": {one}, "reason": {"b"}}, {"form": {other}, "reason": {"a"}}, {"form": {"x"}, "reason": {"a"}}} {
		h.send("cancel", fields)
	}
	var keys []string
	for _, command := range h.api.posts() {
		keys = append(keys, command.Header.Get("Idempotency-Key"))
	}
	different := map[string]bool{}
	for _, key := range keys {
		different[key] = true
	}
	if len(keys) != 5 || keys[0] != keys[1] || len(different) != 4 {
		t.Errorf("the keys are %v", keys)
	}
}

// TestNoOtherCommandIsGiven: what is none of the order's commands has no page.
func TestNoOtherCommandIsGiven(t *testing.T) {
	h := ordered(t)
	for _, command := range []string{"token", "calls", "..", "Approve", "approve%2F..%2Fcancel"} {
		address := to("orders", app, no, "do") + "/" + command
		if answer := h.get(address, words.English, h.logIn("release-1")); answer.Code != http.StatusNotFound {
			t.Errorf("%s is shown: %d", command, answer.Code)
		}
		if answer := h.do(h.form(address, nil), h.logIn("release-1")); answer.Code != http.StatusNotFound {
			t.Errorf("%s is given: %d", command, answer.Code)
		}
	}
	if answer := h.do(h.form(to("rollouts", app, "autumn", "forget"), nil), h.logIn("release-1")); answer.Code != http.StatusNotFound {
		t.Errorf("a rollout is told to forget: %d", answer.Code)
	}
	if sent := h.api.posts(); len(sent) > 0 {
		t.Errorf("the REST API was told %+v", sent)
	}
}

// TestALargeFormIsRefused whole: of one that was cut off, what is missing would count as empty.
func TestALargeFormIsRefused(t *testing.T) {
	h := ordered(t)
	h.answersDeliveries()
	long := url.Values{"reason": {strings.Repeat("long ", 20_000)}, "to": {"zh-CN"}, "back": {Path}}
	posts := map[string]url.Values{
		to("deliveries", app, "n-1", "replay"): long, to("deliveries", "bulk"): long, to("attention", app, "order:"+no, "comment"): long,
		to("mini-programs", app, "m-1", "close"): long, to("mini-programs", app, "m-1", "offline"): long, to("rollouts", app, "autumn", "halt"): long, to("language"): long,
	}
	for path, fields := range posts {
		answer := h.do(h.form(path, fields), h.logIn("release-1"))
		if answer.Code != http.StatusRequestEntityTooLarge || !strings.Contains(answer.Body.String(), "too large") {
			t.Errorf("%s is answered %d: %.300s", path, answer.Code, answer.Body)
		}
	}
	huge := httptest.NewRequestWithContext(t.Context(), http.MethodPost, to("orders", app, no, "do", "cancel"), strings.NewReader("reason="+strings.Repeat("l", mostForm)))
	huge.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if answer := h.do(huge, h.logIn("release-1")); answer.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge form is answered %d", answer.Code)
	}
	for content, kind := range map[string]string{"%zz=1": "application/x-www-form-urlencoded", "--x\r\nbroken": "multipart/form-data; boundary=x"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, to("orders", app, no, "do", "cancel"), strings.NewReader(content))
		r.Header.Set("Content-Type", kind)
		if answer := h.do(r, h.logIn("release-1")); answer.Code != http.StatusBadRequest {
			t.Errorf("%q is answered %d", content, answer.Code)
		}
	}
	if sent := h.api.posts(); len(sent) > 0 {
		t.Errorf("the REST API was told %+v", sent)
	}
}

// TestAPictureIsCheckedAsSoonAsItIsChosen: the script gets what the REST API says of it.
func TestAPictureIsCheckedAsSoonAsItIsChosen(t *testing.T) {
	for name, c := range map[string]struct {
		answer any
		status int
		says   string
	}{
		"right": {map[string]any{"sha256": pictureSum, "bytes": 14, "kind": "png"}, 200, `"sha256":"` + pictureSum + `"`},
		"wrong": {refuses(422, "it is wrong", "submission.files.app_logo", "it is not square"), 422, `"message":"it is not square"`},
		"down":  {raw{status: 502, content: "bad gateway"}, 500, `"status":500`},
	} {
		t.Run(name, func(t *testing.T) {
			h := ordered(t)
			h.api.answers["POST /v1/files"] = c.answer
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, to("files")+"?app_id="+app+"&field=submission.files.app_logo", strings.NewReader(picture))
			answer := h.do(r, h.logIn("service-1"))
			if answer.Code != c.status || !strings.Contains(answer.Body.String(), c.says) || answer.Header().Get("Content-Type") != "application/json" {
				t.Errorf("it is answered %d %s: %s", answer.Code, answer.Header().Get("Content-Type"), answer.Body)
			}
			if got := h.api.of("POST /v1/files"); len(got) != 1 || got[0].Body != picture {
				t.Errorf("the REST API got %s", fmt.Sprint(got))
			}
		})
	}
}

// TestATextSaysHowLongItMayBe, and what a rejection asks for seldom is folded away until it is filled in
// or wrong.
func TestATextSaysHowLongItMayBe(t *testing.T) {
	h := ordered(t)
	h.api.answers["GET "+orderAPI(app, no)] = order.View{AppID: app, OutOrderNo: no, Stage: order.StageAuditRejected, Commands: []order.Command{order.CommandResubmit}}
	form := h.page(to("orders", app, no, "do", "resubmit"), words.Chinese, h.logIn("operator-1"))
	slogan, fold, phone := strings.Index(form, `name="submission.app_slogan"`), strings.Index(form, "<details><summary>其他字段"), strings.Index(form, `name="submission.service_phone"`)
	if !strings.Contains(form, "10 到 32 个字符，汉字算两个，即最多 16 个汉字") || !strings.Contains(form, `data-shortest="10" data-longest="32"`) || slogan < 0 || slogan > fold || fold > phone {
		t.Errorf("the form says %s", form)
	}
	h.api.answers["POST "+orderAPI(app, no)+"/resubmit"] = refuses(http.StatusUnprocessableEntity, "some fields are wrong", "submission.service_phone", "use digits")
	if page := h.send("resubmit", url.Values{"submission.service_phone": {"x"}}).Body.String(); !strings.Contains(page, "<details open><summary>") {
		t.Errorf("what is wrong is folded away: %s", page)
	}
}
