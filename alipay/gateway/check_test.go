package gateway

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"miniflow/alipay"
	"miniflow/alipay/gateway/rules"
)

// broken returns what was found wrong: field and rule, in order.
func broken(wrong []rules.Error) string {
	var found []string
	for _, e := range wrong {
		found = append(found, e.Field+" "+string(e.Rule))
	}
	return strings.Join(found, ", ")
}

func TestCheckSubmission(t *testing.T) {
	good := map[string]string{
		"version_desc": "第一个版本，请审核这个小程序的内容", "region_type": "CHINA",
	}
	for _, test := range []struct {
		name   string
		fields map[string]string
		want   string
	}{
		{"the least", nil, ""},
		{"everything", map[string]string{
			"audit_rule": "BASE_PROMOTE", "auto_online": "true", "speed_up": "false", "app_name": "一间", "app_english_name": "cafe",
			"app_slogan": "好喝的咖啡在这里", "app_desc": "街角的一间咖啡馆，每天现磨", "mini_category_ids": "XS1001_XS2001;XS1001_XS2002_XS3001",
			"service_phone": "0571-88156688", "service_email": "a@b.cn", "license_valid_date": "9999-12-31", "memo": "x",
		}, ""},
		{"nothing said", map[string]string{"version_desc": "", "region_type": ""}, "version_desc required, region_type required"},
		{"29 characters", map[string]string{"version_desc": strings.Repeat("a", 29)}, "version_desc length"},
		{"30 characters", map[string]string{"version_desc": strings.Repeat("a", 30)}, ""},
		{"15 Chinese characters count 30", map[string]string{"version_desc": strings.Repeat("中", 15)}, ""},
		{"14 Chinese characters count 28", map[string]string{"version_desc": strings.Repeat("中", 14)}, "version_desc length"},
		{"251 Chinese characters count 502", map[string]string{"version_desc": strings.Repeat("中", 251)}, "version_desc length"},
		{"name of 20 Chinese characters", map[string]string{"app_name": strings.Repeat("名", 20)}, ""},
		{"name of 21 Chinese characters", map[string]string{"app_name": strings.Repeat("名", 21)}, "app_name length"},
		{"name of one Chinese character", map[string]string{"app_name": "名"}, "app_name length"},
		{"no such region type", map[string]string{"region_type": "MARS"}, "region_type choice"},
		{"a location without regions", map[string]string{"region_type": "LOCATION"}, "service_region_info required"},
		{"a location", map[string]string{"region_type": "LOCATION", "service_region_info": `[{"province_code":"1","city_code":"2","area_code":"3"},{"province_code":"1"}]`}, ""},
		{"an area without its city", map[string]string{"region_type": "LOCATION", "service_region_info": `[{"province_code":"1","area_code":"3"}]`}, "service_region_info required"},
		{"regions as words", map[string]string{"service_region_info": "Shanghai"}, "service_region_info format"},
		{"yes and no", map[string]string{"auto_online": "yes"}, "auto_online choice"},
		{"five categories", map[string]string{"mini_category_ids": "a;b;c;d;e"}, "mini_category_ids format"},
		{"an empty category", map[string]string{"mini_category_ids": "a;;b"}, "mini_category_ids format"},
		{"phone with words", map[string]string{"service_phone": "call me"}, "service_phone format"},
		{"mail without a host", map[string]string{"service_email": "me@"}, "service_email format"},
		{"a day that is none", map[string]string{"license_valid_date": "2024-02-30"}, "license_valid_date format"},
		{"a long memo", map[string]string{"memo": strings.Repeat("中", 251)}, "memo length"},
		{"not UTF-8", map[string]string{"app_slogan": strings.Repeat("\xff", 12)}, "app_slogan format"},
	} {
		t.Run(test.name, func(t *testing.T) {
			fields := maps.Clone(good)
			maps.Copy(fields, test.fields)
			if got := broken(rules.CheckSubmission(fields)); got != test.want {
				t.Errorf("wrong: %q, want %q", got, test.want)
			}
		})
	}
}

