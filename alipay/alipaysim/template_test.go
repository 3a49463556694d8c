package alipaysim_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestATemplatesUsersAreListed: usage.query lists who has a version of the template online, page by page,
// and instantiate.query who was built from it at all. Neither takes a merchant's token.
func TestATemplatesUsersAreListed(t *testing.T) {
	w := newWorld(t)
	w.rules(`{"rules":[` + quick + `,"audits":[{"result":"pass","after":"0s"}]}]}`)
	tokenOf := map[string]string{}
	for _, number := range []string{"t-1", "t-2", "t-3"} {
		mini, token := w.created(number)
		tokenOf[mini] = token
	}
	minis, tokens := slices.Sorted(maps.Keys(tokenOf)), []string{}
	for _, mini := range minis {
		tokens = append(tokens, tokenOf[mini])
	}
	build := func(i int, version, template string) {
		w.call("alipay.open.mini.version.upload", tokens[i], map[string]string{"template_id": "T", "template_version": template, "app_version": version})
		w.pass(3 * time.Minute)
		w.submitted(tokens[i], version)
		w.run()
	}
	online := func(i int, version string) {
		w.call("alipay.open.mini.version.online", tokens[i], map[string]string{"app_version": version})
	}
	for i, template := range []string{"1.0", "1.0", "1.1"} {
		build(i, "0.0.1", template)
		online(i, "0.0.1")
	}
	build(0, "0.0.2", "1.1") // passed, not online
	ask := func(method, token string, fields map[string]string) (string, []string) {
		fields["template_id"] = "T"
		got, ids := w.call(method, token, fields), []string{}
		list, _ := got["instantiate_list"].([]any)
		if list == nil {
			list, _ = got["template_usage_info_list"].([]any)
		}
		for _, row := range list {
			ids = append(ids, row.(map[string]any)["mini_app_id"].(string))
		}
		return got.code(), ids
	}
	const usage, instances = "alipay.open.mini.template.usage.query", "alipay.open.mini.instantiate.query"
	for name, test := range map[string]struct {
		method, token string
		fields        map[string]string
		code          string
		want          []string
	}{
		"the old version":   {usage, "", map[string]string{"template_version": "1.0"}, "10000", minis[:2]},
		"the new version":   {usage, "", map[string]string{"template_version": "1.1"}, "10000", minis[2:]},
		"any version":       {usage, "", map[string]string{}, "10000", minis},
		"the second page":   {usage, "", map[string]string{"page_num": "2", "page_size": "2"}, "10000", minis[2:]},
		"a page behind":     {usage, "", map[string]string{"page_num": "9", "page_size": "2"}, "10000", []string{}},
		"another client":    {usage, "", map[string]string{"bundle_id": "com.amap.app"}, "10000", []string{}},
		"too large a page":  {usage, "", map[string]string{"page_size": "51"}, "INVALID_PARAMETER", []string{}},
		"no page":           {instances, "", map[string]string{"page_num": "99999999999999"}, "INVALID_PARAMETER", []string{}},
		"with a token":      {usage, tokens[0], map[string]string{}, "isv.not-support-app-auth", []string{}},
		"instances":         {instances, "", map[string]string{"page_size": "2"}, "10000", minis[:2]},
		"one mini program":  {instances, "", map[string]string{"mini_app_id": minis[1]}, "10000", minis[1:2]},
		"instances, page 2": {instances, "", map[string]string{"page_num": "2", "page_size": "2"}, "10000", minis[2:]},
	} {
		code, ids := ask(test.method, test.token, test.fields)
		if diff := cmp.Diff(test.want, ids); code != test.code || diff != "" {
			t.Errorf("%s: %s %s", name, code, diff)
		}
	}
}
