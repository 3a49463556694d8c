package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/xuri/excelize/v2"
)

// maxUnzipped bounds what a workbook may unfold to, in bytes: a few kilobytes of zip can hold
// gigabytes, and ten thousand orders are some ten megabytes.
const maxUnzipped = 64 << 20

// readXLSX reads one sheet as it is shown, except numbers: those are read as they are kept,
// because what is shown of an id of sixteen digits is 2.02E+15.
func readXLSX(content []byte, page string) (rows []Row, err error) {
	book, err := excelize.OpenReader(bytes.NewReader(content), excelize.Options{
		UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped, ShortDatePattern: "yyyy-mm-dd",
	})
	if err != nil {
		return nil, fmt.Errorf("open it as a workbook: %w; save it as .xlsx or as CSV again", err)
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	if page == "" {
		page = firstShown(book)
	}
	shown, err := book.GetRows(page)
	if err != nil {
		return nil, fmt.Errorf("read a sheet: %w; there are: %s", err, strings.Join(book.GetSheetList(), ", "))
	}
	kept, err := book.GetRows(page, excelize.Options{RawCellValue: true})
	if err != nil {
		return nil, fmt.Errorf("read a sheet: %w", err)
	}
	w := workbook{book: book, page: page}
	for i := range shown {
		row := Row{Number: i + 1}
		for j := range shown[i] {
			cell := Cell{Text: strings.TrimSpace(shown[i][j])}
			if j < len(kept[i]) && isNumeric(kept[i][j]) {
				cell = w.number(i, j, cell.Text, kept[i][j])
			}
			row.Cells = append(row.Cells, cell)
		}
		rows = append(rows, row)
	}
	w.spread(rows)
	w.lookForFormulas(rows)
	return rows, w.err
}

// firstShown returns the first sheet that is not hidden, which is the one that people have looked at.
func firstShown(book *excelize.File) string {
	for _, page := range book.GetSheetList() {
		if shown, err := book.GetSheetVisible(page); err == nil && shown {
			return page
		}
	}
	return book.GetSheetName(0)
}

type workbook struct {
	book *excelize.File
	page string
	err  error
}

// number reads a cell that may be a number: a text of digits is kept like one, and only the
// cell's type tells them apart.
func (w *workbook) number(row, column int, shown, kept string) Cell {
	kind, err := w.book.GetCellType(w.page, Name(column, row+1))
	w.err = errors.Join(w.err, err)
	switch {
	case kind != excelize.CellTypeUnset && kind != excelize.CellTypeNumber:
		return Cell{Text: shown}
	case asDate(shown) != "":
		return Cell{Text: asDate(shown)}
	// Zeros in front that a format adds are meant; digits that it hides are not.
	case isDigits(shown) && len(shown) >= len(kept):
		return Cell{Text: shown, Number: true}
	default:
		return Cell{Text: kept, Number: true}
	}
}

// asDate returns a date as Alipay wants it, whichever way a sheet shows it; empty where a text
// is none.
func asDate(shown string) string {
	for _, layout := range []string{time.DateOnly, "2006/1/2", "2006年1月2日", "2006.1.2"} {
		if day, err := time.Parse(layout, shown); err == nil {
			return day.Format(time.DateOnly)
		}
	}
	return ""
}

func isDigits(text string) bool {
	return text != "" && strings.Trim(text, "0123456789") == ""
}

func isNumeric(text string) bool {
	return strings.Trim(text, "0123456789.eE+-") == "" && strings.ContainsAny(text, "0123456789")
}
