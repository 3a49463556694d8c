package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// problem is one way to break the whole configuration, with the one line that reports it.
type problem struct {
	replace []string
	want    string
}

func check(t *testing.T, problems map[string]problem) {
	t.Helper()
	for name, test := range problems {
		t.Run(name, func(t *testing.T) {
			got := newBundle(t).refused(whole(test.replace...))
			if len(got) != 1 || !strings.Contains(got[0], test.want) {
				t.Errorf("got %q\nwant one with %q", got, test.want)
			}
		})
	}
}

func TestStrictReading(t *testing.T) {
	check(t, map[string]problem{
		"misspelt":           {[]string{"listen:", "lisen:"}, `miniflow.yaml:1: "lisen" is no known key; did you mean "listen"?`},
		"misspelt inside":    {[]string{"private_key:", "privat_key:"}, `miniflow.yaml:5: apps[0]: "privat_key" is no known key; did you mean "private_key"?`},
		"not misspelt":       {[]string{"environment:", "frobnicate:"}, `"frobnicate" is no known key; known here are app_id, environment`},
		"given twice":        {[]string{"listen:", "listen: x\nlisten:"}, `miniflow.yaml:2: this is not YAML: mapping key "listen" already defined`},
		"not yaml":           {[]string{"listen: 127.0.0.1:8080", "listen: [canary"}, "this is not YAML: "},
		"tab":                {[]string{"  - app_id", "\t- app_id"}, "miniflow.yaml:3: this is not YAML"},
		"two documents":      {[]string{"api_keys:", "---\napi_keys:"}, "miniflow.yaml:9: a second document begins here"},
		"list for a text":    {[]string{"listen: 127.0.0.1:8080", "listen: [a]"}, "miniflow.yaml:1: listen: has to be a single value"},
		"text for a list":    {[]string{`apps: ["*"]`, `apps: canary`}, "api_keys[0].apps: has to be a list"},
		"text for a mapping": {[]string{"  - app_id: 2021000000000001\n    environment: production", "  - canary"}, "miniflow.yaml"},
		"number":             {[]string{"listen:", "temporal: {retention_days: canary}\nlisten:"}, "temporal.retention_days: has to be a whole number"},
		"overflow":           {[]string{"listen:", "temporal: {retention_days: 99999999999999999999}\nlisten:"}, "has to be a whole number"},
		"fraction":           {[]string{"listen:", "limits: {alipay_calls_per_second: canary}\nlisten:"}, "has to be a number"},
		"boolean":            {[]string{"sealing:", "sealing:\n  accept_plain: canary"}, "sealing.accept_plain: has to be true or false"},
		"answers too late":   {[]string{"listen:", "limits: {answer_within: 2501ms}\nlisten:"}, "limits.answer_within: is more than 2.5s"},
		"duration":           {[]string{"listen:", "limits: {answer_within: 3}\nlisten:"}, "limits.answer_within: \"3\" is not a duration"},
		"schedule":           {[]string{"listen:", "schedules: {audit: soon}\nlisten:"}, `schedules.audit: "soon" is not a schedule`},
		"anchor":             {[]string{"listen: 127", "listen: &a 127"}, "anchors and aliases are not taken"},
		"tag":                {[]string{"listen: 127", "listen: !!str 127"}, "tags are not taken"},
		"a word for sealing": {[]string{"sealing:\n  keys:\n    - id: 2026-11\n      key: " + sealingKey(), "sealing: canary"}, "sealing: has to be the word none, or a mapping with keys"},
	})
}

