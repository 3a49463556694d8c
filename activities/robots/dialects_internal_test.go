package robots

import (
	"net/url"
	"testing"
	"time"
)

// These were computed by openssl, as the comments show, from what 钉钉 and 飞书 document.
const (
	vectorSecret = "SEC000canary"
	// printf '%s\n%s' 1764497520000 SEC000canary | openssl dgst -sha256 -hmac SEC000canary -binary | openssl base64
	vectorDingTalk = "Saal4XXIjYIEyy8810j5QUg6OeSihupkwSG8LPfnGs4="
	// KEY=$(printf '%s\n%s' 1764497520 SEC000canary | xxd -p | tr -d '\n')
	// printf '' | openssl dgst -sha256 -mac HMAC -macopt hexkey:$KEY -binary | openssl base64
	vectorFeishu = "GPQfd68Qhw39tZbsTs8AfjDXxEqoRRZfDLqO9klwnYM="
)

// TestSignaturesAreTheDocumentedOnes holds both against vectors that no code here has made.
func TestSignaturesAreTheDocumentedOnes(t *testing.T) {
	at := time.UnixMilli(1764497520000)
	robot := Robot{URL: "https://oapi.dingtalk.com/robot/send?access_token=a%2Bb", Secret: vectorSecret}
	address, _, err := dingTalk{}.compose(robot, message{}, at)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	if query := parsed.Query(); query.Get("sign") != vectorDingTalk || query.Get("timestamp") != "1764497520000" || query.Get("access_token") != "a+b" {
		t.Errorf("the address is %s", address)
	}
	_, body, err := feishu{}.compose(robot, message{}, at)
	if err != nil {
		t.Fatal(err)
	}
	if posted, _ := body.(map[string]any); posted["sign"] != vectorFeishu || posted["timestamp"] != "1764497520" {
		t.Errorf("the body is %v", body)
	}
	if address, body, _ := (weCom{}).compose(robot, message{}, at); address != robot.URL || len(body.(map[string]any)) != 2 {
		t.Errorf("企业微信 signs nothing: %s %v", address, body)
	}
}
