package importing

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/miniflow/internal/orders/sheet"
)

// State is what became of a row.
type State string

// The states of a row. Only started, exists and imported are ends; the others are tried again by the next
// run.
const (
	StateNumbered State = "numbered" // has got a number, and may have been sent
	StateStarted  State = "started"  // the order was started
	StateExists   State = "exists"   // the same order had been started before
	StateImported State = "imported" // the authorisation was checked and kept
	StateRefused  State = "refused"  // wrong; nothing was started
	StateFailed   State = "failed"   // nobody answered; it may have been started
)

// Done reports whether a row needs nothing more.
func (s State) Done() bool { return s == StateStarted || s == StateExists || s == StateImported }

// Record is what a results file says of a row.
type Record struct {
	Row     int
	Key     string // what the row is about: an order's number, or a mini program
	State   State
	Message string
	Cell    string
	// Content is a digest of what the row asks for, so that a row that was changed since is not
	// taken for what was started.
	Content string
}

// book is a results file. Every record is on the disk before the next row is begun, and the
// last one about a row counts, so that a run that is killed leaves a file that says what is done.
type book struct {
	path   string
	header []string

	mu    sync.Mutex
	file  *os.File
	byKey map[string]Record
	byRow map[int]Record
}

// byteOrderMark makes spreadsheets read the file as UTF-8.
const byteOrderMark = "\ufeff"

// openBook reads what earlier runs have written and goes on behind it. A last line that was
// torn by a crash is cut off: the row that it was about is sent again, which does nothing twice.
// key is what its second column is called.
func openBook(path, key string) (*book, error) {
	b := &book{path: path, header: []string{"row", key, "state", "message", "cell", "content"}, byKey: map[string]Record{}, byRow: map[int]Record{}}
	content, err := os.ReadFile(path) //nolint:gosec // it is beside the file that the caller names
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, command.Usagef("read the results of earlier runs: %w", err)
	}
	whole := content[:bytes.LastIndexByte(content, '\n')+1]
	if err := b.read(whole); err != nil {
		return nil, command.Usagef("%s: %w; move it away to begin a new one: nothing is done twice", path, err)
	}
	b.file, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) //nolint:gosec // as above
	if err != nil {
		return nil, command.Usagef("write the results: %w; name another file with --results", err)
	}
	err = b.file.Truncate(int64(len(whole)))
	if err == nil {
		_, err = b.file.Seek(int64(len(whole)), 0)
	}
	if err == nil && len(whole) == 0 {
		err = b.append(byteOrderMark + line(b.header))
	}
	if err != nil {
		return nil, errors.Join(command.Usagef("write the results: %w", err), b.file.Close())
	}
	return b, nil
}

// read reads records. A spreadsheet may have saved them, in its own characters and with its
// own separator.
func (b *book) read(content []byte) error {
	if len(bytes.TrimPrefix(content, []byte(byteOrderMark))) == 0 {
		return nil
	}
	table, err := sheet.Read(content, "")
	if err != nil {
		return err
	}
	for i, name := range b.header[:3] {
		if table.Header.Cell(i).Text != name {
			return errors.New("it is no file of results")
		}
	}
	for _, row := range table.Rows {
		number, err := strconv.Atoi(row.Cell(0).Text)
		if err != nil {
			return fmt.Errorf("line %d names no row", row.Number)
		}
		b.keep(Record{
			Row: number, Key: plainKey(row.Cell(1).Text), State: State(row.Cell(2).Text),
			Message: row.Cell(3).Text, Cell: row.Cell(4).Text, Content: row.Cell(5).Text,
		})
	}
	return nil
}

// keep takes a record as the last word about its row. What is done stays so, whatever
// another row with its key is refused for.
func (b *book) keep(r Record) {
	b.byRow[r.Row] = r
	if r.State.Done() || !b.byKey[r.Key].State.Done() {
		b.byKey[r.Key] = r
	}
}

// about returns the last word about an item: that about its row, where this is what was done, else that
// about its key, since rows move. Two apps may have the same key.
func (b *book) about(o Item) Record {
	if known := b.byRow[o.Row]; known.State.Done() && known.Key == o.Key && known.Content == o.Content {
		return known
	}
	return b.byKey[o.Key]
}

// Write adds records and returns once the disk has them.
func (b *book) Write(records ...Record) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	var lines strings.Builder
	for _, r := range records {
		b.keep(r)
		lines.WriteString(r.line())
	}
	return b.append(lines.String())
}

func (b *book) append(text string) error {
	_, err := b.file.WriteString(text)
	if err = errors.Join(err, b.file.Sync()); err != nil {
		return fmt.Errorf("write the results to %s: %w", b.path, err)
	}
	return nil
}

// Close writes the file anew with one line for each row, in their order, which is what people
// open. records are those of the rows that the table has now.
func (b *book) Close(records []Record) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	slices.SortFunc(records, func(one, other Record) int { return one.Row - other.Row })
	var text strings.Builder
	text.WriteString(byteOrderMark + line(b.header))
	for _, r := range records {
		text.WriteString(r.line())
	}
	// Closed first: some systems rename over no file that is open.
	return errors.Join(b.file.Close(), command.WriteWhole(b.path, []byte(text.String())))
}

// line writes a record on one line, whatever others' text is in it: a torn line is found by
// its missing end.
func (r Record) line() string {
	return line([]string{strconv.Itoa(r.Row), harmless(r.Key), string(r.State), harmless(r.Message), r.Cell, r.Content})
}

func line(fields []string) string {
	var text strings.Builder
	w := csv.NewWriter(&text)
	_ = w.Write(fields) // into memory
	w.Flush()
	return text.String()
}

// harmless keeps a text on one line, and from being a formula where a spreadsheet opens it.
func harmless(text string) string {
	text = strings.Join(strings.Fields(command.Clean(text)), " ")
	if beginsFormula(text) {
		return "'" + text
	}
	return text
}

func beginsFormula(text string) bool {
	return text != "" && strings.ContainsRune("=+-@", rune(text[0]))
}

// plainKey undoes harmless: a number may begin with a hyphen.
func plainKey(text string) string {
	if plain, marked := strings.CutPrefix(text, "'"); marked && beginsFormula(plain) {
		return plain
	}
	return text
}
