// Package sheet reads a table that people keep in a spreadsheet, as CSV or as XLSX, and knows
// each cell by the name that the spreadsheet shows, such as D17, so that whoever is told of a
// mistake finds it without counting.
package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// Table is one table. Rows that hold nothing are left out, and their numbers stay taken.
type Table struct {
	Header Row
	Rows   []Row
}

// Row is one row with its number in the spreadsheet, which begins with 1.
type Row struct {
	Number int
	Cells  []Cell
}

// Cell is a cell's text without the space around it. Number says that the spreadsheet keeps it
// as a number, so that digits beyond the fifteenth and zeros in front are gone.
type Cell struct {
	Text   string
	Number bool
}

// Cell returns a cell by its column, which begins with 0; an empty one where the row ends before.
func (r Row) Cell(column int) Cell {
	if column >= len(r.Cells) {
		return Cell{}
	}
	return r.Cells[column]
}

// Empty reports whether a row says nothing.
func (r Row) Empty() bool {
	for _, cell := range r.Cells {
		if cell.Text != "" {
			return false
		}
	}
	return true
}

// Name returns what a spreadsheet calls a cell: column 3 of row 17 is D17.
func Name(column, row int) string { return fmt.Sprintf("%s%d", ColumnName(column), row) }

// ColumnName returns the letters above a column: 0 is A, 26 is AA.
func ColumnName(column int) string {
	const letters = 26
	name := ""
	for column++; column > 0; column = (column - 1) / letters {
		name = string(rune('A'+(column-1)%letters)) + name
	}
	return name
}

// note begins a row for people, such as one with the columns' names in another language.
const note = "# "

// errNoRows is a file that has been emptied, or saved with another sheet in front.
var errNoRows = errors.New("it has no row with names of columns; the first row names them")

// errOldWorkbook is the container of .xls, in which workbooks with a password are too.
var errOldWorkbook = errors.New("it is an .xls workbook, or has a password: save it as .xlsx without one, or as CSV")

// Read reads a table from a file's content: XLSX by its first bytes, whatever the file is
// called, and CSV otherwise. page names the sheet of a workbook; empty is the
// first one that is not hidden.
func Read(content []byte, page string) (Table, error) {
	read := readCSV
	switch {
	// A workbook is a zip file, and no text begins like one.
	case bytes.HasPrefix(content, []byte("PK\x03\x04")):
		read = func(content []byte) ([]Row, error) { return readXLSX(content, page) }
	case bytes.HasPrefix(content, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return Table{}, errOldWorkbook
	}
	rows, err := read(content)
	if err != nil {
		return Table{}, err
	}
	var table Table
	for _, row := range rows {
		switch {
		case row.Empty() || strings.HasPrefix(row.Cell(0).Text, note):
		case table.Header.Number == 0:
			table.Header = row
		default:
			table.Rows = append(table.Rows, row)
		}
	}
	if table.Header.Number == 0 {
		return Table{}, errNoRows
	}
	return table, nil
}
