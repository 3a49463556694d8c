package config

import (
	"time"

	"miniflow/order"
)

// Config is everything that `miniflow serve` needs to know but the connection to
// Temporal, which comes from Temporal's own environment variables and profiles.
type Config struct {
	// Listen is the address of the one HTTP server behind which every door stands:
	// Alipay's notifications, the ISV's REST API, health and metrics. TLS ends in
	// front of it. Default 127.0.0.1:8080, so that nothing is public by accident.
	Listen string `yaml:"listen"`
	// NotifyPath is the path of the application gateway URL (应用网关) that the
	// Alipay console has on record for every app. Default /alipay/notify.
	NotifyPath string `yaml:"notify_path"`
	// PublicURL is how people and Alipay reach Listen from outside, for links only.
	// Without it links are left out.
	PublicURL string `yaml:"public_url"`
	// Temporal says what Miniflow expects of the cluster that it is connected to.
	Temporal Temporal `yaml:"temporal"`
	// Apps are the third-party applications (第三方应用) served, side by side. At least one.
	Apps []App `yaml:"apps"`
	// APIKeys open the REST API. At least one: an API that nobody may call is a
	// mistake, and one that everybody may call is a worse one.
	APIKeys []APIKey `yaml:"api_keys"`
	// Sealing keeps tokens and people's data unreadable in Temporal. It has to be
	// said, keys or none: no default is right for everyone.
	Sealing Sealing `yaml:"sealing"`
	// Policy says who does each step of an order that does not say it itself.
	// Default: every step by itself, a person after a base pass.
	Policy order.Policy `yaml:"policy"`
	// Schedules are the paces of polls and the watchdogs. They travel in an order's
	// input: a change meets new orders only.
	Schedules order.Schedules `yaml:"schedules"`
	// Limits bound what strangers, callers and Miniflow itself may use.
	Limits Limits `yaml:"limits"`
	// Files bound what orders may name by {"url", "sha256"}.
	Files Files `yaml:"files"`
	// Log says how the log looks.
	Log Log `yaml:"log"`

	sources sources
}

// Temporal says what is expected of the cluster.
type Temporal struct {
	// UIURL is the base of the Temporal Web UI as operators reach it, for the link
	// in every order. Without it there is no link.
	UIURL string `yaml:"ui_url"`
	// RetentionDays is how long the namespace keeps finished orders; `miniflow
	// setup` sets it. A notification is recognised as a repeat for as long, so 35
	// days is the least. Default 90.
	RetentionDays int `yaml:"retention_days"`
}

// Limits bound what is used. All have to be positive.
type Limits struct {
	// AnswerWithin is how long Alipay's call waits for Temporal to accept before it
	// is answered `fail`; at most 2.5s, which is the default.
	AnswerWithin order.Duration `yaml:"answer_within"`
	// DoorConcurrency is how many notifications are worked on at once, both channels
	// together; more wait. Default 256.
	DoorConcurrency int `yaml:"door_concurrency"`
	// AlipayCallsPerSecond bounds the calls to Alipay made as one app, over all
	// workers. Alipay publishes no figure; default 10.
	AlipayCallsPerSecond float64 `yaml:"alipay_calls_per_second"`
	// APIRequestsPerSecond bounds one API key. Default 50.
	APIRequestsPerSecond float64 `yaml:"api_requests_per_second"`
	// APIBodyBytes is the largest body of the REST API. Default 1 MiB.
	APIBodyBytes int64 `yaml:"api_body_bytes"`
}

// Files bound files by reference.
type Files struct {
	// Allow lists what is not public and may be reached all the same: networks
	// (10.20.0.0/16), addresses, or hosts with a port (files.internal:9000). It
	// holds for files and for webhooks.
	Allow []string `yaml:"allow"`
	// MaxBytes is the largest file. Default 10 MiB, the largest that Alipay takes.
	MaxBytes int64 `yaml:"max_bytes"`
	// Timeout bounds one fetch. Default 30s.
	Timeout order.Duration `yaml:"timeout"`
}

// Log says how the log looks.
type Log struct {
	// Format is auto (text on a terminal, JSON elsewhere), json or text. Default auto.
	Format string `yaml:"format"`
	// Level is debug, info, warn or error. Default info.
	Level string `yaml:"level"`
}

const (
	leastRetentionDays   = 35
	defaultRetentionDays = 90
	mebibyte             = 1 << 20
)

// Defaults is a configuration in which everything that can have a default has it.
// It is not whole: apps, API keys and the word about sealing are the reader's.
func Defaults() *Config {
	return &Config{
		Listen:     "127.0.0.1:8080",
		NotifyPath: "/alipay/notify",
		Temporal:   Temporal{RetentionDays: defaultRetentionDays},
		Policy:     order.DefaultPolicy(),
		Schedules:  order.DefaultSchedules(),
		Limits: Limits{
			AnswerWithin:         order.Duration(maxAnswerWithin),
			DoorConcurrency:      256,
			AlipayCallsPerSecond: 10,
			APIRequestsPerSecond: 50,
			APIBodyBytes:         mebibyte,
		},
		Files: Files{MaxBytes: 10 * mebibyte, Timeout: order.Duration(30 * time.Second)},
		Log:   Log{Format: "auto", Level: "info"},
	}
}
