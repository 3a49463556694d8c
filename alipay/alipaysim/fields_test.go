package alipaysim_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"time"
)

// picture draws a PNG or a JPEG.
func picture(t *testing.T, kind string, width, height int) []byte {
	t.Helper()
	canvas := image.NewRGBA(image.Rect(0, 0, width, height))
	canvas.Set(0, 0, color.White)
	var out bytes.Buffer
	var err error
	if kind == "jpeg" {
		err = jpeg.Encode(&out, canvas, nil)
	} else {
		err = png.Encode(&out, canvas)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// cmyk is the frame header of a JPEG with four components: what a designer's
// print file looks like to a decoder.
func cmyk(t *testing.T) []byte {
	t.Helper()
	whole := picture(t, "jpeg", 16, 16)
	at := bytes.Index(whole, []byte{0xFF, 0xC0})
	frame := []byte{0xFF, 0xC0, 0, 20, 8, 0, 16, 0, 16, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0}
	adobe := []byte{0xFF, 0xEE, 0, 14, 'A', 'd', 'o', 'b', 'e', 0, 100, 0, 0, 0, 0, 0}
	return append(append(append([]byte{}, whole[:at]...), append(adobe, frame...)...), whole[at+19:]...)
}

// wrongFields are single fields, or several joined by &, that make a complete
// submission one that is refused.
var wrongFields = []struct{ field, value, want string }{
	{"app_version", "", "APP_VERSION_IS_BLANK"},
	{"version_desc", "", "VERSION_DESC_IS_BLANK"},
	{"version_desc", strings.Repeat("说", 14), "INVALID_VERSION_DESC_LENGTH"},
	{"version_desc", strings.Repeat("说", 251), "INVALID_VERSION_DESC_LENGTH"},
	{"app_name", "a", "INVALID_MINI_APP_NAME_LENGTH"},
	{"app_english_name", "", "ENGLISH_NAME_IS_BLANK"},
	{"app_english_name", strings.Repeat("n", 31), "INVALID_MINI_APP_EN_NAME_LENGTH"},
	{"app_slogan", "", "SLOGAN_IS_BLANK"},
	{"app_slogan", "四个汉字", "INVALID_MINI_APP_SLOGAN_LENGTH"},
	{"app_desc", "", "APP_DESC_IS_BLANK"},
	{"app_desc", "short", "INVALID_MINI_APP_DESC_LENGTH"},
	{"memo", strings.Repeat("备", 251), "INVALID_MINI_APP_MEMO_LENGTH"},
	{"region_type", "", "REGION_TYPE_IS_BLANK"},
	{"region_type", "MARS", "REGION_TYPE_IS_INVALID"},
	{"region_type", "LOCATION", "REGION_CODE_IS_BLANK"},
	{"region_type=LOCATION&service_region_info", `[{"province_code":"330000","area_code":"330106"}]`, "REGION_CODE_IS_INVALID"},
	{"region_type=LOCATION&service_region_info", `[{"city_code":"330100"}]`, "REGION_CODE_IS_BLANK"},
	{"region_type=LOCATION&service_region_info", `[{"province_code":"ZJ"}]`, "REGION_CODE_IS_INVALID"},
	{"region_type=LOCATION&service_region_info", `{}`, "REGION_CODE_IS_INVALID"},
	{"audit_rule", "SOME", "INVALID_PARAMETER"},
	{"auto_online", "yes", "INVALID_PARAMETER"},
	{"speed_up", "1", "INVALID_PARAMETER"},
	{"mini_category_ids", "", "CATEGORY_IS_BLANK"},
	{"mini_category_ids", "XS1;XS2;XS3;XS4;XS5", "CATEGORY_NUM_IS_INVALID"},
	{"mini_category_ids", "XS1_XS2_XS3_XS4", "INVALID_CATEGORY"},
	{"service_phone", "", "SERVICE_TEL_AND_MAIL_BOTH_BLANK"},
	{"service_phone", "call me", "INVALID_MINI_APP_SERVICE_TEL"},
	{"service_email", "nobody", "INVALID_MINI_APP_SERVICE_MAIL"},
	{"license_no", "1", "LICENSE_NAME_IS_BLANK"},
	{"license_name", "1", "LICENSE_NO_IS_BLANK"},
	{"license_no=1&license_name", "1", "LICENSE_VALID_DATE_IS_BLANK"},
	{"license_no=1&license_name=1&license_valid_date", "2026-13-01", "LICENSE_VALID_DATE_IS_INVALID"},
}

// submittable is a world with version 1.0.0 ready for submission.
func submittable(t *testing.T) (w *world, mini, token string) {
	t.Helper()
	w = newWorld(t)
	w.rules(`{"rules":[` + quick + `,"audits":[{"result":"none","after":"0s"}]}]}`)
	mini, token = w.created("f-1")
	w.built(token, "1.0.0")
	return w, mini, token
}

func TestFieldsThatASubmissionCanNotHave(t *testing.T) {
	w, mini, token := submittable(t)
	logo := map[string][]byte{"app_logo:logo.png": w.logo()}
	for _, test := range wrongFields {
		fields := submission("1.0.0")
		for _, pair := range strings.Split(test.field+"="+test.value, "&") {
			name, value, _ := strings.Cut(pair, "=")
			fields[name] = value
		}
		if got := w.submit(token, fields, logo).code(); got != test.want {
			t.Errorf("%s=%.20q: %s, want %s", test.field, test.value, got, test.want)
		}
	}
	if got := w.phase(mini); got != "INIT" {
		t.Errorf("refused submissions left the version %s", got)
	}
}

// withLogo are the files of a submission: a logo, and the pairs of part and content.
func withLogo(logo []byte, pairs ...any) map[string][]byte {
	set := map[string][]byte{"app_logo:logo.png": logo}
	for i := 0; i < len(pairs); i += 2 {
		set[pairs[i].(string)] = pairs[i+1].([]byte)
	}
	return set
}

func TestFilesThatASubmissionCanNotHave(t *testing.T) {
	w, mini, token := submittable(t)
	logo, shot := w.logo(), picture(t, "png", 10, 20)
	files := func(pairs ...any) map[string][]byte { return withLogo(logo, pairs...) }
	only := func(name string, content []byte) map[string][]byte { return map[string][]byte{name: content} }
	tests := []struct {
		files map[string][]byte
		want  string
	}{
		{map[string][]byte{}, "LOGO_IS_BLANK"},
		{only("app_logo:logo.png", nil), "LOGO_IS_BLANK"},
		{only("app_logo:logo.gif", logo), "INVALID_LOGO_EXT"},
		{only("app_logo:logo.png", []byte("no picture")), "INVALID_LOGO"},
		{only("app_logo:logo.jpg", cmyk(t)), "INVALID_LOGO"},
		{only("app_logo:logo.png", picture(t, "png", 180, 181)), "LOGO_HEIGHT_NOT_EQUAL_WIDTH"},
		{only("app_logo:logo.png", append(bytes.Clone(logo), make([]byte, 2<<20)...)), "LOGO_EXCEED_MAX_SIZE"},
		{files("first_screen_shot:1.png", shot), "SCREEN_SHOT_NUM_IS_INVALID"},
		{files("first_screen_shot:1.bmp", shot, "second_screen_shot:2.png", shot), "INVALID_SCREEN_SHOT_EXT"},
		{files("first_screen_shot:1.png", picture(t, "png", 2161, 1), "second_screen_shot:2.png", shot), "SCREEN_SHOT_EXCEED_MAX_SIZE"},
		{files("first_license_pic:1.png", []byte{}), "FILE_IS_BLANK"},
		{files("first_license_pic:1.png", []byte("no picture")), "INVALID_FILE_EXT"},
		{files("out_door_pic:1.png", append(bytes.Clone(shot), make([]byte, 4<<20)...)), "FILE_SIZE_EXCEED"},
		{files("test_file_name:t.tar", []byte("x")), "INVALID_FILE_EXT"},
		{files("test_file_name:t.zip", make([]byte, 10<<20+1)), "FILE_SIZE_EXCEED"},
	}
	for i, test := range tests {
		if got := w.submit(token, submission("1.0.0"), test.files).code(); got != test.want {
			t.Errorf("row %d: %s, want %s", i, got, test.want)
		}
	}
	if got := w.phase(mini); got != "INIT" {
		t.Fatalf("refused submissions left the version %s", got)
	}
	if r := w.submit(token, submission("1.0.0"), files()); r.code() != "10000" {
		t.Errorf("behind the refused ones a good submission was refused: %v", r)
	}
}

func TestACompleteSubmissionIsTaken(t *testing.T) {
	w, _, token := submittable(t)
	shot := picture(t, "png", 10, 20)
	complete := submission("1.0.0", "region_type", "LOCATION", "service_region_info", `[{"province_code":"330000","city_code":"330100","area_code":"330106"}]`,
		"license_no", "1", "license_name", "某某", "license_valid_date", "9999-12-31", "service_email", "a@example.com", "memo", "备注")
	all := withLogo(picture(t, "jpeg", 100, 100), "first_screen_shot:1.png", shot, "second_screen_shot:2.jpg", picture(t, "jpeg", 10, 20), "first_license_pic:l.png", shot, "test_file_name:t.zip", []byte("x"))
	if r := w.submit(token, complete, all); r.code() != "10000" {
		t.Errorf("a complete submission was refused: %v", r)
	}
}

func TestNamesAreFrozenOnceOnline(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[` + quick + `,"audits":[{"result":"pass","after":"0s"}]}]}`)
	_, token := w.created("f-2")
	w.built(token, "1.0.0")
	w.submitted(token, "1.0.0")
	w.run()
	w.call("alipay.open.mini.version.online", token, map[string]string{"app_version": "1.0.0"})
	w.built(token, "1.0.1")
	for _, test := range []struct{ field, value, want string }{
		{"app_name", "另一家面馆", "CAN_NOT_MODIFY_NAME_ONCE_ONLINE"},
		{"app_english_name", "Rice", "CAN_NOT_MODIFY_EN_ONCE_ONLINE"},
		{"app_name", "面馆f-2", "10000"},
	} {
		if got := w.submitted(token, "1.0.1", test.field, test.value).code(); got != test.want {
			t.Errorf("%s=%s: %s, want %s", test.field, test.value, got, test.want)
		}
	}
	w.pass(time.Minute)
	if got := w.call("alipay.open.mini.version.detail.query", token, map[string]string{"app_version": "1.0.1"}).text("app_name"); got != "面馆f-2" {
		t.Errorf("app_name is %s", got)
	}
}
