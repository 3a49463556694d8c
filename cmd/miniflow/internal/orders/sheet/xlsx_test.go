package sheet

import (
	"archive/zip"
	"bytes"
	"io/fs"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

// workbookOf returns a workbook as a spreadsheet saves it, after change.
func workbookOf(t *testing.T, rows [][]any, change func(*excelize.File) error) []byte {
	t.Helper()
	book := excelize.NewFile()
	for i, row := range rows {
		if err := book.SetSheetRow("Sheet1", Name(0, i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	if err := change(book); err != nil {
		t.Fatal(err)
	}
	content, err := book.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return content.Bytes()
}

func textOf(table Table) string {
	var rows []string
	for _, row := range append([]Row{table.Header}, table.Rows...) {
		var cells []string
		for _, cell := range row.Cells {
			cells = append(cells, cell.Text)
		}
		rows = append(rows, strings.Join(cells, ","))
	}
	return strings.Join(rows, " ")
}

// TestAHiddenSheetIsNotTaken unless it is named: nobody has looked at what is in it.
func TestAHiddenSheetIsNotTaken(t *testing.T) {
	content := workbookOf(t, [][]any{{"hidden"}}, func(book *excelize.File) error {
		if _, err := book.NewSheet("shown"); err != nil {
			return err
		}
		if err := book.SetCellValue("shown", "A1", "seen"); err != nil {
			return err
		}
		book.SetActiveSheet(1)
		return book.SetSheetVisible("Sheet1", false)
	})
	for page, want := range map[string]string{"": "seen", "Sheet1": "hidden", "shown": "seen"} {
		if table, err := Read(content, page); err != nil || textOf(table) != want {
			t.Errorf("sheet %q: %v, %q, want %q", page, err, textOf(table), want)
		}
	}
}

// TestAMergedCellCountsForEachOfItsRows as everybody sees it, and for no row that is empty.
func TestAMergedCellCountsForEachOfItsRows(t *testing.T) {
	content := workbookOf(t, [][]any{{"app", "no", "ref", "name"}, {"1", "a", "m", "x"}, {nil, "b", nil, "y"}, {}, {nil, "c", nil, nil}}, func(book *excelize.File) error {
		for _, area := range [][2]string{{"A2", "A6"}, {"C2", "C3"}, {"C5", "D5"}} {
			if err := book.MergeCell("Sheet1", area[0], area[1]); err != nil {
				return err
			}
		}
		return nil
	})
	table, err := Read(content, "")
	if want := "app,no,ref,name 1,a,m,x 1,b,m,y 1,c"; err != nil || textOf(table) != want {
		t.Errorf("%v, %q, want %q", err, textOf(table), want)
	}
}

// TestAFormulaWithoutItsResultIsRefused because its cell looks empty: programs write such workbooks. A
// spreadsheet writes what came out, which may be an empty text.
func TestAFormulaWithoutItsResultIsRefused(t *testing.T) {
	content := workbookOf(t, [][]any{{"no", "name"}, {"a", "x"}, {nil, "y"}, {"c", nil}}, func(book *excelize.File) error {
		return book.SetCellFormula("Sheet1", "B4", `"z"`)
	})
	if table, err := Read(content, ""); err != nil || textOf(table) != "no,name a,x ,y c," {
		t.Errorf("an empty text came out: %v, %q", err, textOf(table))
	}
	for _, kind := range []string{"", ` t="n"`} {
		if _, err := Read(replaced(t, content, ` t="str"`, kind), ""); err == nil || !strings.Contains(err.Error(), "B4") {
			t.Errorf("type %q: %v, want one that names B4", kind, err)
		}
	}
}

// replaced returns a workbook with another text in its parts.
func replaced(t *testing.T, content []byte, text, by string) []byte {
	t.Helper()
	from, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	to := zip.NewWriter(&packed)
	for _, file := range from.File {
		part, err := fs.ReadFile(from, file.Name)
		if err != nil {
			t.Fatal(err)
		}
		w, err := to.Create(file.Name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(bytes.ReplaceAll(part, []byte(text), []byte(by))); err != nil {
			t.Fatal(err)
		}
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

// TestOldWorkbooksAreNamed as what they are, as well as those with a password.
func TestOldWorkbooksAreNamed(t *testing.T) {
	content := "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 504)
	if _, err := Read([]byte(content), ""); err == nil || !strings.Contains(err.Error(), ".xlsx") {
		t.Errorf("%v, want one that says what to save it as", err)
	}
}
