package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
	"miniflow/cmd/miniflow/internal/orders/importing"
)

// planted are mistakes of the kinds that merchants make, each with words of its sentence.
func planted(m *merchants) map[string]string {
	return map[string]string{
		m.set(7, "create.app_name", "A"):                           "use 3 to 30 characters, a Chinese character counts two; there are 1",
		m.set(31, "create.app_name", strings.Repeat("面", 16)):      "there are 32",
		m.set(45, "create.cert_no", ""):                            "give a value",
		m.set(60, "version.template_id", "2.02E+15"):               "the spreadsheet has rounded it",
		m.set(77, "create.contact_phone", "57188880000"):           "a zero in front seems to be lost",
		m.set(101, "submission.version_desc", "第一版"):               "use 30 to 500 characters",
		m.set(120, "submission.region_type", "中国"):                 "choose one of GLOBAL, CHINA, LOCATION",
		m.set(150, "out_order_no", "shop 150"):                     "letters, digits",
		m.set(200, "out_order_no", "shop-199"):                     "row 201 has the same one",
		m.set(222, "submission.files.app_logo", "nowhere.png"):     "there is none of this name",
		m.set(250, "submission.files.app_logo", "wide.png"):        "make the logo square",
		m.set(299, "submission.service_email", "shop at home dot"): "give one mail address",
	}
}

// TestThreeHundredRowsWithTwelveFaults refuses exactly the planted ones, each with its cell and a
// sentence, first without sending anything, then while the others are started: by a run that is
// ended in the middle, and one that goes on and starts nothing twice.
func TestThreeHundredRowsWithTwelveFaults(t *testing.T) {
	a := newOrderAPI(t)
	m := newMerchants(300)
	faults := planted(m)
	a.Write("wide.png", picture(200, 100))
	file := a.Write("merchants.csv", m.csv())
	check := func(report importing.Report) {
		t.Helper()
		found := map[string]string{}
		for _, p := range report.Problems {
			found[p.Cell] = p.Message
		}
		for cell, words := range faults {
			if !strings.Contains(found[cell], words) {
				t.Errorf("%s: %q, want %q", cell, found[cell], words)
			}
		}
		if len(report.Problems) != 12 || report.Refused != 12 {
			t.Errorf("%d rows refused: %v", report.Refused, report.Problems)
		}
	}
	check(commandtest.Asks[importing.Report](a.Program, command.ExitFailed, a.imports(file, "--dry-run")...))
	if a.posts != 0 {
		t.Errorf("a dry run has sent %d orders", a.posts)
	}
	if _, err := os.Stat(file + ".results.csv"); err == nil {
		t.Error("a dry run has written results")
	}
	a.Says(a.interrupted(150, a.imports(file, "--parallel", "4")...), command.ExitInterrupted, "12 refused", "rows left; the same command goes on")
	torn := a.Read(file + ".results.csv")
	a.Write("merchants.csv.results.csv", torn[:len(torn)-20])
	report := commandtest.Asks[importing.Report](a.Program, command.ExitFailed, a.imports(file, "--parallel", "4")...)
	check(report)
	if report.Started+report.Exists+report.Before != 288 || report.Started < 100 || report.Before < 100 || report.Exists > 1 || report.Left != 0 {
		t.Errorf("%+v", report)
	}
	a.onlyOnce(288)
	results := a.results(file)
	if len(results) != 300 || results[10][2] != "started" || results[299][2] != "started" {
		t.Errorf("%d rows of results", len(results))
	}
	if got := results[60+2]; got[2] != "refused" || got[4] != "M62" || !strings.Contains(got[3], "rounded") {
		t.Errorf("results of row 62: %v", got)
	}
	a.Says(a.Run(a.imports(file)...), command.ExitFailed, "300 rows: 0 started, 0 existed, 288 done before, 12 refused", "M62", "version.template_id")
	// Corrected, those rows are started too, and no other again.
	a.Write("merchants.csv", newMerchants(300).csv())
	a.Says(a.Run(a.imports(file)...), command.ExitOK, "12 started", "288 done before")
	a.onlyOnce(300)
}

