package telemetry

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"time"
)

// Redacted replaces a secret, the same text everywhere so that logs can be searched for it.
const Redacted = "[redacted]"

// Redactor is a slog.Handler that cleans records on their way to another handler, so that no
// call site can forget it.
type Redactor struct{ next slog.Handler }

// NewRedactor returns a redactor in front of next, so that it cleans whatever the format.
func NewRedactor(next slog.Handler) *Redactor { return &Redactor{next: next} }

// Enabled returns the next handler's answer, because only that knows the level.
func (r *Redactor) Enabled(ctx context.Context, level slog.Level) bool {
	return r.next.Enabled(ctx, level)
}

// Handle cleans the message too, because call sites build some messages from errors.
func (r *Redactor) Handle(ctx context.Context, record slog.Record) error {
	clean := slog.NewRecord(record.Time, record.Level, cleanProse(record.Message), record.PC)
	record.Attrs(func(attr slog.Attr) bool {
		clean.AddAttrs(cleanAttr(attr))
		return true
	})
	return r.next.Handle(ctx, clean)
}

// WithAttrs cleans the attributes here, so that later records don't pay for it.
func (r *Redactor) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &Redactor{next: r.next.WithAttrs(cleanAttrs(attrs))}
}

// WithGroup cleans the group's name, because it may come from data.
func (r *Redactor) WithGroup(name string) slog.Handler {
	return &Redactor{next: r.next.WithGroup(cleanText(name))}
}

func cleanAttrs(attrs []slog.Attr) []slog.Attr {
	clean := make([]slog.Attr, len(attrs))
	for i, attr := range attrs {
		clean[i] = cleanAttr(attr)
	}
	return clean
}

// cleanAttr resolves the value first, because a type that redacts itself (slog.LogValuer)
// knows best.
func cleanAttr(attr slog.Attr) slog.Attr {
	key, value := cleanText(attr.Key), attr.Value.Resolve()
	if value.Kind() == slog.KindGroup {
		return slog.Attr{Key: key, Value: slog.GroupValue(cleanAttrs(value.Group())...)}
	}
	if secretName(attr.Key) && !empty(value) {
		return slog.String(key, Redacted)
	}
	return slog.Attr{Key: key, Value: cleanValue(value)}
}

// empty reports whether a value is empty. Such values stay visible under secret names,
// because a missing token is worth knowing.
func empty(value slog.Value) bool {
	return value.Kind() == slog.KindString && value.String() == "" || value.Kind() == slog.KindAny && value.Any() == nil
}

func cleanValue(value slog.Value) slog.Value {
	switch value.Kind() {
	case slog.KindString:
		return slog.StringValue(cleanText(value.String()))
	case slog.KindAny:
		return cleanAny(value.Any())
	case slog.KindBool, slog.KindDuration, slog.KindFloat64, slog.KindInt64, slog.KindTime, slog.KindUint64:
		return value
	case slog.KindGroup, slog.KindLogValuer:
		// Both are gone after Resolve and cleanAttr; a new kind has to be added above before
		// it is shown.
	}
	return slog.StringValue(Redacted)
}

func cleanAny(value any) slog.Value {
	switch typed := value.(type) {
	case nil:
		return slog.AnyValue(nil)
	case error:
		return slog.StringValue(cleanProse(typed.Error()))
	case []byte:
		// Bytes are bodies, keys or ciphertext; a log needs only their number.
		return slog.StringValue(fmt.Sprintf("%d bytes", len(typed)))
	case *time.Location, time.Month, time.Weekday:
		return slog.StringValue(fmt.Sprint(typed))
	case fmt.Stringer:
		return slog.StringValue(cleanText(typed.String()))
	default:
		return cleanComposite(typed)
	}
}

// cleanComposite reads a struct, a map or a slice as its JSON, so that the names inside are
// treated like names of attributes and types redact themselves.
func cleanComposite(value any) slog.Value {
	text, err := json.Marshal(value)
	if err != nil {
		return slog.StringValue(fmt.Sprintf("%T", value))
	}
	var tree any
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	if err := decoder.Decode(&tree); err != nil {
		return slog.StringValue(fmt.Sprintf("%T", value))
	}
	return slog.AnyValue(cleanTree(tree))
}

func cleanTree(tree any) any {
	switch node := tree.(type) {
	case string:
		return cleanText(node)
	case []any:
		for i, child := range node {
			node[i] = cleanTree(child)
		}
		return node
	case map[string]any:
		clean := make(map[string]any, len(node))
		for name, child := range node {
			if secretName(name) && child != nil && child != "" {
				child = Redacted
			}
			clean[cleanText(name)] = cleanTree(child)
		}
		return clean
	default:
		return node
	}
}
