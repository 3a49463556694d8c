package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"miniflow/alipay/gateway"
	"miniflow/alipay/keys"
	"miniflow/cmd/internal/command"
	"miniflow/cmd/internal/commandtest"
	"miniflow/cmd/miniflow/internal/orders/checking"
)

// wrongOrder has a mistake of each kind that shows in an order's JSON.
const wrongOrder = `{"app_id":"2021000000000000","kind":"formal","out_order_no":"shop 1","create":{"alipay_account":"shop@example.com","app_name":"面","cert_name":"面馆","cert_no":"9.13E+17",
	"contact_name":"王小明","contact_phone":"57188880000","legal_personal_name":"王小明"},
	"version":{"template_id":"2021000000000099"},
	"submission":{"version_desc":"第一版：在线点单，扫码买单，会员积分，外卖配送","region_type":"CHINA","app_slogn":"x",
	"files":{"app_logo":{"url":"https://files.example.com/logo.png","sha256":"` + zeros + `"},"first_screen_shot":{"url":"https://files.example.com/elsewhere.png","sha256":"` + zeros + `"}}}}`

const zeros = "0000000000000000000000000000000000000000000000000000000000000000"

func TestAnOrderIsCheckedInBothLanguages(t *testing.T) {
	p := newProgram(t)
	p.Write("logo.png", picture(200, 100))
	file := p.Write("order.json", wrongOrder)
	r := p.Run("orders", "check", file)
	p.Says(r, command.ExitFailed, "1 checked, 1 can't be sent as they are:", "the order's number (out_order_no): use 1 to 32 letters",
		"the mini program's name (create.app_name): use 3 to 30 characters, a Chinese character counts two; there are 2",
		"the number of the business licence (create.cert_no): enter it again as text", "(create.contact_phone): enter it again as text, with its area code",
		"the logo (submission.files.app_logo): correct the SHA-256", "send two to five screen shots", "did you mean app_slogan?", "the slogan (submission.app_slogan): give it unless",
	)
	p.Says(p.Run("orders", "check", file, "--lang", "zh-CN"), command.ExitFailed, "已检查 1 个订单，其中 1 个需要改正", "小程序名称（create.app_name）：长度应为 3 到 30 个字符",
		"现有 2", "联系人电话（create.contact_phone）：号码开头的 0 似乎丢了", "图标", "是否应为 app_slogan？")
	for _, personal := range []string{"57188880000", "9.13E+17", "王小明", "shop@example.com"} {
		if strings.Contains(r.Stdout+r.Stderr, personal) {
			t.Errorf("%s is repeated", personal)
		}
	}
	p.Says(p.Feed(wrongOrder, "orders", "check"), command.ExitFailed, "create.app_name")
	p.Says(p.Feed("{", "orders", "check"), command.ExitUsage, "JSON")
	p.Says(p.Feed("\ufeff"+wrongOrder, "orders", "check"), command.ExitFailed, "create.app_name") // as an editor of Windows saves it
}

// TestACheckWithoutProblemsHasAListOfThem in JSON, and not null.
func TestACheckWithoutProblemsHasAListOfThem(t *testing.T) {
	p := newProgram(t)
	r := p.Feed("app_id,kind,mini_app_id,policy.upload,policy.submit\n2021,release,1,external,external\n", "orders", "check", "--output", "json")
	p.Says(r, command.ExitOK, `"problems": []`, `"advice": []`)
}

