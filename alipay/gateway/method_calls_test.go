package gateway

import (
	"context"
	"encoding/json"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/gateway/rules"
)

const (
	testToken   = alipay.Secret("202411BBtoken")
	testVersion = "1.0.0"
	testBundle  = "com.alipay.alipaywallet"
)

// typedCall is one typed method with its request and its answer. merchant means that the call
// is made on behalf of a mini program.
type typedCall struct {
	name     string
	call     func(ctx context.Context, c *Client) (any, error)
	method   string
	merchant bool
	sent     string // biz_content
	answer   string // members of the response besides code and msg
	want     any
}

const versionBody = `{"app_version":"1.0.0","bundle_id":"com.alipay.alipaywallet"}`

func moment(text string) time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return at.UTC()
}

// templateCalls are about a template of the ISV's own.
func templateCalls() []typedCall {
	return []typedCall{
		{
			name: "users of a template",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.TemplateUsers(ctx, "2021000000009999", "1.0.2", testBundle, 3)
			},
			method: alipay.MethodTemplateUsage, sent: `{"bundle_id":"com.alipay.alipaywallet","page_num":3,"page_size":50,"template_id":"2021000000009999","template_version":"1.0.2"}`,
			answer: `"app_ids":["1","2"],"template_usage_info_list":[{"mini_app_id":"1","app_version":"0.0.1"},{"mini_app_id":2}]`,
			want:   []TemplateUser{{"1", "0.0.1"}, {"2", ""}},
		},
		{
			name: "users of a template, by their ids alone",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.TemplateUsers(ctx, "2021000000009999", "", "", 1)
			},
			method: alipay.MethodTemplateUsage, sent: `{"page_num":1,"page_size":50,"template_id":"2021000000009999"}`,
			answer: `"app_ids":["1","2"]`, want: []TemplateUser{{"1", ""}, {"2", ""}},
		},
		{
			name: "instances of a template",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.TemplateInstances(ctx, "2021000000009999", 1)
			},
			method: alipay.MethodInstances, sent: `{"page_num":1,"page_size":50,"template_id":"2021000000009999"}`,
			answer: `"instantiate_list":[{"mini_app_id":"1","mini_app_name":"n","template_id":"2021000000009999"}]`, want: []TemplateInstance{{"1", "n", "2021000000009999"}},
		},
	}
}

