package gateway

import (
	"cmp"
	"encoding/json"
	"net/mail"
	"regexp"
	"strings"
	"time"
	"unicode"

	"miniflow/alipay/alipaysim/internal/world"
)

// baseInfoFields are the fields of a submission that stay set: a later one may leave
// them out.
var baseInfoFields = []string{"app_name", "app_english_name", "app_slogan", "app_desc", categoryField, "service_phone", "service_email"}

// categoryField holds the categories as ids in one text; detail.query answers them as
// objects under other names.
const categoryField = "mini_category_ids"

// logoSet marks in the base information that a logo was uploaded. The picture itself is
// not kept.
const logoSet = "app_logo"

var (
	phonePattern    = regexp.MustCompile(`^[0-9-]{5,30}$`)
	categoryPattern = regexp.MustCompile(`^[0-9A-Za-z]+(_[0-9A-Za-z]+){0,2}$`)
	regionPattern   = regexp.MustCompile(`^[0-9]{6}$`)
)

// wireLength counts as the platform does: a CJK character, or anything as wide,
// is two.
func wireLength(text string) int {
	length := 0
	for _, r := range text {
		length++
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || (r >= 0xFF00 && r <= 0xFFEF) ||
			(r >= 0x3000 && r <= 0x303F) {
			length++
		}
	}
	return length
}

// lengths are the platform's limits, in its own count. A field that was never set has a
// code of its own, because a submission may leave out what is set already.
var lengths = []struct {
	field         string
	least, most   int
	wrong, absent string
}{
	{"version_desc", 30, 500, "INVALID_VERSION_DESC_LENGTH", "VERSION_DESC_IS_BLANK"},
	{"app_name", 3, 40, "INVALID_MINI_APP_NAME_LENGTH", "APP_NAME_IS_BLANK"},
	{"app_english_name", 3, 30, "INVALID_MINI_APP_EN_NAME_LENGTH", "ENGLISH_NAME_IS_BLANK"},
	{"app_slogan", 10, 32, "INVALID_MINI_APP_SLOGAN_LENGTH", "SLOGAN_IS_BLANK"},
	{"app_desc", 20, 400, "INVALID_MINI_APP_DESC_LENGTH", "APP_DESC_IS_BLANK"},
	{"memo", 0, 500, "INVALID_MINI_APP_MEMO_LENGTH", ""},
}

// checkSubmission returns one code even where several fields are wrong, and none for a
// good submission: an answer of the platform names one.
func (c *call) checkSubmission() string {
	checks := []func() string{c.checkLengths, c.checkFrozen, c.checkRegion, c.checkChoices,
		c.checkCategories, c.checkService, c.checkLicence, c.checkLogo, c.checkPictures, c.checkTestFile}
	for _, check := range checks {
		if code := check(); code != "" {
			return code
		}
	}
	return ""
}

func (c *call) checkLengths() string {
	for _, rule := range lengths {
		value := c.text(rule.field)
		if value == "" {
			if rule.absent != "" && c.mini.BaseInfo[rule.field] == "" {
				return rule.absent
			}
			continue
		}
		if length := wireLength(value); length < rule.least || length > rule.most {
			return rule.wrong
		}
	}
	return ""
}

// checkFrozen refuses new names once a version has been online: the platform freezes
// them then.
func (c *call) checkFrozen() string {
	if !c.mini.EverOnline {
		return ""
	}
	changed := func(field string) bool { return c.text(field) != "" && c.text(field) != c.mini.BaseInfo[field] }
	switch {
	case changed("app_name"):
		return "CAN_NOT_MODIFY_NAME_ONCE_ONLINE"
	case changed("app_english_name"):
		return "CAN_NOT_MODIFY_EN_ONCE_ONLINE"
	}
	return ""
}

// checkRegion wants region_type and, for LOCATION, each code with its parents.
func (c *call) checkRegion() string {
	switch c.text("region_type") {
	case "":
		return "REGION_TYPE_IS_BLANK"
	case "GLOBAL", "CHINA":
		return ""
	case regionByCodes:
		_, code := readRegions(c.text("service_region_info"))
		return code
	}
	return "REGION_TYPE_IS_INVALID"
}

// regionByCodes is the one region_type that needs service_region_info.
const regionByCodes = "LOCATION"

func readRegions(text string) (regions []world.Region, code string) {
	if text == "" {
		return nil, "REGION_CODE_IS_BLANK"
	}
	if err := json.Unmarshal([]byte(text), &regions); err != nil || len(regions) == 0 {
		return nil, "REGION_CODE_IS_INVALID"
	}
	for _, region := range regions {
		if region.Province == "" {
			return nil, "REGION_CODE_IS_BLANK"
		}
		if region.City == "" && region.Area != "" {
			return nil, "REGION_CODE_IS_INVALID"
		}
		for _, code := range []string{region.Province, region.City, region.Area} {
			if code != "" && !regionPattern.MatchString(code) {
				return nil, "REGION_CODE_IS_INVALID"
			}
		}
	}
	return regions, ""
}

// checkChoices takes booleans as the texts true and false: the parameters of a form
// have no types.
func (c *call) checkChoices() string {
	choices := map[string]string{"audit_rule": "|NONE|BASE_PROMOTE|", "auto_online": "|true|false|", "speed_up": "|true|false|"}
	for field, words := range choices {
		if value := c.text(field); value != "" && !strings.Contains(words, "|"+value+"|") {
			return "INVALID_PARAMETER"
		}
	}
	return ""
}

// checkCategories holds the platform's rule: one to four categories, each of up to
// three levels.
func (c *call) checkCategories() string {
	value := cmp.Or(c.text(categoryField), c.mini.BaseInfo[categoryField])
	if value == "" {
		return "CATEGORY_IS_BLANK"
	}
	list := strings.Split(value, ";")
	if len(list) > 4 {
		return "CATEGORY_NUM_IS_INVALID"
	}
	for _, category := range list {
		if !categoryPattern.MatchString(category) {
			return "INVALID_CATEGORY"
		}
	}
	return ""
}

// checkService wants a telephone number or an e-mail address, set now or before: the
// platform is content with either, and refuses a bad one beside a good one.
func (c *call) checkService() string {
	phone, email := c.text("service_phone"), c.text("service_email")
	if phone+email+c.mini.BaseInfo["service_phone"]+c.mini.BaseInfo["service_email"] == "" {
		return "SERVICE_TEL_AND_MAIL_BOTH_BLANK"
	}
	if phone != "" && !phonePattern.MatchString(phone) {
		return "INVALID_MINI_APP_SERVICE_TEL"
	}
	if _, err := mail.ParseAddress(email); email != "" && err != nil {
		return "INVALID_MINI_APP_SERVICE_MAIL"
	}
	return ""
}

// checkLicence wants the three fields together or not at all. Which categories ask for
// a licence is not simulated.
func (c *call) checkLicence() string {
	number, name, until := c.text("license_no"), c.text("license_name"), c.text("license_valid_date")
	switch {
	case number+name+until == "":
		return ""
	case number == "":
		return "LICENSE_NO_IS_BLANK"
	case name == "":
		return "LICENSE_NAME_IS_BLANK"
	case until == "":
		return "LICENSE_VALID_DATE_IS_BLANK"
	}
	if _, err := time.Parse("2006-01-02", until); err != nil {
		return "LICENSE_VALID_DATE_IS_INVALID"
	}
	return ""
}
