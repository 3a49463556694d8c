package doctor

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"miniflow/internal/config"
)

// maxSkew is how far this machine's clock may be from the gateway's. The gateway
// refuses a request whose timestamp is too far off; how far is not published,
// and ten minutes were seen to work.
const maxSkew = 2 * time.Minute

// clock compares this machine's clock with the Date of the gateway's answer.
// Date has whole seconds, and the way there and back takes its time: a second or
// two mean nothing.
func (c *Command) clock(ctx context.Context, gateway string, now func() time.Time) symptom {
	const check = "clock"
	began := now()
	// HEAD asks for nothing signed: the clock is to be judged before any key is.
	answer, err := c.probe(ctx, http.MethodHead, gateway, "")
	if err != nil {
		return ill(check, fmt.Errorf("reach the gateway: %w; allow outbound https to it", err))
	}
	defer func() { _ = answer.Body.Close() }() // nothing is read from it
	date, err := http.ParseTime(answer.Header.Get("Date"))
	if err != nil {
		return ill(check, fmt.Errorf("%s sent no Date; is something else in its place?", gateway))
	}
	// The gateway wrote its Date somewhere between the two, so the middle is off by half the
	// way at most.
	middle := began.Add(now().Sub(began) / 2)
	skew := middle.Sub(date).Round(time.Second)
	if skew.Abs() > maxSkew {
		return ill(check, fmt.Errorf("%s off from %s; set this machine's clock by NTP, or Alipay refuses its calls (isv.invalid-timestamp)", skew, gateway))
	}
	return well(check, "%s off from %s", skew, gateway)
}

// door asks the notification door with a form that nobody signed. A Miniflow refuses it with
// the word fail; a proxy's own page, or another program, says something else.
func (c *Command) door(ctx context.Context, cfg *config.Config) symptom {
	const check = "door"
	// The flag comes first: behind a tunnel Alipay may see another URL than the configuration has.
	address := c.Door
	if address == "" && cfg.PublicURL != "" {
		address = strings.TrimRight(cfg.PublicURL, "/") + cfg.NotifyPath
	}
	// No guess is made from listen: that address answers on this machine and says nothing of
	// whether Alipay gets there.
	if address == "" {
		return unseen(check, "not looked at: there is no public_url; give --door URL")
	}
	// POST, as Alipay does: the door takes no other method.
	answer, err := c.probe(ctx, http.MethodPost, address, "app_id=doctor&sign_type=RSA2")
	if err != nil {
		return ill(check, fmt.Errorf("reach %s: %w; is serve running, and does the proxy lead there?", address, err))
	}
	defer func() { _ = answer.Body.Close() }()               // read as far as it matters
	said, err := io.ReadAll(io.LimitReader(answer.Body, 64)) // the door's answer is one word
	switch {
	case err != nil:
		return ill(check, fmt.Errorf("read the answer of %s: %w", address, err))
	case answer.StatusCode >= 300 && answer.StatusCode < 400:
		return ill(check, fmt.Errorf("%s redirects, which Alipay does not follow; give the console the URL it leads to", address))
	case string(said) != "fail" || answer.StatusCode >= 500:
		return ill(check, fmt.Errorf("%s answered %d, and not as Miniflow's door does; does the path lead to notify_path?", address, answer.StatusCode))
	}
	return well(check, "%s answers", address)
}

// The caller closes the body: what matters of an answer differs from check to check.
func (c *Command) probe(ctx context.Context, method, address, form string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form))
	if err != nil {
		return nil, err
	}
	if form != "" {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return c.newProbe().Do(request)
}
