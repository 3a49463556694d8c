package alipay

import "slices"

// Names of the gateway methods whose refusal codes are documented. The value is the wire
// name; the Go name is shortened to what an ISV would say.
const (
	MethodNameCheck = "alipay.open.mini.baseinfo.name.check"
	// MethodCategoryRequire has no refusal codes of its own.
	MethodCategoryRequire = "alipay.open.mini.category.require.query"
	MethodCreate          = "alipay.open.mini.isv.create"
	MethodQuery           = "alipay.open.mini.isv.query"
	MethodTrialCreate     = "alipay.open.mini.isv.fastregister.create"
	MethodTrialQuery      = "alipay.open.mini.isv.fastregister.query"
	MethodTrialCertify    = "alipay.open.mini.isv.certify.create"
	MethodCertify         = "alipay.open.mini.individual.business.certify"

	MethodBaseInfoModify = "alipay.open.mini.baseinfo.modify"
	MethodFieldApply     = "alipay.open.app.api.field.apply"
	MethodMembersCreate  = "alipay.open.app.members.create"

	MethodUpload           = "alipay.open.mini.version.upload"
	MethodBuildQuery       = "alipay.open.mini.version.build.query"
	MethodVersionDetail    = "alipay.open.mini.version.detail.query"
	MethodVersionList      = "alipay.open.mini.version.list.query"
	MethodVersionDelete    = "alipay.open.mini.version.delete"
	MethodExperienceCreate = "alipay.open.mini.experience.create"
	MethodExperienceQuery  = "alipay.open.mini.experience.query"
	MethodExperienceCancel = "alipay.open.mini.experience.cancel"

	MethodAuditApply    = "alipay.open.mini.version.audit.apply"
	MethodAuditCancel   = "alipay.open.mini.version.audit.cancel"
	MethodAuditedCancel = "alipay.open.mini.version.audited.cancel"

	MethodOnline     = "alipay.open.mini.version.online"
	MethodOffline    = "alipay.open.mini.version.offline"
	MethodRollback   = "alipay.open.mini.version.rollback"
	MethodGrayOnline = "alipay.open.mini.version.gray.online"
	MethodGrayCancel = "alipay.open.mini.version.gray.cancel"

	// MethodBaseInfo has no refusal codes of its own.
	MethodBaseInfo = "alipay.open.mini.baseinfo.query"
	// MethodFiling has no refusal codes of its own.
	MethodFiling = "alipay.open.mini.icp.status.query"

	// MethodTemplateUsage and MethodInstances have no refusal codes of their own.
	MethodTemplateUsage = "alipay.open.mini.template.usage.query"
	MethodInstances     = "alipay.open.mini.instantiate.query"

	MethodToken        = "alipay.open.auth.token.app"       //nolint:gosec // the name of an API, not a credential
	MethodTokenQuery   = "alipay.open.auth.token.app.query" //nolint:gosec // the name of an API, not a credential
	MethodInvite       = "alipay.open.auth.appauth.invite.create"
	MethodCertDownload = "alipay.open.app.alipaycert.download"
)

// Questions returns the methods that change nothing at Alipay. A method is a question because it
// stands here and not for what its name looks like: what is not known to be harmless acts. The
// exchange of an app_auth_code acts, because a code is spent by it.
func Questions() []string {
	return []string{
		MethodNameCheck, MethodQuery, MethodTrialQuery, MethodBuildQuery, MethodVersionDetail, MethodVersionList,
		MethodExperienceQuery, MethodTokenQuery, MethodCertDownload, MethodCategoryRequire,
		MethodTemplateUsage, MethodInstances, MethodFiling, MethodBaseInfo,
	}
}

// ReadsOnly reports whether a method changes nothing at Alipay, so that a call with an
// unknown result may simply be repeated.
func ReadsOnly(method string) bool { return slices.Contains(Questions(), method) }
