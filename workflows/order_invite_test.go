package workflows_test

import (
	"slices"
	"testing"
	"time"

	"miniflow/alipay/gateway/codes"
	"miniflow/order"
)

// TestAnInvitationBesideTheLink: where no authorisation has come a day after the merchant agreed, Alipay
// is asked for an invitation, once, and the merchant is asked once more; the order waits on whatever
// becomes of that, and the authorisation ends it. An order that began before there were invitations asks
// for none, and one that is authorised in time has no use for one.
func TestAnInvitationBesideTheLink(t *testing.T) {
	refused := refusal(codes.ClassPermanent, "isv.insufficient-isv-permissions")
	const page = "https://invite.example/" + miniAppID + "/" + outNo
	for name, c := range map[string]struct {
		set   func(*world)
		when  time.Duration // of the authorisation
		calls int
		link  string
		asked []string
	}{
		"invited":             {func(*world) {}, 50 * time.Hour, 1, page, []string{"confirm 0 0s", "authorize 0 26h0m0s"}},
		"refused at first":    {func(w *world) { w.platform.refuse("invite", refused) }, 50 * time.Hour, 2, page, []string{"confirm 0 0s", "authorize 0 26h0m0s"}},
		"its answer was lost": {func(w *world) { w.platform.lose("invite", 0) }, 50 * time.Hour, 2, page, []string{"confirm 0 0s", "authorize 0 26h0m0s"}},
		"refused for ever":    {func(w *world) { w.platform.change(func(p *platform) { p.forEver["invite"] = refused }) }, 50 * time.Hour, 3, "", []string{"confirm 0 0s"}},
		"before invitations":  {func(w *world) { w.input.Schedules.InviteAfter = 0 }, 50 * time.Hour, 0, "", []string{"confirm 0 0s"}},
		"in time":             {func(*world) {}, 25 * time.Hour, 0, "", []string{"confirm 0 0s"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.platform.verdicts = reviewed
			w.input.Schedules.Remind = nil
			c.set(w)
			w.at(time.Minute, func(p *platform) { agree(p); p.token = "" })
			w.at(c.when, func(p *platform) { p.token = "T1" })
			w.send(c.when, authorized("T1", w.env.Now().Add(c.when)))
			before, late := w.viewAt(26*time.Hour), w.viewAt(49*time.Hour)
			view := w.run()
			if before.Links.MerchantInvite != "" || w.platform.calls["invite"] != c.calls || late.Links.MerchantInvite != c.link && c.when > 49*time.Hour {
				t.Errorf("the link is %q, then %q, after %d calls", before.Links.MerchantInvite, late.Links.MerchantInvite, w.platform.calls["invite"])
			}
			if late.Hold != nil && late.Hold.Code != "STILL_WAITING" || view.Stage != order.StageOnline {
				t.Errorf("held by %+v; ended %s", late.Hold, view.Stage)
			}
			if got := askings(view); !slices.Equal(got, c.asked) {
				t.Errorf("asked %q, want %q", got, c.asked)
			}
		})
	}
}
