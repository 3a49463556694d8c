package sheet

import (
	"testing"

	"pgregory.net/rapid"
)

// TestRowsAreNumberedAsASpreadsheetDoes has what makes the two differ: empty lines, breaks within
// a cell, notes, and what an empty row is.
func TestRowsAreNumberedAsASpreadsheetDoes(t *testing.T) {
	for _, end := range []string{"\n", "\r\n", "\r"} { // the last one is an old Macintosh's
		text := ""
		for _, line := range []string{"", "name,city", "# 名称,城市", "one,\"two" + end + "lines\"", "", "", ",", "last, row "} {
			text += line + end
		}
		table, err := Read([]byte(text), "")
		if err != nil {
			t.Fatal(err)
		}
		if table.Header.Number != 2 || len(table.Rows) != 2 {
			t.Fatalf("%q: %+v", end, table)
		}
		if first, last := table.Rows[0], table.Rows[1]; first.Number != 4 || first.Cell(1).Text != "two\nlines" || last.Number != 8 || last.Cell(1).Text != "row" || last.Cell(7).Text != "" {
			t.Errorf("%q: %+v", end, table.Rows)
		}
	}
}

func TestCellsAreNamedAsASpreadsheetDoes(t *testing.T) {
	for column, want := range map[int]string{0: "A1", 3: "D1", 25: "Z1", 26: "AA1", 51: "AZ1", 52: "BA1", 701: "ZZ1", 702: "AAA1"} {
		if got := Name(column, 1); got != want {
			t.Errorf("column %d is %s, want %s", column, got, want)
		}
	}
}

// TestNoFileEndsTheProgram reads whatever there is: a table comes from others.
func TestNoFileEndsTheProgram(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		content := rapid.SliceOf(rapid.Byte()).Draw(t, "content")
		if rapid.Bool().Draw(t, "zip") {
			content = append([]byte("PK\x03\x04"), content...)
		}
		table, err := Read(content, "")
		if err == nil && table.Header.Number == 0 {
			t.Fatal("neither a table nor an error")
		}
	})
}