func creationCalls() []typedCall {
	return []typedCall{
		{
			name:   "check a name",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.CheckName(ctx, "", "一间咖啡") },
			method: alipay.MethodNameCheck, sent: `{"app_name":"一间咖啡"}`,
			answer: `"check_code":"NONE","check_memo":""`, want: NameCheck{Code: "NONE"},
		},
		{
			name:   "papers of categories, flags as texts",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.CategoryPapers(ctx, "XS1_XS2", "XS3_XS4") },
			method: alipay.MethodCategoryRequire, sent: `{"category_code_list":["XS1_XS2","XS3_XS4"]}`,
			answer: `"category_require_info_list":[{"category_code":"XS1_XS2","category_name":"餐饮_小吃","category_requirements":"食品经营许可证","business_licence_required":true,"special_licence_required":"true","door_photo_required":false}]`,
			want:   []CategoryPapers{{Code: "XS1_XS2", Name: "餐饮_小吃", Requirements: "食品经营许可证", BusinessLicence: true, SpecialLicence: true}},
		},
		{
			name: "create",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.CreateMiniProgram(ctx, "OUT1", json.RawMessage(`{"alipay_account":"a","app_name":"A<b>&","cert_name":"b","cert_no":"c","contact_name":"d","contact_phone":"1","is_individual":true,"legal_personal_name":"e"}`))
			},
			method: alipay.MethodCreate, sent: `{"create_mini_request":{"alipay_account":"a","app_name":"A<b>&","cert_name":"b","cert_no":"c","contact_name":"d","contact_phone":"1","is_individual":true,"legal_personal_name":"e","out_order_no":"OUT1"}}`,
			answer: `"order_no":"ORD1"`, want: "ORD1",
		},
		{
			name:   "query an order, ids as numbers",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.QueryMiniProgramOrder(ctx, "ORD1") },
			method: alipay.MethodQuery, sent: `{"order_no":"ORD1"}`,
			answer: `"order_no":"ORD1","out_order_no":"OUT1","status":"AGREED","min_app_id":2021000000000001,"pid":"2088000000000001"`,
			want:   MerchantOrder{OrderNo: "ORD1", OutOrderNo: "OUT1", Status: alipay.MerchantAgreed, MiniAppID: "2021000000000001", PID: "2088000000000001"},
		},
		{
			name: "create a trial",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.CreateTrial(ctx, "OUT1", json.RawMessage(`{"uid":"2088000000000001","app_name":"一间咖啡","out_order_no":"OUT1"}`))
			},
			method: alipay.MethodTrialCreate, sent: `{"app_name":"一间咖啡","out_order_no":"OUT1","uid":"2088000000000001"}`,
			answer: `"order_no":"ORD1","authorize_url":"https:\/\/a\/b"`, want: TrialCreated{OrderNo: "ORD1", AuthorizeURL: "https://a/b"},
		},
		{
			name: "certify a trial",
			call: func(ctx context.Context, c *Client) (any, error) {
				return struct{}{}, c.CertifyTrial(ctx, "ORD1", json.RawMessage(`{"alipay_account":"a","cert_name":"b","cert_no":"c","contact_name":"d","contact_phone":"1","legal_personal_name":"e"}`))
			},
			method: alipay.MethodTrialCertify, sent: `{"alipay_account":"a","cert_name":"b","cert_no":"c","contact_name":"d","contact_phone":"1","legal_personal_name":"e","order_no":"ORD1"}`,
			want: struct{}{},
		},
		{
			name:   "query a trial, status of the older generation",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.QueryTrial(ctx, "ORD1") },
			method: alipay.MethodTrialQuery, sent: `{"order_no":"ORD1"}`,
			answer: `"order_no":"ORD1","out_order_no":"OUT1","status":"PRECREATE","mini_app_id":null,"isv_app_id":"2021999999999999","app_name":"一间咖啡的试用小程序"`,
			want:   TrialOrder{OrderNo: "ORD1", OutOrderNo: "OUT1", Status: alipay.FastRegisterWaitConfirm, ISVAppID: "2021999999999999", AppName: "一间咖啡的试用小程序"},
		},
	}
}

func versionCalls() []typedCall {
	return []typedCall{
		{
			name: "upload",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.UploadVersion(ctx, testToken, rules.Upload{TemplateID: "TPL", TemplateVersion: "0.0.9", AppVersion: testVersion, Ext: json.RawMessage(`{"shop": "<1>"}`)})
			},
			method: alipay.MethodUpload, merchant: true, sent: `{"app_version":"1.0.0","ext":"{\"shop\": \"<1>\"}","template_id":"TPL","template_version":"0.0.9"}`,
			answer: `"build_status":"0","create_status":0,"need_rotation":"true","version_created":"false"`,
			want:   Build{BuildStatus: BuildQueued, CreateStatus: BuildQueued, NeedRotation: true},
		},
		{
			name: "query a build, other types",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.QueryBuild(ctx, testToken, testVersion, testBundle)
			},
			method: alipay.MethodBuildQuery, merchant: true, sent: versionBody,
			answer: `"build_status":2,"create_status":"6","need_rotation":false,"version_created":true`,
			want:   Build{BuildStatus: BuildDone, CreateStatus: BuildCreated, VersionCreated: true},
		},
		{
			name: "query a version",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.QueryVersion(ctx, testToken, testVersion, testBundle)
			},
			method: alipay.MethodVersionDetail, merchant: true, sent: versionBody,
			answer: `"status":"PROMOTE_AUDIT_REJECT","scan_result":true,"reject_reason":"x","base_audit":"PASS","promote_audit":"REJECT","can_release":"true",
				"base_audit_record":null,"promote_audit_record":"{\"memos\":[{\"memo\":\"类目\",\"memo_image_list\":[\"u\"]}]}",
				"gmt_create":"2024-01-02 03:04:05","gmt_apply_audit":"2024-01-02 08:00:00","gmt_audit_end":"","gmt_online":"soon","gray_strategy":"p10"`,
			want: VersionDetail{
				Status: VersionBaseAuditPass, ScanResult: ScanPassed, RejectReason: "x", BaseAudit: alipay.AuditPass, PromoteAudit: alipay.AuditReject, CanRelease: true,
				PromoteReason: alipay.AuditReason{Memos: []alipay.AuditMemo{{Memo: "类目", Images: []string{"u"}}}},
				GrayStrategy:  "p10", CreatedAt: moment("2024-01-02T03:04:05+08:00"), SubmittedAt: moment("2024-01-02T00:00:00Z"),
			},
		},
		{
			name: "list versions",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.ListVersions(ctx, testToken, "", VersionRelease, VersionGray)
			},
			method: alipay.MethodVersionList, merchant: true, sent: `{"bundle_id":"com.alipay.alipaywallet","version_status":"RELEASE,GRAY"}`,
			answer: `"app_version_infos":[{"app_version":"1.0.1","version_status":"RELEASE","can_release":false,"create_time":"2024-01-02 03:04:05","version_description":"d"}],"app_versions":["1.0.1"]`,
			want: []VersionInfo{{AppVersion: "1.0.1", BundleID: testBundle, Status: VersionRelease,
				CreatedAt: moment("2024-01-02T03:04:05+08:00"), Description: "d"}},
		},
		{
			name: "list no versions",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.ListVersions(ctx, testToken, testBundle, VersionInit)
			},
			method: alipay.MethodVersionList, merchant: true, sent: `{"bundle_id":"com.alipay.alipaywallet","version_status":"INIT"}`,
			want: []VersionInfo(nil),
		},
	}
}

