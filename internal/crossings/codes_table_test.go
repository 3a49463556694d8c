package crossings

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
)

// codesTable is Alipay's codes as its pages have them, and what an order does about each.
const codesTable = "../../alipay/gateway/codes/testdata/table.txt"

// codeRow is a row of the table. The table's own head says what the columns mean.
type codeRow struct {
	method, code, story, section string

	subCode, class, says, held, fields, next, person, calls, end, subMsg string
}

func (r codeRow) String() string {
	return strings.TrimPrefix(r.method, "alipay.open.") + " " + r.code + " " + r.subCode + r.subMsg + " " + r.story
}

// did is what a row says of the order.
func (r codeRow) did() string {
	return strings.Join([]string{r.held, r.fields, r.next, r.calls, r.end}, " ")
}

// codeRows reads the table.
func codeRows(t *testing.T) []codeRow {
	t.Helper()
	file, err := os.Open(codesTable)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var rows []codeRow
	var of codeRow
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := lines.Text()
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "["):
			of = codeRow{}
			if _, err := fmt.Sscan(strings.Trim(line, "[]"), &of.method, &of.code, &of.story, &of.section); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
		default:
			columns, subMsg, _ := strings.Cut(line, "|")
			row := of
			row.subMsg = strings.TrimSpace(subMsg)
			if _, err := fmt.Sscan(columns, &row.subCode, &row.class, &row.says, &row.held, &row.fields, &row.next, &row.person, &row.calls, &row.end); err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			rows = append(rows, row)
		}
	}
	return rows
}
