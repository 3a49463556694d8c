package robottest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"miniflow/activities/robots/groupsim"
	"miniflow/alipay/alipaysim"
	"miniflow/cmd/internal/service"
	"miniflow/cmd/standalone/internal/embedded"
	"miniflow/internal/config"
	"miniflow/order"
)

const (
	appID  = "2021000000000001"
	apiKey = "the-key-of-the-test-which-is-long-enough"
	// patience bounds every wait, and often is how soon is looked again.
	patience = 90 * time.Second
	often    = 100 * time.Millisecond
)

// stage is a real Temporal, groups with robots, and Miniflow, which is started again with other robots.
type stage struct {
	t        *testing.T
	dir      string
	temporal client.Client
	groups   map[string]*groupsim.Group
	servers  map[string]*httptest.Server
	log      *bytes.Buffer
	address  string
	stop     func()
	// keys seal; none stands for one that is made up.
	keys []config.SealingKey
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{t: t, dir: t.TempDir(), groups: map[string]*groupsim.Group{}, servers: map[string]*httptest.Server{}, log: &bytes.Buffer{}}
	server, err := embedded.Start(t.Context(), embedded.Config{
		Dir: filepath.Join(s.dir, "temporal"), Frontend: "127.0.0.1:0", UI: "127.0.0.1:0",
		SearchAttributes: service.SearchAttributes(), Logger: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	t.Cleanup(func() { must(t, server.Stop()) })
	options := server.ClientOptions()
	options.Logger = sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
	s.temporal, err = client.DialContext(t.Context(), options)
	must(t, err)
	t.Cleanup(s.temporal.Close)
	must(t, alipaysim.GenerateKeys(filepath.Join(s.dir, "keys"), appID))
	for kind, secret := range map[string]string{"dingtalk": "SEC-canary-secret", "wecom": "", "feishu": "canary-secret"} {
		group := &groupsim.Group{Kind: kind, Token: "canary-token", Secret: secret, Now: time.Now}
		s.groups[kind], s.servers[kind] = group, httptest.NewServer(group)
		t.Cleanup(s.servers[kind].Close)
	}
	return s
}

// robot is one of a group, told every second: the schedule of a test is not to be waited for.
func (s *stage) robot(kind string, change func(*config.Robot)) config.Robot {
	robot := config.Robot{
		Name: kind, Kind: kind, URL: config.Secret(s.servers[kind].URL + s.groups[kind].Path()), Secret: config.Secret(s.groups[kind].Secret),
		Digest: order.Duration(time.Second),
	}
	if change != nil {
		change(&robot)
	}
	return robot
}

// serve starts Miniflow with robots, in place of the one that runs.
func (s *stage) serve(robots ...config.Robot) {
	s.t.Helper()
	s.end()
	cfg := config.Defaults()
	cfg.Apps = []config.App{{
		ID: appID, Endpoint: "http://127.0.0.1:9/gateway.do", PrivateKey: config.Secret(s.key("app_private.pem")), Language: "zh-CN",
		AlipayPublicKeys: []config.PublicKey{{Key: s.key("alipay_public.pem")}}, Robots: robots,
	}}
	cfg.PublicURL = "https://miniflow.example.com"
	cfg.APIKeys = []config.APIKey{{Name: "test", Key: apiKey, Apps: []string{"*"}, Scopes: config.Scopes()}}
	if cfg.Sealing.Keys = s.keys; len(s.keys) == 0 {
		cfg.Sealing.Keys = []config.SealingKey{{ID: "test", Key: config.Secret(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 32)))}}
	}
	for _, group := range s.servers {
		cfg.Files.Allow = append(cfg.Files.Allow, group.Listener.Addr().String())
	}
	cfg.Fill()
	miniflow, err := service.New(service.Options{
		Config: cfg, Temporal: s.temporal, Namespace: "default", Roles: []service.Role{service.RoleAPI, service.RoleWorker},
		Log: slog.New(slog.NewJSONHandler(s.log, nil)), Registry: prometheus.NewRegistry(),
	})
	must(s.t, err)
	var listening net.ListenConfig
	listener, err := listening.Listen(s.t.Context(), "tcp", "127.0.0.1:0")
	must(s.t, err)
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- miniflow.Run(ctx, listener) }()
	s.address = "http://" + listener.Addr().String()
	s.stop = func() {
		cancel()
		must(s.t, <-ended)
	}
}

