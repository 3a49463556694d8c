package config

import (
	"time"

	"miniflow/order"
)

// Config is the configuration of `miniflow serve`, except the connection to Temporal, which
// comes from Temporal's own environment variables and profiles so that its tools share them.
type Config struct {
	// Listen is the address of the HTTP server for Alipay's notifications, the ISV's REST
	// API, health and metrics. TLS has to end in front of it. Default 127.0.0.1:8080, so that
	// nothing is public by accident.
	Listen string `yaml:"listen"`
	// NotifyPath is the path of the application gateway URL (应用网关) that is entered in the
	// Alipay console for every app; one serves all, because messages name their app. Default
	// /alipay/notify.
	NotifyPath string `yaml:"notify_path"`
	// PublicURL is the address of Listen as people and Alipay see it. Without it links are
	// left out, because it can't be derived from Listen. Merchants' links are below it, at /m/,
	// which has to lead to a process with the role api; above 37 characters no SMS holds one.
	PublicURL string   `yaml:"public_url"`
	Temporal  Temporal `yaml:"temporal"`
	// Apps are the third-party applications (第三方应用) that are served, at least one, because
	// every order belongs to one.
	Apps []App `yaml:"apps"`
	// APIKeys grant access to the REST API. At least one, because an API that nobody may call
	// is a mistake, and one that everybody may call is a worse one.
	APIKeys []APIKey `yaml:"api_keys"`
	// Sealing keeps tokens and personal data unreadable in Temporal. It has to be set, to
	// keys or none, because no default is right for everyone.
	Sealing Sealing `yaml:"sealing"`
	// Policy is who does each step of an order that doesn't set it. Default: every step
	// automatically, a person after a base pass, because going online without promotion is a
	// business decision.
	Policy order.Policy `yaml:"policy"`
	// Schedules are the intervals of questions, looks and watchdogs. They are part of an order's
	// input, so a change affects only new orders; those of the Sweep are read by each pass.
	Schedules order.Schedules `yaml:"schedules"`
	// Door is how a notification is made durable before it is acknowledged.
	Door Door `yaml:"door"`
	// Limits bound what strangers, callers and Miniflow itself may use, because each shares
	// Temporal with the others.
	Limits Limits `yaml:"limits"`
	Files  Files  `yaml:"files"`
	// Console is who may use the pages at /console.
	Console Console `yaml:"console"`
	// Archive is where ended orders are kept for longer than Temporal retains them, sealed. Their
	// numbers are then refused for good. Without one both end with temporal.retention_days, because
	// only the operator knows a disk that all processes share.
	Archive FileStore `yaml:"archive"`
	// Audit keeps who did what.
	Audit Audit `yaml:"audit"`
	Log   Log   `yaml:"log"`

	sources sources
}

// Temporal is what Miniflow expects of its cluster, which it can't read from the connection.
type Temporal struct {
	// UIURL is the base of the Temporal Web UI as operators reach it. Without it orders have
	// no link, because the address inside the cluster is useless to them.
	UIURL string `yaml:"ui_url"`
	// RetentionDays is how long the namespace keeps finished orders; `miniflow setup` sets
	// it. A notification is recognised as a repeat for as long, so 35 days is the minimum.
	// Default 90.
	RetentionDays int `yaml:"retention_days"`
}

// Limits bound the use of resources. All have to be positive, because zero would stop the
// process from working.
type Limits struct {
	// AnswerWithin is how long a notification waits for Temporal to accept it before it is
	// answered `fail`; at most 2.5s, which is the default, because Alipay gives up later.
	AnswerWithin order.Duration `yaml:"answer_within"`
	// DoorConcurrency is how many notifications are handled at once, both channels together,
	// so that a burst doesn't exhaust Temporal; further ones wait. Default 256.
	DoorConcurrency int `yaml:"door_concurrency"`
	// AlipayCallsPerSecond is the budget of calls that all workers make as one app, because
	// Alipay counts them together. It publishes no limit; default 10.
	AlipayCallsPerSecond float64 `yaml:"alipay_calls_per_second"`
	// WorkflowCache is how many workflows a worker keeps ready in memory, those that it needed last
	// (Temporal's sticky workflow cache, some 100 KiB each). When something happens to another one,
	// its history is read again, so that orders which wait for days take no memory. Default 2000.
	WorkflowCache int `yaml:"workflow_cache"`
	// APIRequestsPerSecond bounds one API key, so that one caller can't starve the others.
	// Default 50.
	APIRequestsPerSecond float64 `yaml:"api_requests_per_second"`
	// APIBodyBytes is the largest body of the REST API. Default 1 MiB, because files are sent
	// by reference.
	APIBodyBytes int64 `yaml:"api_body_bytes"`
}

// Files bound files by reference, because their addresses come from callers, and name the store of
// those that are handed in.
type Files struct {
	// Allow lists addresses that are not public and may be reached nevertheless: networks
	// (10.20.0.0/16), addresses, or hosts with a port (files.internal:9000). It applies to
	// files and to webhooks.
	Allow []string `yaml:"allow"`
	// MaxBytes is the largest file. Default 10 MiB, because Alipay accepts no larger one.
	MaxBytes int64 `yaml:"max_bytes"`
	// Timeout bounds one fetch, so that a slow server delays only its own order. Default 30s.
	Timeout order.Duration `yaml:"timeout"`
	// Store is where POST /v1/files keeps what it takes. Without one that call is refused, because
	// only the operator knows a disk that all processes share.
	Store FileStore `yaml:"store"`
}

// Log is the format and level of the log; what is logged can't be configured, so that a
// support case always has the same lines.
type Log struct {
	// Format is auto (text on a terminal, JSON elsewhere), json or text. Default auto,
	// because people read terminals and programs read the rest.
	Format string `yaml:"format"`
	// Level is debug, info, warn or error. Default info, because debug has a line for every
	// query to Alipay.
	Level string `yaml:"level"`
}

const (
	leastRetentionDays   = 35
	defaultRetentionDays = 90
	mebibyte             = 1 << 20
)

// Defaults returns a configuration with every default set. It is incomplete: apps, API keys
// and sealing have no default, because only the operator knows them.
func Defaults() *Config {
	return &Config{
		Listen:     "127.0.0.1:8080",
		NotifyPath: "/alipay/notify",
		Temporal:   Temporal{RetentionDays: defaultRetentionDays},
		Policy:     order.DefaultPolicy(),
		Schedules:  order.DefaultSchedules(),
		Door: Door{Accept: AcceptTemporal, Journal: Journal{
			MaxMessages: 100_000,
			MaxBytes:    512 * mebibyte,
			MaxAge:      order.Duration(24 * time.Hour),
		}},
		Limits: Limits{
			AnswerWithin:         order.Duration(maxAnswerWithin),
			DoorConcurrency:      256,
			WorkflowCache:        2000,
			AlipayCallsPerSecond: 10,
			APIRequestsPerSecond: 50,
			APIBodyBytes:         mebibyte,
		},
		Files:   Files{MaxBytes: 10 * mebibyte, Timeout: order.Duration(30 * time.Second)},
		Console: Console{Idle: order.Duration(defaultIdle), OIDC: OIDC{Claim: "email"}},
		Audit:   Audit{KeepDays: defaultAuditDays},
		Log:     Log{Format: "auto", Level: "info"},
	}
}