func TestFieldErrorsSayWhatToDoAndNotWhatWasSaid(t *testing.T) {
	wrong := rules.CheckSubmission(map[string]string{"version_desc": "canary", "region_type": "canary", "service_phone": "canary", "memo": strings.Repeat("canary", 99)})
	if len(wrong) != 4 {
		t.Fatalf("%d fields wrong, want 4: %v", len(wrong), wrong)
	}
	for _, e := range wrong {
		if strings.Contains(e.Error(), "canary") || !strings.HasPrefix(e.Error(), e.Field+": ") || len(e.Message) < 10 {
			t.Errorf("unhelpful: %v", e)
		}
	}
}

func TestCheckCreate(t *testing.T) {
	good := map[string]any{
		"alipay_account": "a@b.cn", "app_name": "一间咖啡", "cert_name": "杭州咖啡", "cert_no": "91330100",
		"contact_name": "法人甲", "contact_phone": "13800138000", "legal_personal_name": "法人甲",
	}
	picture := func(size int) string { return base64.StdEncoding.EncodeToString(make([]byte, size)) }
	for _, test := range []struct {
		name   string
		change map[string]any
		want   string
	}{
		{"good", nil, ""},
		{"individual with a picture", map[string]any{"is_individual": true, "license_pic": picture(2 << 20)}, ""},
		{"a picture still to be fetched", map[string]any{"license_pic": map[string]string{"url": "https://x"}}, ""},
		{"no account, blank name", map[string]any{"alipay_account": nil, "contact_name": " "}, "alipay_account required, contact_name required"},
		{"name of 16 Chinese characters", map[string]any{"app_name": strings.Repeat("名", 16)}, "app_name length"},
		{"a number as a phone", map[string]any{"contact_phone": 13800138000}, ""},
		{"a list as a name", map[string]any{"cert_name": []string{"x"}}, "cert_name format"},
		{"is_individual is a word", map[string]any{"is_individual": "maybe"}, "is_individual choice"},
		{"a picture above 2 MB", map[string]any{"license_pic": picture(2<<20 + 1)}, "license_pic size"},
		{"a picture as words", map[string]any{"license_pic": "not base64!"}, "license_pic format"},
	} {
		t.Run(test.name, func(t *testing.T) {
			fields := maps.Clone(good)
			maps.Copy(fields, test.change)
			text, err := json.Marshal(fields)
			if err != nil {
				t.Fatal(err)
			}
			if got := broken(rules.CheckCreate(text)); got != test.want {
				t.Errorf("wrong: %q, want %q", got, test.want)
			}
		})
	}
	for _, text := range []string{``, `[]`, `null`, `{"app_name":"a","app_name":"b"}`, `{`} {
		if got := broken(rules.CheckCreate(json.RawMessage(text))); got != "create format" {
			t.Errorf("%s: wrong %q, want the whole refused", text, got)
		}
	}
}

