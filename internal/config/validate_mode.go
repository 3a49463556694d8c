package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"miniflow/order"
)

// maxMerchantRef is the longest merchant_ref that an order can have, in characters.
const maxMerchantRef = 64

// mode checks who acts for an app. The long connection acts in its way: Alipay documents nothing
// about two of one app, and each may take messages that the other waits for.
func (v *validator) mode(at string, app App) {
	oneOf(v, at+".mode", app.Mode, order.Modes())
	if app.Mode == order.ModeObserve && app.Channel == ChannelWebSocket {
		v.problem(at+".channel", "can't be websocket while mode is observe: a second long connection of the app could take messages from the system that acts; "+
			"set channel to http and have that system, or a proxy, pass on what it gets")
	}
	for i, merchant := range app.ActiveMerchants {
		field := fmt.Sprintf("%s.active_merchants[%d]", at, i)
		switch n := utf8.RuneCountInString(merchant); {
		case n == 0 || n > maxMerchantRef:
			v.problem(field, "has to be a merchant_ref, 1 to %d characters", maxMerchantRef)
		case strings.ContainsAny(merchant, `'"?\`) || strings.ContainsFunc(merchant, unicode.IsControl):
			v.problem(field, "no order can have a merchant_ref with quotes, a backslash, a question mark or control characters, so nobody would act for this merchant")
		case strings.TrimSpace(merchant) != merchant:
			v.problem(field, "has blanks around it, which count, so nobody would act for this merchant")
		case slices.Index(app.ActiveMerchants, merchant) < i:
			v.problem(field, "stands here twice")
		}
	}
}