// TestPicturesAreLookedAt has a file of each kind that Alipay refuses. CMYK is only a head: no
// more of a picture is read.
func TestPicturesAreLookedAt(t *testing.T) {
	a := newOrderAPI(t)
	m := newMerchants(5)
	a.Write("cmyk.jpg", "\xff\xd8\xff\xc0\x00\x14\x08\x00\xb4\x00\xb4\x04\x01\x11\x00\x02\x11\x00\x03\x11\x00\x04\x11\x00\xff\xda\x00\x08")
	a.Write("notes.txt", "a logo, some day")
	a.Write("heavy.png", picture(180, 180)+strings.Repeat("x", 2<<20))
	a.Write("wide.png", picture(200, 100))
	want := map[string]string{
		m.set(0, "submission.files.app_logo", "cmyk.jpg"): "CMYK", m.set(1, "submission.files.app_logo", "notes.txt"): "png or jpg",
		m.set(2, "submission.files.app_logo", "heavy.png"): "at most 2 MB", m.set(3, "submission.files.app_logo", "wide.png"): "square",
		m.set(4, "submission.files.app_logo", "../secret"): "can't be read",
	}
	file := a.Write("merchants.csv", m.csv())
	checked := commandtest.Asks[checking.Checked](a.Program, command.ExitFailed, "orders", "check", file, "--files-url", "https://files.example.com")
	for _, p := range checked.Problems {
		if words := want[p.Cell]; words == "" || !strings.Contains(p.Message, words) {
			t.Errorf("%s: %s, want %q", p.Cell, p.Message, words)
		}
	}
	if len(checked.Problems) != len(want) || checked.Wrong != len(want) {
		t.Errorf("%v", checked.Problems)
	}
	r := a.Run("orders", "check", file, "--lang", "zh-CN")
	m.set(4, "create.app_name", m.rows[1][5])
	a.Says(a.Run("orders", "check", a.Write("merchants.csv", m.csv()), "--lang", "zh-CN"), command.ExitFailed, "F6  小程序名称（create.app_name）：请换一个名称，第 3 行的小程序也用了这个名称")
	a.Says(r, command.ExitFailed, "T2  小程序图标（submission.files.app_logo）：请以 RGB 保存图片：不接受 CMYK", "（共 5 处，这是第一处）")
}

// TestFilesAreNamedByAddress goes through the ways in which a table names a picture.
func TestFilesAreNamedByAddress(t *testing.T) {
	a := newOrderAPI(t)
	a.Write("logo.png", picture(180, 180))
	a.Write("wide.png", picture(200, 100))
	wide := sha256.Sum256([]byte(picture(200, 100)))
	for cell, words := range map[string]string{
		"https://files.example.com/a.png#sha256=" + zeros: "", "https://files.example.com/logo.png": "", // the same file is at hand
		"https://files.example.com/a.png": "write the file's SHA-256 behind its address", "https://files.example.com/a.png#sha256=12": "64 hexadecimal digits",
		"https://files.example.com/logo.png#sha256=" + zeros: "", "logo.png": "", "no.png": "none of this name",
		"https://files.example.com/wide.png#sha256=" + hex.EncodeToString(wide[:]): "make the logo square",
	} {
		m := newMerchants(1)
		m.set(0, "submission.files.app_logo", cell)
		checked := commandtest.Asks[checking.Checked](a.Program, map[bool]int{true: command.ExitOK, false: command.ExitFailed}[words == ""], "orders", "check", a.Write("merchants.csv", m.csv()))
		if words != "" && (len(checked.Problems) != 1 || !strings.Contains(checked.Problems[0].Message, words)) {
			t.Errorf("%s: %v, want %q", cell, checked.Problems, words)
		}
	}
	m := newMerchants(1)
	m.header = append(m.header, "submission.files.app_logo.url", "submission.files.out_door_pic.url", "submission.files.out_door_pic.sha256")
	m.rows[0] = append(m.rows[0], "https://files.example.com/1", "https://files.example.com/2", zeros)
	a.Says(a.Run("orders", "import", a.Write("merchants.csv", m.csv()), "--api", a.url), command.ExitOK, "1 started")
	for _, want := range []string{`"url":"https://files.example.com/1"`, `"out_door_pic":{"sha256":"` + zeros + `","url":"https://files.example.com/2"}`} {
		if !strings.Contains(a.orders["shop-000"], want) {
			t.Errorf("no %s in %s", want, a.orders["shop-000"])
		}
	}
}

