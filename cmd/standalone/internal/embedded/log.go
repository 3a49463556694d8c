package embedded

import (
	"context"
	"log/slog"
	"runtime"
	"slices"

	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/log/tag"
	"go.uber.org/zap/zapcore"
)

// The levels at which the server is heard. Its debug and info lines are about
// machinery, several for each workflow, and nothing a person could act on.
const (
	// While it is built, its warnings are about features that are off on purpose.
	levelBuilding = slog.LevelError
	levelRunning  = slog.LevelWarn
	// While it stops, its services report each other's end as failures.
	levelStopping = slog.LevelError + 1
)

// serverLog is Temporal's logger interface over slog, so that one file holds what both say.
type serverLog struct {
	logger *slog.Logger
	// more are the tags of a logger that was derived. They are written out only with a line: the
	// server derives a logger for each workflow that it loads, and few say anything.
	more []tag.Tag
	// level is shared by all loggers derived from one, so that the server's life moves it for
	// all of them.
	level *slog.LevelVar
	// fatal is called with the reason, because a running server has nobody to return an error
	// to.
	fatal func(error)
}

func newServerLog(logger *slog.Logger, fatal func(error)) serverLog {
	// A variable and not a value: the services keep loggers that they derived at the start.
	level := new(slog.LevelVar)
	level.Set(levelBuilding)
	return serverLog{logger: logger.With("component", "temporal"), level: level, fatal: fatal}
}

var (
	_ log.Logger     = serverLog{}
	_ log.WithLogger = serverLog{}
)

func (l serverLog) Debug(string, ...tag.Tag) {}
func (l serverLog) Info(string, ...tag.Tag)  {}

func (l serverLog) Warn(msg string, tags ...tag.Tag)   { l.log(slog.LevelWarn, msg, tags) }
func (l serverLog) Error(msg string, tags ...tag.Tag)  { l.log(slog.LevelError, msg, tags) }
func (l serverLog) DPanic(msg string, tags ...tag.Tag) { l.log(slog.LevelError, msg, tags) }

func (l serverLog) Panic(msg string, tags ...tag.Tag) {
	l.log(slog.LevelError, msg, tags)
	// Temporal's own logger panics here as well, and the code after it counts on that.
	panic(msg)
}

// Fatal must not return to the server, whose code after it counts on that; and
// it must not end the process, which is more than Temporal. While the server is
// built, on the goroutine that asked for it, Fatal panics with gaveUp.
// Later it reports and ends the goroutine, one of the server's own; its
// framework turns that into an error of Start (fx) or nobody waits for it.
func (l serverLog) Fatal(msg string, tags ...tag.Tag) {
	l.log(slog.LevelError, msg, tags)
	reason := newGaveUp(msg, tags)
	if l.level.Level() == levelBuilding {
		panic(reason)
	}
	l.fatal(reason)
	runtime.Goexit()
}

// With returns a logger that shares the level with its parent, because Temporal's services
// each derive one.
func (l serverLog) With(tags ...tag.Tag) log.Logger {
	l.more = slices.Concat(l.more, tags)
	return l
}

// Lines below the moment's level are dropped: while the server is built and stopped they would
// alarm for nothing.
func (l serverLog) log(level slog.Level, msg string, tags []tag.Tag) {
	// Temporal's interface carries no context, and none of ours would fit: these
	// lines belong to no request.
	ctx := context.Background()
	if level < l.level.Level() || !l.logger.Enabled(ctx, level) {
		return
	}
	attrs := make([]slog.Attr, 0, len(l.more)+len(tags))
	for _, t := range slices.Concat(l.more, tags) {
		attrs = append(attrs, attr(t))
	}
	l.logger.LogAttrs(ctx, level, msg, attrs...)
}

func attr(t tag.Tag) slog.Attr {
	if err := tagError(t); err != nil {
		return slog.String(t.Key(), err.Error())
	}
	return slog.Any(t.Key(), t.Value())
}

// tagError is the error of an error tag, which Value would give as one of two
// texts, by chance.
func tagError(t tag.Tag) error {
	z, ok := t.(tag.ZapTag)
	if !ok || z.Field().Type != zapcore.ErrorType {
		return nil
	}
	err, _ := z.Field().Interface.(error)
	return err
}

type gaveUp struct {
	msg   string
	cause error // nil when the service named none
}

// The error is among the tags, and callers ask what it is, such as an address in use.
func newGaveUp(msg string, tags []tag.Tag) gaveUp {
	for _, t := range tags {
		if err := tagError(t); err != nil {
			return gaveUp{msg: msg, cause: err}
		}
	}
	return gaveUp{msg: msg}
}

func (g gaveUp) Error() string {
	if g.cause == nil {
		return "Temporal gave up: " + g.msg
	}
	return "Temporal gave up: " + g.msg + ": " + g.cause.Error()
}

// A port that was taken meanwhile is found by errors.Is, though it came through a panic.
func (g gaveUp) Unwrap() error { return g.cause }
