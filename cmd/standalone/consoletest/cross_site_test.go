package consoletest

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"miniflow/alipay/alipaysim"
	"miniflow/order"
)

const sessionCookie = "miniflow-console"

// TestACrossSitePostIsRefused lets two other origins post a form that cancels an order, in the browser of
// somebody who is logged in. From another site the cookie stays at home (SameSite=Lax). From another
// port of the same machine, which is the same site, it comes along, and the form is refused all the
// same (http.CrossOriginProtection). The same form on the console's own page is taken.
func TestACrossSitePostIsRefused(t *testing.T) {
	const outOrderNo = "cross-site"
	running.start(t, outOrderNo, "转角咖啡", alipaysim.Rule{Merchant: &alipaysim.MerchantRule{Answer: "none"}})
	running.await(t, outOrderNo, at(order.StageAwaitingMerchant))
	path := "/console/orders/" + appID + "/" + outOrderNo + "/do/cancel"
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><title>elsewhere</title><form method="post" action="%s"><input name="reason" value="elsewhere"><button>win</button></form>`, running.addresses.API+path)
	}))
	defer elsewhere.Close()

	b := open(t, visitors[2])
	b.logIn(path)
	for _, from := range []struct {
		origin    string
		cookie    bool
		forbidden bool
	}{
		{strings.Replace(elsewhere.URL, "127.0.0.1", "localhost", 1), false, true},
		{elsewhere.URL, true, true},
	} {
		b.call(chromedp.Navigate(from.origin))
		status, sent := b.post(`form button`)
		if status != http.StatusForbidden || sent != from.cookie {
			t.Errorf("from %s: answered %d, and that the cookie came along is %v", from.origin, status, sent)
		}
		if view := running.await(t, outOrderNo, at(order.StageAwaitingMerchant)); view.CancelRequested {
			t.Errorf("from %s: the order was cancelled", from.origin)
		}
	}
	b.visit(path)
	if status, sent := b.post(`main form .does button`); status != http.StatusOK || !sent {
		t.Errorf("from the console itself: answered %d, and that the cookie came along is %v", status, sent)
	}
}

// post clicks a form's button, and returns how it was answered and whether the session came along.
func (b *tab) post(button string) (status int64, sent bool) {
	b.t.Helper()
	response, err := chromedp.RunResponse(b.ctx, chromedp.Click(button))
	must(b.t, err)
	b.mu.Lock()
	defer b.mu.Unlock()
	last := b.posts[len(b.posts)-1]
	return response.Status, slices.ContainsFunc(b.cookies[last], func(c *network.AssociatedCookie) bool {
		return c.Cookie.Name == sessionCookie && len(c.BlockedReasons) == 0
	})
}
