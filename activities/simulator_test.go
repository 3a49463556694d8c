package activities_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"miniflow/activities"
	"miniflow/alipay/alipaysim"
	"miniflow/alipay/gateway"
	"miniflow/alipay/keys"
	"miniflow/order"
)

// simulated is a testEnv whose activities call a simulated Alipay through the real
// client, over a real network. Time passes when the test says so.
type simulated struct {
	*testEnv
	sim    *alipaysim.Simulator
	server *httptest.Server
	client *gateway.Client
	purse  *purse
	mini   string

	mu  sync.Mutex
	now time.Time
}

// How long a call may take: brief where answers are held back, long where a busy
// machine must not look like a lost answer.
const (
	brief = 500 * time.Millisecond
	long  = time.Minute
)

// newSimulated starts a simulator with the keys in dir, where they are made when missing.
func newSimulated(t *testing.T, dir string) *simulated {
	t.Helper()
	s := &simulated{now: time.Date(2026, 11, 21, 10, 0, 0, 0, time.UTC), purse: &purse{}}
	must(t, alipaysim.GenerateKeys(dir, appID))
	app, err := alipaysim.LoadApp(dir, appID)
	must(t, err)
	s.sim, err = alipaysim.Open(alipaysim.Config{Volatile: true, Path: filepath.Join(t.TempDir(), "alipay.db"), Apps: []alipaysim.App{app}, Now: s.clock})
	must(t, err)
	s.server = httptest.NewServer(s.sim.Handler())
	t.Cleanup(func() {
		s.server.Close()
		must(t, s.sim.Close())
	})
	s.dial(t, dir, long)
	return s
}

// dial makes the client and the testEnv, for calls that may take as long as that.
func (s *simulated) dial(t *testing.T, dir string, patience time.Duration) {
	t.Helper()
	key := func(name string) string {
		text, err := os.ReadFile(filepath.Join(dir, appID, name))
		must(t, err)
		return string(text)
	}
	private, err := keys.ParsePrivateKey(key("app_private.pem"))
	must(t, err)
	public, err := keys.ParsePublicKey(key("alipay_public.pem"))
	must(t, err)
	s.client, err = gateway.NewClient(gateway.Config{
		AppID: appID, Endpoint: s.server.URL + "/gateway.do", PrivateKey: private, Now: s.clock,
		AlipayKey: func(string) []keys.PublicKey { return []keys.PublicKey{public} },
		Timeout:   patience, UploadTimeout: patience, Limiter: gateway.NewBudget(1000),
	})
	must(t, err)
	s.testEnv = newTestEnv(t, s.activities(t).Register)
}

func (s *simulated) activities(t *testing.T) *activities.Alipay {
	t.Helper()
	var logo bytes.Buffer
	must(t, png.Encode(&logo, image.NewRGBA(image.Rect(0, 0, 180, 180))))
	return &activities.Alipay{
		Gateways: map[string]activities.Gateway{appID: s.client}, Tokens: s.purse, Ring: clearRing{},
		Numbers: &ledger{}, Now: s.clock,
		Files: shelf{"https://isv.example/logo": logo.String()},
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s *simulated) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// pass lets time go by, doing each thing at its own moment.
func (s *simulated) pass(d time.Duration) {
	s.t.Helper()
	for end := s.clock().Add(d); ; {
		next, err := s.sim.RunDue(s.t.Context())
		must(s.t, err)
		ended := next.IsZero() || next.After(end)
		s.mu.Lock()
		if s.now = next; ended {
			s.now = end
		}
		s.mu.Unlock()
		if ended {
			return
		}
	}
}

// manage makes a call of the simulator's management API.
func (s *simulated) manage(method, path, body string, into any) {
	s.t.Helper()
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+"/sim/v1/"+path, strings.NewReader(body))
	must(s.t, err)
	response, err := http.DefaultClient.Do(request)
	must(s.t, err)
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	must(s.t, err)
	if response.StatusCode >= 300 {
		s.t.Fatalf("%s %s: %d %s", method, path, response.StatusCode, text)
	}
	if into != nil {
		must(s.t, json.Unmarshal(text, into))
	}
}

// calls are the simulator's record of what reached it after the first n.
func (s *simulated) calls(n int) []alipaysim.Call {
	s.t.Helper()
	var view struct {
		Calls []alipaysim.Call `json:"calls"`
	}
	s.manage(http.MethodGet, "calls", "", &view)
	return view.Calls[n:]
}

// Activities' inputs, as an order would make them.

func (s *simulated) creation() activities.CreateCall {
	return creating(order.KindFormal, `{"alipay_account":"a@example.com","app_name":"一间咖啡","cert_name":"示例餐饮","cert_no":"91330000000000000X",
		"contact_name":"联系人","contact_phone":"13800000000","legal_personal_name":"法人"}`)
}

func (s *simulated) uploading() activities.UploadCall {
	return activities.UploadCall{AppID: appID, MiniAppID: s.mini, Version: s.naming(number)}
}

// naming is the version that an order wants, under a number that it names, or none.
func (s *simulated) naming(number string) order.Version {
	return order.Version{TemplateID: "2021000000000777", AppVersion: number}
}

func (s *simulated) version() activities.VersionQuestion {
	return activities.VersionQuestion{AppID: appID, MiniAppID: s.mini, BundleID: order.DefaultBundleID, AppVersion: number, Pacing: pacing}
}

func (s *simulated) submission() activities.SubmitCall {
	return activities.SubmitCall{Question: s.version(), Fields: []order.Sealed{`{"fields":{"version_desc":"第一个版本，请审核这个小程序的全部内容",
		"region_type":"CHINA","app_name":"一间咖啡","app_english_name":"cafe","app_slogan":"好喝的咖啡在这里等你","app_desc":"街角的一间咖啡馆，每天现磨现做",
		"mini_category_ids":"XS1001_XS2001","service_phone":"0571-88156688"},"files":{"app_logo":{"url":"https://isv.example/logo"}}}`}}
}

// The stages of an order, each told by the activities themselves.

// created asks for the mini program and has the merchant agree and authorise.
func (s *simulated) created() {
	s.t.Helper()
	result, err := s.try(activities.CreateMiniProgram.Name, s.creation())
	must(s.t, err)
	var created activities.Created
	must(s.t, json.Unmarshal(result, &created))
	s.pass(10 * time.Minute)
	result, err = s.try(activities.AwaitMerchant.Name, activities.MerchantQuestion{AppID: appID, Kind: order.KindFormal, OrderNo: created.OrderNo, Pacing: pacing})
	must(s.t, err)
	var answer activities.MerchantAnswer
	must(s.t, json.Unmarshal(result, &answer))
	s.mini = answer.MiniAppID
	var token map[string]any
	s.manage(http.MethodGet, "mini-programs/"+s.mini+"/token", "", &token)
	s.purse.kept, _ = token["app_auth_token"].(string)
	s.purse.current = s.purse.kept
}

// built has a version built and scanned.
func (s *simulated) built() {
	s.t.Helper()
	s.created()
	_, err := s.try(activities.UploadVersion.Name, s.uploading())
	must(s.t, err)
	s.pass(10 * time.Minute)
}

// submitted has it in audit.
func (s *simulated) submitted() {
	s.t.Helper()
	s.built()
	_, err := s.try(activities.SubmitAudit.Name, s.submission())
	must(s.t, err)
}

// reviewed has the audit end.
func (s *simulated) reviewed(result string) func() {
	return func() {
		s.t.Helper()
		s.submitted()
		s.manage(http.MethodPost, "mini-programs/"+s.mini+"/audit", `{"result":"`+result+`"}`, nil)
	}
}
