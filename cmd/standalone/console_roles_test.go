package main_test

import (
	"bytes"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"miniflow/order"
)

// deed is something that somebody does on a page of the console.
type deed struct {
	// operation is what the REST API calls it.
	operation string
	path      string
	fields    url.Values
	picture   bool
	// may are the roles that may do it, as they were agreed.
	may []string
}

// Who may do what, as it was agreed: not read off the table that decides it.
var (
	helpers   = []string{"service-1", "operator-1", "release-1"}
	operators = []string{"operator-1", "release-1"}
	releasers = []string{"release-1"}
)

// everybodyAtConsole try in this order: who may nothing comes first.
var everybodyAtConsole = []string{"nobody", "viewer-1", "auditor-1", elsewhere, "service-1", "operator-1", "release-1"}

// deeds are all that the console lets anybody do; those that end something come last.
func deeds(no, notifyID string) []deed {
	orders, item := "/console/orders/"+appID+"/"+no+"/do/", "/console/attention/"+appID+"/order:"+no+"/"
	message := "/console/deliveries/" + appID + "/" + notifyID + "/"
	back := url.Values{"back": {"/console/attention"}}
	bulk := func(command string) url.Values {
		return url.Values{"command": {command}, "app_id": {appID}, "state": {"waiting"}, "rate": {"1"}}
	}
	return []deed{
		{"assign-attention", item + "assign", with(back, "to", "service-1"), false, helpers},
		{"snooze-attention", item + "snooze", with(back, "hours", "4"), false, helpers},
		{"comment-attention", item + "comment", with(back, "text", "called them"), false, helpers},
		{"hand-in-file", "/console/files?app_id=" + appID + "&field=submission.files.app_logo", nil, true, helpers},
		{"provide-input", orders + "provide-input", nil, false, helpers},
		{"resubmit", orders + "resubmit", url.Values{"submission.app_slogan": {"好味道"}}, false, helpers},
		{"approve", orders + "approve", nil, false, releasers},
		{"decide-base-pass", orders + "decide-base-pass", url.Values{"decision": {"go_online"}}, false, releasers},
		{"refresh", orders + "refresh", nil, false, operators},
		{"retry", orders + "retry", nil, false, operators},
		{"withdraw", orders + "withdraw", nil, false, operators},
		{"begin-again", orders + "begin-again", url.Values{"reason": {"a test"}}, false, operators},
		{"give-up", orders + "give-up", url.Values{"reason": {"a test"}}, false, operators},
		{"replay-deliveries", "/console/deliveries/bulk", bulk("replay"), false, operators},
		{"discard-deliveries", "/console/deliveries/bulk", bulk("discard"), false, operators},
		{"replay-delivery", message + "replay", nil, false, operators},
		{"discard-delivery", message + "discard", nil, false, operators},
		{"close-mini-program", "/console/mini-programs/" + appID + "/2021000000000404/close", nil, false, operators},
		{"halt-rollout", "/console/rollouts/" + appID + "/none/halt", nil, false, operators},
		{"pause-rollout", "/console/rollouts/" + appID + "/none/pause", nil, false, operators},
		{"resume-rollout", "/console/rollouts/" + appID + "/none/resume", nil, false, releasers},
		{"retry-rollout", "/console/rollouts/" + appID + "/none/retry", nil, false, releasers},
		{"rollback-rollout", "/console/rollouts/" + appID + "/none/rollback", nil, false, releasers},
		{"rollback-mini-program", "/console/mini-programs/" + appID + "/2021000000000404/rollback", nil, false, releasers},
		{"offline-mini-program", "/console/mini-programs/" + appID + "/2021000000000404/offline", nil, false, releasers},
		{"cancel", orders + "cancel", url.Values{"reason": {"a test"}}, false, operators},
	}
}

func with(fields url.Values, name, value string) url.Values {
	all := url.Values{name: {value}}
	for other, values := range fields {
		all[other] = values
	}
	return all
}

