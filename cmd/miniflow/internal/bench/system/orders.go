package system

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"miniflow/order"
)

// file is a file as an order names it.
type file struct {
	URL    string `json:"url"`
	SHA256 string `json:"sha256"`
}

// readLogo reads the simulator's logo: an order names a file by its hash, and without a logo no
// submission is taken.
func (s *System) readLogo(ctx context.Context) (file, error) {
	const path = "/sim/v1/files/logo.png"
	picture, err := s.simulator.Call(ctx, http.MethodGet, path, nil)
	if err != nil {
		return file{}, err
	}
	sum := sha256.Sum256(picture)
	return file{URL: s.Simulator + path, SHA256: hex.EncodeToString(sum[:])}, nil
}

// OrderBody is the body of POST /v1/orders for a formal order that Alipay takes as it is.
func (s *System) OrderBody(outOrderNo string) []byte {
	body, err := json.Marshal(map[string]any{
		"app_id": s.AppID, "out_order_no": outOrderNo, "kind": order.KindFormal, "merchant_ref": "bench",
		"create": map[string]any{
			"alipay_account": outOrderNo + "@example.com", "app_name": "示例小店" + outOrderNo[max(0, len(outOrderNo)-8):], "cert_name": "示例餐饮有限公司",
			"cert_no": "91330000000000000X", "contact_name": "示例联系人", "contact_phone": "13800000000",
			"legal_personal_name": "示例法人",
		},
		"version": map[string]any{"template_id": "2021000000009999", "template_version": "1.0.0"},
		"submission": map[string]any{
			"version_desc": "首个版本：提供在线点餐、排队取号、会员积分和门店信息查询功能，欢迎体验。",
			"region_type":  "CHINA", "audit_rule": "BASE_PROMOTE", "app_name": "示例小店", "app_english_name": "Sample Shop",
			"app_slogan": "好味道，在身边", "app_desc": "示例小店为顾客提供在线点餐、排队取号和会员积分服务。",
			"mini_category_ids": "XS1001_XS2001", "service_phone": "0571-00000000",
			"files": map[string]any{"app_logo": s.logo},
		},
	})
	if err != nil {
		panic(fmt.Sprintf("an order made of constants can't be written: %v", err))
	}
	return body
}

// StartOrder starts a formal order.
func (s *System) StartOrder(ctx context.Context, outOrderNo string) error {
	return s.Post(ctx, "/v1/orders", s.OrderBody(outOrderNo), nil)
}

// Order reads an order.
func (s *System) Order(ctx context.Context, outOrderNo string) (order.View, error) {
	var view order.View
	return view, s.Get(ctx, s.orderPath(outOrderNo), &view)
}

// AwaitNews reads an order once its sequence is above after.
func (s *System) AwaitNews(ctx context.Context, outOrderNo string, after int) (order.View, error) {
	var view order.View
	return view, s.Get(ctx, fmt.Sprintf("%s?wait=30s&after=%d", s.orderPath(outOrderNo), after), &view)
}

func (s *System) orderPath(outOrderNo string) string {
	return "/v1/orders/" + url.PathEscape(s.AppID) + "/" + url.PathEscape(outOrderNo)
}

// WorkflowID is the order's workflow in Temporal.
func (s *System) WorkflowID(outOrderNo string) string { return order.WorkflowID(s.AppID, outOrderNo) }