func releaseCalls() []typedCall {
	return []typedCall{
		{
			name: "withdraw from the audit",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.CancelAudit(ctx, testToken, testVersion, testBundle)
			},
			method: alipay.MethodAuditCancel, merchant: true, sent: versionBody,
		},
		{
			name: "take back",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.CancelAudited(ctx, testToken, testVersion, testBundle)
			},
			method: alipay.MethodAuditedCancel, merchant: true, sent: versionBody,
		},
		{
			name: "go online",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.GoOnline(ctx, testToken, testVersion, testBundle, false)
			},
			method: alipay.MethodOnline, merchant: true, sent: versionBody,
		},
		{
			name: "go online, limited",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.GoOnline(ctx, testToken, testVersion, "", true)
			},
			method: alipay.MethodOnline, merchant: true, sent: `{"app_version":"1.0.0","permit_registration_limit_release":true}`,
		},
		{
			name:   "the filing",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.QueryFiling(ctx, testToken) },
			method: alipay.MethodFiling, merchant: true, sent: `{}`,
			answer: `"icp_status":"SUPERVISION_AUDIT_REJECT","icp_result_desc":"主体不符"`,
			want:   Filing{Status: FilingSupervisionReject, Description: "主体不符"},
		},
		{
			name:   "the form of the release",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.QueryLimitedRelease(ctx, testToken) },
			method: alipay.MethodBaseInfo, merchant: true, sent: `{}`,
			answer: `"registration_limit_release":true`, want: ReleaseLimited,
		},
		{
			name: "take offline",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.TakeOffline(ctx, testToken, testVersion, testBundle)
			},
			method: alipay.MethodOffline, merchant: true, sent: versionBody,
		},
		{
			name: "roll back",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.Rollback(ctx, testToken, testVersion, testBundle)
			},
			method: alipay.MethodRollback, merchant: true, sent: versionBody,
		},
		{
			name: "delete",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.DeleteVersion(ctx, testToken, testVersion, testBundle)
			},
			method: alipay.MethodVersionDelete, merchant: true, sent: versionBody,
		},
	}
}

