package gateway

import (
	"encoding/base64"
	"net/url"
	"strings"

	"miniflow/alipay/alipaysim/internal/admission"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/lifecycle"
	"miniflow/alipay/alipaysim/wire"
)

const (
	trialSuffix = "的试用小程序" // forced on the name of every trial app
	// maxLicence is the platform's limit of license_pic, before base64.
	maxLicence = 2 << 20
)

// createFormal is alipay.open.mini.isv.create. Its fields stand inside
// create_mini_request, those of a trial do not.
func (c *call) createFormal() admission.Answer {
	if !c.within("create_mini_request") {
		return admission.Fail("INVALID_PARAMETER", "参数有误: create_mini_request 不能为空")
	}
	if name, blank := c.blank("out_order_no", "alipay_account", "app_name", "cert_name", "cert_no",
		"contact_name", "contact_phone", "legal_personal_name"); blank {
		return admission.Fail("INVALID_PARAMETER", "参数有误: "+name+" 不能为空")
	}
	if length := wireLength(c.text("app_name")); length < 3 || length > 30 {
		return admission.Fail("INVALID_MINI_APP_NAME_LENGTH", "小程序名称长度应为3到30个字符")
	}
	if picture, err := base64.StdEncoding.DecodeString(c.text("license_pic")); err != nil || len(picture) > maxLicence {
		return admission.Fail("INFO_INVALID", "营业执照图片应为base64且不超过2MB")
	}
	return c.create(world.Order{Kind: lifecycle.Formal, Status: lifecycle.Process, AppName: c.text("app_name"),
		PID: "2088" + c.Digits(12), MerchantSum: world.Digest(c.text("alipay_account"))})
}

// createTrial is alipay.open.mini.isv.fastregister.create. The name gets its suffix
// whether the caller wants it or not, as on the platform.
func (c *call) createTrial() admission.Answer {
	if name, blank := c.blank("out_order_no", "uid", "app_name"); blank {
		return admission.Fail("ILLEGAL_PARAMS", "参数有误: "+name+" 不能为空")
	}
	if length := wireLength(c.text("app_name")); length < 3 || length > 30 {
		return admission.Fail("INVALID_MINI_APP_NAME_LENGTH", "小程序名称长度应为3到30个字符")
	}
	name := strings.TrimSuffix(c.text("app_name"), trialSuffix) + trialSuffix
	return c.create(world.Order{Kind: lifecycle.Trial, Status: lifecycle.WaitConfirm, AppName: name,
		PID: c.text("uid"), MerchantSum: world.Digest(c.text("uid"))})
}

// create opens an order, or answers for the one that already has the number:
// the same content is the same order, another content is refused, and so is an
// order that has ended.
func (c *call) create(order world.Order) admission.Answer {
	order.AppID, order.OutOrderNo, order.ContentSum = c.app.ID, c.text("out_order_no"), c.sum()
	if before, taken := c.OrderBy(world.ByOutOrderNo, order.AppID+"/"+order.OutOrderNo); taken {
		return createdAgain(before, order)
	}
	if refusal, ok := c.merchantFree(order); !ok {
		return refusal
	}
	c.OpenOrder(&order)
	return admission.Done(created(&order)...)
}

// createdAgain answers a create whose number this order has. It is the only way for a
// caller to learn the order_no of an answer that was lost: queries take order_no alone.
func createdAgain(before *world.Order, again world.Order) admission.Answer {
	switch {
	case before.ContentSum != again.ContentSum || before.Kind != again.Kind:
		return admission.Fail("NOT_UNIQUE", "外部订单号已被使用且内容不一致")
	case before.Status.Ended():
		return admission.Fail("ORDER_FINISHED", "订单已结束，请使用新的外部订单号")
	}
	return admission.Succeed(created(before)...)
}

// merchantFree refuses a second order of a merchant who has not answered the
// first, and a name that is taken. Orders that came to nothing have given both
// back.
func (c *call) merchantFree(order world.Order) (admission.Answer, bool) {
	if other, found := c.OrderBy(world.ByMerchant, string(order.Kind)+"/"+order.MerchantSum); found && other.Status.Waiting() {
		return admission.Fail("ONGOING_ORDER_EXIST", "该商户存在未完成的订单"), false
	}
	if other, found := c.OrderBy(world.ByName, order.AppName); found && other.HoldsName() {
		if order.Kind == lifecycle.Trial {
			return admission.Fail("OPENCORE_APP_NAME_EXIST", "小程序名称已存在"), false
		}
		return admission.Fail("APP_NAME_DUPLICATED", "小程序名称已存在"), false
	}
	return admission.Answer{}, true
}