// results reads a results file by its rows.
func (a *orderAPI) results(file string) map[int][]string {
	a.T.Helper()
	text := strings.TrimPrefix(a.Read(file+".results.csv"), "\ufeff")
	records, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		a.T.Fatal(err)
	}
	rows := map[int][]string{}
	for _, record := range records[1:] {
		var row int
		_, _ = fmt.Sscan(record[0], &row)
		if rows[row] != nil {
			a.T.Errorf("row %d has two lines", row)
		}
		rows[row] = record
	}
	return rows
}

// interrupted runs an import that is ended while the API holds a post.
func (a *orderAPI) interrupted(post int, args ...string) commandtest.Result {
	a.T.Helper()
	ctx, cancel := context.WithCancel(a.T.Context())
	defer cancel()
	a.before = func(n int) {
		if n == post {
			cancel()
		}
	}
	var stdout, stderr bytes.Buffer
	code := command.Run(ctx, program(), args, &command.Env{
		Getenv: func(name string) string { return a.Env[name] }, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr, Now: time.Now,
	})
	a.before = nil
	return commandtest.Result{Code: code, Stdout: stdout.String(), Stderr: stderr.String()}
}

// TestAnImportThatWasEndedGoesOn ends it in the middle, tears the last line of the results as a
// crash does, and begins again: with numbers of the table and with derived ones.
func TestAnImportThatWasEndedGoesOn(t *testing.T) {
	for _, numbered := range []bool{true, false} {
		for _, parallel := range []string{"1", "5"} {
			t.Run(fmt.Sprintf("numbered %v, %s at a time", numbered, parallel), func(t *testing.T) {
				a := newOrderAPI(t)
				m := newMerchants(40)
				if !numbered {
					m.without("out_order_no")
				}
				file := a.Write("merchants.csv", m.csv())
				a.Says(a.interrupted(17, a.imports(file, "--parallel", parallel)...), command.ExitInterrupted, "rows left; the same command goes on")
				if n := len(a.created); n < 17 || n > 21 {
					t.Fatalf("%d orders were started before the end", n)
				}
				results := a.Read(file + ".results.csv")
				if n := strings.Count(results, ",started,"); n != len(a.created) {
					t.Errorf("%d are known to be started, and %d are: answers on their way were lost", n, len(a.created))
				}
				a.Write("merchants.csv.results.csv", results[:len(results)-20])
				a.Says(a.Run(a.imports(file, "--parallel", parallel)...), command.ExitOK, "0 refused, 0 failed, 0 left")
				a.onlyOnce(40)
				if n := len(a.results(file)); n != 40 {
					t.Errorf("%d rows of results", n)
				}
				a.posts = 0
				a.Says(a.Run(a.imports(file)...), command.ExitOK, "40 done before")
				if a.posts != 0 {
					t.Errorf("what is done was sent again %d times", a.posts)
				}
			})
		}
	}
}

// TestRowsWithoutNumbersKeepTheirs puts a row above others and changes one that was started.
func TestRowsWithoutNumbersKeepTheirs(t *testing.T) {
	a := newOrderAPI(t)
	m := newMerchants(5)
	m.without("out_order_no")
	file := a.Write("merchants.csv", m.csv())
	a.Says(a.Run(a.imports(file)...), command.ExitOK, "5 started")
	m.rows = append([][]string{newMerchants(9).rows[8]}, m.rows...)
	m.rows[0] = append(m.rows[0][:1:1], m.rows[0][2:]...)
	a.Write("merchants.csv", m.csv())
	a.Says(a.Run(a.imports(file)...), command.ExitOK, "1 started", "5 done before")
	a.onlyOnce(6)

	cell := m.set(3, "create.app_name", "别的面馆")
	a.Write("merchants.csv", m.csv())
	for range 2 { // and the next run has not forgotten
		a.Says(a.Run(a.imports(file)...), command.ExitFailed, strings.TrimLeft(cell, "ABCDEFGH"), "was changed after it was sent", "1 refused")
		a.onlyOnce(6)
	}
	if got := a.results(file)[5]; got[2] != "started" || !strings.Contains(got[3], "undo the change") {
		t.Errorf("results of the changed row: %v", got)
	}
	m.rows = append(m.rows, m.rows[5])
	a.Write("merchants.csv", m.csv())
	a.Says(a.Run(a.imports(file, "--dry-run")...), command.ExitFailed, "A8", "the same as row 7")
}

