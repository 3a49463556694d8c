package docstest

import "strings"

// row says of commands that begin alike how they are run here.
type row struct {
	// starts is what the command begins with; of several rows the longest counts.
	starts string
	// instead is run in the place of starts, why says why; an empty one is not run at all.
	instead, why string
	// add is put behind the command, for where this machine keeps and serves things.
	add string
	// before makes so what the document takes for granted.
	before func(*reader)
	// exit is the exit code, and says a pattern of what is printed.
	exit int
	says string
	// stays is what a command that runs on prints once it runs. It is asked to end when the
	// document is read, or shows one of its kind again. A shared one runs for all documents.
	stays  string
	shared bool
}

const (
	standalone = "go -C cmd/standalone run ."
	simulator  = "alipaysim"
	listen     = "miniflow listen"

	noPowerShell = "there is no PowerShell"
	purges       = "TestPurgedMerchantIsFoundNowhere of cmd/standalone runs it beside a merchant who may go"
)

// rows is the table of all commands.
func rows() []row {
	return append(append(projectRows(), serviceRows()...), toolRows()...)
}

// projectRows are the commands of the project itself.
func projectRows() []row {
	return []row{
		{
			starts: standalone, instead: "miniflow-standalone", why: "go run builds the same program, and links it once more",
			add:    " --speed 1000 --seed 1 --data-dir $DATA --listen 127.0.0.1:8080 --temporal 127.0.0.1:7233 --ui 127.0.0.1:8233 --simulator 127.0.0.1:8090",
			stays:  `(?s)Miniflow runs\..*Every demonstration order has ended.*(demo-\S+ +http\S+/user-metadata\s+){7}`,
			shared: true,
		},
		{starts: standalone + "/cluster", why: "cmd/standalone/cluster's own test runs it, stops it and kills it"},
		{starts: "go test -timeout 30m ./... && go -C cmd/standalone test -p 4 -timeout 30m ./...", why: "CI runs this very line, and this test is a part of it"},
		{starts: "go test ./workflows -run TestCarriedStates -update", why: "it rewrites what other tests compare with"},
		{starts: "go build -o bin/miniflow ./cmd/miniflow", instead: "go -C $ROOT build -o $PWD/bin/miniflow ./cmd/miniflow", why: "what is built goes to the reader's folder"},
		{starts: "go build -o bin/alipaysim ./cmd/alipaysim", instead: "go -C $ROOT build -o $PWD/bin/alipaysim ./cmd/alipaysim", why: "what is built goes to the reader's folder"},
		{starts: "make ", instead: "make -n -C $ROOT ", why: "with -n it says what it would run; CI runs each of these parts by itself, or they take hours", says: `\S`},
		{starts: "docker compose up -d", why: "there is no container engine"},
		{starts: "docker compose run miniflow people add", why: "there is no container engine"},
		{starts: "curl.exe -s http://127.0.0.1:80", why: noPowerShell},
		{starts: "$sha256 = (Get-FileHash logo.png -Algorithm SHA256)", why: noPowerShell},
		{starts: "$env:TEMPORAL_ADDRESS = 'temporal:7233'; bin/miniflow.exe ", why: noPowerShell},
		{starts: "openssl rand -hex", says: `^$`},
		{starts: "openssl rand -base64"},
		{starts: "chmod 700 deploy/secrets", says: `^$`},
		{starts: "printf %s \"$KEY\"", says: `^[0-9a-f]{64}  -\n$`},
	}
}

