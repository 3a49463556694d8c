package crossings

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"miniflow/alipay"
	"miniflow/alipay/alipaysim"
	"miniflow/alipay/gateway/rules"
	"miniflow/order"
)

// do performs one action of a scenario, at whatever stage the order is.
func (l *life) do(what string) {
	if l.calm {
		return
	}
	l.deeds = append(l.deeds, l.e.now())
	l.e.trace("deed", what)
	for j := range l.e.flying {
		if j.x.id == l.orderID() {
			l.crossed[j.name]++
			l.crossed[j.name+" × "+strings.Fields(what)[0]]++
		}
	}
	switch what {
	case "cancel", "withdraw", "refresh", "retry", "approve", "give-up":
		l.command(order.Command(what), order.Instruction{Reason: "the scenario says so"})
	case "resubmit", "resubmit version", "provide-input", "provide order_no", "decide online", "decide resubmit", "nonsense":
		l.command(l.instruction(what))
	case "console submit", "console withdraw", "console online", "console take back":
		l.atTheConsole(strings.TrimPrefix(what, "console "))
	case "repeat message", "other id", "forged", "old verdict", "stranger":
		l.message(what)
	default:
		l.byHand(what)
	}
}

// instruction returns a command with a body.
func (l *life) instruction(what string) (order.Command, order.Instruction) {
	switch what {
	case "resubmit":
		return order.CommandResubmit, order.Instruction{Submission: l.correction()}
	case "resubmit version":
		version := order.Version{TemplateVersion: "0.0.2"}
		if l.chance.chance(.4) {
			version.AppVersion = fmt.Sprintf("3.0.%d", l.chance.IntN(3))
		}
		return order.CommandResubmit, order.Instruction{Version: &version}
	case "provide-input":
		return order.CommandProvideInput, order.Instruction{Submission: l.correction()}
	case "provide order_no":
		in := order.Instruction{OrderNo: "20260000000000"}
		if known := l.truth().order(); known != nil {
			in.OrderNo = known.OrderNo
		}
		l.handedIn = true
		return order.CommandProvideInput, in
	case "decide online":
		return order.CommandDecideBasePass, order.Instruction{Decision: order.BasePassGoOnline}
	case "decide resubmit":
		return order.CommandDecideBasePass, order.Instruction{Decision: order.BasePassResubmit}
	}
	return order.CommandDecideBasePass, order.Instruction{Decision: "whatever"}
}

func (l *life) correction() *order.Submission {
	return &order.Submission{Fields: []order.Sealed{l.submission(fmt.Sprintf("改好的第%d个版本", l.asked))}}
}

// atTheConsole performs a version's next step without Miniflow, as people in Alipay's console
// do, with their own client.
func (l *life) atTheConsole(what string) {
	if _, cancelled := l.cancelled(); cancelled {
		return // the person who acts after a cancellation is responsible for it
	}
	l.step(what, l.number())
}

// step performs a step of a version in the console.
func (l *life) step(what, number string) {
	mini := l.truth().mini()
	if number == "" || !mini.authorized() {
		return
	}
	text, _ := l.token(mini.MiniAppID)
	token, ctx := alipay.Secret(text), context.Background()
	var err error
	switch what {
	case "upload":
		_, err = l.console.UploadVersion(ctx, token, rules.Upload{TemplateID: "2021000000000777", AppVersion: number, BundleID: order.DefaultBundleID})
	case "submit":
		var block order.SubmissionBlock
		l.must(json.Unmarshal([]byte(string(l.submission("控制台的版本"))), &block))
		_, err = l.console.ApplyAudit(ctx, token, number, order.DefaultBundleID, block.Fields, []rules.File{{Field: "app_logo", Content: logo()}})
	case "withdraw":
		err = l.console.CancelAudit(ctx, token, number, order.DefaultBundleID)
	case "online":
		err = l.console.GoOnline(ctx, token, number, order.DefaultBundleID, true)
	case "take back":
		err = l.console.CancelAudited(ctx, token, number, order.DefaultBundleID)
	}
	_ = err // the trace has it; Alipay refuses what does not fit
}