func TestTheAPIsNoIsToldByItsCell(t *testing.T) {
	a := newOrderAPI(t)
	m := newMerchants(3)
	file := a.Write("merchants.csv", m.csv())
	a.orders["shop-001"] = "{}"
	a.Says(a.Run(a.imports(file)...), command.ExitFailed, "B3", "asks for something else", "2 started", "1 refused")
	a.Env["MINIFLOW_API_KEY"] = "another"
	a.orders = map[string]string{}
	a.Says(a.Run(a.imports(file)...), command.ExitFailed, "401", "1 left")
}

func TestFilesOfEveryEncoding(t *testing.T) {
	text := newMerchants(3).csv()
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"UTF-8": text, "with a mark": "\ufeff" + text, "GBK": gbk, "semicolons": strings.ReplaceAll(text, ",", ";"), "tabs": strings.ReplaceAll(text, ",", "\t"),
		"Windows": strings.ReplaceAll(text, "\n", "\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			a := newOrderAPI(t)
			a.Says(a.Run(a.imports(a.Write("merchants.csv", content))...), command.ExitOK, "3 started")
			if !strings.Contains(a.orders["shop-002"], `"app_name":"面馆2号"`) {
				t.Error(a.orders["shop-002"])
			}
			for _, want := range []string{`"merchant_ref":"00002"`, `"ext":{"shop_id":"0002"}`, `"is_individual":false`, `"license_valid_date":"2030-01-05"`, `"url":"https://files.example.com/logos/logo.png"`} {
				if !strings.Contains(a.orders["shop-002"], want) {
					t.Errorf("no %s in %s", want, a.orders["shop-002"])
				}
			}
		})
	}
	a := newOrderAPI(t)
	a.Says(a.Run(a.imports(a.Write("merchants.csv", "app_id\n\xff\xff\x81"))...), command.ExitUsage, "neither UTF-8 nor GBK")
	a.Says(a.Run(a.imports(a.Write("merchants.csv", "app_id\n\"a"))...), command.ExitUsage, "line 2", "quotation mark")
	a.Says(a.Run(a.imports(a.Write("merchants.csv", ""))...), command.ExitUsage, "no row with names")
}