// TestEachRoleTriesEachAction: what the table allows is done, all else is refused, and both are in the
// audit log, whose chain holds until somebody changes a line.
func TestEachRoleTriesEachAction(t *testing.T) {
	t.Parallel()
	c := openConsole(t)
	c.rules(quiet())
	const no = "roles-1"
	body := c.formal(no)
	body["merchant_ref"], body["shop_name"] = "merchant-7", "巷口小面"
	c.place(body)
	c.awaitStage(no, order.StageAwaitingMerchant)
	message := c.strayMessage()

	for _, deed := range deeds(no, message) {
		before := c.view(no).Sequence
		for _, who := range everybodyAtConsole {
			c.tries(who, deed, no)
			if !slices.Contains(deed.may, who) {
				if after := c.view(no).Sequence; after != before {
					t.Errorf("%s has done %s: the order is at %d, and was at %d", who, deed.operation, after, before)
				}
			}
			before = c.view(no).Sequence
		}
	}
	c.await(no, "to be cancelled", func(view order.View) bool { return view.CancelRequested })
	c.wantRead(no)
	c.wantAudited(deeds(no, message))
	c.wantRevealedByTwo(message)
	c.wantChain()
}

// tries does something as somebody, who is let or not.
func (c *atConsole) tries(who string, d deed, no string) {
	c.t.Helper()
	var picture []byte
	if d.picture {
		picture = c.picture()
	}
	answer := c.browse(who, http.MethodPost, d.path, d.fields, picture)
	switch {
	case who == "nobody":
		if answer.status != http.StatusSeeOther || answer.header.Get("Location") != "/console/log-in" {
			c.t.Errorf("nobody who does %s is answered %d", d.operation, answer.status)
		}
	case who == elsewhere:
		if strings.Contains(d.path, no) && answer.status != http.StatusNotFound || bytes.Contains(answer.body, []byte("巷口小面")) {
			c.t.Errorf("%s who does %s is answered %d", who, d.operation, answer.status)
		}
	case !slices.Contains(d.may, who):
		if answer.status != http.StatusForbidden {
			c.t.Errorf("%s may not do %s and is answered %d", who, d.operation, answer.status)
		}
	case answer.status == http.StatusForbidden || answer.status >= http.StatusInternalServerError:
		c.t.Errorf("%s may do %s and is answered %d", who, d.operation, answer.status)
	}
}

// wantRead reads as everybody: all roles see the order, for other merchants nobody does, and the audit
// log is the auditor's.
func (c *atConsole) wantRead(no string) {
	c.t.Helper()
	eventually(c.t, patience, "the list has the order", func() error {
		if !bytes.Contains(c.get("viewer-1", "/console/orders").body, []byte("巷口小面")) {
			return errNotYet
		}
		return nil
	})
	for _, who := range everybodyAtConsole[1:] {
		page, list, log := c.get(who, "/console/orders/"+appID+"/"+no), c.get(who, "/console/orders"), c.get(who, "/console/audit")
		if want := map[bool]int{true: http.StatusNotFound, false: http.StatusOK}[who == elsewhere]; page.status != want {
			c.t.Errorf("%s reads the order and is answered %d, want %d", who, page.status, want)
		}
		if shown := bytes.Contains(list.body, []byte("巷口小面")); list.status != http.StatusOK || shown == (who == elsewhere) {
			c.t.Errorf("%s sees the order in the list: %t", who, shown)
		}
		if want := map[bool]int{true: http.StatusOK, false: http.StatusForbidden}[who == "auditor-1"]; log.status != want {
			c.t.Errorf("%s reads the audit log and is answered %d, want %d", who, log.status, want)
		}
	}
	if page := c.get("auditor-1", "/console/audit?who=viewer-1"); !bytes.Contains(page.body, []byte("role-forbidden")) || !bytes.Contains(page.body, []byte("give-up")) {
		c.t.Errorf("the auditor does not see what was refused: %s", page)
	}
}

// strayMessage returns the id of a message that no order takes, with a person's data in it.
func (c *atConsole) strayMessage() (id string) {
	c.t.Helper()
	id = c.push(map[string]any{"msg_method": "alipay.open.mini.merchant.confirmed", "biz_content": `{"out_order_no":"nobodys","order_no":"1","status":"AGREED","contact_phone":"13800000007"}`})
	c.awaitDelivery(id, order.DispositionWaiting)
	return id
}

func (c *atConsole) picture() []byte {
	c.t.Helper()
	answer, err := c.send(http.MethodGet, c.at.Simulator+"/sim/v1/files/logo.png", nil, nil)
	if err != nil || answer.status != http.StatusOK {
		c.t.Fatalf("the logo: %v, %d", err, answer.status)
	}
	return answer.body
}

