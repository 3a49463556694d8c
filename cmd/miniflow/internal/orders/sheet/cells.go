package sheet

import (
	"errors"
	"fmt"

	"github.com/xuri/excelize/v2"
)

// spread gives a cell that was merged over rows to each of these, as everybody sees it: a workbook keeps
// it in the first alone. A row that has nothing else stays empty, and so do further columns.
func (w *workbook) spread(rows []Row) {
	areas, err := w.book.GetMergeCells(w.page, true)
	w.err = errors.Join(w.err, err)
	for _, area := range areas {
		column, first, err := excelize.CellNameToCoordinates(area.GetStartAxis())
		_, last, errLast := excelize.CellNameToCoordinates(area.GetEndAxis())
		if w.err = errors.Join(w.err, err, errLast); w.err != nil {
			return
		}
		column-- // here it begins with 0
		for at := first; at < min(last, len(rows)); at++ {
			if row := &rows[at]; !row.Empty() {
				for len(row.Cells) <= column {
					row.Cells = append(row.Cells, Cell{})
				}
				row.Cells[column] = rows[first-1].Cell(column)
			}
		}
	}
}

// lookForFormulas refuses a workbook with a formula that has no result, whose cell would count as empty.
// Programs write such files. A spreadsheet writes what came out, and only a text can be empty.
func (w *workbook) lookForFormulas(rows []Row) {
	width := 0
	for _, row := range rows {
		for column := 0; column < width && w.err == nil; column++ {
			if row.Cell(column).Text == "" {
				w.refuseFormula(Name(column, row.Number))
			}
		}
		if width == 0 && !row.Empty() {
			width = len(row.Cells) // of the names
		}
	}
}

func (w *workbook) refuseFormula(cell string) {
	formula, err := w.book.GetCellFormula(w.page, cell)
	if err != nil || formula == "" {
		w.err = errors.Join(w.err, err)
		return
	}
	kind, err := w.book.GetCellType(w.page, cell)
	if w.err = errors.Join(w.err, err); err == nil && kind != excelize.CellTypeFormula { // which is what a text that came out is called
		w.err = fmt.Errorf("%s holds a formula without its result: open the workbook in a spreadsheet and save it, or write values in place of formulas", cell)
	}
}
