package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"strings"

	"miniflow/internal/clients/miniflow"
)

func given[T any](value T) *T { return &value }

// orders starts an order, reads it in every way, and asks it for everything that an order can be
// asked for. What it refuses now it refuses with a type that the client knows.
func (c *caller) orders(ctx context.Context) error {
	body := miniflow.StartBody{
		AppId: app, OutOrderNo: &c.number, Kind: miniflow.StartBodyKindFormal, ShopName: given("巷口小面"),
		Create: &miniflow.CreateBody{
			AlipayAccount: given(c.number + "@example.com"), AppName: given("店 " + c.number), CertName: given("示例餐饮有限公司"), CertNo: given("91330000000000000X"),
			ContactName: given("联系人"), ContactPhone: given("13800000000"), LegalPersonalName: given("法人"),
		},
		Version: &miniflow.VersionBody{TemplateId: given("2021000000009999")},
		Submission: &miniflow.SubmissionBody{
			VersionDesc: given("首个版本：提供在线点餐、排队取号、会员积分和门店信息查询功能，欢迎体验。"), RegionType: given(miniflow.CHINA), AppName: given("店 " + c.number),
			AppEnglishName: given("My Shop"), AppSlogan: given("好味道，在身边"), AppDesc: given("为顾客提供在线点餐、排队取号和会员积分服务。"),
			ServicePhone: given("0571-00000000"), MiniCategoryIds: given("XS1001_XS2001"),
		},
		Policy: &miniflow.PolicyBody{Create: given(miniflow.PolicyBodyCreateManual)},
	}
	all := []error{
		did[*miniflow.StartOrderResponse](201)(c.StartOrderWithResponse(ctx, nil, body)),
		did[*miniflow.StartOrderResponse](200)(c.StartOrderWithResponse(ctx, nil, body)),
		did[*miniflow.StartOrderResponse](422)(c.StartOrderWithResponse(ctx, nil, miniflow.StartBody{AppId: app, Kind: "none"})),
		did[*miniflow.CheckOrderResponse](200)(c.CheckOrderWithResponse(ctx, &miniflow.CheckOrderParams{Offline: given(true)}, body)),
		c.file(ctx),
		did[*miniflow.ListOrdersResponse](200)(c.ListOrdersWithResponse(ctx, &miniflow.ListOrdersParams{Kind: given(miniflow.ListOrdersParamsKindFormal), Limit: given(int64(5))})),
		did[*miniflow.GetOrderResponse](200)(c.GetOrderWithResponse(ctx, app, c.number, &miniflow.GetOrderParams{Wait: given("5s"), After: given(int64(0))})),
		did[*miniflow.GetOrderResponse](404)(c.GetOrderWithResponse(ctx, app, "nobody-s", nil)),
		did[*miniflow.ListEventsResponse](200)(c.ListEventsWithResponse(ctx, app, c.number, &miniflow.ListEventsParams{Told: given(true)})),
		did[*miniflow.ListCallsResponse](200)(c.ListCallsWithResponse(ctx, app, c.number)),
		did[*miniflow.RefreshResponse](200, 409)(c.RefreshWithResponse(ctx, app, c.number, nil, miniflow.RefreshJSONRequestBody{})),
		did[*miniflow.RetryResponse](200, 409)(c.RetryWithResponse(ctx, app, c.number, nil, miniflow.RetryJSONRequestBody{})),
		did[*miniflow.ResubmitResponse](409)(c.ResubmitWithResponse(ctx, app, c.number, nil, miniflow.ResubmitBody{Version: &miniflow.VersionBody{AppVersion: given("0.0.2")}})),
		did[*miniflow.CertifyResponse](409)(c.CertifyWithResponse(ctx, app, c.number, nil, miniflow.CertifyBody{Create: *body.Create})),
		did[*miniflow.WithdrawResponse](409)(c.WithdrawWithResponse(ctx, app, c.number, nil, miniflow.WithdrawJSONRequestBody{})),
		did[*miniflow.GiveUpResponse](404)(c.GiveUpWithResponse(ctx, app, "nobody-s", nil, miniflow.ReasonBody{})),
		did[*miniflow.BeginAgainResponse](409)(c.BeginAgainWithResponse(ctx, app, c.number, nil, miniflow.ReasonBody{})),
		did[*miniflow.DecideBasePassResponse](409)(c.DecideBasePassWithResponse(ctx, app, c.number, nil, miniflow.DecideBody{Decision: miniflow.DecideBodyDecisionGoOnline})),
		did[*miniflow.ProvideInputResponse](200, 409)(c.ProvideInputWithResponse(ctx, app, c.number, nil, miniflow.ProvideInputBody{OrderNo: given("1")})),
		did[*miniflow.ApproveResponse](200, 409)(c.ApproveWithResponse(ctx, app, c.number, nil, miniflow.ApproveJSONRequestBody{})),
		did[*miniflow.CancelResponse](200)(c.CancelWithResponse(ctx, app, c.number, &miniflow.CancelParams{XActor: given("a client")}, miniflow.ReasonBody{Reason: given("tried")})),
	}
	return errors.Join(all...)
}

