package codes

import (
	"bufio"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
)

// listed is a row of testdata/table.txt, as far as it is about the classifier: Alipay's catalogue,
// transcribed a second time. What an order does about a code is tested in internal/crossings.
type listed struct {
	method, code, subCode, subMsg string
	// class is the page's letter for it, held the hold of an order that meets it, fields what the hold
	// names.
	class, held, fields string
}

// table reads testdata/table.txt.
func table(t *testing.T) []listed {
	t.Helper()
	file, err := os.Open("testdata/table.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var rows []listed
	var of listed
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '[' {
			of = listed{}
			_, err = fmt.Sscan(line[1:], &of.method, &of.code)
		} else {
			row, skip := of, ""
			columns, subMsg, _ := strings.Cut(line, "|")
			row.subMsg = strings.TrimSpace(subMsg)
			_, err = fmt.Sscan(columns, &row.subCode, &row.class, &skip, &row.held, &row.fields)
			rows = append(rows, row)
		}
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	return rows
}

// means writes a meaning as the table does.
func means(m Meaning) string {
	class := map[Class]string{
		ClassUnknown: "U", ClassRetry: "R", ClassWait: "W", ClassQuery: "Q", ClassFix: "F", ClassAuthorization: "A", ClassPermanent: "P",
	}[m.Class]
	class += map[AutoFix]string{
		AutoFixDropFields: "/drop", AutoFixHigherVersion: "/higher", AutoFixNewVersion: "/new", AutoFixDeleteOldVersions: "/room",
	}[m.AutoFix]
	if m.Slow {
		class += "/slow"
	}
	if m.Tomorrow {
		class += "/day"
	}
	if m.Unlisted {
		class += "/unlisted"
	}
	return class
}

// TestEveryListedCodeHasItsClass fails for a row that the classifier does not know, too.
func TestEveryListedCodeHasItsClass(t *testing.T) {
	rows := table(t)
	for _, row := range rows {
		got := Classify(row.method, row.code, row.subCode, row.subMsg)
		if means(got) != row.class || got.Advice == "" {
			t.Errorf("%s %s %s is %s (%q), the table says %s", row.method, row.code, row.subCode, means(got), got.Advice, row.class)
		}
		if row.class != "F" || row.held != "-" && row.held != "needs_input" {
			continue // it is no input of the order's
		}
		fields := "-"
		if len(got.Fields) > 0 {
			fields = strings.Join(got.Fields, ",")
		}
		var want []string
		for field := range strings.SplitSeq(row.fields, ",") {
			want = append(want, field[strings.LastIndex(field, ".")+1:]) // without its place in an order
		}
		if fields != strings.Join(want, ",") {
			t.Errorf("%s %s is about %s, the table says %s", row.method, row.subCode, fields, row.fields)
		}
	}
	if len(rows) < 376 {
		t.Errorf("the table has %d rows: it has lost some", len(rows))
	}
}

// TestTheClassifierKnowsNothingElse: no code is classified that has no row. A table that two methods
// share needs the rows of one of them.
func TestTheClassifierKnowsNothingElse(t *testing.T) {
	rows := table(t)
	covered := func(code string, fits func(listed) bool) bool {
		for _, row := range rows {
			if row.subCode == code && fits(row) {
				return true
			}
		}
		return false
	}
	for method, tables := range ownTables {
		for _, own := range tables {
			for code := range own {
				if !covered(code, func(row listed) bool { return hasTable(row.method, own) }) {
					t.Errorf("%s: %s is classified and has no row", method, code)
				}
			}
		}
	}
	for code := range commonCodes {
		if !covered(code, func(listed) bool { return true }) {
			t.Errorf("%s is classified and has no row", code)
		}
	}
	for code := range gatewayCodes {
		if !covered(code, func(row listed) bool { return row.code != CodeBusinessFailed }) {
			t.Errorf("%s is classified and has no row", code)
		}
	}
}

// hasTable reports whether a table is among a method's own.
func hasTable(method string, table codeTable) bool {
	for _, own := range ownTables[method] {
		if reflect.ValueOf(own).Pointer() == reflect.ValueOf(table).Pointer() {
			return true
		}
	}
	return false
}