func TestProblemsOfTheDoor(t *testing.T) {
	door := func(text string) []string { return []string{"listen:", "door: {" + text + "}\nlisten:"} }
	check(t, map[string]problem{
		"another word":      {door("accept: canary"), "miniflow.yaml:1: door.accept: has to be one of [temporal journal]"},
		"nowhere":           {door("accept: journal"), "door.journal.dir: is missing"},
		"a relative path":   {door("accept: journal, journal: {dir: journal}"), "door.journal.dir: has to be an absolute path"},
		"relative, unused":  {door("journal: {dir: journal}"), "door.journal.dir: has to be an absolute path"},
		"no messages":       {door("journal: {max_messages: 0}"), "door.journal.max_messages: has to be more than nothing"},
		"no bytes":          {door("journal: {max_bytes: -1}"), "door.journal.max_bytes: has to be more than nothing"},
		"older than memory": {door("journal: {max_age: 169h}"), "door.journal.max_age: is more than 168h0m0s"},
	})
}

func TestProblemsOfTheServer(t *testing.T) {
	check(t, map[string]problem{
		"no port":            {[]string{"127.0.0.1:8080", "127.0.0.1"}, "miniflow.yaml:1: listen: has to be a host and a port"},
		"port too large":     {[]string{":8080", ":80800"}, "listen: has to be"},
		"relative path":      {[]string{"listen:", "notify_path: notify\nlisten:"}, "miniflow.yaml:1: notify_path: has to be a plain path"},
		"path of the api":    {[]string{"listen:", "notify_path: /v1/notify\nlisten:"}, "none of the API's own"},
		"path of the page":   {[]string{"listen:", "notify_path: /\nlisten:"}, "none of the API's own"},
		"path not clean":     {[]string{"listen:", "notify_path: /a/../metrics\nlisten:"}, "has to be a plain path"},
		"path with a query":  {[]string{"listen:", "notify_path: /a?b\nlisten:"}, "has to be a plain path"},
		"public in clear":    {[]string{"listen:", "public_url: http://miniflow.example.com\nlisten:"}, "public_url: has to be https"},
		"public with user":   {[]string{"listen:", "public_url: https://u:canary@miniflow.example.com\nlisten:"}, "without user"},
		"ui no url":          {[]string{"listen:", "temporal: {ui_url: localhost}\nlisten:"}, "temporal.ui_url: has to be an absolute URL"},
		"short retention":    {[]string{"listen:", "temporal: {retention_days: 34}\nlisten:"}, "has to be at least 35"},
		"no workflow cached": {[]string{"listen:", "limits: {workflow_cache: 0}\nlisten:"}, "limits.workflow_cache: has to be more than nothing"},
		"limit of nothing":   {[]string{"listen:", "limits: {door_concurrency: 0}\nlisten:"}, "limits.door_concurrency: has to be more than nothing"},
		"negative files":     {[]string{"listen:", "files: {max_bytes: -1}\nlisten:"}, "files.max_bytes: has to be more than nothing"},
		"log format":         {[]string{"listen:", "log: {format: xml}\nlisten:"}, "log.format: has to be one of [auto json text]"},
		"log level":          {[]string{"listen:", "log: {level: loud}\nlisten:"}, "log.level: has to be one of"},
		"policy":             {[]string{"listen:", "policy: {submit: maybe}\nlisten:"}, "policy.submit: has to be one of [auto manual external]"},
		"base pass":          {[]string{"listen:", "policy: {on_base_pass: maybe}\nlisten:"}, "policy.on_base_pass: has to be one of"},
		"watchdog":           {[]string{"listen:", "schedules: {watchdogs: {audting: 1h}}\nlisten:"}, "schedules.watchdogs.audting: is no stage"},
		"watchdog of an end": {[]string{"listen:", "schedules: {watchdogs: {online: 1h}}\nlisten:"}, "schedules.watchdogs.online: is no stage that an order waits in"},
		"expected":           {[]string{"listen:", "schedules: {expected: {release: 1h}}\nlisten:"}, "schedules.expected.release: is no wait that a message ends"},
	})
}