// TestFilesAtHandAreHandedIn before their order is sent, which names them by their hash.
func TestFilesAtHandAreHandedIn(t *testing.T) {
	a := newOrderAPI(t)
	logo := picture(180, 180)
	a.Write("logo.png", logo)
	sum := sha256.Sum256([]byte(logo))
	a.Says(a.Run("orders", "import", a.Write("merchants.csv", newMerchants(2).csv()), "--api", a.url), command.ExitOK, "2 started")
	if got := a.files["2021000000000001 submission.files.app_logo"]; got != logo || len(a.files) != 1 {
		t.Errorf("handed in: %d bytes of %d files", len(got), len(a.files))
	}
	if want := `"app_logo":{"sha256":"` + hex.EncodeToString(sum[:]) + `"}`; !strings.Contains(a.orders["shop-001"], want) {
		t.Errorf("no %s in %s", want, a.orders["shop-001"])
	}
	a.files, a.orders = nil, map[string]string{}
	a.Says(a.Run("orders", "import", a.Write("others.csv", newMerchants(1).csv()), "--api", a.url), command.ExitFailed, "files.store", "B2")
	if len(a.orders) != 0 {
		t.Error("an order was sent without its file")
	}
}

// TestNamesAreAskedAboutWhereAConfigurationIsGiven has a name that an order of a simulated Alipay holds.
func TestNamesAreAskedAboutWhereAConfigurationIsGiven(t *testing.T) {
	p := newProgram(t)
	s := simulate(t, p.Dir, "", nil)
	private, err := keys.ParsePrivateKey(p.Read(s.key("app_private.pem")))
	public, err2 := keys.ParsePublicKey(p.Read(s.key("alipay_public.pem")))
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	client, err := gateway.NewClient(gateway.Config{
		AppID: simulatedApp, Endpoint: s.url + "/gateway.do", PrivateKey: private,
		AlipayKey: func(string) []keys.PublicKey { return []keys.PublicKey{public} },
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CreateMiniProgram(t.Context(), "taken-1", json.RawMessage(`{"alipay_account":"a@example.com","app_name":"面馆1号",
		"cert_name":"示例","cert_no":"91330000000000000X","contact_name":"联系人","contact_phone":"13800000000","legal_personal_name":"法人"}`)); err != nil {
		t.Fatal(err)
	}
	config := p.asks(s)
	m := newMerchants(3)
	m.without("submission.files.app_logo")
	for i := range m.rows {
		m.set(i, "app_id", simulatedApp)
	}
	file := p.Write("merchants.csv", m.csv())
	p.Says(p.Run("orders", "check", file), command.ExitOK, "3 checked, nothing is wrong")
	p.Says(p.Run("orders", "check", file, "--config", config), command.ExitFailed, "3 checked, 1 can't", "F3", "choose another name: Alipay answers MINI_APP_NAME_DUPLICATE")
	m.set(0, "app_id", "2021000000000009")
	p.Says(p.Run("orders", "check", p.Write("merchants.csv", m.csv()), "--config", config), command.ExitUsage, "is not in the configuration")
}

// asks writes a configuration of a simulator's app.
func (p *tested) asks(s *simulated) string {
	p.T.Helper()
	return p.Write("miniflow.yaml", fmt.Sprintf(`
apps:
  - app_id: "%s"
    endpoint: %s/gateway.do
    private_key_file: %s
    alipay_public_keys: [{key_file: %s}]
api_keys: [{name: ops, key: "sha256:%s1", apps: ["*"], scopes: [read]}]
sealing: none
`, simulatedApp, s.url, s.key("app_private.pem"), s.key("alipay_public.pem"), strings.Repeat("0", 63)))
}

// TestCategoriesAskForTheirPapers has orders in categories that require papers, with and without them.
func TestCategoriesAskForTheirPapers(t *testing.T) {
	p := newProgram(t)
	s := simulate(t, p.Dir, "", nil)
	p.Write("licence.png", picture(200, 100))
	m := newMerchants(8)
	m.without("submission.files.app_logo")
	m.header = append(m.header, "submission.mini_category_ids", "submission.files.first_license_pic", "submission.files.out_door_pic", "mini_app_id")
	for i, row := range m.rows {
		m.rows[i] = append(row, "XS1001_XS2001", "", "", "")
		m.set(i, "app_id", simulatedApp)
	}
	m.set(1, "submission.mini_category_ids", "XS1002_XS2001")
	m.set(2, "submission.mini_category_ids", "XS1003_XS2001;XS1002_XS2002")
	m.set(2, "submission.files.first_license_pic", "licence.png")
	m.set(3, "submission.mini_category_ids", "XS1003_XS2002")
	m.set(3, "submission.files.first_license_pic", "licence.png")
	m.set(3, "submission.files.out_door_pic", "licence.png")
	m.set(4, "submission.mini_category_ids", "XS1002, XS1003")
	for i, more := range []string{"XS1001_XS2005", "XS1001_XS2006", "XS1001_XS2007"} { // more than fit into one call
		m.set(5+i, "submission.mini_category_ids", more)
	}
	file := p.Write("merchants.csv", m.csv())
	p.Says(p.Run("orders", "check", file), command.ExitOK, "8 checked, nothing is wrong", "which papers a category needs")
	r := p.Run("orders", "check", file, "--config", p.asks(s))
	p.Says(r, command.ExitFailed, "8 checked, 3 can't be sent", "T6  ", "choose another category: Alipay knows no XS1002, XS1003", "U3  ", "(submission.files.first_license_pic): add it: the category 餐饮_类目XS2001 requires it; Alipay says: 需提供营业执照和食品经营许可证",
		"A3  ", "submission.files.first_special_license_pic", "V4  ", "the category 丽人_类目XS2001 requires it", "only its reviewers say")
	if strings.Count(r.Stdout, "requires it") != 4 || strings.Contains(r.Stdout, "U4") {
		t.Errorf("what is there, or not required, is asked for: %s", r.Stdout)
	}
	// What each requires is a list that can be sent, also of what is there.
	p.Says(r, command.ExitFailed, "What the categories require", "丽人_类目XS2002 (XS1003_XS2002): rows 5\n- the business licence, as a picture (submission.files.first_license_pic)\n"+
		"- a photo of the shop front, with its sign (submission.files.out_door_pic)\n  Alipay says: 需提供营业执照和门头照", "(XS1001_XS2001): rows 2\n- no papers")
	p.Says(p.Run("orders", "check", file, "--config", p.asks(s), "--lang", "zh-CN"), command.ExitFailed, "请补充，类目 餐饮_类目XS2001 要求提供。支付宝的说明：需提供营业执照和食品经营许可证",
		"类目所需资质", "丽人_类目XS2002 (XS1003_XS2002)：第 5 行\n- 营业执照的图片（submission.files.first_license_pic）\n- 门头照（含招牌）（submission.files.out_door_pic）\n  支付宝的说明：")
}

// TestThePapersOfOneOrder are a list for a program, too; nothing is said of them where nobody was asked.
func TestThePapersOfOneOrder(t *testing.T) {
	p := newProgram(t)
	s := simulate(t, p.Dir, "", nil)
	file := p.Write("order.json", `{"app_id":"`+simulatedApp+`","kind":"release","mini_app_id":"2021000000000001","submission":{"mini_category_ids":"XS1002_XS2001;XS1001_XS2002"}}`)
	if r := p.Run("orders", "check", file, "--output", "json"); strings.Contains(r.Stdout, `"papers"`) {
		t.Errorf("it says of papers without having asked: %s", r.Stdout)
	}
	r := p.Run("orders", "check", file, "--config", p.asks(s), "--output", "json", "--lang", "zh-CN")
	var got struct{ Papers json.RawMessage }
	if err := json.Unmarshal([]byte(r.Stdout), &got); err != nil {
		t.Fatalf("%v: %s", err, r.Stdout)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, got.Papers); err != nil {
		t.Fatal(err)
	}
	const want = `[{"category":"XS1002_XS2001","name":"餐饮_类目XS2001","requirements":"需提供营业执照和食品经营许可证","papers":[` +
		`{"field":"submission.files.first_license_pic","name":"营业执照的图片"},{"field":"submission.files.first_special_license_pic","name":"行业特殊资质（许可证）的图片"}],"rows":[]},` +
		`{"category":"XS1001_XS2002","name":"类目XS1001_类目XS2002","requirements":"","papers":[],"rows":[]}]`
	if compact.String() != want {
		t.Errorf("the papers are %s, want %s", &compact, want)
	}
}
