package gateway

import (
	"encoding/json"
	"strings"

	"miniflow/alipay/alipaysim/internal/admission"
	"miniflow/alipay/alipaysim/wire"
)

// papers are what the simulated categories require, by the first id of a category; all others
// require nothing. The real platform's list is long and its own.
var papers = map[string]struct {
	name, words            string
	licence, special, door bool
}{
	"XS1002": {name: "餐饮", words: "需提供营业执照和食品经营许可证", licence: true, special: true},
	"XS1003": {name: "丽人", words: "需提供营业执照和门头照", licence: true, door: true},
}

// categoryPapers is alipay.open.mini.category.require.query. A category of another form is not in
// the answer.
func (c *call) categoryPapers() admission.Answer {
	var codes []string
	if err := json.Unmarshal(c.content["category_code_list"], &codes); err != nil || len(codes) == 0 || len(codes) > 5 {
		return admission.Fail("INVALID_PARAMETER", "类目列表应为1到5个类目")
	}
	list := []wire.Object{}
	for _, code := range codes {
		if !categoryPattern.MatchString(code) {
			continue
		}
		first, rest, _ := strings.Cut(code, "_")
		required, known := papers[first]
		if !known {
			required.name = "类目" + first
		}
		list = append(list, wire.Object{
			{"category_code", code}, {"category_name", required.name + "_类目" + rest}, {"category_requirements", required.words},
			{"business_licence_required", required.licence}, {"special_licence_required", required.special}, {"door_photo_required", required.door},
		})
	}
	return admission.Succeed(wire.Member{"category_require_info_list", list})
}
