package catalogue

import (
	"cmp"
	"encoding/hex"
	"strconv"
	"time"

	"miniflow/alipay/alipaysim/lifecycle"
	"miniflow/alipay/alipaysim/wire"
)

// Content has three places because messages differ: most have biz_content as JSON, the
// console's check has XML there, and flat ones have parameters and no biz_content.
type Content struct {
	Fields wire.Object       // of biz_content; nil: the message has none
	Text   string            // biz_content where it is not JSON
	Params map[string]string // parameters beside it
}

// Cast is who and what a message is about; a receiver finds its order by these numbers.
// What it leaves empty is made up, so that even then the shape is right.
type Cast struct {
	App         string
	OutOrderNo  string
	OrderNo     string
	MiniAppID   string
	AppVersion  string
	MerchantPID string
	Token       string // app_auth_token: the same in every message about one authorisation
}

// filler fills samples with values of the right shape, so that a receiver's parser
// meets what it will meet. Two messages have the same numbers only where they have the
// same cast.
type filler struct {
	Cast
	now    time.Time
	chance []byte
}

func newFiller(about Cast, now time.Time, chance []byte) *filler {
	f := &filler{Cast: about, now: now, chance: chance}
	f.OrderNo = cmp.Or(f.OrderNo, f.number())
	f.OutOrderNo = cmp.Or(f.OutOrderNo, "out-"+f.OrderNo)
	f.MiniAppID = cmp.Or(f.MiniAppID, "2021"+f.digits(12))
	f.AppVersion = cmp.Or(f.AppVersion, "1.0.0")
	f.MerchantPID = cmp.Or(f.MerchantPID, "2088"+f.digits(12))
	f.Token = cmp.Or(f.Token, f.newToken())
	return f
}

func (f *filler) digits(n int) string {
	text := make([]byte, n)
	for i := range text {
		text[i] = '0' + f.take()%10
	}
	return string(text)
}

func (f *filler) take() byte {
	b := f.chance[0]
	// One draw per message: a burst of thousands must not wait for chance.
	f.chance = append(f.chance[1:], b+101) // goes on for ever, and does not repeat soon
	return b
}

func (f *filler) newToken() string {
	raw := make([]byte, 16)
	for i := range raw {
		raw[i] = f.take()
	}
	return f.now.In(wire.Beijing()).Format("200601") + "BB" + hex.EncodeToString(raw)
}

func (f *filler) number() string { return f.now.In(wire.Beijing()).Format("20060102") + f.digits(12) }
func (f *filler) time() string   { return f.now.In(wire.Beijing()).Format(wire.TimeLayout) }
func (f *filler) millis() string { return strconv.FormatInt(f.now.UnixMilli(), 10) }

func (f *filler) confirmed() Content {
	return Content{Fields: wire.Object{{"order_no", f.OrderNo}, {"out_order_no", f.OutOrderNo}, {"min_app_id", f.MiniAppID},
		{"status", "AGREED"}, {"pid", f.MerchantPID}}}
}

func (f *filler) fastRegister() Content {
	return Content{Fields: wire.Object{{"order_no", f.OrderNo}, {"out_order_no", f.OutOrderNo}, {"merchant_app_id", f.MiniAppID},
		{"status", "CREATE_MINI_APP_SUCCESS"}, {"app_name", "面馆的试用小程序"}, {"merchant_id", f.MerchantPID}}}
}

// version is how audit messages name one: their mini_app_id is called otherwise in the
// messages of a creation.
func (f *filler) version() wire.Object {
	return wire.Object{{"mini_app_id", f.MiniAppID}, {"bundle_id", "com.alipay.alipaywallet"}, {"mini_app_version", f.AppVersion}}
}

func (f *filler) passed() Content { return Content{Fields: f.version()} }

// audited always rejects the promotion: with both verdicts a pass, the platform sends
// audit.passed instead.
func (f *filler) audited(base string) Content {
	reason := func(memo string) wire.Object {
		return wire.Object{{"audit_images", []string{}}, {"memos", []wire.Object{{{"memo", memo}, {"memo_image_list", []string{}}}}}}
	}
	fields := append(f.version(), wire.Member{"audit_reason", "小程序简介与实际服务不符"}, wire.Member{"base_audit", base}, wire.Member{"promote_audit", lifecycle.VerdictReject})
	if base == lifecycle.VerdictReject {
		fields = append(fields, wire.Member{"base_audit_reason", reason("小程序简介与实际服务不符")})
	}
	return Content{Fields: append(fields, wire.Member{"promote_audit_reason", reason("页面内容不足以营销")})}
}

