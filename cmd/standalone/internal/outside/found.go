package outside

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
)

// Findable is an order that a search may find by each of these.
type Findable struct{ OutOrderNo, MerchantRef, ShopName string }

// Findables are orders that differ in what visibility stores do not agree on: capital letters, and
// characters that mean something to LIKE.
func Findables() []Findable {
	return []Findable{
		{"found-a", "M-7", "巷口小面"},
		{"Found-b", "m-7", "巷尾50%折"},
		{"FOUND-c", "50%_x", "KFC 一店"},
		{"found_d", "!bang", "kfc 二店"},
		{"foundXd", "50x_x", "Kfc 三店"},
		{"fOUND-f", "_7", "小_面"},
	}
}

// Searches are what q finds among them, the numbers in order. Every store finds the same.
func Searches() map[string][]string {
	return map[string][]string{
		"巷": {"Found-b", "found-a"}, "巷口": {"found-a"}, "巷口小面": {"found-a"}, "小面": nil, "小": {"fOUND-f"}, "小_": {"fOUND-f"}, "小%": nil,
		"found":  {"FOUND-c", "Found-b", "found-a", "foundXd", "found_d"},
		"found-": {"FOUND-c", "Found-b", "found-a"}, "found_": {"found_d"}, "FOUND-C": nil, "FOUND-c": {"FOUND-c"}, "fOUND": {"FOUND-c", "Found-b", "fOUND-f", "found-a", "foundXd", "found_d"},
		"m-7": {"Found-b", "found-a"}, "M-7": {"Found-b", "found-a"}, "kfc": {"FOUND-c", "foundXd", "found_d"}, "KfC": {"FOUND-c", "foundXd", "found_d"},
		"50%": {"FOUND-c"}, "50_": nil, "50": {"FOUND-c", "foundXd"}, "!": {"found_d"}, "!b": {"found_d"}, "%": nil, "_": {"fOUND-f"}, "ound": nil, "it's": nil,
	}
}

// Found lists the numbers that a search finds, in order, limit rows at a time.
func (c Caller) Found(ctx context.Context, q string, limit int) (numbers []string, err error) {
	for cursor := ""; ; {
		var page struct {
			Orders []struct {
				OutOrderNo string `json:"out_order_no"`
			} `json:"orders"`
			NextCursor string `json:"next_cursor"`
		}
		query := url.Values{"q": {q}, "limit": {fmt.Sprint(limit)}, "cursor": {cursor}}
		if err := c.Call(ctx, http.MethodGet, "/v1/orders?"+query.Encode(), nil, &page); err != nil {
			return nil, err
		}
		for _, one := range page.Orders {
			numbers = append(numbers, one.OutOrderNo)
		}
		if cursor = page.NextCursor; cursor == "" {
			slices.Sort(numbers)
			return slices.Compact(numbers), nil
		}
	}
}