// created has authorize_url for a trial: Alipay does not push it, the provider has to
// bring it to the merchant.
func created(order *world.Order) wire.Object {
	fields := wire.Object{{"order_no", order.OrderNo}}
	if order.Kind == lifecycle.Trial {
		fields = append(fields, wire.Member{"authorize_url", "https://simulator.invalid/authorize?order_no=" + url.QueryEscape(order.OrderNo)})
	}
	return fields
}

// queryFormal is alipay.open.mini.isv.query. It takes order_no alone, so a create whose
// answer was lost can't be found with it.
func (c *call) queryFormal() admission.Answer {
	order := &world.Order{OrderNo: c.text("order_no")}
	switch {
	case !c.Load(order) || order.Kind != lifecycle.Formal:
		return admission.Fail("INVALID_PARAMS", "参数有误: order_no 不存在")
	case order.AppID != c.app.ID:
		return admission.Fail("PERMISSION_DENIED", "没有权限查询该订单")
	}
	return admission.Succeed(wire.Member{"order_no", order.OrderNo}, wire.Member{"out_order_no", order.OutOrderNo}, wire.Member{"status", order.Status},
		wire.Member{"min_app_id", order.MiniAppID}, wire.Member{"pid", order.PID})
}

// queryTrial is alipay.open.mini.isv.fastregister.query. It spells mini_app_id what the
// formal query spells min_app_id, as the platform does.
func (c *call) queryTrial() admission.Answer {
	order := &world.Order{OrderNo: c.text("order_no")}
	switch {
	case c.text("order_no") == "":
		return admission.Fail("ILLEGAL_PARAMS", "参数有误: order_no 不能为空")
	case !c.Load(order):
		return admission.Fail("ORDER_NOT_EXIST", "订单不存在")
	case order.AppID != c.app.ID:
		return admission.Fail("NO_PERMISSION", "没有权限查询该订单")
	case order.Kind != lifecycle.Trial:
		return admission.Fail("ORDER_TYPE_NOT_MATCH", "订单类型不匹配")
	}
	return admission.Succeed(wire.Member{"app_name", order.AppName}, wire.Member{"isv_app_id", order.AppID}, wire.Member{"mini_app_id", order.MiniAppID},
		wire.Member{"order_no", order.OrderNo}, wire.Member{"out_order_no", order.OutOrderNo}, wire.Member{"status", order.Status})
}

// certifyTrial is alipay.open.mini.isv.certify.create. Its codes are not published: these are those of
// the calls that have the same fields.
func (c *call) certifyTrial() admission.Answer {
	if name, blank := c.blank("order_no", "alipay_account", "cert_name", "cert_no", "contact_name", "contact_phone", "legal_personal_name"); blank {
		return admission.Fail("INVALID_PARAMETER", "参数有误: "+name+" 不能为空")
	}
	if picture, err := base64.StdEncoding.DecodeString(c.text("license_pic")); err != nil || len(picture) > maxLicence {
		return admission.Fail("INFO_INVALID", "营业执照图片应为base64且不超过2MB")
	}
	order := &world.Order{OrderNo: c.text("order_no")}
	switch {
	case !c.Load(order):
		return admission.Fail("ORDER_NOT_EXIST", "订单不存在")
	case order.AppID != c.app.ID:
		return admission.Fail("PERMISSION_DENIED", "没有权限操作该订单")
	case order.Kind != lifecycle.Trial:
		return admission.Fail("OPERATION_INVALID", "订单类型不匹配")
	case !c.RequestCertification(order):
		return admission.Fail("OPERATION_INVALID", "当前状态不能发起认证")
	}
	return admission.Done()
}

// checkName is alipay.open.mini.baseinfo.name.check. It reserves nothing: the name may
// be taken by the time of the create.
func (c *call) checkName() admission.Answer {
	name := c.text("app_name")
	if length := wireLength(name); length < 3 || length > 30 {
		return admission.Fail("INVALID_PARAMETER", "小程序名称长度应为3到30个字符")
	}
	if order, found := c.OrderBy(world.ByName, name); found && order.HoldsName() {
		return admission.Succeed(wire.Member{"check_code", "MINI_APP_NAME_DUPLICATE"}, wire.Member{"check_memo", "小程序名称已存在"})
	}
	return admission.Succeed(wire.Member{"check_code", "NONE"}, wire.Member{"check_memo", ""})
}
