package drift_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/alipay/drift"
)

// The register says in words, in both languages, what differences name by its numbers.
func TestTheRegisterIsWhatTheDocumentsList(t *testing.T) {
	var want []string
	for i, row := range drift.Register() {
		if row.No != i+1 {
			t.Errorf("row %d has the number %d", i+1, row.No)
		}
		want = append(want, fmt.Sprint(row.No, " ", row.Kind, " ", strings.Join(row.Where, " ")))
	}
	line, name := regexp.MustCompile(`(?m)^\| (\d+) \| (.*?) \| (\w*) ?\| (.+) \| (.+) \| (.+) \|$`), regexp.MustCompile("`([^`]+)`")
	for _, page := range []string{"unverified.md", "unverified.zh-CN.md"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "docs", page))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, row := range line.FindAllStringSubmatch(string(text), -1) {
			var where []string
			for _, one := range name.FindAllStringSubmatch(row[2], -1) {
				where = append(where, one[1])
			}
			got = append(got, fmt.Sprint(row[1], " ", row[3], " ", strings.Join(where, " ")))
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s lists\n%s\nand not\n%s", page, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// A value that is known and whose meaning is assumed is listed with its row.
func TestWhatIsAssumedIsListedToo(t *testing.T) {
	s := newSides(t)
	s.began()
	s.manage("PUT", "faults", `{"faults":[{"method":"*.isv.create","kind":"error","sub_code":"ORDER_FINISHED","times":1},
		{"method":"*.isv.create","kind":"error","sub_code":"APP_NAME_LENGTH_LIMIT","times":1},
		{"method":"*.isv.create","kind":"rate_limit","times":1},{"method":"*.isv.create","kind":"error","sub_code":"APP_NAME_DUPLICATED"}]}`)
	for range 4 {
		_, _ = s.client.CreateMiniProgram(t.Context(), "drift-2", []byte(createFields))
	}
	rows := map[string]int{}
	for _, d := range s.ledger.Report([]string{appID}, false).Differences {
		if d.Where != alipay.MethodCreate || d.Kind != drift.KindCode {
			t.Errorf("%+v", d)
		}
		rows[d.What] = d.Row
	}
	if want := map[string]int{"ORDER_FINISHED": 13, "APP_NAME_LENGTH_LIMIT": 21, "isv.method-call-limited": 10}; fmt.Sprint(rows) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", rows, want)
	}
}
