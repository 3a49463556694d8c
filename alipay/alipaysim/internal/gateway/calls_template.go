package gateway

import (
	"strconv"

	"miniflow/alipay/alipaysim/internal/admission"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/lifecycle"
	"miniflow/alipay/alipaysim/wire"
)

// maxPage is the most that a page may have, defaultPage what it has where the call does not say, and
// maxNumber the last page that anybody asks for.
const (
	maxPage     = 50
	defaultPage = 10
	maxNumber   = 1 << 20
)

// templateUsers is alipay.open.mini.template.usage.query: who has a version of a template online. A
// template_version that is left out means any.
func (c *call) templateUsers() admission.Answer {
	if c.text("template_id") == "" {
		return admission.Fail("TEMPLATE_ID_IS_BLANK", "模板ID不能为空")
	}
	bundle, wanted := c.bundle(), c.text("template_version")
	var found []*world.Version
	c.eachBuilt(func(version *world.Version) {
		if version.BundleID == bundle && version.Phase == lifecycle.Release && (wanted == "" || version.TemplateV == wanted) {
			found = append(found, version)
		}
	})
	from, to, refusal, ok := c.page(len(found))
	if !ok {
		return refusal
	}
	ids, infos := []string{}, []wire.Object{}
	for _, version := range found[from:to] {
		ids = append(ids, version.MiniAppID)
		infos = append(infos, wire.Object{{"mini_app_id", version.MiniAppID}, {"app_version", version.AppVersion}})
	}
	return admission.Succeed(wire.Member{"app_ids", ids}, wire.Member{"template_usage_info_list", infos})
}

// templateInstances is alipay.open.mini.instantiate.query: who was built from a template, in any version.
func (c *call) templateInstances() admission.Answer {
	var found []string
	c.eachBuilt(func(version *world.Version) {
		if wanted := c.text("mini_app_id"); wanted != "" && wanted != version.MiniAppID {
			return
		}
		if len(found) == 0 || found[len(found)-1] != version.MiniAppID {
			found = append(found, version.MiniAppID)
		}
	})
	from, to, refusal, ok := c.page(len(found))
	if !ok {
		return refusal
	}
	list := []wire.Object{}
	for _, id := range found[from:to] {
		mini := &world.Mini{MiniAppID: id}
		c.Load(mini)
		list = append(list, wire.Object{{"mini_app_id", id}, {"mini_app_name", mini.BaseInfo["app_name"]}, {"template_id", c.text("template_id")}})
	}
	return admission.Succeed(wire.Member{"instantiate_list", list})
}

// eachBuilt goes through the versions of the app's mini programs that were built from the named
// template, mini program by mini program; a template_id that is left out means any.
func (c *call) eachBuilt(take func(*world.Version)) {
	for _, mini := range c.Minis() {
		if mini.AppID != c.app.ID {
			continue
		}
		for _, version := range c.Versions(mini.MiniAppID, "") {
			if wanted := c.text("template_id"); wanted == "" || version.Template == wanted {
				take(version)
			}
		}
	}
}

// page is where the page begins and ends that the call names, of so many.
func (c *call) page(of int) (from, to int, _ admission.Answer, ok bool) {
	number, size := 1, defaultPage
	for name, value := range map[string]*int{"page_num": &number, "page_size": &size} {
		text := c.text(name)
		if text == "" {
			continue
		}
		read, err := strconv.Atoi(text)
		if err != nil || read < 1 || read > maxNumber || name == "page_size" && read > maxPage {
			return 0, 0, admission.Fail("INVALID_PARAMETER", "分页参数不合法: "+name), false
		}
		*value = read
	}
	from = min((number-1)*size, of)
	return from, min(from+size, of), admission.Answer{}, true
}