// authorized has the token in biz_content and its app beside it, as the 1.0
// layout has. expires_in is obsolete on the platform, and still sent.
func (f *filler) authorized() Content {
	detail := wire.Object{{"app_auth_token", f.Token}, {"app_refresh_token", f.newToken()}, {"app_id", f.App}, {"auth_app_id", f.MiniAppID},
		{"user_id", f.MerchantPID}, {"auth_time", f.now.UnixMilli()}, {"app_auth_code", f.newToken()[8:]}, {"expires_in", 31536000}, {"re_expires_in", 32140800}}
	context := wire.Object{{"trigger", "appstore"}, {"trigger_context", wire.Object{{"out_biz_no", f.OutOrderNo}}}}
	return Content{Fields: wire.Object{{"notify_context", context}, {"detail", detail}},
		Params: map[string]string{"status": "execute_auth", "auth_app_id": f.MiniAppID}}
}

func (f *filler) revoked() Content {
	return Content{Fields: wire.Object{{"app_auth_token", f.Token}, {"app_id", f.App}, {"auth_app_id", f.MiniAppID}, {"user_id", f.MerchantPID}}}
}

// fieldChanged mirrors the answer of the query: the message's own fields are not
// published.
func (f *filler) fieldChanged() Content {
	return Content{Fields: wire.Object{{"user_app_id", f.MiniAppID}, {"api_name", "alipay.user.info.share"}, {"field_name", "mobile"},
		{"package_code", "2022" + f.digits(12)}, {"status", "AGREE"}, {"reason", ""}}}
}

func (f *filler) userCancelled() Content {
	return Content{Fields: wire.Object{{"user_id", f.MerchantPID}, {"app_id", f.MiniAppID}, {"cancel_time", f.millis()}}}
}

func (f *filler) depositBack() Content {
	return Content{Fields: wire.Object{{"trade_no", f.number() + f.digits(8)}, {"out_trade_no", f.OutOrderNo}, {"out_request_no", "refund-" + f.number()},
		{"dback_status", "S"}, {"dback_amount", "0.10"}, {"bank_ack_time", f.time()}, {"est_bank_receipt_time", f.time()}}}
}

func (f *filler) onboarded() Content {
	return Content{Fields: wire.Object{{"order_id", f.OrderNo}, {"external_id", f.OutOrderNo}, {"smid", f.MerchantPID},
		{"card_alias_no", f.digits(20)}, {"memo", ""}}}
}

func (f *filler) notOnboarded() Content {
	return Content{Fields: wire.Object{{"order_id", f.OrderNo}, {"external_id", f.OutOrderNo}, {"reason", "营业执照图片不清晰"}, {"memo", ""}}}
}

// templateOrdered is flat as on the platform: its fields are parameters, which a receiver
// that looks only into biz_content misses.
func (f *filler) templateOrdered() Content {
	return Content{Params: map[string]string{"method": "alipay.open.servicemarket.order.notify", "commodity_order_id": f.OrderNo,
		"order_ticket": f.Token, "merchant_pid": f.MerchantPID, "service_code": f.digits(14), "title": "点餐模板", "name": "面馆",
		"contactor": "测试联系人", "phone": "13000000000", "order_time": f.time(), "order_item_num": "1", "total_price": "0.00", "timestamp": f.time()}}
}

// operated is a guess: its fields are not published.
func (f *filler) operated() Content {
	return Content{Fields: wire.Object{{"batch_no", f.number()}, {"operate_type", "ACCOUNT_BIND"}, {"result_code", "SUCCESS"}, {"merchant_no", f.MerchantPID}}}
}

func (f *filler) onboardingMoved() Content {
	sub := wire.Object{{"type", "SIGN_AND_AUTH"}, {"sub_order_no", f.number()}, {"sub_order_status", "AUDIT_PASS"}, {"reason", ""}}
	return Content{Fields: wire.Object{{"inteop_order_no", f.OrderNo}, {"status", "AUDIT_PASS"}, {"sub_order_infos", []wire.Object{sub}}}}
}

func (f *filler) complained() Content {
	return Content{Fields: wire.Object{{"complain_event_id", f.OrderNo}}}
}

// gatewayCheck is XML, as biz_content was in the older layout that names a service: a
// receiver that parses JSON first fails the check.
func (f *filler) gatewayCheck() Content {
	return Content{Text: "<XML><AppId><![CDATA[" + f.App + "]]></AppId><FromUserId><![CDATA[]]></FromUserId><CreateTime>" + f.millis() +
		"</CreateTime><MsgType><![CDATA[event]]></MsgType><EventType><![CDATA[verifygw]]></EventType><ActionParam><![CDATA[]]></ActionParam>" +
		"<AgreementId><![CDATA[]]></AgreementId><AccountNo><![CDATA[]]></AccountNo></XML>"}
}
