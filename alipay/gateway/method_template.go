package gateway

import (
	"context"

	"miniflow/alipay"
	"miniflow/alipay/internal/wire"
)

// TemplatePage is how many mini programs a page of [Client.TemplateUsers] has, the most that Alipay
// gives, and one of [Client.TemplateInstances].
const TemplatePage = 50

// TemplateUser is a mini program that runs a version of a template.
type TemplateUser struct {
	MiniAppID  string
	AppVersion string // empty where Alipay names only the mini program
}

// TemplateUsers returns a page, counted from 1, of the mini programs that run a version of a template
// (alipay.open.mini.template.usage.query), as the app itself. It changes nothing.
func (c *Client) TemplateUsers(ctx context.Context, templateID, templateVersion, bundleID string, page int) ([]TemplateUser, error) {
	members := map[string]any{
		"template_id": templateID, "template_version": templateVersion, "bundle_id": bundleID, "page_num": page, "page_size": TemplatePage,
	}
	return ask(ctx, c, alipay.MethodTemplateUsage, "", members, func(o wire.Object) []TemplateUser {
		var users []TemplateUser
		for _, row := range o.Objects("template_usage_info_list") {
			users = append(users, TemplateUser{MiniAppID: row.Need("mini_app_id"), AppVersion: row.Text("app_version")})
		}
		ids := o.Texts("app_ids")
		if users != nil {
			return users
		}
		for _, id := range ids { // the older form of the answer
			users = append(users, TemplateUser{MiniAppID: id})
		}
		return users
	})
}

// TemplateInstance is a mini program that was built from a template.
type TemplateInstance struct {
	MiniAppID  string
	Name       string
	TemplateID string
}

// TemplateInstances returns a page, counted from 1, of the mini programs that were built from a template
// in any version (alipay.open.mini.instantiate.query), as the app itself. It changes nothing.
func (c *Client) TemplateInstances(ctx context.Context, templateID string, page int) ([]TemplateInstance, error) {
	members := map[string]any{"template_id": templateID, "page_num": page, "page_size": TemplatePage}
	return ask(ctx, c, alipay.MethodInstances, "", members, func(o wire.Object) []TemplateInstance {
		var instances []TemplateInstance
		for _, row := range o.Objects("instantiate_list") {
			instances = append(instances, TemplateInstance{
				MiniAppID: row.Need("mini_app_id"), Name: row.Text("mini_app_name"), TemplateID: row.Text("template_id"),
			})
		}
		return instances
	})
}
