package config

import (
	"encoding/base64"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"miniflow/order"
)

type validator struct {
	config   *Config
	problems Problems
}

func (v *validator) problem(path, format string, args ...any) {
	v.config.problem(&v.problems, path, format, args...)
}

// Validate checks every field and every relation between fields, and returns all problems, so
// that an operator corrects them in one go. [Load] has called it already.
func (c *Config) Validate() Problems {
	v := &validator{config: c}
	v.server()
	v.apps()
	v.apiKeys()
	v.sealing()
	v.policy()
	v.door()
	v.schedules()
	v.limits()
	v.fileStore()
	v.console()
	v.audit()
	oneOf(v, "log.format", c.Log.Format, []string{"auto", "json", "text"})
	oneOf(v, "log.level", c.Log.Level, []string{"debug", "info", "warn", "error"})
	return v.problems
}

func oneOf[T ~string](v *validator, path string, value T, allowed []T) {
	if !slices.Contains(allowed, value) {
		v.problem(path, "has to be one of %v", allowed)
	}
}

func (v *validator) server() {
	c := v.config
	if _, port, err := net.SplitHostPort(c.Listen); err != nil || !isPort(port) {
		v.problem("listen", "has to be a host and a port, such as 127.0.0.1:8080 or :8080")
	}
	if c.NotifyPath != path.Clean(c.NotifyPath) || !path.IsAbs(c.NotifyPath) || strings.ContainsAny(c.NotifyPath, "?#%{} ") || reserved(c.NotifyPath) {
		v.problem("notify_path", "has to be a plain path such as /alipay/notify, and none of the API's own")
	}
	if c.PublicURL != "" {
		v.url("public_url", c.PublicURL)
	}
	if c.Temporal.UIURL != "" {
		v.anyURL("temporal.ui_url", c.Temporal.UIURL)
	}
	if c.Temporal.RetentionDays < leastRetentionDays {
		v.problem("temporal.retention_days", "has to be at least %d: a repeated notification is recognised for as long", leastRetentionDays)
	}
}

func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}

// reserved reports whether a path belongs to the API, health or metrics, which a notify_path
// would hide.
func reserved(at string) bool {
	first, _, _ := strings.Cut(strings.TrimPrefix(at, "/"), "/")
	return slices.Contains([]string{"", "v1", "m", "healthz", "readyz", "metrics", "docs", "openapi.json", "console"}, first)
}

// anyURL requires an absolute http or https URL without user, query and fragment, because
// paths are appended to it and it is logged.
func (v *validator) anyURL(path, text string) *url.URL {
	parsed, err := url.Parse(text)
	if err != nil || parsed.Scheme != "http" && parsed.Scheme != "https" || parsed.Hostname() == "" {
		v.problem(path, "has to be an absolute URL such as https://miniflow.example.com")
		return nil
	}
	if parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" {
		v.problem(path, "has to be a URL without user, query and fragment")
		return nil
	}
	return parsed
}

// url additionally requires https, because signed calls and merchants' redirects go there; a
// host on loopback is exempt.
func (v *validator) url(path, text string) {
	if parsed := v.anyURL(path, text); parsed != nil && parsed.Scheme != "https" && !loopback(parsed.Hostname()) {
		v.problem(path, "has to be https: what goes there must not be read or changed on the way; plain http is for loopback")
	}
}

func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.Unmap().IsLoopback()
}

func (v *validator) apiKeys() {
	if len(v.config.APIKeys) == 0 {
		v.problem("api_keys", "there is none, so nobody could use the API; add one with a name, a key, its apps and scopes")
	}
	names, digests := map[string]int{}, map[[32]byte]int{}
	for i, key := range v.config.APIKeys {
		at := fmt.Sprintf("api_keys[%d]", i)
		if first, again := names[key.Name]; again || key.Name == "" {
			v.problem(at+".name", "has to be a name of its own%s", sameAs(again, first))
		} else {
			names[key.Name] = i
		}
		v.apiKey(at, key)
		if first, again := digests[key.Digest()]; again && key.Key != "" {
			v.problem(at+".key", "is the same key as api_keys[%d]; give each caller its own", first)
		} else {
			digests[key.Digest()] = i
		}
	}
}

func sameAs(again bool, first int) string {
	if !again {
		return ""
	}
	return fmt.Sprintf("; entry %d has the same", first)
}