func TestProblemsOfApps(t *testing.T) {
	const private, public = "private_key: MIIcanary-private", "- key: " + publicKey
	check(t, map[string]problem{
		"no id":                {[]string{"2021000000000001", ""}, "miniflow.yaml:3: apps[0].app_id: has to be the app's APPID"},
		"slash in the id":      {[]string{"2021000000000001", "2021/1"}, "apps[0].app_id: has to be"},
		"no environment":       {[]string{"environment: production", "environment:"}, "apps[0].environment: has to be one of [production sandbox]"},
		"another environment":  {[]string{"environment: production", "environment: prod"}, "apps[0].environment: has to be one of [production sandbox]"},
		"both":                 {[]string{"environment: production", "environment: production\n    endpoint: https://x/"}, "apps[0].endpoint: contradicts environment"},
		"endpoint in clear":    {[]string{"environment: production", "endpoint: http://10.0.0.1/gateway.do"}, "apps[0].endpoint: has to be https"},
		"no private key":       {[]string{private, "aes_key:"}, "apps[0].private_key: is missing"},
		"key and file":         {[]string{private, private + "\n    private_key_file: x"}, "is given twice, here and as apps[0].private_key_file (miniflow.yaml:6)"},
		"no alipay key":        {[]string{"    alipay_public_keys:\n      " + public, ""}, "apps[0].alipay_public_keys: is empty"},
		"empty alipay key":     {[]string{public, "- key:"}, "apps[0].alipay_public_keys[0].key: is missing"},
		"both modes":           {[]string{private, private + "\n    certificates: {app: x}"}, "apps[0].certificates: contradict alipay_public_keys"},
		"sign type":            {[]string{private, private + "\n    sign_types: [RSA2, SM9]"}, "apps[0].sign_types[1]: has to be one of [RSA2 RSA SM2]"},
		"two algorithms":       {[]string{private, private + "\n    sign_types: [RSA2, SM2]"}, "apps[0].sign_types: has SM2 and another"},
		"former, no end":       {[]string{private, private + "\n    former: {alipay_public_keys: [{key: x}]}"}, "apps[0].former.until: has to say until when"},
		"former, no moment":    {[]string{private, private + "\n    former: {alipay_public_keys: [{key: x}], until: friday}"}, "apps[0].former.until: has to say until when"},
		"former, nothing":      {[]string{private, private + "\n    former: {until: 2026-12-02T00:00:00+08:00}"}, "apps[0].former.alipay_public_keys: is empty"},
		"former, an empty key": {[]string{private, private + "\n    former: {alipay_public_keys: [{key: }], until: 2026-12-02T00:00:00+08:00}"}, "apps[0].former.alipay_public_keys[0].key: is missing"},
		"former, no roots":     {[]string{private, private + "\n    former: {alipay: [{cert: x}], until: 2026-12-02T00:00:00+08:00}"}, "apps[0].former.alipay: needs certificates.root"},
		"sha-1 alone":          {[]string{private, private + "\n    sign_types: [RSA]"}, "apps[0].sign_types: has to contain RSA2"},
		"aes key":              {[]string{private, private + "\n    aes_key: canary"}, "apps[0].aes_key: has to be the base64 of 16 bytes"},
		"channel":              {[]string{private, private + "\n    channel: ws"}, "apps[0].channel: has to be one of [http websocket]"},
		"channel nowhere":      {[]string{"environment: production", "endpoint: https://x/g\n    channel: websocket"}, "apps[0].channel_endpoint: is missing"},
		"channel of another":   {[]string{private, private + "\n    channel_endpoint: https://x"}, "apps[0].channel_endpoint: goes with endpoint alone"},
		"channel charset":      {[]string{private, private + "\n    channel_charset: big5"}, "apps[0].channel_charset: has to be one of [UTF-8 GBK]"},
		"mode":                 {[]string{private, private + "\n    mode: watch"}, "apps[0].mode: has to be one of [active observe]"},
		"observed connection":  {[]string{private, private + "\n    mode: observe\n    channel: websocket"}, "apps[0].channel: can't be websocket while mode is observe"},
		"no merchant":          {[]string{private, private + "\n    mode: observe\n    active_merchants: [\"\"]"}, "apps[0].active_merchants[0]: has to be a merchant_ref"},
		"a quoted merchant":    {[]string{private, private + "\n    active_merchants: [\"it's\"]"}, "apps[0].active_merchants[0]: no order can have a merchant_ref with"},
		"a merchant with room": {[]string{private, private + "\n    active_merchants: [a, \"b \"]"}, "apps[0].active_merchants[1]: has blanks around it"},
		"a merchant twice":     {[]string{private, private + "\n    active_merchants: [a, b, a]"}, "apps[0].active_merchants[2]: stands here twice"},
		"sdk version":          {[]string{private, private + "\n    sdk_version: a&b"}, "apps[0].sdk_version: has to be 1 to 64"},
		"encryption":           {[]string{private, private + "\n    encrypt_type: SM4"}, "apps[0].encrypt_type: has to be AES"},
		"encryption, no key":   {[]string{private, private + "\n    encrypt_type: AES"}, "apps[0].encrypt_type: needs aes_key"},
		"redirect in clear":    {[]string{private, private + "\n    redirect_uri: http://isv.example.com"}, "apps[0].redirect_uri: has to be https"},
		"merchant is the app":  {[]string{private, private + "\n    merchant_app_ids: [2021000000000001]"}, "apps[0].merchant_app_ids[0]: is the same id as apps[0].app_id"},
		"webhook unsigned":     {[]string{private, private + "\n    webhook: {url: https://x/}"}, "apps[0].webhook.secrets: events are signed, and there is no secret"},
		"webhook of no event":  {[]string{private, private + "\n    webhook: {url: https://x/, secrets: [{secret: whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3}], events: [order.created]}"}, "apps[0].webhook.events[0]: has to be one of [order.stage_changed"},
		"webhook nowhere":      {[]string{private, private + "\n    webhook: {events: [order.finished]}"}, "apps[0].webhook.url: is missing"},
		"webhook too fast":     {[]string{private, private + "\n    webhook: {url: https://x/, secrets: [{secret: whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3}], posts_per_second: 5000}"}, "apps[0].webhook.posts_per_second: has to be between 0 and 1000"},
		"webhook secret":       {[]string{private, private + "\n    webhook: {secrets: [{secret: whsec_canary}]}"}, "apps[0].webhook.secrets[0].secret: has to be whsec_"},
		"forward nowhere":      {[]string{private, private + "\n    forward: {scope: all}"}, "apps[0].forward.url: is missing"},
		"forward unsigned":     {[]string{private, private + "\n    forward: {url: https://x/}"}, "apps[0].forward.format: event is signed with webhook.secrets"},
		"forward scope":        {[]string{private, private + "\n    forward: {url: https://x/, format: raw, scope: some}"}, "apps[0].forward.scope: has to be one of"},
		"half certificates":    {[]string{"    alipay_public_keys:\n      " + public, "    certificates: {app: x, alipay: [{cert: y}]}"}, "apps[0].certificates.root: is missing"},
		"no application cert":  {[]string{"    alipay_public_keys:\n      " + public, "    certificates: {root: x, alipay: [{cert: y}]}"}, "apps[0].certificates.app: is missing"},
		"no alipay cert":       {[]string{"    alipay_public_keys:\n      " + public, "    certificates: {root: x, app: y}"}, "apps[0].certificates.alipay: is empty"},
		"an empty alipay cert": {[]string{"    alipay_public_keys:\n      " + public, "    certificates: {root: x, app: y, alipay: [{cert: }]}"}, "apps[0].certificates.alipay[0].cert: is missing"},
		"no app":               {[]string{whole()[strings.Index(whole(), "apps:"):strings.Index(whole(), "api_keys:")], ""}, "miniflow.yaml: apps: there is none"},
	})
}

