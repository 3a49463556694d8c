// Package rows turns the rows of a table into orders: the first row names members of POST
// /v1/orders by their paths, such as submission.version_desc, and each row below is one order.
// Every mistake is told by the cell that it is in.
package rows

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"miniflow/cmd/miniflow/internal/orders/preflight"
	"miniflow/cmd/miniflow/internal/orders/sheet"
)

// Problem is a field with its cell. Cell is the row's first one where no column has the field.
type Problem struct {
	Row     int    `json:"row"`
	Cell    string `json:"cell"`
	Field   string `json:"field"`
	Message string `json:"message"`
}

// Order is a row that was read. Without Problems, Body is what POST /v1/orders takes.
type Order struct {
	Row        int
	AppID      string
	OutOrderNo string
	// Derived says that the row has no number of its own: it has got one that follows from what
	// it asks for, so that the same row finds its order again.
	Derived bool
	Body    json.RawMessage
	// Files have to be handed in before it.
	Files    []HandIn
	Problems []Problem
	Advice   []Problem

	columns []column
}

// Content returns a digest of what the order asks for.
func (o Order) Content() string {
	sum := sha256.Sum256(o.Body)
	return hex.EncodeToString(sum[:6])
}

// At returns a problem in the cell of a field. An order that is no row has no cells.
func (o Order) At(field, message string) Problem {
	if o.Row == 0 {
		return Problem{Field: field, Message: message}
	}
	return Problem{Row: o.Row, Cell: cellOf(o.columns, field, o.Row), Field: field, Message: message}
}

// Options say what a table leaves out.
type Options struct {
	Defaults map[string]string // values of fields whose cell is empty
	Folder   string            // where files that cells name are
	FilesURL string            // where Miniflow finds that folder; empty where its files are handed in
}

// Read reads every row. wrong is about the header alone: under a column that nobody knows, no
// order is what its author thinks it is.
func Read(table sheet.Table, o Options) (orders []Order, wrong []Problem) {
	columns, wrong := readHeader(table)
	if len(wrong) > 0 {
		return nil, wrong
	}
	suspects := suspicious(table, columns)
	folder := openFolder(o)
	defer folder.close()
	for _, row := range table.Rows {
		r := reader{order: Order{Row: row.Number, columns: columns}, row: row, options: o, folder: folder, files: map[string][]byte{}}
		r.read(suspects[row.Number])
		orders = append(orders, r.order)
	}
	refuseRepeats(orders)
	adviseNames(orders)
	return orders, nil
}

// reader reads one row.
type reader struct {
	order   Order
	row     sheet.Row
	options Options
	folder  *folder
	files   map[string][]byte
}

func (r *reader) read(suspects map[string]string) {
	body := map[string]any{}
	for path, value := range r.options.Defaults {
		if value != "" {
			set(body, path, value)
		}
	}
	for _, c := range r.order.columns {
		if text := r.text(c); text != "" {
			r.cell(body, c, text)
		}
	}
	for path, message := range suspects {
		r.refuse(path, message)
	}
	if extra := r.row.Cells[min(len(r.row.Cells), lastColumn(r.order.columns)+1):]; !(sheet.Row{Cells: extra}).Empty() {
		r.order.Problems = append(r.order.Problems, Problem{
			r.row.Number, sheet.Name(lastColumn(r.order.columns)+1, r.row.Number), "",
			"move it under a name: the row is longer than the header; a text with a separator in it has to stand in quotation marks",
		})
	}
	r.number(body)
	r.check(body)
}

// text returns a cell's text without a spreadsheet's errors, which are no values.
func (r *reader) text(c column) string {
	text := r.row.Cell(c.index).Text
	if slices.Contains(spreadsheetErrors, text) {
		r.refuse(c.path, "correct it in the spreadsheet: the cell holds the spreadsheet's own error in place of a value")
		return ""
	}
	return text
}