// leastKeyLength is the minimum length of a key in clear: 128 bits have 32 hexadecimal
// digits, and fewer could be guessed.
const leastKeyLength = 32

func (v *validator) apiKey(at string, key APIKey) {
	switch text := key.Key.Reveal(); {
	case text == "":
		v.problem(at+".key", "is missing; write sha256: and the key's SHA-256, as `printf %%s \"$KEY\" | sha256sum` prints it")
	case strings.HasPrefix(text, hashPrefix):
		if key.Digest() == [32]byte{} {
			v.problem(at+".key", "has to be sha256: and 64 hexadecimal digits")
		}
	case v.config.sources.inline(at + ".key"):
		v.problem(at+".key", "stands in clear in the configuration; write sha256: and its SHA-256, or use key_file or a variable")
	case len(text) < leastKeyLength:
		v.problem(at+".key", "is shorter than %d characters; make one with `openssl rand -hex 32`", leastKeyLength)
	}
	if len(key.Apps) == 0 {
		v.problem(at+".apps", "is empty; name the app ids, or \"*\" for every app")
	}
	for j, app := range key.Apps {
		if app != "*" && !slices.ContainsFunc(v.config.Apps, func(a App) bool { return a.ID == app }) {
			v.problem(fmt.Sprintf("%s.apps[%d]", at, j), "is no app_id of this configuration")
		}
	}
	v.merchants(at+".merchants", key.Merchants)
	if len(key.Scopes) == 0 {
		v.problem(at+".scopes", "is empty; name some of %v", Scopes())
	}
	for j, scope := range key.Scopes {
		oneOf(v, fmt.Sprintf("%s.scopes[%d]", at, j), scope, Scopes())
	}
}

func (v *validator) sealing() {
	sealing := v.config.Sealing
	switch {
	case sealing.None:
		return
	case len(sealing.Keys) == 0:
		v.problem("sealing", "tokens and people's data would be readable in Temporal; give sealing.keys, or write `sealing: none` if that is meant")
	}
	ids := map[string]int{}
	for i, key := range sealing.Keys {
		at := fmt.Sprintf("sealing.keys[%d]", i)
		if first, again := ids[key.ID]; again || key.ID == "" {
			v.problem(at+".id", "has to be an id of its own, such as 2026-11%s", sameAs(again, first))
		} else {
			ids[key.ID] = i
		}
		if bytes, err := base64.StdEncoding.DecodeString(key.Key.Reveal()); err != nil || len(bytes) != 32 {
			v.problem(at+".key", "has to be the base64 of 32 bytes; make one with `openssl rand -base64 32`")
		}
	}
}

func (v *validator) policy() {
	policy := v.config.Policy
	oneOf(v, "policy.create", policy.Create, order.StepModes())
	oneOf(v, "policy.upload", policy.Upload, order.StepModes())
	oneOf(v, "policy.submit", policy.Submit, order.StepModes())
	oneOf(v, "policy.release", policy.Release, order.StepModes())
	oneOf(v, "policy.on_base_pass", policy.OnBasePass, order.BasePassPolicies())
}

// maxAnswerWithin leaves half a second for the rest of an answer, because it is due within 3
// s.
const maxAnswerWithin = 2500 * time.Millisecond

func (v *validator) limits() {
	limits, files := v.config.Limits, v.config.Files
	for _, limit := range []struct {
		path     string
		positive bool
	}{
		{"limits.answer_within", limits.AnswerWithin > 0},
		{"limits.door_concurrency", limits.DoorConcurrency > 0},
		{"limits.workflow_cache", limits.WorkflowCache > 0},
		{"limits.alipay_calls_per_second", limits.AlipayCallsPerSecond > 0},
		{"limits.api_requests_per_second", limits.APIRequestsPerSecond > 0},
		{"limits.api_body_bytes", limits.APIBodyBytes > 0},
		{"files.max_bytes", files.MaxBytes > 0},
		{"files.timeout", files.Timeout > 0},
	} {
		if !limit.positive {
			v.problem(limit.path, "has to be more than nothing")
		}
	}
	if limits.AnswerWithin.Std() > maxAnswerWithin {
		v.problem("limits.answer_within", "is more than %v; the door answers Alipay within 3 s, whatever Temporal does", maxAnswerWithin)
	}
}
