package console

import (
	"net/http"
	"strings"
	"testing"

	"miniflow/attention"
	"miniflow/order"
	"miniflow/words"
)

// TestAnEmptyFormSaysWhatToFillIn, and asks nobody.
func TestAnEmptyFormSaysWhatToFillIn(t *testing.T) {
	h := ordered(t, "create.cert_no")
	for _, command := range []string{"provide-input", "resubmit"} {
		answer := h.send(command, nil)
		if page := answer.Body.String(); answer.Code != http.StatusUnprocessableEntity || !strings.Contains(page, "Nothing was filled in") || !strings.Contains(page, "Fill in this field, or another one") {
			t.Errorf("%s is answered %d", command, answer.Code)
		}
	}
	if sent := h.api.posts(); len(sent) > 0 {
		t.Errorf("it was sent: %v", sent)
	}
}

// TestAFormThatAsksForNothingHasNoButton, as one that a browser's back leads to.
func TestAFormThatAsksForNothingHasNoButton(t *testing.T) {
	h := ordered(t)
	page := h.page(to("orders", app, no, "do", "provide-input"), words.English, h.logIn("service-1"))
	if !strings.Contains(page, "Nothing is asked for now.") || strings.Contains(page, `enctype="multipart/form-data"`) {
		t.Error("it offers to send nothing")
	}
}

// TestNotesOfALostAuthorisationStandWithItsOrder: the list has them by the mini program, and what was
// said of the order itself is there too.
func TestNotesOfALostAuthorisationStandWithItsOrder(t *testing.T) {
	h := open(t)
	h.api.answers["GET "+orderAPI(app, no)] = order.View{
		AppID: app, OutOrderNo: no, MiniAppID: "m-1", Stage: order.StageAuditing, StageSince: earlier,
		Hold: &order.Hold{Kind: order.HoldAuthorizationRevoked, Since: earlier},
	}
	h.api.answers["GET "+unescaped(t, attentionAPI(app, "order:"+no))] = attentionItem{Comments: []comment{{By: "service-1", At: noon, Text: "of the order"}}}
	h.api.answers["GET "+unescaped(t, attentionAPI(app, "mini-program:m-1"))] = attentionItem{
		Item:       attention.Item{AppID: app, ID: "mini-program:m-1"},
		AssignedTo: "service-1", Comments: []comment{{By: "service-1", At: earlier, Text: "of the authorisation"}},
	}
	page := h.page(to("orders", app, no), words.English, h.logIn("service-1"))
	first, second := strings.Index(page, "of the authorisation"), strings.Index(page, "of the order")
	if first < 0 || second < first || !strings.Contains(page, "taken by service-1") || !strings.Contains(page, "mini-program:m-1/comment") {
		t.Error("its notes are not those of the list")
	}
	item := attentionItem{Item: attention.Item{AppID: app, ID: "mini-program:m-1", OutOrderNo: no}}
	if item.complete(person{}, Path); item.Href != to("orders", app, no) {
		t.Errorf("the list leads to %s", item.Href)
	}
}

// TestWhoMayDoItIsSaid to somebody who may not.
func TestWhoMayDoItIsSaid(t *testing.T) {
	h := open(t)
	h.api.answers["GET "+orderAPI(app, no)] = order.View{
		AppID: app, OutOrderNo: no, Stage: order.StageBasePassed, StageSince: earlier, Links: order.Links{TemporalUI: "https://temporal.example"},
		Commands: []order.Command{order.CommandDecideBasePass, order.CommandCancel},
	}
	page := h.page(to("orders", app, no), words.Chinese, h.logIn("service-1"))
	if !strings.Contains(page, "决定下一步：需要以下角色办理：发布。") || strings.Contains(page, "取消订单：") || strings.Contains(page, "temporal.example") {
		t.Error("it does not say who decides, or shows what is not for everybody")
	}
	if page := h.page(to("orders", app, no), words.Chinese, h.logIn("release-1")); strings.Contains(page, "需要以下角色") || !strings.Contains(page, "temporal.example") {
		t.Error("it sends somebody away who may")
	}
}

