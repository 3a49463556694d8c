package telemetry

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/lmittmann/tint"
)

// Format is the shape of a log line. It depends on the reader, because people and collectors
// need different ones.
type Format string

const (
	// FormatAuto is text on a terminal and JSON elsewhere, because only people have
	// terminals.
	FormatAuto Format = "auto"
	// FormatJSON is one JSON object a line, because collectors split at line breaks.
	FormatJSON Format = "json"
	// FormatText is for people, so it has colours and short times; a collector could not parse
	// it.
	FormatText Format = "text"
)

// Formats returns every format, so that an error can list them.
func Formats() []Format { return []Format{FormatAuto, FormatJSON, FormatText} }

// LogOptions configure a logger. The zero value is JSON from level info on, because
// production is the common case.
type LogOptions struct {
	// Format is one of [Formats]; empty means [FormatAuto], which is right without being set.
	Format Format
	// Level is the lowest level that is written; nil means info. A *slog.LevelVar can change
	// later, so that a running process can be debugged.
	Level slog.Leveler
	// Terminal means that the writer is a terminal, see [IsTerminal]: only there colours are
	// readable.
	Terminal bool
}

// NewLogger returns a logger that redacts and escapes. It fails for an unknown format,
// because a silent default would surprise a collector.
func NewLogger(w io.Writer, options LogOptions) (*slog.Logger, error) {
	switch options.Format {
	case FormatText:
		return slog.New(NewRedactor(textHandler(w, options))), nil
	case FormatJSON:
		return slog.New(NewRedactor(jsonHandler(w, options))), nil
	case FormatAuto, "":
		if options.Terminal {
			return slog.New(NewRedactor(textHandler(w, options))), nil
		}
		return slog.New(NewRedactor(jsonHandler(w, options))), nil
	}
	return nil, fmt.Errorf("log format %q is unknown; take one of %v", options.Format, Formats())
}

func jsonHandler(w io.Writer, options LogOptions) slog.Handler {
	return slog.NewJSONHandler(w, &slog.HandlerOptions{Level: options.Level})
}

func textHandler(w io.Writer, options LogOptions) slog.Handler {
	return tint.NewTextHandler(w, &tint.Options{
		Level: options.Level, TimeFormat: time.TimeOnly, NoColor: !options.Terminal,
	})
}

// IsTerminal reports whether a file is a terminal that shows colours. The variable NO_COLOR
// (no-color.org), read through getenv so that tests can set it, turns them off.
func IsTerminal(file *os.File, getenv func(string) string) bool {
	if getenv("NO_COLOR") != "" || getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && file.Name() != os.DevNull
}