func TestProblemsOfKeys(t *testing.T) {
	hash, entry := "key: "+apiKeyHash(), whole()[strings.Index(whole(), "  - name:"):strings.Index(whole(), "sealing:")]
	sealing := whole()[strings.Index(whole(), "sealing:"):]
	check(t, map[string]problem{
		"no api key":        {[]string{"api_keys:\n" + entry, ""}, "api_keys: there is none"},
		"no name":           {[]string{"name: backend", "name:"}, "api_keys[0].name: has to be a name of its own"},
		"no key":            {[]string{hash, "key:"}, "api_keys[0].key: is missing; write sha256:"},
		"half a hash":       {[]string{hash, "key: sha256:abcd"}, "api_keys[0].key: has to be sha256: and 64"},
		"in clear":          {[]string{hash, "key: " + apiKey}, "api_keys[0].key: stands in clear"},
		"no app":            {[]string{`["*"]`, "[]"}, "api_keys[0].apps: is empty"},
		"unknown app":       {[]string{`["*"]`, "[2021000000000009]"}, "api_keys[0].apps[0]: is no app_id of this configuration"},
		"no scope":          {[]string{"[read, write]", "[]"}, "api_keys[0].scopes: is empty"},
		"unknown scope":     {[]string{"[read, write]", "[admin]"}, "api_keys[0].scopes[0]: has to be one of [read write token audit]"},
		"same key twice":    {[]string{entry, entry + strings.Replace(entry, "backend", "other", 1)}, "api_keys[1].key: is the same key as api_keys[0]"},
		"sealing unsaid":    {[]string{sealing, ""}, "sealing: tokens and people's data would be readable in Temporal"},
		"sealing empty":     {[]string{sealing, "sealing: {keys: []}"}, "sealing: tokens and people's data would be readable"},
		"sealing id twice":  {[]string{"id: 2026-11", "id: 2026-11\n      key: " + sealingKey() + "\n    - id: 2026-11"}, "sealing.keys[1].id: has to be an id of its own, such as 2026-11; entry 0 has the same"},
		"sealing no id":     {[]string{"id: 2026-11", "id:"}, "sealing.keys[0].id: has to be"},
		"sealing short key": {[]string{sealingKey(), "Y2FuYXJ5"}, "sealing.keys[0].key: has to be the base64 of 32 bytes"},
	})
	b := newBundle(t)
	b.vars["MINIFLOW_API_KEYS_BACKEND_KEY"] = "canary-short"
	if got := b.refused(whole()); len(got) != 1 || !strings.Contains(got[0], "variable MINIFLOW_API_KEYS_BACKEND_KEY: api_keys[0].key: is shorter than 32") {
		t.Errorf("got %q", got)
	}
}

