package telemetry

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"
)

func none(string) string { return "" }

func TestFormats(t *testing.T) {
	for name, test := range map[string]struct {
		options LogOptions
		json    bool
		colour  bool
	}{
		"file":               {LogOptions{}, true, false},
		"terminal":           {LogOptions{Terminal: true}, false, true},
		"auto in a file":     {LogOptions{Format: FormatAuto}, true, false},
		"json on a terminal": {LogOptions{Format: FormatJSON, Terminal: true}, true, false},
		"text in a file":     {LogOptions{Format: FormatText}, false, false},
		"text on a terminal": {LogOptions{Format: FormatText, Terminal: true}, false, true},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			logger, err := NewLogger(&out, test.options)
			if err != nil {
				t.Fatal(err)
			}
			logger.Info("started", "roles", "door")
			if got := strings.HasPrefix(out.String(), "{"); got != test.json {
				t.Errorf("json is %t: %q", got, out.String())
			}
			if got := strings.Contains(out.String(), "\x1b["); got != test.colour {
				t.Errorf("colour is %t: %q", got, out.String())
			}
		})
	}
	if _, err := NewLogger(&bytes.Buffer{}, LogOptions{Format: "xml"}); err == nil || !strings.Contains(err.Error(), "json") {
		t.Errorf("an unknown format has to name the known ones: %v", err)
	}
}

func TestLevelHoldsAndCanChange(t *testing.T) {
	var out bytes.Buffer
	level := new(slog.LevelVar)
	level.Set(slog.LevelWarn)
	logger, err := NewLogger(&out, LogOptions{Format: FormatJSON, Level: level})
	if err != nil {
		t.Fatal(err)
	}
	logger.Info("quiet")
	level.Set(slog.LevelDebug)
	logger.Debug("loud")
	if text := out.String(); strings.Contains(text, "quiet") || !strings.Contains(text, "loud") {
		t.Errorf("got %s", text)
	}
}

func TestIsTerminal(t *testing.T) {
	file, err := os.Create(t.TempDir() + "/log")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	if IsTerminal(file, none) {
		t.Error("a file is a terminal")
	}
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = null.Close() }()
	if IsTerminal(null, none) {
		t.Error("/dev/null is a terminal")
	}
	// Any character device serves as a terminal here; the variable decides before the device
	// is asked.
	device, err := os.Open("/dev/zero")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = device.Close() }()
	if !IsTerminal(device, none) {
		t.Error("a character device is no terminal")
	}
	for _, variable := range []string{"NO_COLOR=1", "TERM=dumb"} {
		name, value, _ := strings.Cut(variable, "=")
		if IsTerminal(device, func(asked string) string { return map[string]string{name: value}[asked] }) {
			t.Errorf("%s is not respected", variable)
		}
	}
}
