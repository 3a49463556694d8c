package merchant_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"miniflow/ingress/merchant"
	"miniflow/order"
)

const logo, licence = "submission.files.app_logo", "create.license_pic"

// TestAPictureIsHandedIn: those that are asked for, and nothing else of the form; then the merchant is
// thanked.
func TestAPictureIsHandedIn(t *testing.T) {
	p := open(t)
	p.holds(logo, licence)
	p.shows("", "请补交以下图片", "小程序图标", "营业执照", "图标不清晰", `name="submission.files.app_logo"`, `name="create.license_pic"`)
	answer := p.posts(map[string]string{logo: "one", licence: "two", "submission.files.out_door_pic": "three", "create.cert_name": "four"})
	if answer.Code != http.StatusSeeOther || answer.Header().Get("Location") != strings.TrimPrefix(p.path(), "/m/") {
		t.Errorf("%d to %q: %s", answer.Code, answer.Header().Get("Location"), answer.Body)
	}
	if len(p.handed) != 2 || string(p.handed[logo]) != "one" || string(p.handed[licence]) != "two" {
		t.Errorf("handed in: %q", p.handed)
	}
	p.shows("", "已完成，谢谢！")
	p.handed = nil
	if again := p.posts(map[string]string{logo: "one", licence: "two"}); again.Code != http.StatusSeeOther || p.handed != nil {
		t.Errorf("sent twice: %d, %q", again.Code, p.handed)
	}
}

// TestAPictureThatWillNotDo is named beside its field, and the order gets none.
func TestAPictureThatWillNotDo(t *testing.T) {
	p := open(t)
	p.holds(logo, licence)
	large := strings.Repeat("x", 1<<10+1)
	for name, c := range map[string]struct {
		files  map[string]string
		status int
		says   string
	}{
		"missing": {map[string]string{logo: "one"}, http.StatusUnprocessableEntity, "请选择图片"},
		"empty":   {map[string]string{logo: "one", licence: ""}, http.StatusUnprocessableEntity, "请选择图片"},
		"large":   {map[string]string{logo: "one", licence: large}, http.StatusUnprocessableEntity, "请选择小一些的文件"},
		"huge":    {map[string]string{logo: strings.Repeat(large, 20)}, http.StatusBadRequest, "请选择小一些的文件"},
	} {
		answer := p.posts(c.files)
		if answer.Code != c.status || !strings.Contains(answer.Body.String(), c.says) || p.handed != nil {
			t.Errorf("%s: %d, handed in %q\n%s", name, answer.Code, p.handed, answer.Body)
		}
	}
	p.wrong = map[string]string{logo: "请把图标裁成正方形"}
	answer := p.posts(map[string]string{logo: "one", licence: "two"})
	if answer.Code != http.StatusUnprocessableEntity || !strings.Contains(answer.Body.String(), "请把图标裁成正方形") || !strings.Contains(answer.Body.String(), `aria-invalid="true"`) {
		t.Errorf("refused by its rule: %d\n%s", answer.Code, answer.Body)
	}
}

// TestWhatIsNoFormIsRefused.
func TestWhatIsNoFormIsRefused(t *testing.T) {
	p := open(t)
	p.holds(logo)
	for name, body := range map[string]string{"text": "x", "cut": "--b\r\nContent-Disposition: form-data; name=\"submission.files.app_logo\"\r\n\r\nx"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.path(), strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if name == "cut" {
			request.Header.Set("Content-Type", "multipart/form-data; boundary=b")
		}
		if answer := p.do(request); answer.Code != http.StatusBadRequest || p.handed != nil {
			t.Errorf("%s: %d", name, answer.Code)
		}
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, p.path(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if answer := p.do(request); answer.Code != http.StatusMethodNotAllowed {
		t.Errorf("DELETE: %d", answer.Code)
	}
}

// TestAnotherSiteSendsNoForm, while a browser that says little is no other site.
func TestAnotherSiteSendsNoForm(t *testing.T) {
	for name, c := range map[string]struct {
		headers []string
		taken   bool
	}{
		"cross-site":      {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, false},
		"cross-site null": {[]string{"Sec-Fetch-Site", "cross-site", "Origin", "null"}, false},
		"same-site":       {[]string{"Sec-Fetch-Site", "same-site"}, false},
		"old, other":      {[]string{"Origin", "https://evil.example"}, false},
		"own":             {[]string{"Sec-Fetch-Site", "same-origin", "Origin", "null"}, true},
		"old, own":        {[]string{"Origin", "null"}, true},
		"old, silent":     {nil, true},
	} {
		p := open(t)
		p.holds(logo)
		if answer := p.posts(map[string]string{logo: "x"}, c.headers...); (answer.Code == http.StatusSeeOther) != c.taken || (p.handed != nil) != c.taken {
			t.Errorf("%s: %d", name, answer.Code)
		}
	}
}

// TestWhatIsNotTheMerchantsIsNotAskedHere: a text about a person or a shop is the service provider's
// to ask for, and so is a picture where none can be kept.
func TestWhatIsNotTheMerchantsIsNotAskedHere(t *testing.T) {
	p := open(t)
	for name, fields := range map[string][]string{
		"a person's name": {"create.legal_personal_name"}, "both": {logo, "create.cert_name"}, "a screen shot": {"submission.files.first_screen_shot"}, "none": nil,
	} {
		p.holds(fields...)
		if page := p.shows("", "请联系服务商"); strings.Contains(page, "<form") || strings.Contains(page, "谢谢") {
			t.Errorf("%s: %s", name, page)
		}
		if answer := p.posts(map[string]string{logo: "x"}); answer.Code != http.StatusSeeOther || p.handed != nil {
			t.Errorf("%s: %d", name, answer.Code)
		}
	}
	p = open(t, func(c *merchant.Config) { c.HandsIn = false })
	p.holds(logo)
	if page := p.shows("", "请联系您的服务商办理"); strings.Contains(page, "<form") {
		t.Errorf("without a store: %s", page)
	}
	p = open(t)
	p.holds(logo)
	p.view.Stage, p.view.CancelRequested = order.StageSubmitting, true
	if answer := p.posts(map[string]string{logo: "x"}); answer.Code != http.StatusSeeOther || p.handed != nil {
		t.Errorf("of a cancelled order: %d", answer.Code)
	}
}

// TestAPictureThatCantBeTakenNow may be sent again.
func TestAPictureThatCantBeTakenNow(t *testing.T) {
	p := open(t)
	p.holds(logo)
	p.wrong = map[string]string{}
	answer := func() int {
		defer func() { p.failed = nil }()
		return p.posts(map[string]string{logo: "x"}).Code
	}
	p.failed = errors.New("down")
	if code := answer(); code != http.StatusServiceUnavailable {
		t.Errorf("%d", code)
	}
}