func (s *stage) end() {
	if s.stop != nil {
		s.stop()
	}
	s.stop = nil
}

func (s *stage) key(name string) string {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "keys", appID, name))
	must(s.t, err)
	return string(text)
}

// call calls the API.
func (s *stage) call(method, path string, body, into any) {
	s.t.Helper()
	text, err := json.Marshal(body)
	must(s.t, err)
	request, err := http.NewRequestWithContext(s.t.Context(), method, s.address+path, bytes.NewReader(text))
	must(s.t, err)
	request.Header.Set("Authorization", "Bearer "+apiKey)
	response, err := http.DefaultClient.Do(request)
	must(s.t, err)
	defer func() { _ = response.Body.Close() }()
	said, err := io.ReadAll(response.Body)
	must(s.t, err)
	if response.StatusCode/100 != 2 {
		s.t.Fatalf("%s %s: %d %s", method, path, response.StatusCode, said)
	}
	if into != nil {
		must(s.t, json.Unmarshal(said, into))
	}
}

// start starts an order that waits for a person at once: its first step is manual.
func (s *stage) start(no int) {
	s.t.Helper()
	s.call(http.MethodPost, "/v1/orders", map[string]any{
		"app_id": appID, "out_order_no": fmt.Sprint("shop-", no), "kind": "formal", "merchant_ref": fmt.Sprint("shop-", no), "shop_name": fmt.Sprint("巷口小面", no),
		"create": map[string]any{
			"alipay_account": "canary@example.com", "app_name": "金丝雀咖啡", "cert_name": "杭州金丝雀餐饮有限公司", "cert_no": "91330100CANARY799Y",
			"contact_name": "canary-contact", "contact_phone": "13800138000", "legal_personal_name": "canary-legal",
			"license_pic": map[string]any{"url": "https://isv.example/licence.png", "sha256": strings.Repeat("ab", 32)},
		},
		"version":    map[string]any{"template_id": "2021000000000888"},
		"submission": map[string]any{"version_desc": "A first version with everything that a guest of the shop needs.", "region_type": "CHINA", "files": map[string]any{"app_logo": map[string]any{"url": "https://isv.example/logo.png", "sha256": strings.Repeat("0f", 32)}}},
		"policy":     map[string]any{"create": "manual"},
	}, nil)
}

// digests waits for so many more digests to end, and returns how many there are.
func (s *stage) digests(more int) {
	s.t.Helper()
	count := func() int64 {
		answer, err := s.temporal.CountWorkflow(s.t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: "default", Query: "WorkflowType = 'Digest' AND ExecutionStatus = 'Completed'",
		})
		must(s.t, err)
		return answer.GetCount()
	}
	began := count()
	s.until(fmt.Sprint(more, " more digests"), func() bool { return count() >= began+int64(more) })
}

func (s *stage) until(what string, is func() bool) {
	s.t.Helper()
	deadline, tick := time.After(patience), time.NewTicker(often)
	defer tick.Stop()
	for !is() {
		select {
		case <-deadline:
			s.t.Fatalf("in vain was waited for %s; the log says\n%s", what, s.log)
		case <-tick.C:
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// stored is all that Temporal has written, as it is on the disk.
func (s *stage) stored() string {
	s.t.Helper()
	var all bytes.Buffer
	must(s.t, filepath.WalkDir(filepath.Join(s.dir, "temporal"), func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path) //nolint:gosec // of the test's own folder
		all.Write(text)
		return err
	}))
	return all.String()
}
