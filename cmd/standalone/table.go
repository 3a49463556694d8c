package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"miniflow/cmd/standalone/internal/kept"
	"miniflow/cmd/standalone/internal/receiver"
	"miniflow/order"
)

// greet says where everything is, because with port 0 nobody else knows.
func greet(w io.Writer, where addresses, h *home) error {
	_, err := fmt.Fprintf(w, `
Miniflow runs.
  REST API     %s        (its page: %s/docs; key in %s)
  Console      %s/console    (name %s, password %s)
  Temporal UI  %s
  Simulator    %s/sim/v1/state
  Received     %s%s    (what Miniflow has told the ISV's backend)
  Temporal     %s
  Data         %s
`, where.API, where.API, h.path("api-key"), where.API, kept.AccountName, h.consolePassword, where.UI, where.Simulator, where.Simulator, receiver.ReceivedPath, where.Temporal, h.dir)
	return err
}

// table follows the demonstration orders. On a terminal it is drawn in place; elsewhere, such as in a
// container's log, each change is one line.
type table struct {
	w     io.Writer
	where addresses
	live  bool
	shown map[string]string

	// mu keeps lines that are said apart from the drawing, of which lines stand.
	mu    sync.Mutex
	lines int
}

// A character device is a terminal, where a person looks on; in a file the codes that draw
// would be garbage.
func newTable(w io.Writer, where addresses) *table {
	file, isFile := w.(*os.File)
	live := false
	// A test or a pipe hands over a writer that is no file.
	if isFile {
		info, err := file.Stat()
		live = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return &table{w: w, where: where, live: live, shown: map[string]string{}}
}

// At the end every order's link is shown: its history in Temporal is what the demonstration
// leads to.
func (t *table) show(views []order.View, ended bool) error {
	t.mu.Lock()
	defer t.mu.Unlock()
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
		// Left standing: what is said from here on comes below it.
		t.lines = 0
	}
	_, err := io.WriteString(t.w, b.String())
	return err
}

// received writes a line of its own above the drawing, so that it stays when the drawing moves
// on.
func (t *table) received(arrival receiver.Arrival) {
	if arrival.Type != order.HappenedNotification { // what becomes of orders is what the drawing shows
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	// The drawing is wiped away and drawn again below the line, which it would overwrite
	// otherwise.
	rub := ""
	if t.lines > 0 {
		rub, t.lines = fmt.Sprintf("\x1b[%dA\x1b[J", t.lines), 0
	}
	// A terminal that is gone can't be told so, and the standalone goes on without it.
	_, _ = fmt.Fprintf(t.w, "%s%s  the ISV's backend received %s: %s %s\n", rub,
		arrival.At.Local().Format(time.TimeOnly), printable(arrival.Type), printable(arrival.Name), printable(arrival.NotifyID))
}

// printable keeps what a sender chose from commanding the terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return '·'
		}
		return r
	}, cut(text, 80))
}

// Into a buffer first: one write for the whole drawing can't be seen half done.
func (t *table) draw(b *strings.Builder, views []order.View) {
	if t.lines > 0 {
		// Up by what was drawn, and each line is cleared to its end: wiping the screen would flicker.
		fmt.Fprintf(b, "\x1b[%dA", t.lines)
	}
	fmt.Fprintf(b, "\x1b[K\n\x1b[K  %-24s %-24s %-22s %s\n", "order", "stage", "on hold", "waits for")
	for _, view := range views {
		fmt.Fprintf(b, "\x1b[K  %-24s %-24s %-22s %s\n", view.OutOrderNo, view.Stage, holdOf(view), cut(view.WaitingFor.String(), 60))
	}
	t.lines = len(views) + 2
}

func (t *table) changes(b *strings.Builder, views []order.View) {
	for _, view := range views {
		now := string(view.Stage) + " " + holdOf(view)
		// Waits change by the second; only stages and holds are news in a log.
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

// cut shortens a text for a column, between characters: most are of three bytes here.
func cut(text string, width int) string {
	if utf8.RuneCountInString(text) <= width {
		return text
	}
	return string([]rune(text)[:width-1]) + "…"
}
