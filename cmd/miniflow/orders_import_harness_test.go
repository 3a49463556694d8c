package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"miniflow/cmd/internal/remote"
	ingress "miniflow/ingress/api"
	"miniflow/ingress/api/problem"
	"miniflow/order"
)

// orderAPI is a Miniflow that starts orders: it refuses what the API refuses, by the API's own
// rules, and starts each number once.
type orderAPI struct {
	*tested
	url string

	mu      sync.Mutex
	files   map[string]string // what was handed in, by its field
	orders  map[string]string // what was started, by its number
	created map[string]int    // how often
	posts   int
	before  func(post int) // called before a post is answered
	broken  func(number string) bool
}

func newOrderAPI(t *testing.T) *orderAPI {
	t.Helper()
	a := &orderAPI{tested: newProgram(t), files: map[string]string{}, orders: map[string]string{}, created: map[string]int{}}
	a.Env[remote.KeyVariable] = "the-key"
	server := httptest.NewServer(http.HandlerFunc(a.start))
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

func (a *orderAPI) start(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err == nil && r.Method+" "+r.URL.Path == "POST /v1/files" {
		a.handIn(w, r, body)
		return
	}
	if err != nil || r.Method+" "+r.URL.Path != "POST /v1/orders" {
		problem.New(problem.OrderUnknown, "nothing is here").Write(w)
		return
	}
	a.mu.Lock()
	a.posts++
	post, before := a.posts, a.before
	a.mu.Unlock()
	if before != nil {
		before(post)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	refused, _, err := ingress.CheckOrder(body, order.Policy{})
	var read struct {
		Number string `json:"out_order_no"`
	}
	if err := json.Unmarshal(body, &read); err != nil {
		a.T.Error(err)
	}
	known, taken := a.orders[read.Number]
	switch {
	case r.Header.Get("Authorization") != "Bearer the-key":
		problem.New(problem.KeyUnknown, "give a key").Write(w)
	case a.broken != nil && a.broken(read.Number):
		problem.New(problem.TemporalUnwell, "not now").Write(w)
	case err != nil || len(refused) > 0:
		problem.Invalid(refused).Write(w)
	case !taken:
		a.orders[read.Number], a.created[read.Number] = string(body), a.created[read.Number]+1
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, "{}")
	case known != string(body):
		problem.New(problem.OrderNumberTaken, "the number asks for something else").Write(w)
	default:
		_, _ = io.WriteString(w, "{}")
	}
}

// handIn takes a file, unless it is said to have no store.
func (a *orderAPI) handIn(w http.ResponseWriter, r *http.Request, content []byte) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.files == nil {
		problem.Of(problem.FileStoreMissing).Write(w)
		return
	}
	a.files[r.URL.Query().Get("app_id")+" "+r.URL.Query().Get("field")] = string(content)
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, "{}")
}

// merchants is a table of orders that are all right.
type merchants struct {
	header []string
	rows   [][]string
}

func newMerchants(n int) *merchants {
	m := &merchants{header: strings.Fields(`app_id out_order_no kind merchant_ref create.alipay_account create.app_name create.cert_name create.cert_no
		create.contact_name create.contact_phone create.legal_personal_name create.is_individual version.template_id version.template_version version.ext.shop_id
		submission.version_desc submission.region_type submission.service_email submission.license_valid_date submission.files.app_logo`)}
	for i := range n {
		m.rows = append(m.rows, []string{
			"2021000000000001", fmt.Sprintf("shop-%03d", i), "formal", fmt.Sprintf("%05d", i), fmt.Sprintf("shop%d@example.com", i), fmt.Sprintf("面馆%d号", i), "杭州面馆", "91330100799655058B",
			"王小明", "13800000000", "王小明", "FALSE", "2021000000000099", "1.0.3", fmt.Sprintf("%04d", i),
			"第一版：在线点单，扫码买单，会员积分，外卖配送", "CHINA", "shop@example.com", "2030/1/5", "logo.png",
		})
	}
	return m
}

// set changes a cell and returns its name.
func (m *merchants) set(row int, column, value string) string {
	for i, name := range m.header {
		if name == column {
			m.rows[row][i] = value
			return fmt.Sprintf("%c%d", 'A'+i, row+2)
		}
	}
	panic("no column " + column)
}

// without removes a column.
func (m *merchants) without(column string) {
	for i, name := range m.header {
		if name != column {
			continue
		}
		m.header = append(m.header[:i:i], m.header[i+1:]...)
		for j, row := range m.rows {
			m.rows[j] = append(row[:i:i], row[i+1:]...)
		}
		return
	}
}

// csv writes the table.
func (m *merchants) csv() string {
	var text bytes.Buffer
	w := csv.NewWriter(&text)
	_ = w.WriteAll(append([][]string{m.header}, m.rows...))
	return text.String()
}

// picture returns a PNG.
func picture(width, height int) string {
	img := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{color.White})
	var out bytes.Buffer
	_ = png.Encode(&out, img)
	return out.String()
}

// imports runs an import of a table.
func (a *orderAPI) imports(file string, more ...string) []string {
	a.Write("logo.png", picture(180, 180))
	return append([]string{"orders", "import", file, "--api", a.url, "--files-url", "https://files.example.com/logos"}, more...)
}

// onlyOnce checks that nothing was started twice.
func (a *orderAPI) onlyOnce(want int) {
	a.T.Helper()
	if len(a.created) != want {
		a.T.Errorf("%d orders were started, want %d", len(a.created), want)
	}
	for number, times := range a.created {
		if times != 1 {
			a.T.Errorf("%s was started %d times", number, times)
		}
	}
}
