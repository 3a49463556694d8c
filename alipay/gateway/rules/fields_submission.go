package rules

// submissionFields are few of them required: what was set before may be left out.
var submissionFields = []Field{
	{
		Name: "version_desc", Required: true, Min: 30, Max: 500, Doc: "What is new in the version.",
		Example: "首个版本：提供在线点餐、排队取号、会员积分和门店信息查询功能。",
	},
	{
		Name: "region_type", Required: true, Choices: []string{"GLOBAL", "CHINA", "LOCATION"}, Example: "CHINA",
		Doc: "Where the mini program serves. LOCATION needs service_region_info.",
	},
	{Name: "service_region_info", Type: Regions, Doc: "The regions of LOCATION, each code with those above it."},
	{
		Name: "audit_rule", Choices: []string{"NONE", "BASE_PROMOTE"}, Example: "NONE",
		Doc: "NONE: admission (准入) and promotion (营销) both have to pass. BASE_PROMOTE: it may go online without promotion.",
	},
	{Name: "auto_online", Type: Flag, Example: "false", Doc: "Whether Alipay puts the version online by itself. Left out, it does not."},
	{Name: "speed_up", Type: Flag, Example: "false", Doc: "Whether to spend the merchant's right to a faster audit. Left out, it is kept."},
	{
		Name: "permit_registration_limit_release", Type: Flag, Example: "false",
		Doc: "Whether it may go online in the limited form before its ICP filing.",
	},
	{Name: "app_name", Min: 3, Max: 40, Example: "巷口小面", Doc: "The mini program's name. Nobody can change it once it is online."},
	{Name: "app_english_name", Min: 3, Max: 30, Example: "Corner Noodles", Doc: "Its name in English. Nobody can change it once it is online."},
	{Name: "app_slogan", Min: 10, Max: 32, Example: "好味道，在身边", Doc: "Its slogan."},
	{Name: "app_desc", Min: 20, Max: 400, Example: "为顾客提供在线点餐、排队取号和会员积分服务。", Doc: "Its description."},
	{
		Name: "mini_category_ids", Example: "XS1001_XS2001", Doc: "One to four categories of two or three levels, joined by ;",
		valid: oneToFour, format: "give one to four categories as first_second or first_second_third, joined by ;",
	},
	{
		Name: "service_phone", Min: 5, Max: 30, Example: "0571-00000000", Doc: "Where users ask, in digits and -; a mini program needs this or service_email.",
		valid: phoneNumber.MatchString, format: "use digits and - only",
	},
	{
		Name: "service_email", Example: "service@example.com", Doc: "Where users ask; a mini program needs this or service_phone.",
		valid: mailAddress.MatchString, format: "give one mail address",
	},
	{Name: "license_name", Example: "食品经营许可证", Doc: "The licence that the category asks for."},
	{Name: "license_no", Example: "JY13300000000000", Doc: "The number of that licence."},
	{
		Name: "license_valid_date", Example: "9999-12-31", Doc: "Its last day as yyyy-MM-dd, 9999-12-31 for one without end.",
		valid: isDate, format: "write the date as yyyy-MM-dd, 9999-12-31 for no end",
	},
	{Name: "memo", Max: 500, Example: "请用测试账号登录。", Doc: "A hint for the reviewer."},
	{Name: "test_accout", Example: "reviewer", Doc: "An account for the reviewer. Alipay spells it so."},
	{Name: "test_password", Example: "for-reviewers-only", Doc: "The password of that account."},
}

// Alipay's limits for each kind of file, in bytes, before base64, because callers know the size of
// the file.
const (
	maxLicensePic = 2 << 20
	maxLogo       = 2 << 20
	maxPicture    = 4 << 20
	maxTestFile   = 10 << 20
)

var submissionFiles = []FileField{
	{Name: "app_logo", MaxBytes: maxLogo, Doc: "The logo: square, best 180×180, png or jpg in RGB."},
	{Name: "out_door_pic", MaxBytes: maxPicture, Doc: "The shop from outside (门头照), where the category asks for it, png or jpg."},
	{Name: "first_license_pic", MaxBytes: maxPicture, Doc: "A page of the licence that the category asks for, png or jpg."},
	{Name: "second_license_pic", MaxBytes: maxPicture, Doc: "A page of the licence that the category asks for, png or jpg."},
	{Name: "third_license_pic", MaxBytes: maxPicture, Doc: "A page of the licence that the category asks for, png or jpg."},
	{Name: "fourth_license_pic", MaxBytes: maxPicture, Doc: "A page of the licence that the category asks for, png or jpg."},
	{Name: "fifth_license_pic", MaxBytes: maxPicture, Doc: "A page of the licence that the category asks for, png or jpg."},
	{Name: "first_special_license_pic", MaxBytes: maxPicture, Doc: "A page of the special licence (特殊资质) that the category asks for, png or jpg."},
	{Name: "second_special_license_pic", MaxBytes: maxPicture, Doc: "A page of the special licence (特殊资质) that the category asks for, png or jpg."},
	{Name: "third_special_license_pic", MaxBytes: maxPicture, Doc: "A page of the special licence (特殊资质) that the category asks for, png or jpg."},
	{Name: "first_screen_shot", MaxBytes: maxPicture, Doc: "A screen shot, png or jpg; two to five, or none."},
	{Name: "second_screen_shot", MaxBytes: maxPicture, Doc: "A screen shot, png or jpg; two to five, or none."},
	{Name: "third_screen_shot", MaxBytes: maxPicture, Doc: "A screen shot, png or jpg; two to five, or none."},
	{Name: "fourth_screen_shot", MaxBytes: maxPicture, Doc: "A screen shot, png or jpg; two to five, or none."},
	{Name: "fifth_screen_shot", MaxBytes: maxPicture, Doc: "A screen shot, png or jpg; two to five, or none."},
	{Name: "test_file_name", MaxBytes: maxTestFile, Doc: "For the reviewer, zip or rar."},
}