func TestAllProblemsAreToldAtOnce(t *testing.T) {
	b := newBundle(t)
	b.vars["MINIFLOW_LOG_LEVEL"] = "loud"
	b.vars["MINIFLOW_TEMPORAL_RETENTION_DAYS"] = "canary"
	got := b.refused("lisen: x\napps:\n  - app_id: a\n    chanel: http\napi_keys: canary\n")
	want := []string{
		`miniflow.yaml:1: "lisen" is no known key; did you mean "listen"?`,
		`miniflow.yaml:4: apps[0]: "chanel" is no known key; did you mean "channel"?`,
		"miniflow.yaml:5: api_keys: has to be a list",
		"variable MINIFLOW_TEMPORAL_RETENTION_DAYS: temporal.retention_days: has to be a whole number",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	delete(b.vars, "MINIFLOW_TEMPORAL_RETENTION_DAYS")
	if got := b.refused("apps: []\n"); len(got) != 4 {
		t.Errorf("apps, api_keys, sealing and the level are wrong, got %q", got)
	}
}

// One id must lead to one app, because a notification must lead to one app.
func TestDuplicateApps(t *testing.T) {
	app := whole()[strings.Index(whole(), "  - app_id"):strings.Index(whole(), "api_keys:")]
	second := strings.Replace(app, "2021000000000001", "2021000000000002", 1)
	for name, test := range map[string]struct{ add, want string }{
		"same id":           {app, "apps[1].app_id: is the same id as apps[0].app_id"},
		"another's id":      {second + "    merchant_app_ids: [2021000000000001]\n", "apps[1].merchant_app_ids[0]: is the same id as apps[0].app_id"},
		"a merchant's, two": {second + "    merchant_app_ids: [7, 7]\n", "apps[1].merchant_app_ids[1]: is the same id as apps[1].merchant_app_ids[0]"},
	} {
		got := newBundle(t).refused(whole(app, app+test.add))
		if len(got) != 1 || !strings.Contains(got[0], test.want) {
			t.Errorf("%s: got %q", name, got)
		}
	}
	newBundle(t).mustLoad(whole(app, app+second+"    merchant_app_ids: [7, 8]\n"))
}

func TestSimulatorKeysAreRefusedForAlipayItself(t *testing.T) {
	const mark = simulatorMark + "\n" // after the armour, where every PEM reader has stopped
	for name, test := range map[string]struct {
		place   string
		refused bool
	}{
		"production":           {"environment: production", true},
		"sandbox":              {"environment: sandbox", true},
		"production, spelled":  {"endpoint: https://OpenAPI.Alipay.com/gateway.do", true},
		"sandbox, spelled":     {"endpoint: https://openapi-sandbox.dl.alipaydev.com./gateway.do", true},
		"the bare domain":      {"endpoint: https://alipay.com/gateway.do", true},
		"another name":         {"endpoint: https://notalipay.com/gateway.do", false},
		"simulator":            {"endpoint: http://127.0.0.1:8090/gateway.do", false},
		"simulator on network": {"endpoint: https://simulator.internal/gateway.do", false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBundle(t)
			b.file("private.pem", pemText("PRIVATE KEY", []byte("canary"))+mark)
			b.file("public.pem", pemText("PUBLIC KEY", []byte("public"))+mark)
			text := whole("environment: production", test.place, "private_key: MIIcanary-private", "private_key_file: private.pem",
				"- key: "+publicKey, "- key_file: public.pem")
			if !test.refused {
				b.mustLoad(text)
				return
			}
			got := b.refused(text)
			if len(got) != 2 || !strings.Contains(got[0], "apps[0].private_key: was made by the simulator") ||
				!strings.Contains(got[1], "apps[0].alipay_public_keys[0].key: was made by the simulator") {
				t.Errorf("got %q", got)
			}
		})
	}
}

