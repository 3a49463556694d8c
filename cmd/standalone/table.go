package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"miniflow/order"
)

// greet says where everything is.
func greet(w io.Writer, where addresses, h *home) error {
	_, err := fmt.Fprintf(w, `
Miniflow runs.
  REST API     %s        (its page: %s/docs; key in %s)
  Temporal UI  %s
  Simulator    %s/sim/v1/state
  Temporal     %s
  Data         %s
`, where.API, where.API, h.path("api-key"), where.UI, where.Simulator, where.Temporal, h.dir)
	return err
}

// table follows the demonstration orders on the terminal. On a terminal it is
// drawn in place; elsewhere each change is one line.
type table struct {
	w     io.Writer
	where addresses
	live  bool
	lines int
	shown map[string]string
}

func newTable(w io.Writer, where addresses) *table {
	file, isFile := w.(*os.File)
	live := false
	if isFile {
		info, err := file.Stat()
		live = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return &table{w: w, where: where, live: live, shown: map[string]string{}}
}

// show draws the orders as they stand; at the end with the link of each one's page.
func (t *table) show(views []order.View, ended bool) error {
	var b strings.Builder
	if t.live {
		t.draw(&b, views)
	} else {
		t.changes(&b, views)
	}
	if ended {
		b.WriteString("\nEvery demonstration order has ended. Their pages in Temporal's Web UI:\n")
		for _, view := range views {
			fmt.Fprintf(&b, "  %-24s %s\n", view.OutOrderNo, view.Links.TemporalUI)
		}
		b.WriteString("\nMiniflow keeps running; stop it with Ctrl-C.\n")
	}
	_, err := io.WriteString(t.w, b.String())
	return err
}

func (t *table) draw(b *strings.Builder, views []order.View) {
	if t.lines > 0 {
		fmt.Fprintf(b, "\x1b[%dA", t.lines)
	}
	fmt.Fprintf(b, "\x1b[K\n\x1b[K  %-24s %-24s %-22s %s\n", "order", "stage", "on hold", "waits for")
	for _, view := range views {
		fmt.Fprintf(b, "\x1b[K  %-24s %-24s %-22s %s\n", view.OutOrderNo, view.Stage, holdOf(view), cut(view.WaitingFor, 60))
	}
	t.lines = len(views) + 2
}

func (t *table) changes(b *strings.Builder, views []order.View) {
	for _, view := range views {
		now := string(view.Stage) + " " + holdOf(view)
		if t.shown[view.OutOrderNo] == now {
			continue
		}
		t.shown[view.OutOrderNo] = now
		fmt.Fprintf(b, "%s  %-24s %-24s %s\n", view.StageSince.Local().Format(time.TimeOnly), view.OutOrderNo, view.Stage, holdOf(view))
	}
}

func holdOf(view order.View) string {
	if view.Hold == nil {
		return ""
	}
	return string(view.Hold.Kind)
}

// cut shortens a text for a column.
func cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:width-1]) + "…"
}