// serviceRows are the commands that talk to a running Miniflow, or run one.
func serviceRows() []row {
	return []row{
		{starts: "curl -s http://127.0.0.1:8080/v1/orders -H", says: `"out_order_no":"my-first".*"stage":"`},
		{starts: "curl -s \"http://127.0.0.1:8080/v1/orders/2021000000000000/my-first?wait", before: (*reader).lacksItsLogo, says: `"sequence":[1-9]`},
		{starts: "curl -s http://127.0.0.1:8080/v1/orders/2021000000000000/my-first/provide-input", before: (*reader).lacksItsLogo, says: `"out_order_no":"my-first".*"hold":null`},
		{starts: "curl -s http://127.0.0.1:8090/sim/v1/scenarios/pass", says: `"out_order_no":"my-\*"`},
		{starts: "curl -s http://127.0.0.1:8091/sim/v1/scenarios/pass", says: `"out_order_no":"\*"`},
		{starts: "curl -s http://127.0.0.1:8081/v1/orders -H", says: `"out_order_no":"first".*"stage":"`},
		{starts: "curl -s http://127.0.0.1:8090/sim/v1/channel", before: (*reader).connected, says: `"links":\s*\[\s*\{`},
		{starts: "curl -s -X POST http://127.0.0.1:8090/sim/v1/apps/2021000000000000/disconnect", before: (*reader).connected, says: `"links":1`},
		{starts: "curl -s -X POST http://127.0.0.1:8090/sim/v1/apps/2021000000000000/rotate", says: `(?i)sn`},
		{starts: "curl -s -X PUT  http://127.0.0.1:8090/sim/v1/faults", says: `wrong_key`},
		{starts: "bin/miniflow config example", says: `^$`},
		{starts: "bin/miniflow keys generate", says: `app_private\.pem`},
		{starts: "bin/miniflow config check", before: (*reader).fillIn, says: `miniflow\.yaml`},
		{starts: "TEMPORAL_ADDRESS=temporal:7233 bin/miniflow setup", says: `is ready: histories are kept 90 days`},
		{starts: "TEMPORAL_ADDRESS=temporal:7233 bin/miniflow serve", stays: `"msg":"serving"`},
		{starts: "temporal server", why: "the standalone's Temporal takes its place"},
		{starts: simulator + " --listen 127.0.0.1:8091", add: " --speed 1000 --seed 1", stays: `Alipay, simulated(?s:.*)2021000000000077/alipay_public\.pem`},
		{starts: "miniflow config check", before: (*reader).shownConfiguration, says: `it can be served`},
		{starts: "miniflow setup", says: `is ready: histories are kept 90 days`},
		{starts: "miniflow serve", stays: `"msg":"serving"`},
		{starts: "go run ./cmd/miniflow orders watch", instead: "miniflow orders watch", why: "go run builds the same program once more", says: `order\.finished · online`},
		{starts: "miniflow orders list"},
		{starts: "miniflow orders start order.json", before: (*reader).files, says: `no-5`},
		{starts: "miniflow orders check merchants.csv", before: (*reader).table, exit: 1, says: `A2 .*submission\.region_type`},
		{starts: "miniflow orders import merchants.csv", before: (*reader).table, exit: 1, says: `(?s)A2 .*1 rows: 0 right, 1 wrong`},
		{starts: "miniflow orders get", says: `demo-online +online`},
		{starts: "miniflow orders export", says: `orders; the next export goes on with --since 20`},
		{starts: "miniflow orders observed", says: `since .*0 calls would have been made`},
		{starts: "miniflow audit list /var/lib/miniflow/audit", instead: "miniflow audit list $DATA/audit", why: "the standalone keeps it with its data", says: `nothing is recorded`},
		{starts: "miniflow audit verify /var/lib/miniflow/audit", instead: "miniflow audit verify $DATA/audit", why: "the standalone keeps it with its data", says: `yes: every line is as it was written`},
		{starts: "miniflow drift", says: `[1-9]\d* answers and [1-9]\d* messages were compared`},
		{starts: "miniflow orders watch", says: `order\.finished · online`},
		{starts: "miniflow orders provide-input", before: (*reader).awaitsInput, says: `no-7`},
		{starts: "miniflow orders cancel", says: `no-7`},
		{starts: "miniflow orders begin-again", before: (*reader).terminated, says: `no-8`},
		{starts: "miniflow authorizations import tokens.csv", before: (*reader).tokens, exit: 1, says: `(?s)C2 .*2 rows: 1 right, 1 wrong`},
		{starts: "miniflow leave everything", says: `(?s)orders +\d+.*authorisations +\d`},
		{starts: "openssl cms -decrypt", says: `^$`},
		{starts: "miniflow tail", stays: `what arrives is shown`},
		{starts: "miniflow deliveries list", before: (*reader).deadLetters, says: `20261122002220945`},
		{starts: "miniflow deliveries", says: `20261122002220945`},
		{starts: "miniflow deliveries replay --all", says: `replay would be asked of \d+ notifications`},
		{starts: "miniflow webhooks list", says: `healthy`},
		{starts: "miniflow webhooks resend 2021000000000000 --order shop-7-first", instead: "miniflow webhooks resend 2021000000000000 --order demo-online", why: "shop-7-first is an order of the reader's", says: `healthy    2021000000000000`},
		{starts: "miniflow webhooks test", says: `accepted: it answered 204`},
		{starts: "miniflow webhooks", says: `healthy    2021000000000000`},
		{starts: "miniflow rollouts start rollout.json --ext ext.jsonl", before: (*reader).rollout, says: `(listing|done) +2021000000000000/autumn`},
		{starts: "miniflow rollouts show 2021000000000000/autumn --follow", says: `(?s)done +2021000000000000/autumn.*2021000000009999`},
		{starts: "miniflow rollouts show 2021000000000000/autumn --where kept", says: `^$`},
		{starts: "miniflow rollouts rollback 2021000000000000/autumn", exit: 1, says: `this rollout is over`},
		{starts: "miniflow doctor -c", before: (*reader).prepared, says: `(?s)✓ configuration.*✓ `},
	}
}

