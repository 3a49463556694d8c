package rows

import (
	"strings"
	"testing"

	"miniflow/cmd/miniflow/internal/orders/sheet"
)

// readRows reads a table of releases, which need the least.
func readRows(t *testing.T, header string, lines ...string) []Order {
	t.Helper()
	text := "app_id,kind,mini_app_id,policy.upload,policy.submit" + header + "\n"
	for _, line := range lines {
		text += "2021,release,2021000000000001,external,external" + line + "\n"
	}
	table, err := sheet.Read([]byte(text), "")
	if err != nil {
		t.Fatal(err)
	}
	orders, wrong := Read(table, Options{Folder: t.TempDir()})
	if len(wrong) > 0 {
		t.Fatal(wrong)
	}
	return orders
}

func TestRowsAreRefusedByCell(t *testing.T) {
	for _, test := range []struct{ header, line, cell, words string }{
		{",merchant_ref", ",#N/A", "F2", "the spreadsheet's own error"},
		{",merchant_ref", ",a,b", "G2", "the row is longer than the header"},
		{",version.ext", ",[]", "F2", "give a JSON object"},
		{",version.ext", `,"{} {}"`, "F2", "give a JSON object"},
		{",create.is_individual", ",perhaps", "F2", "choose one of true, false"},
		{",create.app_name", ",面馆", "F2", "a release creates nothing"}, // the API says it of the block
		{",order_no", ",1", "F2", "a release creates nothing"},
		{",submission.version_desc", ",short", "F2", "use 30 to 500"},
		{",submission.memo", ",x", "A2", "give a value"}, // of a field without a column: version_desc
	} {
		o := readRows(t, test.header, test.line)[0]
		found := false
		for _, p := range o.Problems {
			found = found || p.Cell == test.cell && strings.Contains(p.Message, test.words)
		}
		if !found {
			t.Errorf("%s%s: %v", test.header, test.line, o.Problems)
		}
	}
	if o := readRows(t, ",version.ext,version.ext.shop.Id,merchant_ref", `,"{""a"":1.50}",007,m`)[0]; len(o.Problems) > 0 ||
		!strings.Contains(string(o.Body), `"ext":{"a":1.50,"shop":{"Id":"007"}}`) {
		t.Errorf("%s %v", o.Body, o.Problems)
	}
}

// TestPhonesOfEveryLengthStandInOneColumn: what is short beside a number with an area code is a mobile.
func TestPhonesOfEveryLengthStandInOneColumn(t *testing.T) {
	for _, o := range readRows(t, ",submission.service_phone,submission.version_desc,submission.region_type",
		",057188880000,第一版：在线点单，扫码买单，会员积分,CHINA", ",13800000000,第二版：在线点单，扫码买单，会员积分,CHINA", ",4008001234,第三版：在线点单，扫码买单，会员积分,CHINA", ",95188,第四版：在线点单，扫码买单，会员积分,CHINA") {
		if len(o.Problems) > 0 {
			t.Errorf("row %d: %v", o.Row, o.Problems)
		}
	}
}

// TestANumberFollowsFromWhatARowAsksFor and from nothing else, so that the same row finds its order.
func TestANumberFollowsFromWhatARowAsksFor(t *testing.T) {
	one, other := readRows(t, ",merchant_ref", ",a", ",b"), readRows(t, ",merchant_ref,order_no", ",c,", ",b,", ",a,")
	if one[0].OutOrderNo != other[2].OutOrderNo || one[1].OutOrderNo != other[1].OutOrderNo || one[0].OutOrderNo == one[1].OutOrderNo {
		t.Errorf("%v %v", one, other)
	}
	if len(one[0].OutOrderNo) != 32 || !one[0].Derived || len(one[0].Problems) > 0 {
		t.Errorf("%+v", one[0])
	}
}

// TestANumberIsOfItsApp: two apps may have the same one, and no app has it twice.
func TestANumberIsOfItsApp(t *testing.T) {
	table, err := sheet.Read([]byte("app_id,out_order_no,kind,mini_app_id,policy.upload,policy.submit\n"+
		"2021,no-1,release,1,external,external\n2022,no-1,release,2,external,external\n2022,no-1,release,3,external,external\n"), "")
	if err != nil {
		t.Fatal(err)
	}
	orders, wrong := Read(table, Options{Folder: t.TempDir()})
	if len(wrong) > 0 || len(orders[0].Problems)+len(orders[1].Problems) > 0 {
		t.Errorf("%v %+v", wrong, orders)
	}
	if p := orders[2].Problems; len(p) != 1 || p[0].Cell != "B4" || !strings.Contains(p[0].Message, "row 3") {
		t.Errorf("%+v", p)
	}
}

// TestAFirstRowThatIsNoHeaderIsNotRepeated: what stands there instead may be about people.
func TestAFirstRowThatIsNoHeaderIsNotRepeated(t *testing.T) {
	table, err := sheet.Read([]byte("张三,13800000000,110101199001011234,zhang@example.com,app_nam\n1,2,3,4,5\n"), "")
	if err != nil {
		t.Fatal(err)
	}
	_, wrong := Read(table, Options{Folder: t.TempDir()})
	if len(wrong) != 5 {
		t.Fatalf("%+v", wrong)
	}
	for i, p := range wrong {
		if want := map[bool]string{true: "app_nam"}[i == 4]; p.Field != want || p.Cell != sheet.Name(i, 1) {
			t.Errorf("%+v", p)
		}
	}
}
