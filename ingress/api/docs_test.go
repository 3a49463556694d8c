package api

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"miniflow/order"
)

var updateRoutes = flag.Bool("update-routes", false, "write testdata/routes.txt anew")

func TestDescriptionListsEveryRoute(t *testing.T) {
	answer := openAPI(t).as("", "GET", "/openapi.json", "").want(http.StatusOK)
	document := read[struct {
		OpenAPI string                                `json:"openapi"`
		Paths   map[string]map[string]json.RawMessage `json:"paths"`
	}](answer)
	var routes []string
	for path, methods := range document.Paths {
		for method, operation := range methods {
			routes = append(routes, strings.ToUpper(method)+" "+path)
			if text := string(operation); !strings.Contains(text, `"409":{"$ref":"#/components/responses/ProblemConflict"}`) || !strings.Contains(text, "Scope: ") {
				t.Errorf("%s %s says nothing about its problems or its scope", method, path)
			}
		}
	}
	slices.Sort(routes)
	got := strings.Join(routes, "\n") + "\n"
	if *updateRoutes {
		if err := os.WriteFile("testdata/routes.txt", []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	keepsDescription(t, answer.text)
	if got != string(want) {
		t.Errorf("the routes differ from testdata/routes.txt; callers rely on them:\n%s", got)
	}
	for _, command := range order.Commands() {
		if !strings.Contains(got, "POST /v1/orders/{app_id}/{out_order_no}/"+string(command)+"\n") {
			t.Errorf("there is no route for %s", command)
		}
	}
	if document.OpenAPI != "3.1.0" || strings.Contains(answer.text, "ErrorModel") || strings.Count(answer.text, "octet-stream") != 4 { // a file's type and its schema's, and the schema of a picture of each kind
		t.Error("the framework's own words are in the description")
	}
}

// keepsDescription holds the description against docs/openapi.json, which people generate clients
// from without running anything.
func keepsDescription(t *testing.T, served string) {
	t.Helper()
	const file = "../../docs/openapi.json"
	var text bytes.Buffer
	if err := json.Indent(&text, []byte(served), "", " "); err != nil {
		t.Fatal(err)
	}
	text.WriteByte('\n')
	if *updateRoutes {
		if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(kept, text.Bytes()) {
		t.Error("docs/openapi.json is not what is served; write it anew with go test ./ingress/api -run TestDescriptionListsEveryRoute -update-routes")
	}
}

// TestEveryTypeOfEventIsDescribed, where an event's type is and among what webhooks are told.
func TestEveryTypeOfEventIsDescribed(t *testing.T) {
	document := read[struct {
		Webhooks   map[string]json.RawMessage
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct{ Enum []string }
			}
		}
	}](openAPI(t).as("", "GET", "/openapi.json", "").want(http.StatusOK))
	if diff := cmp.Diff(order.ToldTypes(), document.Components.Schemas["ToldEvent"].Properties["type"].Enum); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, one := range order.ToldTypes() {
		if document.Webhooks[one] == nil {
			t.Errorf("nothing describes %s", one)
		}
	}
}

// Answers fit the OpenAPI description of an order's body.
func TestDescriptionOfAnOrderIsTrue(t *testing.T) {
	env := openAPI(t)
	env.anOrder(order.StageAuditing)
	document := read[struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]json.RawMessage `json:"properties"`
			} `json:"schemas"`
		} `json:"components"`
	}](env.do("GET", "/openapi.json", ""))
	described := document.Components.Schemas["OrderBody"].Properties
	for name := range read[map[string]any](env.do("GET", orderPathOf("A-1"), "").want(http.StatusOK)) {
		if described[name] == nil {
			t.Errorf("%s is sent and not described", name)
		}
	}
	if !strings.Contains(string(described["hold"]), `"null"`) {
		t.Errorf("hold may be null and is described as %s", described["hold"])
	}
	start := document.Components.Schemas["StartBody"].Properties
	for name := range read[map[string]any](&apiAnswer{t: t, text: body(nil)}) {
		if start[name] == nil {
			t.Errorf("%s is taken and not described", name)
		}
	}
}

var outside = regexp.MustCompile(`(?i)https?://[a-z0-9]|@import|url\(|(src|href)="[^/"]`)

// The page of the viewer and all that it loads come from here, and its scripts are strict.
func TestPageLoadsNothing(t *testing.T) {
	env := openAPI(t)
	answer := env.as("", "GET", "/docs", "").want(http.StatusOK)
	if found := outside.FindString(answer.text); found != "" {
		t.Errorf("the page names something outside: %q", found)
	}
	policy := map[string]string{}
	for _, part := range strings.Split(answer.header.Get("Content-Security-Policy"), "; ") {
		name, value, _ := strings.Cut(part, " ")
		policy[name] = value
	}
	want := map[string]string{
		"default-src": "'none'", "script-src": "'self'", "style-src": "'unsafe-inline'", "img-src": "'self' data:", "connect-src": "'self'",
		"base-uri": "'none'", "form-action": "'none'", "frame-ancestors": "'none'",
	}
	if diff := cmp.Diff(want, policy); diff != "" {
		t.Errorf("the page's policy (-want +got):\n%s", diff)
	}
	if strings.Count(answer.text, "<script") != 1 || regexp.MustCompile(`(?i)<script>|\son[a-z]+=|javascript:`).MatchString(answer.text) {
		t.Error("the page has a script of its own, which its policy does not allow")
	}
	for _, linked := range regexp.MustCompile(`(?:src|href|spec-url)="([^"]+)"`).FindAllStringSubmatch(answer.text, -1) {
		env.as("", "GET", linked[1], "").want(http.StatusOK)
	}
}

// The viewer is the file that its authors have published, byte by byte, and says so to the browser.
func TestTheViewerIsPinned(t *testing.T) {
	env := openAPI(t)
	page := env.as("", "GET", "/docs", "").text
	source := regexp.MustCompile(`src="(/docs/rapidoc-[0-9.]+\.js)" integrity="(sha384-[^"]+)"`).FindStringSubmatch(page)
	if source == nil {
		t.Fatalf("the page pins nothing: %s", page)
	}
	plain := env.as("", "GET", source[1], "").want(http.StatusOK)
	r := env.request("", "GET", source[1], "")
	r.Header.Set("Accept-Encoding", "gzip, br")
	packed := env.send(r).want(http.StatusOK)
	reader, err := gzip.NewReader(strings.NewReader(packed.text))
	if err != nil || packed.header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("to one who takes gzip it is sent as %q: %v", packed.header.Get("Content-Encoding"), err)
	}
	if again, err := io.ReadAll(reader); err != nil || string(again) != plain.text {
		t.Errorf("packed it is another file: %v", err)
	}
	if sum := sha512.Sum384([]byte(plain.text)); source[2] != "sha384-"+base64.StdEncoding.EncodeToString(sum[:]) {
		t.Error("the browser will refuse it")
	}
	// Of dist/rapidoc-min.js in rapidoc-9.3.8.tgz of npm.
	const published = "affbd173a65e870e18f392cca963113bcdafb6e50e88cd2f6a834a65b22db94d"
	if sum := sha256.Sum256([]byte(plain.text)); hex.EncodeToString(sum[:]) != published {
		t.Error("it is not what was published")
	}
	if text := env.as("", "GET", "/docs/licence", "").want(http.StatusOK).text; !strings.Contains(text, "MIT License") || !strings.Contains(text, "BSD-3-Clause") {
		t.Error("its licences are missing")
	}
}
