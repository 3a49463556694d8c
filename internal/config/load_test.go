package config

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"

	"miniflow/order"
)

func TestWholeConfigurationLoadsOverTheDefaults(t *testing.T) {
	config := newBundle(t).mustLoad(whole())
	if config.Listen != "127.0.0.1:8080" || config.NotifyPath != "/alipay/notify" || config.Temporal.RetentionDays != 90 {
		t.Errorf("server: %q %q %d", config.Listen, config.NotifyPath, config.Temporal.RetentionDays)
	}
	app := config.Apps[0]
	if app.ID != "2021000000000001" || app.PrivateKey.Reveal() != "MIIcanary-private" || app.Channel != ChannelHTTP {
		t.Errorf("app: %q %q", app.ID, app.Channel)
	}
	if len(app.SignTypes) > 0 {
		t.Errorf("sign_types %v: the private key decides where none are named", app.SignTypes)
	}
	if config.APIKeys[0].Digest() != sha256.Sum256([]byte(apiKey)) {
		t.Error("the API key's digest is not the SHA-256 of the key")
	}
	if diff := cmp.Diff(order.DefaultSchedules(), config.Schedules); diff != "" {
		t.Error(diff)
	}
	if config.Policy != order.DefaultPolicy() {
		t.Errorf("policy: %+v", config.Policy)
	}
}