// byHand performs what merchants, reviewers and operators do at any moment.
func (l *life) byHand(what string) {
	all := l.truth()
	mini, known := all.mini(), all.order()
	switch {
	case what == "merchant answers" && known != nil:
		status := l.chance.one(weighted{"AGREED", 6}, weighted{"REJECTED", 1}, weighted{"TIMEOUT", 1}, weighted{"FAILED", 1})
		l.try("orders/"+known.OrderNo+"/answer", map[string]any{"status": status})
	case mini == nil:
	case what == "revoke":
		l.try("mini-programs/"+mini.MiniAppID+"/revoke", nil)
	case what == "authorize":
		l.try("mini-programs/"+mini.MiniAppID+"/authorize", nil)
	case what == "verdict":
		result := l.chance.one(weighted{"pass", 3}, weighted{"reject", 2}, weighted{"base_pass", 1})
		l.try("mini-programs/"+mini.MiniAppID+"/audit", alipaysim.AuditRule{Result: result})
	case what == "import":
		l.importToken(mini)
	}
}

// try makes a management call that may not fit.
func (l *life) try(path string, body any) {
	if err := l.manage(http.MethodPost, path, body, nil); err != nil {
		l.e.trace("at Alipay", clip(err.Error()))
		return
	}
	l.e.trace("at Alipay", path)
}

// importToken sends the newest token to the entity, as PUT …/authorization does.
func (l *life) importToken(mini *truthMini) {
	text, at := l.token(mini.MiniAppID)
	if text == "" {
		return
	}
	id := order.MiniProgramWorkflowID(appID, mini.MiniAppID)
	_ = l.e.start(id, order.MiniProgramWorkflowType, order.MiniProgramInput{
		AppID: appID, MiniAppID: mini.MiniAppID, Schedules: l.schedules, CrowdedAt: l.crowdedAt,
	}, nil, true) // the API starts one that does not run
	l.asked++
	token := order.Token{Sealed: order.Sealed(text), Fingerprint: order.Fingerprint(text), AuthTime: at, Source: "import"}
	err := l.e.update(id, order.ImportTokenUpdate, fmt.Sprintf("u%d", l.asked), token, func(a answered) {
		l.e.trace("import", fmt.Sprint("token imported: ", a.err))
	})
	if err != nil {
		l.e.trace("import", clip(err.Error()))
	}
}

// message sends a message that Alipay's sender does not send at this moment: a repeat, one
// under another id, one with other content under a known id, an old one, a stranger's.
func (l *life) message(what string) {
	if len(l.accepted) == 0 {
		return
	}
	n := l.accepted[l.chance.IntN(len(l.accepted))]
	n.ReceivedAt = l.e.now().UTC()
	l.asked++
	another := fmt.Sprintf("story-%06d", l.asked)
	switch what {
	case "repeat message":
	case "other id":
		n.NotifyID = another
	case "forged":
		n.Digest = strings.Repeat(fmt.Sprintf("%x", l.asked%16), 64)
		n.Evidence.Reasons = nil
	case "old verdict":
		verdicts := slices.DeleteFunc(slices.Clone(l.accepted), func(n order.Notification) bool { return n.Evidence.Verdict == "" })
		if len(verdicts) == 0 {
			return
		}
		n = verdicts[l.chance.IntN(len(verdicts))]
		n.NotifyID, n.ReceivedAt = another, l.e.now().UTC()
		if l.chance.chance(.5) {
			n.AppVersion, n.BundleID = "", ""
		}
	case "stranger":
		n = order.Notification{
			NotificationKey: order.NotificationKey{AppID: appID, NotifyID: another, Digest: strings.Repeat("5", 64)},
			Name:            alipay.MessageMerchantConfirmed, Channel: "http", SentAt: l.e.now(), ReceivedAt: l.e.now().UTC(),
			OutOrderNo: "NOBODYS", Evidence: order.Evidence{MerchantStatus: "AGREED"},
		}
		if l.chance.chance(.5) { // and one that contradicts Alipay's query
			n.OutOrderNo, n.Evidence.MerchantStatus = outNo, "PROCESS"
		}
	}
	l.accept(n)
}
