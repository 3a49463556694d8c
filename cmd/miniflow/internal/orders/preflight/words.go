package preflight

import (
	"regexp"
	"strings"
	"sync"
)

// Language is the language of a list for a merchant.
type Language string

// The languages that there are words in.
const (
	English Language = "en"
	Chinese Language = "zh-CN"
)

// Label returns what a merchant calls a field, with the field behind it for who filled in the
// table; the field alone where nothing is known of it.
func (l Language) Label(field string) string {
	words, known := labels[field]
	switch {
	case !known:
		return field
	case l == Chinese:
		return words[1] + "（" + field + "）"
	default:
		return words[0] + " (" + field + ")"
	}
}

// Say returns a sentence in the language. One that nobody has translated stays English, since
// it still says what to do.
func (l Language) Say(message string) string {
	if l != Chinese {
		return message
	}
	for _, s := range translations() {
		if s.english.MatchString(message) {
			return s.english.ReplaceAllString(message, s.chinese)
		}
	}
	return message
}

type translation struct {
	english *regexp.Regexp
	chinese string
}

// translations makes patterns of the sentences, in which % stands for what differs.
var translations = sync.OnceValue(func() []translation {
	made := make([]translation, 0, len(sentences))
	for _, s := range sentences {
		pattern := strings.ReplaceAll(regexp.QuoteMeta(s[0]), "%", "(.*)")
		made = append(made, translation{regexp.MustCompile("(?s)^" + pattern + "$"), s[1]})
	}
	return made
})

// labels are the names of fields in both languages.
var labels = map[string][2]string{
	"app_id":                                      {"the third-party app", "第三方应用"},
	"out_order_no":                                {"the order's number", "订单号"},
	"kind":                                        {"the kind of order", "订单类型"},
	"merchant_ref":                                {"the merchant's id", "商家编号"},
	"order_no":                                    {"Alipay's number of the order", "支付宝订单号"},
	"mini_app_id":                                 {"the mini program's id", "小程序 ID"},
	"create":                                      {"the merchant's details", "商家资料"},
	"create.alipay_account":                       {"the merchant's Alipay account", "商家支付宝账号"},
	"create.app_name":                             {"the mini program's name", "小程序名称"},
	"create.cert_name":                            {"the name on the business licence", "营业执照上的名称"},
	"create.cert_no":                              {"the number of the business licence", "营业执照号"},
	"create.contact_name":                         {"the contact's name", "联系人姓名"},
	"create.contact_phone":                        {"the contact's phone", "联系人电话"},
	"create.is_individual":                        {"whether it is an individual business", "是否个体工商户"},
	"create.legal_personal_name":                  {"the legal representative's name", "法定代表人姓名"},
	"create.license_pic":                          {"the picture of the business licence", "营业执照图片"},
	"create.uid":                                  {"the merchant's Alipay user id", "商家支付宝用户号"},
	"create.auth_notify_url":                      {"the page after the confirmation", "商家确认后打开的页面"},
	"version.template_id":                         {"the template", "模板 ID"},
	"version.template_version":                    {"the template's version", "模板版本"},
	"version.app_version":                         {"the version", "版本号"},
	"version.ext":                                 {"the template's settings", "模板配置"},
	"submission":                                  {"the submission", "提审资料"},
	"submission.app_desc":                         {"the description", "小程序描述"},
	"submission.app_english_name":                 {"the English name", "小程序英文名称"},
	"submission.app_name":                         {"the mini program's name", "小程序名称"},
	"submission.app_slogan":                       {"the slogan", "小程序简介"},
	"submission.audit_rule":                       {"the way of the audit", "审核方式"},
	"submission.license_name":                     {"the name on the paper", "证照名称"},
	"submission.license_no":                       {"the number of the paper", "证照号"},
	"submission.license_valid_date":               {"the day on which the paper ends", "证照有效期"},
	"submission.memo":                             {"the note for the reviewer", "给审核员的备注"},
	"submission.mini_category_ids":                {"the categories", "小程序类目"},
	"submission.region_type":                      {"the region", "服务区域类型"},
	"submission.service_email":                    {"the mail address for customers", "客服邮箱"},
	"submission.service_phone":                    {"the phone for customers", "客服电话"},
	"submission.service_region_info":              {"the regions", "服务区域"},
	"submission.version_desc":                     {"what is new in the version", "版本描述"},
	"submission.files.app_logo":                   {"the logo", "小程序图标"},
	"submission.files.out_door_pic":               {"the picture of the shop front", "门头照"},
	"submission.files.first_screen_shot":          {"the first screen shot", "第一张截图"},
	"submission.files.second_screen_shot":         {"the second screen shot", "第二张截图"},
	"submission.files.third_screen_shot":          {"the third screen shot", "第三张截图"},
	"submission.files.fourth_screen_shot":         {"the fourth screen shot", "第四张截图"},
	"submission.files.fifth_screen_shot":          {"the fifth screen shot", "第五张截图"},
	"submission.files.first_license_pic":          {"the first picture of a paper", "第一张证照图片"},
	"submission.files.second_license_pic":         {"the second picture of a paper", "第二张证照图片"},
	"submission.files.third_license_pic":          {"the third picture of a paper", "第三张证照图片"},
	"submission.files.fourth_license_pic":         {"the fourth picture of a paper", "第四张证照图片"},
	"submission.files.fifth_license_pic":          {"the fifth picture of a paper", "第五张证照图片"},
	"submission.files.test_file_name":             {"the file for the test", "测试文件"},
	"submission.files.first_special_license_pic":  {"the first picture of a special paper", "第一张特殊资质图片"},
	"submission.files.second_special_license_pic": {"the second picture of a special paper", "第二张特殊资质图片"},
	"submission.files.third_special_license_pic":  {"the third picture of a special paper", "第三张特殊资质图片"},
}