// trialCalls are about versions that only some users, or the members, see.
func trialCalls() []typedCall {
	return []typedCall{
		{
			name: "try out",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.CreateExperience(ctx, testToken, testVersion, testBundle)
			},
			method: alipay.MethodExperienceCreate, merchant: true, sent: versionBody,
		},
		{
			name: "query what is tried out",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.QueryExperience(ctx, testToken, testVersion, testBundle)
			},
			method: alipay.MethodExperienceQuery, merchant: true, sent: versionBody,
			answer: `"status":"expVersionPackaged","exp_qr_code_url":"https://q","exp_schema_url":"alipays://p"`,
			want:   Experience{Status: ExperiencePackaged, QRCode: "https://q", Schema: "alipays://p"},
		},
		{
			name: "end the trying out",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.CancelExperience(ctx, testToken, testVersion, testBundle)
			},
			method: alipay.MethodExperienceCancel, merchant: true, sent: versionBody,
		},
		{
			name: "release to a tenth",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.GoGray(ctx, testToken, testVersion, testBundle, GrayTenth)
			},
			method: alipay.MethodGrayOnline, merchant: true, sent: `{"app_version":"1.0.0","bundle_id":"com.alipay.alipaywallet","gray_strategy":"p10"}`,
		},
		{
			name: "end the gray release",
			call: func(ctx context.Context, c *Client) (any, error) {
				return nil, c.CancelGray(ctx, testToken, testVersion, testBundle)
			},
			method: alipay.MethodGrayCancel, merchant: true, sent: versionBody,
		},
	}
}

func tokenCalls() []typedCall {
	return []typedCall{
		{
			name: "invite a merchant",
			call: func(ctx context.Context, c *Client) (any, error) {
				return c.Invite(ctx, Invitation{AuthAppID: "A1", RedirectURL: "https://isv.example/back", State: "order 1"})
			},
			method: alipay.MethodInvite, sent: `{"auth_app_id":"A1","redirect_url":"https://isv.example/back","state":"b3JkZXIgMQ=="}`,
			answer: `"task_page_url":"https://p"`, want: "https://p",
		},
		{
			name:   "exchange a code for several tokens",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.ExchangeCode(ctx, "CODE") },
			method: alipay.MethodToken, sent: `{"code":"CODE","grant_type":"authorization_code"}`,
			answer: `"tokens":[{"app_auth_token":"T1","app_refresh_token":"R1","auth_app_id":"A1","user_id":"U1","expires_in":31536000},{"app_auth_token":"T2","auth_app_id":"A2","expires_in":"1"}],"app_auth_token":"T9","auth_app_id":"A9"`,
			want:   []AppToken{{Token: "T1", RefreshToken: "R1", AuthAppID: "A1", UserID: "U1"}, {Token: "T2", AuthAppID: "A2"}},
		},
		{
			name:   "refresh a token, at the top level",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.RefreshToken(ctx, "R0") },
			method: alipay.MethodToken, sent: `{"grant_type":"refresh_token","refresh_token":"R0"}`,
			answer: `"app_auth_token":"T1","app_refresh_token":"R1","auth_app_id":"A1","user_id":2088`,
			want:   []AppToken{{Token: "T1", RefreshToken: "R1", AuthAppID: "A1", UserID: "2088"}},
		},
		{
			name:   "exchange a code, one token and no list around it",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.ExchangeCode(ctx, "CODE") },
			method: alipay.MethodToken, sent: `{"code":"CODE","grant_type":"authorization_code"}`,
			answer: `"tokens":{"app_auth_token":"T1","auth_app_id":"A1"}`,
			want:   []AppToken{{Token: "T1", AuthAppID: "A1"}},
		},
		{
			name:   "query a token",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.QueryToken(ctx, testToken) },
			method: alipay.MethodTokenQuery, sent: `{"app_auth_token":"202411BBtoken"}`,
			answer: `"status":"valid","auth_app_id":"A1","user_id":"U1","auth_methods":["m1"],"auth_start":1700000000000,"auth_end":"2024-01-02 03:04:05","is_by_app_auth":"true"`,
			want: TokenStatus{Valid: true, AuthAppID: "A1", UserID: "U1", Methods: []string{"m1"},
				Start: time.UnixMilli(1700000000000).UTC(), End: moment("2024-01-02T03:04:05+08:00"), FullDelegation: true},
		},
		{
			name:   "query a dead token",
			call:   func(ctx context.Context, c *Client) (any, error) { return c.QueryToken(ctx, testToken) },
			method: alipay.MethodTokenQuery, sent: `{"app_auth_token":"202411BBtoken"}`,
			answer: `"status":"invalid"`, want: TokenStatus{Invalid: true},
		},
	}
}
