package words_test

import (
	"testing"

	"miniflow/words"
)

// TestWhatWasPutTogetherIsSaidInParts: line by line, behind colons and semicolons, in an error's own
// words where nothing is known.
func TestWhatWasPutTogetherIsSaidInParts(t *testing.T) {
	for english, chinese := range map[string]string{
		"": "", "nobody knows this: nor this; nor that": "nobody knows this: nor this; nor that",
		"they are one pair": "两者是一对",
		"reach Miniflow: dial tcp: connect: connection refused; is it running, and is --api right?":                                                                                                          "连接 Miniflow：dial tcp: connect: connection refused；它在运行吗？--api 是否正确？",
		`"a: \"b\"" names no order; write APP_ID/OUT_ORDER_NO, or give --app-id`:                                                                                                                             `"a: \"b\"" 不是订单；请写成 APP_ID/OUT_ORDER_NO，或填写 --app-id`,
		"configuration refused, 2 problems:\n  a.yaml:1: x: is missing\n  a.yaml:2: y: wanted a private key of RSA or SM2, found a public key (line 3): take the other half of the pair, or the certificate": "配置未通过检查，2 处问题：\n  a.yaml:1：x：缺少\n  a.yaml:2：y：需要 RSA 或 SM2 的私钥，得到的是公钥（第 3 行）：请使用密钥对的另一半，或证书",
		"Miniflow answered 422: two fields\n  create.uid: give a value":                                                                                                                                      "Miniflow 应答 422：two fields\n  create.uid：请填写",
		"a map of Java; unknown": "Java 的 map；unknown",
	} {
		if got := words.Translated(words.Chinese, english); got != chinese {
			t.Errorf("%q is said %q", english, got)
		}
		if got := words.Translated(words.English, english); got != english {
			t.Errorf("%q is changed to %q", english, got)
		}
	}
	for english, chinese := range map[string]string{"no orders": "没有订单", "dead": "死信", "%-9s %s": "%-9s %s", "the text of %s": "%s 的原文"} {
		if words.Pattern(words.Chinese, english) != chinese || words.Pattern(words.English, english) != english {
			t.Errorf("%q is %q", english, words.Pattern(words.Chinese, english))
		}
	}
}
