package console

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/attention"
	"miniflow/ingress/console/people"
	"miniflow/order"
	"miniflow/rollout"
	"miniflow/words"
)

func texts[T ~string](all []T) (names []string) {
	for _, one := range all {
		names = append(names, string(one))
	}
	return names
}

// vocabulary are all codes that pages show, by the kind by which they are named. Where Go has no list
// of them, the description of the REST API has.
func vocabulary(t *testing.T) map[string][]string {
	t.Helper()
	d := described()
	return map[string][]string{
		"stage": texts(order.Stages()), "stage-sentence": texts(order.Stages()), "hold": texts(order.HoldKinds()), "verdict": append(texts(order.Verdicts()), "running"),
		"disposition": texts(order.Dispositions()), "execution": texts(order.Executions()), "kind": texts(order.Kinds()),
		"authorization": texts(order.Authorizations()), "certification": texts(order.Certifications()), "todo": texts(attention.Kinds()), "role": texts(people.Roles()),
		"command": append(orderCommands(), string(order.CommandBeginAgain)), "command-sentence": append(orderCommands(), string(order.CommandBeginAgain)),
		"event":      append(order.ToldTypes(), order.HappenedNotification, order.HappenedCommand, order.HappenedHeldBack, order.HappenedMiniProgramOffline, order.HappenedOnlineChanged, order.HappenedCertificationChanged),
		"down":       texts(order.DownCauses()),
		"bulk-state": texts(order.BulkStates()), "bulk": d.codes(t, "BulkView", "command"), "call": d.codes(t, "Call", "state"), "told": d.codes(t, "Told", "state"),
		"step": d.codes(t, "FunnelStep", "step"), "outcome": d.codes(t, "AuditEntry", "outcome"), "decision": d.codes(t, "DecideBody", "decision"),
		"holder": {order.HeldByDelivery, order.HeldByMiniProgram, order.HeldByJournal}, "part": {"base", "promote", "all"},
		"audit": {string(alipay.AuditPass), string(alipay.AuditReject)}, "tile": tileNames(),
		"rollout": texts(rollout.States()), "rollout-command": rollout.Updates(), "rollout-why": {rollout.TooManyRejected, rollout.TooManyFailed}, "member": wheres(),
		"turn": texts(order.Turns()), "method": methods(t),
	}
}

// wheres are the places of a rollout's members.
func wheres() (names []string) {
	for _, where := range rollout.Wheres() {
		names = append(names, where.Name())
	}
	return names
}

// methods are the calls of Alipay's that Miniflow makes.
func methods(t *testing.T) (names []string) {
	t.Helper()
	text, err := os.ReadFile("../../alipay/method.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range regexp.MustCompile(`= "(alipay\.[a-z.]+)"`).FindAllSubmatch(text, -1) {
		names = append(names, string(found[1]))
	}
	return names
}

// TestEveryCodeHasAName: in both languages, another one in each, and never the code itself.
func TestEveryCodeHasAName(t *testing.T) {
	for kind, codes := range vocabulary(t) {
		if len(codes) == 0 {
			t.Errorf("there is no %s", kind)
		}
		for _, code := range codes {
			said := map[words.Language]string{}
			for _, language := range words.Languages() {
				said[language] = wording{language: language}.named(kind, code)
			}
			if chinese := said[words.Chinese]; chinese == said[words.English] || chinese == code || !strings.ContainsFunc(chinese, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff }) {
				t.Errorf("%s.%s is called %v", kind, code, said)
			}
		}
	}
}

var named = regexp.MustCompile(`named "([^"]+)"`)

// TestEveryKindOfNameIsKnownHere, so that what a page names is in the table above.
func TestEveryKindOfNameIsKnownHere(t *testing.T) {
	known, shown := vocabulary(t), map[string]bool{"message": true} // Alipay's own, of which there may be more
	pages, err := fs.Glob(pageFiles, "pages/*.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		text, err := pageFiles.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range named.FindAllStringSubmatch(string(text), -1) {
			shown[found[1]] = true
			if known[found[1]] == nil && found[1] != "message" {
				t.Errorf("%s names a %s, and nobody knows which there are", page, found[1])
			}
		}
	}
	for kind := range known {
		if !shown[kind] {
			t.Errorf("no page names a %s", kind)
		}
	}
}

// TestAFieldHasAName, each that a rejection may ask for.
func TestAFieldHasAName(t *testing.T) {
	for _, path := range rework {
		for _, language := range words.Languages() {
			if name := (wording{language: language}).field(path); name == path {
				t.Errorf("%s has no name in %s", path, language)
			}
		}
	}
}

// TestANewerCodeIsShownAsItIs, and nothing is shown as nothing.
func TestANewerCodeIsShownAsItIs(t *testing.T) {
	w := wording{language: words.Chinese}
	for given, want := range map[any]string{order.Stage("newer"): "newer", order.Stage(""): "", order.StageOnline: "已上架"} {
		if got := w.named("stage", given); got != want {
			t.Errorf("%v is called %q, want %q", given, got, want)
		}
	}
	if got := tone("newer") + " " + tone(""); got != "plain plain" {
		t.Errorf("its colour is %s", got)
	}
}

func tileNames() (names []string) {
	for _, one := range (&overviewPage{}).tiles(nil) {
		names = append(names, one.Name)
	}
	return names
}