// TestAWorkbookKeepsLongNumbers has an id as text and the same one as a number, as a spreadsheet
// keeps it that was typed in.
func TestAWorkbookKeepsLongNumbers(t *testing.T) {
	a := newOrderAPI(t)
	m := newMerchants(3)
	book := excelize.NewFile()
	for i, row := range append([][]string{m.header}, m.rows...) {
		cells := make([]any, len(row))
		for j, text := range row {
			cells[j] = text
		}
		if err := book.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &cells); err != nil {
			t.Fatal(err)
		}
	}
	day, err := book.NewStyle(&excelize.Style{NumFmt: 14})
	zeros := "00000"
	padded, err2 := book.NewStyle(&excelize.Style{CustomNumFmt: &zeros})
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	for _, err := range []error{
		book.SetCellValue("Sheet1", "M3", 2021000000000099), book.SetCellValue("Sheet1", "J4", 13800000000), book.SetCellValue("Sheet1", "L4", true),
		book.SetCellValue("Sheet1", "S4", time.Date(2031, 2, 3, 0, 0, 0, 0, time.UTC)), book.SetCellStyle("Sheet1", "S4", "S4", day),
		book.SetCellValue("Sheet1", "D4", 77), book.SetCellStyle("Sheet1", "D4", "D4", padded),
		book.SaveAs(a.Dir + "/merchants.xlsx"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	report := commandtest.Asks[importing.Report](a.Program, command.ExitFailed, a.imports(a.Dir+"/merchants.xlsx")...)
	if len(report.Problems) != 1 || report.Problems[0].Cell != "M3" || !strings.Contains(report.Problems[0].Message, "rounded") || report.Started != 2 {
		t.Errorf("%+v", report)
	}
	for _, want := range []string{`"license_valid_date":"2031-02-03"`, `"contact_phone":"13800000000"`, `"is_individual":true`, `"merchant_ref":"00077"`, `"template_id":"2021000000000099"`} {
		if !strings.Contains(a.orders["shop-002"], want) {
			t.Errorf("no %s in %s", want, a.orders["shop-002"])
		}
	}
	a.Says(a.Run(a.imports(a.Dir+"/merchants.xlsx", "--sheet", "none")...), command.ExitUsage, "Sheet1")
}

func TestColumnsAreKnown(t *testing.T) {
	a := newOrderAPI(t)
	for header, words := range map[string]string{
		"app_id,create.app_nme": "B1 create.app_nme: rename the column: an order has no such field; did you mean create.app_name?",
		"app_id,version_desc":   "did you mean submission.version_desc?", "app_id,app_id": "B1 app_id: remove one of the columns", "app_id,": "B1 name the column",
		"app_id,顾客": "the paths of POST /v1/orders",
	} {
		r := a.Run(a.imports(a.Write("merchants.csv", header+"\n1,2\n"))...)
		r.Stdout = strings.Join(strings.Fields(r.Stdout), " ")
		a.Says(r, command.ExitFailed, words)
	}
	if a.posts != 0 {
		t.Error("something was sent")
	}
}

// TestWhatASpreadsheetHasDoneToAColumn is found by its neighbours.
func TestWhatASpreadsheetHasDoneToAColumn(t *testing.T) {
	a := newOrderAPI(t)
	m := newMerchants(6)
	for i := range m.rows {
		m.set(i, "version.template_id", fmt.Sprintf("20210000000%03d10", i))
	}
	cell := m.set(3, "merchant_ref", "3")
	report := commandtest.Asks[importing.Report](a.Program, command.ExitFailed, a.imports(a.Write("merchants.csv", m.csv()), "--dry-run")...)
	var cells []string
	for _, p := range report.Problems {
		cells = append(cells, p.Cell)
	}
	if diff := cmp.Diff(7, len(cells)); diff != "" || !strings.Contains(strings.Join(cells, " "), cell) {
		t.Error(cells, diff)
	}
}

// TestHowAnImportIsCalled goes through slips that are found before anything is read or sent, and
// through what a table leaves to flags.
func TestHowAnImportIsCalled(t *testing.T) {
	a := newOrderAPI(t)
	m := newMerchants(2)
	m.without("app_id")
	m.without("kind")
	file := a.Write("merchants.csv", m.csv())
	a.Says(a.Run(a.imports(file, "--parallel", "0")...), command.ExitUsage, "--parallel is 0")
	a.Says(a.Run("orders", "import", file, "--api", a.url, "--files-url", "folder"), command.ExitUsage, "--files-url")
	a.Says(a.Feed(m.csv(), a.imports("-")...), command.ExitUsage, "--results")
	a.Says(a.Run(a.imports(file+".no")...), command.ExitUsage, "name one that exists")
	a.Says(a.Run("orders", "check", file, "--lang", "fr"), command.ExitUsage, "--lang")
	a.Says(a.Run(a.imports(file)...), command.ExitFailed, "A2     app_id: give a value")
	a.Says(a.Run(a.imports(file, "--app-id", "2021000000000001", "--kind", "formal")...), command.ExitOK, "2 started")
	a.onlyOnce(2)
}