// file hands in a picture, twice, and something that is none.
func (c *caller) file(ctx context.Context) error {
	params := &miniflow.HandInFileParams{AppId: app, Field: "submission.files.app_logo"}
	var logo bytes.Buffer
	if err := png.Encode(&logo, image.NewGray(image.Rect(0, 0, 180, 180))); err != nil {
		return err
	}
	return errors.Join(
		did[*miniflow.HandInFileResponse](201, 200)(c.HandInFileWithBodyWithResponse(ctx, params, "image/png", bytes.NewReader(logo.Bytes()))),
		did[*miniflow.HandInFileResponse](200)(c.HandInFileWithBodyWithResponse(ctx, params, "image/png", &logo)),
		did[*miniflow.HandInFileResponse](422)(c.HandInFileWithBodyWithResponse(ctx, params, "image/png", strings.NewReader("none"))),
		did[*miniflow.GetFileResponse](404)(c.GetFileWithResponse(ctx, app, strings.Repeat("0", 64))),
	)
}

// deliveries asks about messages of which none is there.
func (c *caller) deliveries(ctx context.Context) error {
	filter := miniflow.DeliveryFilter{AppId: app, State: given(miniflow.DeliveryFilterStateDead), Name: given("none.such")}
	begun, err := c.ReplayDeliveriesWithResponse(ctx, nil, miniflow.BulkBody{Filter: filter, Rate: given(5.0)})
	if err := did[*miniflow.ReplayDeliveriesResponse](202)(begun, err); err != nil {
		return err
	}
	return errors.Join(
		did[*miniflow.GetBulkResponse](200)(c.GetBulkWithResponse(ctx, app, begun.JSON202.BulkId)),
		did[*miniflow.DiscardDeliveriesResponse](200)(c.DiscardDeliveriesWithResponse(ctx, nil, miniflow.BulkBody{Filter: filter, DryRun: given(true)})),
		did[*miniflow.ListDeliveriesResponse](200)(c.ListDeliveriesWithResponse(ctx, &miniflow.ListDeliveriesParams{State: given(miniflow.ListDeliveriesParamsStateDead)})),
		did[*miniflow.GetDeliveryResponse](404)(c.GetDeliveryWithResponse(ctx, app, "none", nil)),
		did[*miniflow.ReplayDeliveryResponse](404)(c.ReplayDeliveryWithResponse(ctx, app, "none", nil, miniflow.ReasonBody{})),
		did[*miniflow.DiscardDeliveryResponse](404)(c.DiscardDeliveryWithResponse(ctx, app, "none", nil, miniflow.ReasonBody{})),
		c.tail(ctx),
	)
}

// rollouts begins a mass upgrade of nobody, and asks another, that there is not, for everything.
func (c *caller) rollouts(ctx context.Context) error {
	body := miniflow.RolloutBody{
		AppId: app, Id: given("nobody"), From: given([]string{"9.9.8"}), Version: miniflow.RolloutVersionBody{TemplateId: "2021000000009999", TemplateVersion: "9.9.9"},
		Submission: &miniflow.SubmissionBody{VersionDesc: given("首个版本：提供在线点餐、排队取号、会员积分和门店信息查询功能，欢迎体验。"), RegionType: given(miniflow.CHINA)},
		Plan:       &miniflow.PlanBody{Canary: given([]string{mini}), Soak: given("30m")},
	}
	return errors.Join(
		did[*miniflow.StartRolloutResponse](201, 200)(c.StartRolloutWithResponse(ctx, nil, body)),
		did[*miniflow.StartRolloutResponse](422)(c.StartRolloutWithResponse(ctx, nil, miniflow.RolloutBody{AppId: app})),
		did[*miniflow.ListRolloutsResponse](200)(c.ListRolloutsWithResponse(ctx, nil)),
		did[*miniflow.GetRolloutResponse](200)(c.GetRolloutWithResponse(ctx, app, "nobody")),
		did[*miniflow.ListRolloutMembersResponse](200)(c.ListRolloutMembersWithResponse(ctx, app, "nobody", &miniflow.ListRolloutMembersParams{Limit: given(int64(5))})),
		did[*miniflow.PauseRolloutResponse](404)(c.PauseRolloutWithResponse(ctx, app, "none", nil, miniflow.ReasonBody{})),
		did[*miniflow.HaltRolloutResponse](404)(c.HaltRolloutWithResponse(ctx, app, "none", nil, miniflow.ReasonBody{})),
		did[*miniflow.ResumeRolloutResponse](404)(c.ResumeRolloutWithResponse(ctx, app, "none", nil, miniflow.ReasonBody{})),
		did[*miniflow.RetryRolloutResponse](404)(c.RetryRolloutWithResponse(ctx, app, "none", nil, miniflow.RetryRolloutBody{NoExt: given(true)})),
		did[*miniflow.RollbackRolloutResponse](404)(c.RollbackRolloutWithResponse(ctx, app, "none", nil, miniflow.ReasonBody{})),
	)
}