// toolRows are the commands that need no running Miniflow.
func toolRows() []row {
	return []row{
		{starts: "miniflow archive run", why: purges},
		{starts: "miniflow purge", why: purges},
		{starts: "miniflow robots test APP", why: "it posts to a group's robot, and nobody here has a group"},
		{starts: "miniflow keys reseal", why: purges},
		{starts: "miniflow verify --public-key", before: (*reader).files, says: `(?m)^valid`},
		{starts: "pbpaste | miniflow verify", instead: "cat body.txt | miniflow verify", why: "pbpaste is the clipboard of a Mac", before: (*reader).files, says: `(?m)^valid`},
		{starts: "miniflow backtest", before: (*reader).handlerLogs, says: `(?m)^nothing wrong.*1 messages`},
		{starts: "miniflow completion fish > ~/.config/fish/completions/miniflow.fish", instead: "miniflow completion fish", why: "what it writes is the reader's own", says: `complete -c miniflow`},
		{starts: `miniflow completion powershell \| Out-String \| Invoke-Expression`, instead: "miniflow completion powershell", why: noPowerShell, says: `Register-ArgumentCompleter`},
		{starts: "miniflow people add operator-1", add: " --file people.yaml", says: `(?s)operator-1 is added.*[0-9a-z]{5}-`},
		{starts: "miniflow people add auditor-1", add: " --file people.yaml", says: `auditor-1 is added`},
		{starts: "miniflow people password", add: " --file people.yaml", says: `has a new password`},
		{starts: "miniflow people list", add: " --file people.yaml", says: `(?s)auditor-1.*operator-1`},
		{starts: "miniflow people log-out", add: " --file people.yaml", says: `logged out everywhere`},
		{starts: "miniflow people remove", add: " --file people.yaml", says: `out at once`},
		{starts: "miniflow keys generate", says: `app_private\.pem`},
		{starts: "miniflow keys inspect", says: `(?s)a private key.*a public key.*a certificate`},
		{starts: "miniflow keys check app_private.pem app_public.pem", says: `^yes: they are one pair`},
		{starts: "miniflow keys check app_private.pem --alipay-key", says: `^yes: it is another key`},
		{starts: simulator, add: " --listen 127.0.0.1:8090 --speed 1000 --seed 1", stays: `Alipay, simulated(?s:.*)alipay_public\.pem`},
		{starts: listen, add: " --listen 127.0.0.1:8070", stays: `listening http`},
		{starts: listen + " --channel websocket", before: (*reader).prepared, stays: `connected`},
		{starts: "go run ./cmd/miniflow/internal/backtest/synth/make", why: "a million lines take minutes to sign; the tests of backtest write short ones"},
		{starts: "go test ./cmd/miniflow/internal/backtest", why: "it reads what the command before has written"},
		{starts: "miniflow bench", why: "it takes minutes; TestBenchMeasuresAFreshStandalone runs it with little load"},
		{starts: "miniflow trigger", says: `(?s)scenarios.*messages`},
		{starts: "miniflow trigger reject-then-pass", says: `success`},
		{starts: "miniflow trigger version.audit.rejected", says: `success`},
		{starts: "miniflow trigger version.audit.passed --channel websocket", says: `(?i)success`},
		{starts: "printf %s \"$X_SIGN\"", before: (*reader).signedBody, says: `^$`},
		{starts: "openssl dgst -sha256 -verify", says: `^Verified OK`},
	}
}

// rowFor finds the row of a command, nil where none knows it.
func rowFor(all []row, command shown) *row {
	var best *row
	for i, one := range all {
		if strings.HasPrefix(command.text+" ", one.starts) && (best == nil || len(one.starts) > len(best.starts)) {
			best = &all[i]
		}
	}
	return best
}

// strangers says what is wrong between the documents and the table: commands that no
// row knows, or that bash would run and can't, and rows that are shown nowhere.
func strangers(all []row, commands []shown) (problems []string) {
	used := map[string]bool{}
	for _, command := range commands {
		switch found := rowFor(all, command); {
		case command.named:
		case found == nil:
			problems = append(problems, "no row knows the command "+command.String())
		case command.powershell && found.why != noPowerShell:
			problems = append(problems, "bash would run the command of PowerShell "+command.String())
		default:
			used[found.starts] = true
		}
	}
	for _, one := range all {
		if !used[one.starts] {
			problems = append(problems, "a row is stale, no document shows: "+one.starts)
		}
	}
	return problems
}
