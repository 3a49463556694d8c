package rows

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"miniflow/cmd/miniflow/internal/orders/sheet"
	"miniflow/ingress/api"
	"miniflow/internal/spelling"
)

// column is a column with the member that it holds. Two more columns may stand beside a
// file's: its address and its SHA-256.
type column struct {
	index int
	path  string
}

const (
	extPath    = "version.ext"
	urlSuffix  = ".url"
	hashSuffix = ".sha256"
)

// isFile reports whether a member is a file.
func isFile(path string) bool {
	return path == "create.license_pic" || strings.HasPrefix(path, "submission.files.")
}

// fileOf returns the file that a column beside it belongs to.
func fileOf(path string) (file string, beside bool) {
	for _, suffix := range []string{urlSuffix, hashSuffix} {
		if file, beside = strings.CutSuffix(path, suffix); beside && isFile(file) {
			return file, true
		}
	}
	return path, false
}

// readHeader finds the member of each column, the shorter path first, so that the members of
// version.ext are put into it and not replaced by it.
func readHeader(table sheet.Table) (columns []column, wrong []Problem) {
	refuse := func(index int, path, message string) {
		wrong = append(wrong, Problem{table.Header.Number, sheet.Name(index, table.Header.Number), path, message})
	}
	known := api.OrderFields()
	for index, cell := range table.Header.Cells {
		path := strings.ToLower(cell.Text)
		if strings.HasPrefix(path, extPath+".") {
			path = extPath + cell.Text[len(extPath):] // these names are the merchant's
		}
		file, _ := fileOf(path)
		switch {
		case path == "" && !used(table, index):
		case path == "":
			refuse(index, "", "name the column, or empty it: it holds values")
		case slices.ContainsFunc(columns, func(c column) bool { return c.path == path }):
			refuse(index, path, "remove one of the columns: this name is there twice")
		case !slices.Contains(known, file) && !strings.HasPrefix(path, extPath+"."):
			refuse(index, nameOnly(path), unknown(path, known))
		default:
			columns = append(columns, column{index, path})
		}
	}
	slices.SortFunc(columns, func(a, b column) int { return cmp.Compare(a.path, b.path) })
	return columns, wrong
}

var nameShape = regexp.MustCompile(`^[a-z_]+[a-z0-9_]*(\.[a-z_]+[a-z0-9_]*)*$`)

// nameOnly returns what looks like a column's name. In a table without names the first row is about
// somebody, and no value of a cell is repeated.
func nameOnly(path string) string {
	if !nameShape.MatchString(path) {
		return ""
	}
	return path
}

// unknown says which column was probably meant: the nearest path, or the one that ends like
// a name without its block.
func unknown(path string, known []string) string {
	const message = "rename the column: an order has no such field"
	for _, candidate := range known {
		if strings.HasSuffix(candidate, "."+path) {
			return message + "; did you mean " + candidate + "?"
		}
	}
	if meant := spelling.Nearest(path, known); meant != "" {
		return message + "; did you mean " + meant + "?"
	}
	return message + "; the names are the paths of POST /v1/orders, such as create.app_name"
}

func used(table sheet.Table, index int) bool {
	return slices.ContainsFunc(table.Rows, func(row sheet.Row) bool { return row.Cell(index).Text != "" })
}

func lastColumn(columns []column) int {
	last := -1
	for _, c := range columns {
		last = max(last, c.index)
	}
	return last
}

// cellOf returns the cell of a field, of what it is a member of, or of what is in it; the
// row's first one where the table has none of these.
func cellOf(columns []column, field string, row int) string {
	best, length := 0, -1
	for _, c := range columns {
		if within(field, c.path) && len(c.path) > length {
			best, length = c.index, len(c.path)
		}
	}
	if length < 0 {
		for _, c := range slices.Backward(columns) {
			if within(c.path, field) {
				best = c.index
			}
		}
	}
	return sheet.Name(best, row)
}
