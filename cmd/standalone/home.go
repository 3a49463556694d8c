package main

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"miniflow/alipay/keys"
	"miniflow/cmd/standalone/internal/kept"
	"miniflow/internal/telemetry"
)

// The standalone and its simulator share this app, each with its half of the keys, so that one
// directory holds both.
const appID = "2021000000000000"

// home is the data directory: what has to be the same after a restart, and
// nothing that names an address.
type home struct {
	dir     string
	log     *slog.Logger
	logFile *os.File
	// apiKey opens the REST API; sealingKey seals what Temporal keeps; webhookSecret signs
	// what the ISV's backend receives. They are made once, because another sealingKey could
	// open nothing.
	apiKey, sealingKey, webhookSecret string
	// consolePassword is the first one of the console's first account; empty where somebody has
	// taken it away.
	consolePassword string
}

// openHome makes the directory and what is missing in it. Every file is whole
// before it has its name, so a process that dies here leaves nothing half-made.
func openHome(line flags) (*home, error) {
	if err := os.MkdirAll(line.DataDir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w; choose another with --data-dir", err)
	}
	// The names of the files are in the documents, so a curl can take its key from api-key.
	h := &home{dir: line.DataDir}
	var err error
	if h.apiKey, err = kept.Secret(h.path("api-key")); err != nil {
		return nil, err
	}
	if h.sealingKey, err = kept.Secret(h.path("sealing-key")); err != nil {
		return nil, err
	}
	if h.webhookSecret, err = kept.Secret(h.path("webhook-secret")); err != nil {
		return nil, err
	}
	h.webhookSecret = "whsec_" + h.webhookSecret
	if h.consolePassword, err = kept.Account(h.path("people.yaml"), h.path("console-password.txt"), time.Now()); err != nil {
		return nil, err
	}
	if err := makeKeys(h.path("keys"), keys.SignType(line.SignType)); err != nil {
		return nil, err
	}
	var level slog.Level
	if err := level.UnmarshalText([]byte(line.LogLevel)); err != nil {
		return nil, err
	}
	// A file and not the terminal, where the table of orders is drawn. It is appended to, so that
	// what led to a restart stays readable.
	h.logFile, err = os.OpenFile(h.path("miniflow.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("open the log: %w", err)
	}
	h.log, err = telemetry.NewLogger(h.logFile, telemetry.LogOptions{Format: telemetry.FormatJSON, Level: level})
	return h, err
}

// Every place is below one directory, so that removing it is a new beginning.
func (h *home) path(parts ...string) string {
	return filepath.Join(append([]string{h.dir}, parts...)...)
}

// close ends the log. It is the last thing that happens, so that every part can still write.
func (h *home) close() { _ = h.logFile.Close() }

// key reads one of the generated keys. They are the simulator's files: both sides read the same ones.
func (h *home) key(name string) (string, error) {
	text, err := os.ReadFile(h.path("keys", appID, name))
	return string(text), err
}