func TestCheckTrial(t *testing.T) {
	for text, want := range map[string]string{
		`{"uid":"2088","app_name":"一间咖啡","auth_notify_url":"https://a/b"}`: "",
		`{"uid":2088,"app_name":"一间咖啡"}`:                                   "",
		`{"app_name":"咖"}`:                                                 "uid required, app_name length",
		`{"uid":"1","app_name":"abc","auth_notify_url":"somewhere"}`:       "auth_notify_url format",
	} {
		if diff := cmp.Diff(want, broken(rules.CheckTrial(json.RawMessage(text)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestCheckFiles(t *testing.T) {
	oversized := append(pngOf(t, 10, 10), make([]byte, 4<<20)...)
	for _, test := range []struct {
		name  string
		files []rules.File
		want  string
	}{
		{"none", nil, ""},
		{"good", []rules.File{{Field: "app_logo", Content: pngOf(t, 180, 180)}, {Field: "first_license_pic", Content: jpegOf(t, 3840, 2160)}, {Field: "test_file_name", Content: []byte("PK\x03\x04")}}, ""},
		{"two screen shots", []rules.File{{Field: "first_screen_shot", Content: pngOf(t, 9, 9)}, {Field: "second_screen_shot", Content: pngOf(t, 9, 9)}}, ""},
		{"one screen shot", []rules.File{{Field: "first_screen_shot", Content: pngOf(t, 9, 9)}}, "second_screen_shot required"},
		{"a logo that is not square", []rules.File{{Field: "app_logo", Content: pngOf(t, 180, 181)}}, "app_logo format"},
		{"a logo in CMYK", []rules.File{{Field: "app_logo", Content: cmykHead()}}, "app_logo format"},
		{"a logo of 2 MB and a bit", []rules.File{{Field: "app_logo", Content: oversized[:2<<20+1]}}, "app_logo size"},
		{"a picture of 4 MB and a bit", []rules.File{{Field: "out_door_pic", Content: oversized}}, "out_door_pic size"},
		{"too many pixels", []rules.File{{Field: "out_door_pic", Content: pngOf(t, 2161, 3841)}}, "out_door_pic size"},
		{"half a picture", []rules.File{{Field: "out_door_pic", Content: pngOf(t, 9, 9)[:20]}}, "out_door_pic format"},
		{"a picture without its end", []rules.File{{Field: "out_door_pic", Content: pngOf(t, 90, 90)[:len(pngOf(t, 90, 90))-12]}}, "out_door_pic format"},
		{"a picture without its dots", []rules.File{{Field: "out_door_pic", Content: pngOf(t, 90, 90)[:33]}}, "out_door_pic format"},
		{"a picture with more behind it", []rules.File{{Field: "out_door_pic", Content: append(pngOf(t, 90, 90), "more"...)}}, ""},
		{"half a photograph", []rules.File{{Field: "out_door_pic", Content: bytes.TrimSuffix(withThumbnail(jpegOf(t, 90, 90)), []byte("\xff\xd9"))}}, "out_door_pic format"},
		{"a photograph", []rules.File{{Field: "out_door_pic", Content: withThumbnail(jpegOf(t, 90, 90))}}, ""},
		{"a GIF", []rules.File{{Field: "out_door_pic", Content: []byte("GIF89a")}}, "out_door_pic format"},
		{"nothing", []rules.File{{Field: "out_door_pic", Content: nil}}, "out_door_pic required"},
		{"a picture where a zip is wanted", []rules.File{{Field: "test_file_name", Content: pngOf(t, 9, 9)}}, "test_file_name format"},
		{"a zip where a picture is wanted", []rules.File{{Field: "app_logo", Content: []byte("PK\x03\x04")}}, "app_logo format"},
		{"a zip of 10 MB and a bit", []rules.File{{Field: "test_file_name", Content: append([]byte("PK\x03\x04"), make([]byte, 10<<20)...)}}, "test_file_name size"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := broken(rules.CheckFiles(test.files)); got != test.want {
				t.Errorf("wrong: %q, want %q", got, test.want)
			}
		})
	}
}

func TestCMYKIsCalledByItsName(t *testing.T) {
	wrong := rules.CheckFiles([]rules.File{{Field: "app_logo", Content: cmykHead()}})
	if len(wrong) != 1 || !strings.Contains(wrong[0].Message, "CMYK") {
		t.Errorf("wrong: %v, want a logo in CMYK called that", wrong)
	}
}

// withThumbnail puts a small picture with an end of its own before a photograph's, as cameras do.
func withThumbnail(photograph []byte) []byte {
	return slices.Concat(photograph[:2], []byte("\xff\xff\xe1\x00\x08Exif\xff\xd9"), photograph[2:])
}

// cmykHead returns the beginning of a JPEG with four colours, 8×8: all that is read.
func cmykHead() []byte {
	frame := []byte{0xff, 0xc0, 0, 20, 8, 0, 8, 0, 8, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0}
	return bytes.Join([][]byte{{0xff, 0xd8}, frame, {0xff, 0xda, 0, 8}}, nil)
}

// Fields that pass the check can be sent: neither a rule nor the layout of the request stands
// in the way.
func TestWhatPassesTheCheckCanBeSent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fields := map[string]string{
			"version_desc": rapid.String().Draw(t, "version_desc"),
			"region_type":  rapid.SampledFrom([]string{"GLOBAL", "CHINA"}).Draw(t, "region_type"),
			"memo":         rapid.String().Draw(t, "memo"),
		}
		if len(rules.CheckSubmission(fields)) > 0 {
			return
		}
		request := Request{Method: alipay.MethodAuditApply, Fields: fields}
		if err := request.check(); err != nil {
			t.Fatalf("passed the check and can't be sent: %v", err)
		}
	})
}