func TestEveryKindOfValueIsRead(t *testing.T) {
	config := newBundle(t).mustLoad(whole("listen: 127.0.0.1:8080", `listen: ":9"
temporal: {ui_url: "http://10.0.0.1:8233/ui", retention_days: 35}
policy:
  submit: manual
schedules:
  audit: 5m*2 1h
  agree_for: 90s
  watchdogs: {auditing: 24h}
limits:
  answer_within: 2500ms
  alipay_calls_per_second: 0.5
files:
  allow: [10.0.0.0/8, "files.internal:9000"]
public_url:`, "MIIcanary-private", `|
      -----BEGIN PRIVATE KEY-----
      MIIcanary
      -----END PRIVATE KEY-----`, "keys:\n    - id", "accept_plain: true\n  keys:\n    - id"))
	schedules := order.DefaultSchedules()
	schedules.Audit = order.Schedule{{Every: 5 * time.Minute, Times: 2}, {Every: time.Hour}}
	schedules.AgreeFor = order.Duration(90 * time.Second)
	schedules.Watchdogs[order.StageAuditing] = order.Duration(24 * time.Hour)
	got := []any{
		config.Listen, config.Temporal, config.Policy.Submit, config.Policy.Create, config.Schedules,
		config.Limits.AnswerWithin.Std(), config.Limits.AlipayCallsPerSecond, config.Limits.DoorConcurrency,
		config.Files.Allow, config.PublicURL, config.Sealing.AcceptPlain, config.Apps[0].PrivateKey.Reveal(),
	}
	want := []any{
		":9", Temporal{UIURL: "http://10.0.0.1:8233/ui", RetentionDays: 35}, order.StepManual, order.StepAuto, schedules,
		2500 * time.Millisecond, 0.5, 256,
		[]string{"10.0.0.0/8", "files.internal:9000"}, "", true, "-----BEGIN PRIVATE KEY-----\nMIIcanary\n-----END PRIVATE KEY-----\n",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestExampleLoadsAndIsBilingual(t *testing.T) {
	b := newBundle(t)
	b.file("keys/app_private.pem", "-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----\n")
	b.file("keys/alipay_public.pem", publicKey)
	b.file("keys/api_key.txt", apiKey+"\n")
	b.file("keys/sealing_key.txt", sealingKey()+"\n")
	config := b.mustLoad(string(Example()))

	defaults := Defaults()
	defaults.Apps, defaults.APIKeys, defaults.Sealing = config.Apps, config.APIKeys, config.Sealing
	defaults.Files.Allow = []string{}
	defaults.Console.MerchantGroups, defaults.Console.TrustedProxies, defaults.Console.OIDC.Scopes = map[string][]string{}, []string{}, []string{}
	defaults.sources = config.sources
	if diff := cmp.Diff(defaults, config, cmp.AllowUnexported(Config{}, sources{}, source{})); diff != "" {
		t.Errorf("the example differs from the defaults that it says it shows (-default +example):\n%s", diff)
	}
	comments, chinese := 0, 0
	for line := range strings.SplitSeq(string(Example()), "\n") {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			comments++
			if strings.IndexFunc(line, func(r rune) bool { return unicode.Is(unicode.Han, r) }) >= 0 {
				chinese++
			}
		}
	}
	if comments < 60 || chinese < 25 {
		t.Errorf("%d comments, %d of them in Chinese", comments, chinese)
	}
}

// The commented lines of the example have to be right too: without the comment signs, all
// keys are known.
func TestExampleKnowsEveryKeyThatItComments(t *testing.T) {
	b := newBundle(t)
	var lines []string
	for line := range strings.SplitSeq(string(Example()), "\n") {
		indent, comment, found := strings.Cut(line, "# ")
		if key, _, setting := strings.Cut(comment, ":"); found && setting && strings.TrimSpace(indent) == "" &&
			strings.Trim(key, "abcdefghijklmnopqrstuvwxyz_ -") == "" && !strings.Contains(strings.TrimLeft(key, "- "), " ") {
			line = indent + comment
		}
		lines = append(lines, line)
	}
	text := strings.Join(lines, "\n")
	for _, key := range []string{"    certificates:", "    webhook:", "    forward:", "  accept_plain: true", "public_url: https"} {
		if !strings.Contains(text, "\n"+key) {
			t.Fatalf("%q was not taken out of its comment", key)
		}
	}
	for _, problem := range b.refused(text) {
		if strings.Contains(problem, "no known key") || strings.Contains(problem, "not YAML") {
			t.Error(problem)
		}
	}
}

func TestSecretsComeFromFilesAndVariables(t *testing.T) {
	b := newBundle(t)
	b.file("app.pem", "\nMIIcanary-from-file\n\n")
	absolute := b.file("elsewhere/api.txt", apiKey)
	b.vars["MINIFLOW_API_KEYS_BACKEND_KEY_FILE"] = absolute
	b.vars["MINIFLOW_SEALING_KEYS_2026_11_KEY"] = sealingKey()
	b.vars["MINIFLOW_APPS_2021000000000001_ALIPAY_PUBLIC_KEYS_0_KEY"] = "MIIB-by-variable"
	config := b.mustLoad(whole("private_key: MIIcanary-private", "private_key_file: app.pem", "      key: "+sealingKey(), ""))

	if got := config.Apps[0].PrivateKey.Reveal(); got != "MIIcanary-from-file" {
		t.Errorf("private key is %q", got)
	}
	if got := config.APIKeys[0].Key.Reveal(); got != apiKey {
		t.Errorf("the variable's file has to beat the text in the configuration, got %q", got)
	}
	if config.Sealing.Keys[0].Key.Reveal() != sealingKey() || config.Apps[0].AlipayPublicKeys[0].Key != "MIIB-by-variable" {
		t.Error("a variable was not read")
	}
	for path, want := range map[string]string{
		"apps[0].private_key":               "miniflow.yaml:5 (file " + b.dir + "/app.pem)",
		"api_keys[0].key":                   "variable MINIFLOW_API_KEYS_BACKEND_KEY_FILE (file " + absolute + ")",
		"sealing.keys[0].key":               "variable MINIFLOW_SEALING_KEYS_2026_11_KEY",
		"apps[0].alipay_public_keys[0].key": "variable MINIFLOW_APPS_2021000000000001_ALIPAY_PUBLIC_KEYS_0_KEY",
		"apps[0].app_id":                    "miniflow.yaml:3",
		"apps[0].aes_key":                   "miniflow.yaml:3",
		"limits.door_concurrency":           "miniflow.yaml",
	} {
		if got := config.Where(path); got != want {
			t.Errorf("%s comes from %q, want %q", path, got, want)
		}
	}
}

func TestAVariableBeatsTheFileWhicheverFormEachHas(t *testing.T) {
	const variable = "MINIFLOW_APPS_2021000000000001_PRIVATE_KEY"
	b := newBundle(t)
	b.vars[variable] = "MIIcanary-by-variable"
	app := b.mustLoad(whole("private_key: MIIcanary-private", "private_key_file: gone.pem")).Apps[0]
	if app.PrivateKey.Reveal() != "MIIcanary-by-variable" || app.PrivateKeyFile != "" {
		t.Errorf("text over file: %q %q", app.PrivateKey.Reveal(), app.PrivateKeyFile)
	}
	b.vars[variable+"_FILE"] = "x"
	if got := b.refused(whole()); len(got) != 1 || !strings.Contains(got[0], "is given twice") {
		t.Errorf("two variables that contradict each other: %q", got)
	}
}

func TestVariablesOverrideEveryKindOfField(t *testing.T) {
	b := newBundle(t)
	b.vars = map[string]string{
		"MINIFLOW_LISTEN": ":1", "MINIFLOW_LOG_LEVEL": "warn", "MINIFLOW_TEMPORAL_RETENTION_DAYS": "40",
		"MINIFLOW_LIMITS_ANSWER_WITHIN": "1s", "MINIFLOW_LIMITS_API_BODY_BYTES": "5", "MINIFLOW_LIMITS_ALIPAY_CALLS_PER_SECOND": "2.5",
		"MINIFLOW_FILES_ALLOW": "10.0.0.0/8, files.internal:9000", "MINIFLOW_SCHEDULES_AUDIT": "1h", "MINIFLOW_POLICY_SUBMIT": "manual",
		"MINIFLOW_DOOR_ACCEPT": "journal", "MINIFLOW_DOOR_JOURNAL_DIR": "/j", "MINIFLOW_DOOR_JOURNAL_MAX_MESSAGES": "7", "MINIFLOW_DOOR_JOURNAL_MAX_AGE": "1h",
		"MINIFLOW_SEALING": "none", "MINIFLOW_APPS_2021000000000001_ENVIRONMENT": "sandbox", "MINIFLOW_API_KEYS_BACKEND_SCOPES": "read",
	}
	config := b.mustLoad(whole())
	got := []any{
		config.Listen, config.Log.Level, config.Temporal.RetentionDays, config.Limits.AnswerWithin.Std(), config.Limits.APIBodyBytes,
		config.Limits.AlipayCallsPerSecond, config.Files.Allow, config.Schedules.Audit.String(), config.Policy.Submit,
		config.Sealing.None, len(config.Sealing.Keys), config.Apps[0].Environment, config.APIKeys[0].Scopes,
		config.Door.Accept, config.Door.Journal.Dir, config.Door.Journal.MaxMessages, config.Door.Journal.MaxAge.Std(),
	}
	want := []any{
		":1", "warn", 40, time.Second, int64(5), 2.5, []string{"10.0.0.0/8", "files.internal:9000"}, "1h0m0s", order.StepManual,
		true, 0, Sandbox, []Scope{ScopeRead}, AcceptJournal, "/j", 7, time.Hour,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if where := config.Where("log.level"); where != "variable MINIFLOW_LOG_LEVEL" {
		t.Errorf("log.level comes from %q", where)
	}
}

func TestVariablesAloneNeedNoFile(t *testing.T) {
	_, err := Load("", func(name string) string { return map[string]string{"MINIFLOW_SEALING": "none"}[name] })
	if err == nil || !strings.Contains(err.Error(), "configuration: apps: there is none") || strings.Contains(err.Error(), "sealing") {
		t.Errorf("got %v", err)
	}
}

func TestUnknownVariablesAreNamed(t *testing.T) {
	config := newBundle(t).mustLoad(whole())
	problems := config.UnknownVariables([]string{
		"PATH=/bin", "MINIFLOW_LISTEN=:1", "MINIFLOW_LISTN=:1", "MINIFLOW_APPS_2021000000000001_PRIVATE_KEY_FILE=x",
		"MINIFLOW_APPS_2021000000000002_PRIVATE_KEY=" + canary, "MINIFLOW_FROBNICATE=1", "MINIFLOWER=1",
	})
	want := []string{
		"variable MINIFLOW_LISTN: no such setting; did you mean MINIFLOW_LISTEN?",
		"variable MINIFLOW_APPS_2021000000000002_PRIVATE_KEY: no such setting; did you mean MINIFLOW_APPS_2021000000000001_PRIVATE_KEY?",
		"variable MINIFLOW_FROBNICATE: no such setting; see `miniflow config example` for the names",
	}
	got := make([]string, len(problems))
	for i, problem := range problems {
		got[i] = problem.String()
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestMissingFilesAreErrors(t *testing.T) {
	_, err := Load(filepath.Join(t.TempDir(), "none.yaml"), os.Getenv)
	if err == nil || !strings.Contains(err.Error(), "config example") {
		t.Errorf("got %v", err)
	}
	b := newBundle(t)
	b.file("empty.txt", " \n")
	b.file("large.txt", strings.Repeat("x", maxFileBytes+1))
	got := b.refused(whole("private_key: MIIcanary-private", "private_key_file: gone.pem\n    aes_key_file: empty.txt",
		"key: "+apiKeyHash(), "key_file: large.txt"))
	want := []string{
		"miniflow.yaml:5: apps[0].private_key_file: the file can't be read: open gone.pem: no such file or directory",
		"miniflow.yaml:6: apps[0].aes_key_file: the file empty.txt is empty",
		"miniflow.yaml:11: api_keys[0].key_file: the file can't be read: large.txt is larger than 1 MiB; this is not the right file",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSecretsNeverPrint(t *testing.T) {
	config := newBundle(t).mustLoad(whole())
	if value := slog.AnyValue(config.Apps[0].PrivateKey).Resolve(); value.Kind() != slog.KindString || value.String() != Redacted {
		t.Errorf("a log handler is handed %v", value.Kind())
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("loaded", "key", config.Apps[0].PrivateKey, "config", config)
	asJSON, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{log.String(), string(asJSON), string(asYAML)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
		texts = append(texts, fmt.Sprintf(verb, config), fmt.Sprintf(verb, config.Apps[0].PrivateKey), fmt.Sprintf(verb, *config))
	}
	for _, text := range texts {
		if strings.Contains(text, "canary-private") || strings.Contains(text, sealingKey()) {
			t.Errorf("shown: %.300s", text)
		}
	}
	if !strings.Contains(string(asYAML), Redacted) || fmt.Sprint(Secret("")) != "" {
		t.Error("a secret has to be visible as redacted, and an empty one as empty")
	}
}

func TestAddressesOfEnvironments(t *testing.T) {
	for name, test := range map[string]struct {
		app              App
		gateway, channel string
	}{
		"production": {App{Environment: Production}, "https://openapi.alipay.com/gateway.do", "https://openchannel.alipay.com"},
		"sandbox":    {App{Environment: Sandbox}, "https://openapi-sandbox.dl.alipaydev.com/gateway.do", "https://openchannel-sandbox.dl.alipaydev.com"},
		"simulator":  {App{Endpoint: "http://127.0.0.1:1/gateway.do"}, "http://127.0.0.1:1/gateway.do", ""},
		"both":       {App{Endpoint: "http://127.0.0.1:1/g", ChannelEndpoint: "http://127.0.0.1:1/"}, "http://127.0.0.1:1/g", "http://127.0.0.1:1"},
	} {
		if test.app.GatewayURL() != test.gateway || test.app.ChannelURL() != test.channel {
			t.Errorf("%s: %s %s", name, test.app.GatewayURL(), test.app.ChannelURL())
		}
	}
}

// A program that contains Miniflow makes its configuration itself, without a file.
func TestConfigurationMadeByHand(t *testing.T) {
	config := Defaults()
	config.Apps = []App{{
		ID: "2021000000000001", Endpoint: "http://127.0.0.1:8090/gateway.do", PrivateKey: simulatorMark,
		AlipayPublicKeys: []PublicKey{{Key: publicKey}},
	}}
	config.APIKeys = []APIKey{{Name: "local", Key: Secret(apiKey), Apps: []string{"*"}, Scopes: Scopes()}}
	config.Sealing = Sealing{Keys: []SealingKey{{ID: "1", Key: Secret(sealingKey())}}}
	config.Fill()
	if problems := config.Validate(); len(problems) > 0 {
		t.Error(problems)
	}
	config.Apps[0].ID = ""
	if problems := config.Validate(); len(problems) != 1 || problems[0].Where != "configuration" {
		t.Errorf("got %v", problems)
	}
}