// TestSentencesInChineseHaveNoCodes of ours; words of others stay.
func TestSentencesInChineseHaveNoCodes(t *testing.T) {
	for said, want := range map[string]string{
		"人工处理：STILL_WAITING（retry、cancel 或 give-up）": "人工处理：STILL_WAITING（重试、取消订单 或 放弃）",
		"授权：authorized":                              "授权：已授权",
		"order_no 2026":                              "order_no 2026",
		"重新提交（resubmit）":                             "重新提交（重新提审）",
		"alipay.open.mini.version.audit.passed：已记录":  "小程序审核通过：已记录",
		"等待支付宝对 alipay.open.mini.version.online 的应答": "等待支付宝对 上架 的应答",
		"https://isv.example/online/cancel.":         "https://isv.example/online/cancel.",
		"alipay.open.mini.version.of.tomorrow":       "alipay.open.mini.version.of.tomorrow",
		"<script>cancelled":                          "<script>已取消",
	} {
		if got := (wording{language: words.Chinese}).plainly(words.Plain(said)); got != want {
			t.Errorf("%q is %q, want %q", said, got, want)
		}
		if got := (wording{language: words.English}).plainly(words.Plain("waits: retry")); got != "waits: retry" {
			t.Errorf("in English it is %q", got)
		}
	}
}

// TestAPageSaysWhoseTurnItIs, and of what is held since when it stands still.
func TestAPageSaysWhoseTurnItIs(t *testing.T) {
	h := open(t)
	h.api.answers["GET "+orderAPI(app, no)] = order.View{
		AppID: app, OutOrderNo: no, Stage: order.StageAuditing, StageSince: earlier, Hold: &order.Hold{Kind: order.HoldAuthorizationRevoked, Since: noon, Message: words.Plain("gone")},
	}
	page := h.page(to("orders", app, no), words.Chinese, h.logIn("service-1"))
	if !strings.Contains(page, "待商家处理") || !strings.Contains(page, "已停下不到 1 分钟，停在：审核中") || strings.Contains(page, "正在审核") {
		t.Errorf("the page says %s", page)
	}
}

// TestAnInvitationIsShown beside the merchant's link, for who sends it on; an address that is none is not.
func TestAnInvitationIsShown(t *testing.T) {
	h := open(t)
	for address, shown := range map[string]bool{"https://alipay.example/invitation": true, "javascript:alert(1)//alipay.example/invitation": false} {
		h.api.answers["GET "+orderAPI(app, no)] = order.View{
			AppID: app, OutOrderNo: no, Stage: order.StageAwaitingAuthorization, StageSince: earlier,
			Links: order.Links{Merchant: "https://ours.example/m/1", MerchantInvite: address},
		}
		page := h.page(to("orders", app, no), words.Chinese, h.logIn("release-1"))
		if strings.Contains(page, "alipay.example/invitation") != shown || !strings.Contains(page, "https://ours.example/m/1") {
			t.Errorf("%s is shown: %v", address, !shown)
		}
	}
}

// TestAnExperienceVersionIsShown as a code to scan, for who tries it out, beside Alipay's own picture of
// it; an address that is none is not.
func TestAnExperienceVersionIsShown(t *testing.T) {
	h := open(t)
	for address, shown := range map[string]bool{"alipays://platformapi/startapp?appId=1": true, "javascript:alert(1)": false} {
		h.api.answers["GET "+orderAPI(app, no)] = order.View{
			AppID: app, OutOrderNo: no, Stage: order.StageSubmitting, StageSince: earlier, Version: order.VersionView{AppVersion: "1.0.7"},
			Links: order.Links{Experience: address, ExperienceQR: "https://alipay.example/code.png"},
			Hold:  &order.Hold{Kind: order.HoldNeedsApproval, Code: "EXPERIENCE", Since: noon, Message: words.New("hold.experience", "1.0.7")},
		}
		page := h.page(to("orders", app, no), words.Chinese, h.logIn("release-1"))
		if strings.Contains(page, `<svg class="qr"`) != shown || !strings.Contains(page, "https://alipay.example/code.png") || !strings.Contains(page, "试用版本 1.0.7") {
			t.Errorf("%s is shown: %v", address, !shown)
		}
	}
}
