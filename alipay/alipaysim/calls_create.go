package alipaysim

import (
	"encoding/base64"
	"net/url"
	"strings"
)

const (
	trialSuffix = "的试用小程序" // forced on the name of every trial app
	// maxLicence is the size of license_pic before base64.
	maxLicence = 2 << 20
)

// createFormal is alipay.open.mini.isv.create.
func (c *call) createFormal() answer {
	if !c.within("create_mini_request") {
		return fail("INVALID_PARAMETER", "参数有误: create_mini_request 不能为空")
	}
	if name, blank := c.blank("out_order_no", "alipay_account", "app_name", "cert_name", "cert_no",
		"contact_name", "contact_phone", "legal_personal_name"); blank {
		return fail("INVALID_PARAMETER", "参数有误: "+name+" 不能为空")
	}
	if length := wireLength(c.text("app_name")); length < 3 || length > 30 {
		return fail("INVALID_MINI_APP_NAME_LENGTH", "小程序名称长度应为3到30个字符")
	}
	if picture, err := base64.StdEncoding.DecodeString(c.text("license_pic")); err != nil || len(picture) > maxLicence {
		return fail("INFO_INVALID", "营业执照图片应为base64且不超过2MB")
	}
	return c.create(orderRecord{Kind: Formal, Status: Process, AppName: c.text("app_name"),
		PID: "2088" + c.digits(12), MerchantSum: digest(c.text("alipay_account"))})
}

// createTrial is alipay.open.mini.isv.fastregister.create.
func (c *call) createTrial() answer {
	if name, blank := c.blank("out_order_no", "uid", "app_name"); blank {
		return fail("ILLEGAL_PARAMS", "参数有误: "+name+" 不能为空")
	}
	if length := wireLength(c.text("app_name")); length < 3 || length > 30 {
		return fail("INVALID_MINI_APP_NAME_LENGTH", "小程序名称长度应为3到30个字符")
	}
	name := strings.TrimSuffix(c.text("app_name"), trialSuffix) + trialSuffix
	return c.create(orderRecord{Kind: Trial, Status: WaitConfirm, AppName: name,
		PID: c.text("uid"), MerchantSum: digest(c.text("uid"))})
}

// create opens an order, or answers for the one that already has the number:
// the same content is the same order, another content is refused, and so is an
// order that has ended.
func (c *call) create(order orderRecord) answer {
	order.AppID, order.OutOrderNo, order.ContentSum = c.app.ID, c.text("out_order_no"), c.sum()
	if before, taken := c.orderBy(byOutOrderNo, order.AppID+"/"+order.OutOrderNo); taken {
		return createdAgain(before, order)
	}
	if refusal, ok := c.merchantFree(order); !ok {
		return refusal
	}
	c.openOrder(&order)
	return done(created(&order)...)
}

// createdAgain answers a create whose number this order has.
func createdAgain(before *orderRecord, again orderRecord) answer {
	switch {
	case before.ContentSum != again.ContentSum || before.Kind != again.Kind:
		return fail("NOT_UNIQUE", "外部订单号已被使用且内容不一致")
	case before.Status.ended():
		return fail("ORDER_FINISHED", "订单已结束，请使用新的外部订单号")
	}
	return succeed(created(before)...)
}

// merchantFree refuses a second order of a merchant who has not answered the
// first, and a name that is taken. Orders that came to nothing have given both
// back.
func (c *call) merchantFree(order orderRecord) (answer, bool) {
	if other, found := c.orderBy(byMerchant, string(order.Kind)+"/"+order.MerchantSum); found && other.Status.waiting() {
		return fail("ONGOING_ORDER_EXIST", "该商户存在未完成的订单"), false
	}
	if other, found := c.orderBy(byName, order.AppName); found && other.holdsName() {
		if order.Kind == Trial {
			return fail("OPENCORE_APP_NAME_EXIST", "小程序名称已存在"), false
		}
		return fail("APP_NAME_DUPLICATED", "小程序名称已存在"), false
	}
	return answer{}, true
}

// created is the answer of a create.
func created(order *orderRecord) pairs {
	fields := pairs{{"order_no", order.OrderNo}}
	if order.Kind == Trial {
		fields = append(fields, pair{"authorize_url", "https://simulator.invalid/authorize?order_no=" + url.QueryEscape(order.OrderNo)})
	}
	return fields
}

// queryFormal is alipay.open.mini.isv.query.
func (c *call) queryFormal() answer {
	order := &orderRecord{OrderNo: c.text("order_no")}
	switch {
	case !c.load(order) || order.Kind != Formal:
		return fail("INVALID_PARAMS", "参数有误: order_no 不存在")
	case order.AppID != c.app.ID:
		return fail("PERMISSION_DENIED", "没有权限查询该订单")
	}
	return succeed(pair{"order_no", order.OrderNo}, pair{"out_order_no", order.OutOrderNo}, pair{"status", order.Status},
		pair{"min_app_id", order.MiniAppID}, pair{"pid", order.PID})
}

// queryTrial is alipay.open.mini.isv.fastregister.query.
func (c *call) queryTrial() answer {
	order := &orderRecord{OrderNo: c.text("order_no")}
	switch {
	case c.text("order_no") == "":
		return fail("ILLEGAL_PARAMS", "参数有误: order_no 不能为空")
	case !c.load(order):
		return fail("ORDER_NOT_EXIST", "订单不存在")
	case order.AppID != c.app.ID:
		return fail("NO_PERMISSION", "没有权限查询该订单")
	case order.Kind != Trial:
		return fail("ORDER_TYPE_NOT_MATCH", "订单类型不匹配")
	}
	return succeed(pair{"app_name", order.AppName}, pair{"isv_app_id", order.AppID}, pair{"mini_app_id", order.MiniAppID},
		pair{"order_no", order.OrderNo}, pair{"out_order_no", order.OutOrderNo}, pair{"status", order.Status})
}

// checkName is alipay.open.mini.baseinfo.name.check. It reserves nothing.
func (c *call) checkName() answer {
	name := c.text("app_name")
	if length := wireLength(name); length < 3 || length > 30 {
		return fail("INVALID_PARAMETER", "小程序名称长度应为3到30个字符")
	}
	if order, found := c.orderBy(byName, name); found && order.holdsName() {
		return succeed(pair{"check_code", "MINI_APP_NAME_DUPLICATE"}, pair{"check_memo", "小程序名称已存在"})
	}
	return succeed(pair{"check_code", "NONE"}, pair{"check_memo", ""})
}
