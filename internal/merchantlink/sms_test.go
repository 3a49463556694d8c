package merchantlink_test

import (
	"strings"
	"testing"
	"unicode/utf16"

	"miniflow/internal/merchantlink"
	"miniflow/order"
)

// TestAnSMSFits into one, however long the shop's name and the address are: the name is cut first,
// then left out, and a link is whole or the SMS is not there.
func TestAnSMSFits(t *testing.T) {
	code := merchantlink.Path + strings.Repeat("x", merchantlink.Length)
	fits := map[string]string{}
	for _, host := range []string{"https://a.cn", "https://isv.example.com", "https://miniflow.example.com", "https://" + strings.Repeat("h", 26) + ".cn", "https://" + strings.Repeat("h", 60) + ".cn"} {
		for _, shop := range []string{"", "店", "巷口小面", strings.Repeat("长", 60), strings.Repeat("𠮷", 60), "一 【二】\n三"} {
			for _, task := range order.MerchantTasks() {
				text := merchantlink.SMS(task, shop, host+code)
				if length := len(utf16.Encode([]rune(text))); length > merchantlink.MaxSMS || text != "" && !strings.HasSuffix(text, " "+host+code) || strings.ContainsAny(text, "【】\n\uFFFD") {
					t.Errorf("%d characters: %q", length, text)
				}
				fits[host] += text
			}
		}
	}
	for host, texts := range fits {
		if (texts == "") != (len(host) > 60) {
			t.Errorf("%s: %q", host, texts)
		}
	}
	for shop, want := range map[string]string{
		"巷口小面": "巷口小面：请打开支付宝确认小程序 ", strings.Repeat("长", 60): strings.Repeat("长", 7) + "…：请打开支付宝确认小程序 ", "": "请打开支付宝确认小程序 ",
	} {
		if got := merchantlink.SMS(order.TaskConfirm, shop, "https://isv.example.com"+code); !strings.HasPrefix(got, want+"http") {
			t.Errorf("of %q: %q", shop, got)
		}
	}
	if merchantlink.SMS(order.TaskConfirm, "店", "") != "" || merchantlink.SMS("", "店", "https://a.cn"+code) != "" {
		t.Error("an SMS without a link, or about nothing")
	}
}