var spreadsheetErrors = []string{"#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#SPILL!", "#CALC!"}

// refuse keeps the first word about a field.
func (r *reader) refuse(field, message string) {
	if !slices.ContainsFunc(r.order.Problems, func(p Problem) bool { return p.Field == field }) {
		r.order.Problems = append(r.order.Problems, r.order.At(field, message))
	}
}

// number gives the order its number: its own, or one that follows from what it asks for. A row
// that moves, because others were put above it, keeps it.
func (r *reader) number(body map[string]any) {
	r.order.AppID, _ = body["app_id"].(string)
	r.order.OutOrderNo, _ = body["out_order_no"].(string)
	if r.order.OutOrderNo != "" {
		return
	}
	// Members of a map are written in order, so equal rows have equal bytes.
	text, err := json.Marshal(body)
	if err != nil {
		r.refuse("", "the row can't be written as JSON") // no value of a cell is like that
	}
	const digits = 30 // and two letters are 32 characters, the most that there may be
	sum := sha256.Sum256(append([]byte("miniflow orders import\n"), text...))
	r.order.OutOrderNo, r.order.Derived = "im"+hex.EncodeToString(sum[:])[:digits], true
	body["out_order_no"] = r.order.OutOrderNo
}

func (r *reader) check(body map[string]any) {
	text, err := json.Marshal(body)
	if err != nil {
		r.refuse("", "the row can't be written as JSON")
		return
	}
	r.order.Body = text
	found, err := preflight.Check(text, r.files)
	if err != nil {
		r.refuse("", err.Error())
		return
	}
	for _, p := range found.Refused {
		// What was refused of a member or of the whole explains the other.
		if !slices.ContainsFunc(r.order.Problems, func(known Problem) bool { return within(p.Field, known.Field) || within(known.Field, p.Field) }) {
			r.order.Problems = append(r.order.Problems, r.order.At(p.Field, p.Message))
		}
	}
	for _, p := range found.Advised {
		if r.textAt(p.Field) != "" {
			continue // it is given, and what is wrong with it was said
		}
		r.order.Advice = append(r.order.Advice, r.order.At(p.Field, p.Message))
	}
}

// within reports whether a path is another one or a member of it.
func within(path, whole string) bool {
	return whole != "" && (path == whole || strings.HasPrefix(path, whole+".") || strings.HasPrefix(path, whole+"["))
}

// refuseRepeats refuses what stands in a table twice: the second row would start nothing, or
// be refused for having the first one's number. Another app may have the same.
func refuseRepeats(orders []Order) {
	first := map[[2]string]int{}
	for i := range orders {
		o := &orders[i]
		name := [2]string{o.AppID, o.OutOrderNo}
		row, twice := first[name]
		switch {
		case !twice:
			first[name] = o.Row
		case o.Derived:
			o.Problems = append(o.Problems, o.At("out_order_no", fmt.Sprintf("remove the row, or give it a number of its own: it is the same as row %d", row)))
		default:
			o.Problems = append(o.Problems, o.At("out_order_no", fmt.Sprintf("give it a number of its own: row %d has the same one", row)))
		}
	}
}

// adviseNames tells of names that two rows want to create: Alipay gives each once. It is advice,
// since the first order may have ended before the second begins.
func adviseNames(orders []Order) {
	const field = "create.app_name"
	first := map[string]int{}
	for i := range orders {
		var body struct {
			Create struct {
				Name string `json:"app_name"`
			} `json:"create"`
		}
		// A name that is no text was refused.
		if json.Unmarshal(orders[i].Body, &body) != nil || body.Create.Name == "" {
			continue
		}
		if row, twice := first[body.Create.Name]; twice {
			orders[i].Advice = append(orders[i].Advice, orders[i].At(field, fmt.Sprintf("choose another name: row %d creates a mini program with the same one", row)))
			continue
		}
		first[body.Create.Name] = orders[i].Row
	}
}