// TestCertificatesOfTheSimulator checks that they are refused for Alipay itself, because
// everybody who has the simulator's keys can sign under them.
func TestCertificatesOfTheSimulator(t *testing.T) {
	b := newBundle(t)
	for _, name := range []string{"app", "root", "alipay"} {
		b.file(name+".crt", pemText("CERTIFICATE", []byte("canary"))+simulatorMark+"\n")
	}
	text := whole("alipay_public_keys:\n      - key: "+publicKey,
		"certificates: {app_file: app.crt, root_file: root.crt, alipay: [{cert_file: alipay.crt}]}")
	got := strings.Join(b.refused(text), "\n")
	for _, field := range []string{"certificates.app", "certificates.root", "certificates.alipay[0].cert"} {
		if !strings.Contains(got, "apps[0]."+field+": was made by the simulator") {
			t.Errorf("%s: got %s", field, got)
		}
	}
	b.mustLoad(strings.Replace(text, "environment: production", "endpoint: http://127.0.0.1:8090/gateway.do", 1))
}

// TestFilesAreReadAsTheyAre checks that a byte order mark is not part of a secret, that lines
// of an armoured file keep their numbers, and that a binary file keeps every byte.
func TestFilesAreReadAsTheyAre(t *testing.T) {
	for name, test := range map[string]struct{ content, want string }{
		"a mark and line ends": {"\ufeffMIIcanary\r\n", "MIIcanary"},
		"armoured":             {"\n\n-----BEGIN X-----\nAA==\n-----END X-----\n", "\n\n-----BEGIN X-----\nAA==\n-----END X-----\n"},
		"binary":               {"\x30\x82\x01\x20 \n", "\x30\x82\x01\x20 \n"},
	} {
		b := newBundle(t)
		b.file("key", test.content)
		config := b.mustLoad("\ufeff" + whole("private_key: MIIcanary-private", "private_key_file: key"))
		if got := config.Apps[0].PrivateKey.Reveal(); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
