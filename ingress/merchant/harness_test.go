package merchant_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"miniflow/ingress/merchant"
	"miniflow/internal/merchantlink"
	"miniflow/internal/seal"
	"miniflow/order"
	"miniflow/words"
)

var now = time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)

// pages are the pages over one order.
type pages struct {
	t       *testing.T
	handler *merchant.Handler
	links   *merchantlink.Maker
	log     bytes.Buffer
	config  merchant.Config

	view   order.View
	failed error
	// asked counts the questions; handed is what was handed in, and wrong what is said of it.
	asked  int
	handed map[string][]byte
	wrong  map[string]string
}

func open(t *testing.T, change ...func(*merchant.Config)) *pages {
	t.Helper()
	key, err := seal.ParseKey("k", base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))))
	if err != nil {
		t.Fatal(err)
	}
	ring, err := seal.New([]seal.Key{key})
	if err != nil {
		t.Fatal(err)
	}
	p := &pages{t: t, links: merchantlink.New("https://isv.example.com", ring)}
	p.view = order.View{AppID: "app", OutOrderNo: "no-1", ShopName: "巷口小面", Stage: order.StageAwaitingMerchant, StageSince: now}
	p.config = merchant.Config{
		Links: p.links, Orders: p, HandsIn: true, FileBytes: 1 << 10, PagesPerSecond: 1e6, Now: func() time.Time { return now },
		Log: slog.New(slog.NewTextHandler(&p.log, nil)),
	}
	for _, one := range change {
		one(&p.config)
	}
	p.handler = merchant.New(p.config)
	return p
}

func (p *pages) Find(_ context.Context, id int64) (merchant.Order, error) {
	p.asked++
	if p.failed != nil || id != order.MerchantLinkID("app", "no-1") {
		return merchant.Order{}, cmp.Or(p.failed, merchant.ErrMissing)
	}
	return merchant.Order{AppID: "app", OutOrderNo: "no-1"}, nil
}

func (p *pages) View(context.Context, merchant.Order, words.Language) (order.View, error) {
	return p.view, p.failed
}

func (p *pages) HandIn(_ context.Context, _ merchant.Order, _ words.Language, files map[string][]byte) (map[string]string, error) {
	if p.handed = files; len(p.wrong) == 0 {
		p.view.Hold = nil
	}
	return p.wrong, p.failed
}

// path is where the order's page is.
func (p *pages) path() string {
	return strings.TrimPrefix(p.links.Link("app", "no-1", now.Add(merchantlink.Life)), "https://isv.example.com")
}

func (p *pages) do(request *http.Request) *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	p.handler.ServeHTTP(answer, request)
	return answer
}

func (p *pages) get(path, language string) *httptest.ResponseRecorder {
	request := httptest.NewRequestWithContext(p.t.Context(), http.MethodGet, path, nil)
	if language != "" {
		request.Header.Set("Accept-Language", language)
	}
	return p.do(request)
}

// shows expects that the page is shown with these texts.
func (p *pages) shows(language string, texts ...string) string {
	p.t.Helper()
	answer := p.get(p.path(), language)
	if answer.Code != http.StatusOK {
		p.t.Errorf("the page answers %d", answer.Code)
	}
	for _, text := range texts {
		if !strings.Contains(answer.Body.String(), text) {
			p.t.Errorf("the page does not show %q:\n%s", text, answer.Body)
		}
	}
	return answer.Body.String()
}

// posts sends a form with files.
func (p *pages) posts(files map[string]string, headers ...string) *httptest.ResponseRecorder {
	p.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for field, content := range files {
		part, err := form.CreateFormFile(field, "canary-name.png")
		if err == nil {
			_, err = io.WriteString(part, content)
		}
		if err != nil {
			p.t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		p.t.Fatal(err)
	}
	request := httptest.NewRequestWithContext(p.t.Context(), http.MethodPost, p.path(), &body)
	request.Header.Set("Content-Type", form.FormDataContentType())
	for i := 0; i < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	return p.do(request)
}

// holds makes the order ask for fields.
func (p *pages) holds(fields ...string) {
	p.view.Stage = order.StageSubmitting
	p.view.Hold = &order.Hold{Kind: order.HoldNeedsInput, Since: now, Code: "X", Message: words.Plain("图标不清晰"), Fields: fields}
}