// wantAudited looks for each try in the audit log, with what came of it.
func (c *atConsole) wantAudited(tried []deed) {
	c.t.Helper()
	log := c.auditLog()
	for _, who := range everybodyAtConsole[1:] {
		role, _, _ := strings.Cut(who, "-")
		if who == elsewhere {
			role = "release"
		}
		for _, d := range tried {
			at := slices.IndexFunc(log, func(a auditLine) bool { return a.Who == who && a.Action == d.operation })
			switch allowed := slices.Contains(d.may, who); {
			case who == elsewhere:
				continue // below
			case at < 0:
				c.t.Errorf("that %s has tried %s is not in the audit log", who, d.operation)
			case log[at].Role != role || log[at].Address != "127.0.0.1":
				c.t.Errorf("it stands there as %+v", log[at])
			case !allowed && (log[at].Outcome != "refused" || log[at].Problem != "role-forbidden"):
				c.t.Errorf("that %s may not %s stands there as %+v", who, d.operation, log[at])
			case allowed && log[at].Problem == "role-forbidden":
				c.t.Errorf("that %s may %s stands there as %+v", who, d.operation, log[at])
			}
		}
	}
	hidden := slices.ContainsFunc(log, func(a auditLine) bool {
		return a.Who == elsewhere && a.Outcome == "refused" && a.Problem == "merchant-forbidden" && a.Detail.OutOrderNo == "roles-1"
	})
	done := slices.ContainsFunc(log, func(a auditLine) bool { return a.Who == "operator-1" && a.Action == "cancel" && a.Outcome == "done" })
	if !hidden || !done {
		c.t.Errorf("another merchant's order was hidden from %s: %t; operator-1 has cancelled: %t", elsewhere, hidden, done)
	}
}

// wantRevealedByTwo reads people's data as everybody: two roles may, and each time is recorded.
func (c *atConsole) wantRevealedByTwo(message string) {
	c.t.Helper()
	const phone = "13800000007"
	path := "/console/deliveries/" + appID + "/" + message
	for _, who := range everybodyAtConsole[1:] {
		plain, revealed := c.get(who, path), c.get(who, path+"?reveal=true")
		if bytes.Contains(plain.body, []byte(phone)) {
			c.t.Errorf("%s sees people's data without asking for it", who)
		}
		if shown, may := bytes.Contains(revealed.body, []byte(phone)), slices.Contains(operators, who); shown != may {
			c.t.Errorf("%s is shown people's data: %t, want %t (%d)", who, shown, may, revealed.status)
		}
		written := slices.ContainsFunc(c.auditLog(), func(a auditLine) bool {
			return a.Who == who && a.Action == "get-delivery" && a.Outcome == "done" && a.Detail.NotifyID == message && slices.Equal(a.Detail.Revealed, []string{"content"})
		})
		if written != slices.Contains(operators, who) {
			c.t.Errorf("that %s was shown people's data stands in the audit log: %t", who, written)
		}
	}
}

// wantChain verifies the audit log as an operator does, and again after somebody has changed a name.
func (c *atConsole) wantChain() {
	c.t.Helper()
	verify := func(dir string) (string, int) {
		command := exec.CommandContext(c.t.Context(), miniflow, "audit", "verify", dir) //nolint:gosec // the program that TestMain built
		text, _ := command.CombinedOutput()                                             // how it ended is its exit code
		return string(text), command.ProcessState.ExitCode()
	}
	if text, code := verify(c.audit); code != 0 {
		c.t.Errorf("the audit log does not hold: %d %s", code, text)
	}
	changed := filepath.Join(c.t.TempDir(), "audit")
	if err := os.CopyFS(changed, os.DirFS(c.audit)); err != nil {
		c.t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(changed, "*.jsonl"))
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			c.t.Fatal(err)
		}
		text = bytes.Replace(text, []byte(`"who":"operator-1"`), []byte(`"who":"operator-2"`), 1)
		if err := os.WriteFile(file, text, 0o600); err != nil {
			c.t.Fatal(err)
		}
	}
	if text, code := verify(changed); code != 1 || !strings.Contains(text, "not as it was written") {
		c.t.Errorf("a changed line is not found: %d %s", code, text)
	}
}