// tail begins to look on at the doors. That is a stream, so it is not read to its end.
func (c *caller) tail(ctx context.Context) error {
	stream, err := c.TailDeliveries(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = stream.Body.Close() }()
	if kind := stream.Header.Get("Content-Type"); stream.StatusCode != 200 || !strings.HasPrefix(kind, "text/event-stream") {
		return fmt.Errorf("the doors are looked on at with %d and %s", stream.StatusCode, kind)
	}
	return nil
}

// rest makes all other calls.
func (c *caller) rest(ctx context.Context) error {
	stats, err := c.GetStatsWithResponse(ctx, nil)
	if err := did[*miniflow.GetStatsResponse](200)(stats, err); err != nil {
		return err
	}
	if stats.JSON200.ByStage.Cancelled == nil {
		return fmt.Errorf("the stages are not members: %s", stats.Body)
	}
	return errors.Join(
		did[*miniflow.GetOverviewResponse](200)(c.GetOverviewWithResponse(ctx, nil)),
		did[*miniflow.ListMiniProgramsResponse](200)(c.ListMiniProgramsWithResponse(ctx, nil)),
		did[*miniflow.GetMiniProgramResponse](404)(c.GetMiniProgramWithResponse(ctx, app, mini)),
		did[*miniflow.RollbackMiniProgramResponse](404)(c.RollbackMiniProgramWithResponse(ctx, app, mini, nil, miniflow.DownwardBody{})),
		did[*miniflow.OfflineMiniProgramResponse](404)(c.OfflineMiniProgramWithResponse(ctx, app, mini, nil, miniflow.DownwardBody{})),
		did[*miniflow.CertifyMiniProgramResponse](422)(c.CertifyMiniProgramWithResponse(ctx, app, mini, nil, miniflow.CertifyTrialBody{})),
		did[*miniflow.CloseMiniProgramResponse](404)(c.CloseMiniProgramWithResponse(ctx, app, mini, nil, miniflow.ReasonBody{})),
		did[*miniflow.ReadTokenResponse](404)(c.ReadTokenWithResponse(ctx, app, mini, nil)),
		did[*miniflow.ImportAuthorizationResponse](422)(c.ImportAuthorizationWithResponse(ctx, app, mini, miniflow.AuthorizationBody{AppAuthToken: "none"})),
		did[*miniflow.ExchangeCodeResponse](422)(c.ExchangeCodeWithResponse(ctx, miniflow.CodeBody{AppId: app, AppAuthCode: "none"})),
		did[*miniflow.ListWebhooksResponse](200)(c.ListWebhooksWithResponse(ctx, nil)),
		did[*miniflow.ListAttentionResponse](200)(c.ListAttentionWithResponse(ctx, nil)),
		did[*miniflow.AssignAttentionResponse](200)(c.AssignAttentionWithResponse(ctx, app, "webhook", nil, miniflow.AssignBody{To: given("operator-1")})),
		did[*miniflow.SnoozeAttentionResponse](200)(c.SnoozeAttentionWithResponse(ctx, app, "webhook", nil, miniflow.SnoozeBody{})),
		did[*miniflow.CommentAttentionResponse](200)(c.CommentAttentionWithResponse(ctx, app, "webhook", nil, miniflow.CommentBody{Text: "seen"})),
		did[*miniflow.GetAttentionResponse](200)(c.GetAttentionWithResponse(ctx, app, "webhook")),
		did[*miniflow.ShowDriftResponse](200)(c.ShowDriftWithResponse(ctx, nil)),
		did[*miniflow.ListAuditResponse](200)(c.ListAuditWithResponse(ctx, nil)),
		did[*miniflow.TestWebhookResponse](200)(c.TestWebhookWithResponse(ctx, app, nil)),
		did[*miniflow.EnableWebhookResponse](200)(c.EnableWebhookWithResponse(ctx, app, nil)),
		did[*miniflow.ResendWebhookResponse](200)(c.ResendWebhookWithResponse(ctx, app, nil, miniflow.ResendBody{OutOrderNo: &c.number})),
	)
}
