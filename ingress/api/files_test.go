package api

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"strings"
	"testing"
	"time"

	"miniflow/ingress/api/problem"
	"miniflow/internal/files"
	"miniflow/order"
)

// openFiles makes the API with a store in a folder.
func openFiles(t *testing.T) (*apiEnv, *files.Store) {
	t.Helper()
	folder, err := files.OpenFolder(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var store *files.Store
	env := openAPI(t, func(c *Config) {
		store = files.New(folder, c.Sealer, c.Now)
		c.Files, c.FileBytes = store, 3<<20
	})
	return env, store
}

func pngOf(t testing.TB, width, height int) string {
	t.Helper()
	var text bytes.Buffer
	if err := png.Encode(&text, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return text.String()
}

func hashOf(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

// cmykHead is the beginning of a JPEG with four colours, 8×9: all that is read.
const cmykHead = "\xff\xd8\xff\xc0\x00\x14\x08\x00\x08\x00\x09\x04\x01\x11\x00\x02\x11\x00\x03\x11\x00\x04\x11\x00\xff\xda\x00\x08"

func filePath(field string) string { return "/v1/files?app_id=" + apiApp + "&field=" + field }

func (s *apiEnv) handIn(content string) {
	s.t.Helper()
	s.do(http.MethodPost, filePath("submission.files.app_logo"), content).want(http.StatusCreated)
}

func TestFileIsHandedIn(t *testing.T) {
	env, store := openFiles(t)
	logo := pngOf(t, 180, 180)
	r := env.request(keyWrite, http.MethodPost, filePath("submission.files.app_logo"), logo)
	r.Header.Set("Content-Type", "image/gif") // what the bytes are counts
	got := read[keptFile](env.send(r).want(http.StatusCreated))
	want := keptFile{SHA256: hashOf(logo), Bytes: len(logo), Kind: "png", Width: 180, Height: 180, ExpiresAt: apiStart.Add(files.NameableFor)}
	if got != want {
		t.Errorf("answered %+v, want %+v", got, want)
	}
	env.do(http.MethodPost, filePath("submission.files.app_logo"), logo).want(http.StatusOK)
	if content, err := store.Open(t.Context(), apiApp, got.SHA256); err != nil || string(content) != logo {
		t.Errorf("kept %d bytes, %v", len(content), err)
	}
	archive := read[map[string]any](env.do(http.MethodPost, filePath("submission.files.test_file_name"), "PK\x03\x04").want(http.StatusCreated))
	if _, wide := archive["width"]; wide || archive["kind"] != "zip" {
		t.Errorf("an archive: %v", archive)
	}
	env.do(http.MethodPost, filePath("create.license_pic"), pngOf(t, 10, 20)).want(http.StatusCreated)
}

// TestEveryFaultOfAFileIsNamed in the caller's language, and nothing of the file is kept or logged.
func TestEveryFaultOfAFileIsNamed(t *testing.T) {
	env, store := openFiles(t)
	heavy := pngOf(t, 8, 9) + strings.Repeat("x", 2<<20)
	for content, faults := range map[string][2]string{
		cmykHead:     {"save the picture in RGB: CMYK is refused; make the logo square, best 180×180", "请以 RGB 保存图片：不接受 CMYK; logo 应为正方形，最好 180×180"},
		heavy:        {"send a file of at most 2 MB; make the logo square, best 180×180", "请发送不超过 2 MB 的文件; logo 应为正方形，最好 180×180"},
		"canary 身份证": {"send a png or jpg picture", "请发送 png 或 jpg 图片"},
	} {
		for i, language := range []string{"en", "zh-CN"} {
			r := env.request(keyAll, http.MethodPost, filePath("submission.files.app_logo"), content)
			r.Header.Set("Accept-Language", language)
			answer := env.send(r).want(http.StatusUnprocessableEntity)
			var said []string
			for _, wrong := range read[problem.Problem](answer).Errors {
				if wrong.Field != "submission.files.app_logo" {
					t.Errorf("the field is %s", wrong.Field)
				}
				said = append(said, wrong.Message.String())
			}
			if got := strings.Join(said, "; "); got != faults[i] {
				t.Errorf("said %q, want %q", got, faults[i])
			}
		}
		if _, err := store.Open(t.Context(), apiApp, hashOf(content)); !errors.Is(err, files.ErrNone) {
			t.Errorf("it was kept: %v", err)
		}
	}
	if strings.Contains(env.log.String(), "canary") {
		t.Error("the log has the file in it")
	}
}

func TestFileIsRefused(t *testing.T) {
	env, _ := openFiles(t)
	logo := pngOf(t, 180, 180)
	env.do(http.MethodPost, "/v1/files", logo).wantFields("query.app_id", "query.field")
	env.do(http.MethodPost, "/v1/files?app_id=2021000000000009&field=app_logo", logo).wantFields("query.app_id", "query.field")
	env.do(http.MethodPost, filePath("submission.files.a/../b"), logo).wantFields("query.field")
	env.do(http.MethodPost, filePath("submission.files.app_logo"), "").wantFields("submission.files.app_logo")
	env.as(keyRead, http.MethodPost, filePath("submission.files.app_logo"), logo).want(http.StatusForbidden)
	env.as(keyOther, http.MethodPost, filePath("submission.files.app_logo"), logo).want(http.StatusForbidden)
	form := env.request(keyWrite, http.MethodPost, filePath("submission.files.app_logo"), "--x\r\nContent-Disposition: form-data; name=file\r\n\r\n"+logo+"\r\n--x--")
	form.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	env.send(form).wantFields("header.Content-Type")
	large := env.do(http.MethodPost, filePath("submission.files.test_file_name"), "PK\x03\x04"+strings.Repeat("x", 3<<20)).want(http.StatusRequestEntityTooLarge)
	if !strings.Contains(large.text, "files.max_bytes") {
		t.Errorf("said %s", large.text)
	}
	bare := openAPI(t)
	missing := bare.do(http.MethodPost, filePath("submission.files.app_logo"), logo).want(http.StatusConflict)
	if p := read[problem.Problem](missing); !p.HasKind(problem.FileStoreMissing) || !strings.Contains(missing.text, "files.store") {
		t.Errorf("said %s", missing.text)
	}
	bare.do(http.MethodPost, "/v1/orders", naming(logo)).wantFields("submission.files.app_logo")
}

// naming is an order whose logo was handed in.
func naming(logo string) string {
	return body(map[string]any{"submission.files.app_logo": map[string]any{"sha256": strings.ToUpper(hashOf(logo))}})
}

func TestOrderNamesAFileThatWasHandedIn(t *testing.T) {
	env, store := openFiles(t)
	logo := pngOf(t, 180, 180)
	env.do(http.MethodPost, "/v1/orders", naming(logo)).wantFields("submission.files.app_logo.sha256")
	if env.temporal.starts != 0 {
		t.Fatal("an order was started without its file")
	}
	env.handIn(logo)
	env.do(http.MethodPost, "/v1/orders", naming(logo)).want(http.StatusCreated)

	// Kept as long as the order says that it has not ended, however long that is.
	env.clock.Forward(40 * 24 * time.Hour)
	asked := map[string]bool{}
	keep := func(_ context.Context, appID, outOrderNo string) (files.Fate, error) {
		asked[appID+"/"+outOrderNo] = true
		return files.FateRuns, nil
	}
	if deleted, err := store.Sweep(t.Context(), keep); deleted != 0 || err != nil || !asked[apiApp+"/A-1"] || len(asked) != 1 {
		t.Errorf("%d deleted, %v, asked about %v", deleted, err, asked)
	}
	// The same order again is the same order, whatever has become of the file.
	env.do(http.MethodPost, "/v1/orders", naming(logo)).want(http.StatusOK)
	env.do(http.MethodPost, "/v1/orders", strings.Replace(naming(logo), `"A-1"`, `"A-2"`, 1)).wantFields("submission.files.app_logo.sha256")
}

// TestCorrectionNamesAFile is for both commands that may, and both blocks.
func TestCorrectionNamesAFile(t *testing.T) {
	env, store := openFiles(t)
	logo := pngOf(t, 180, 180)
	env.do(http.MethodPost, "/v1/orders", body(nil)).want(http.StatusCreated)
	correction := fmt.Sprintf(`{"submission":{"files":{"app_logo":{"sha256":%q}}}}`, hashOf(logo))
	licence := fmt.Sprintf(`{"create":{"license_pic":{"sha256":%q}}}`, hashOf(logo))
	at := "/v1/orders/" + apiApp + "/A-1/"
	env.do(http.MethodPost, at+"provide-input", correction).wantFields("submission.files.app_logo.sha256")
	env.do(http.MethodPost, at+"resubmit", correction).wantFields("submission.files.app_logo.sha256")
	env.do(http.MethodPost, at+"provide-input", licence).wantFields("create.license_pic.sha256")
	env.handIn(logo)
	for range 2 { // and again, a month later: the file is kept for the order that named it
		env.do(http.MethodPost, at+"provide-input", correction).want(http.StatusOK)
		env.do(http.MethodPost, at+"provide-input", licence).want(http.StatusOK)
		env.clock.Forward(30 * 24 * time.Hour)
		if _, err := store.Sweep(t.Context(), func(context.Context, string, string) (files.Fate, error) { return files.FateRuns, nil }); err != nil {
			t.Fatal(err)
		}
	}
}

// brokenFiles is a store whose disk is full.
type brokenFiles struct{}

func (brokenFiles) Put(context.Context, string, []byte) (string, time.Time, bool, error) {
	return "", time.Time{}, false, errors.New("no space left on device")
}

func (brokenFiles) Name(context.Context, string, string, string, bool) (bool, error) {
	return false, errors.New("no space left on device")
}

func (brokenFiles) Shown(context.Context, string, string) ([]byte, bool, error) {
	return nil, false, errors.New("no space left on device")
}

func TestStoreThatDoesNotAnswerIsNoFaultOfTheFile(t *testing.T) {
	env := openAPI(t, func(c *Config) { c.Files = brokenFiles{} })
	logo := pngOf(t, 180, 180)
	for _, answer := range []*apiAnswer{
		env.do(http.MethodPost, filePath("submission.files.app_logo"), logo), env.do(http.MethodPost, "/v1/orders", naming(logo)),
		env.do(http.MethodGet, "/v1/files/"+apiApp+"/"+hashOf(logo), ""),
	} {
		if answer.want(http.StatusServiceUnavailable); answer.header.Get("Retry-After") == "" || strings.Contains(answer.text, "device") {
			t.Errorf("said %s", answer.text)
		}
	}
	if !strings.Contains(env.log.String(), "no space left on device") {
		t.Error("the log does not say why")
	}
}

// TestOfflineCheckTakesAFileByItsHash, because only a running API knows what is kept.
func TestOfflineCheckTakesAFileByItsHash(t *testing.T) {
	refused, _, err := CheckOrder([]byte(naming("x")), order.DefaultPolicy())
	if err != nil || len(refused) != 0 {
		t.Errorf("refused %v, %v", refused, err)
	}
}

// unhurried is a store that hangs: it fails where nobody has said how long it may take.
type unhurried struct{ t *testing.T }

func (u unhurried) hang(ctx context.Context) error {
	if end, bounded := ctx.Deadline(); !bounded || time.Until(end) > 15*time.Second {
		u.t.Error("the store may hang for longer than the server waits")
	}
	return context.DeadlineExceeded
}

func (u unhurried) Put(ctx context.Context, _ string, _ []byte) (string, time.Time, bool, error) {
	return "", time.Time{}, false, u.hang(ctx)
}

func (u unhurried) Name(ctx context.Context, _, _, _ string, _ bool) (bool, error) {
	return false, u.hang(ctx)
}

func (u unhurried) Shown(ctx context.Context, _, _ string) ([]byte, bool, error) {
	return nil, false, u.hang(ctx)
}

// TestStoreThatHangsIsAnAnswer before the server gives the caller up.
func TestStoreThatHangsIsAnAnswer(t *testing.T) {
	env, logo := openAPI(t, func(c *Config) { c.Files = unhurried{t} }), pngOf(t, 180, 180)
	env.do(http.MethodPost, filePath("submission.files.app_logo"), logo).want(http.StatusServiceUnavailable)
	env.do(http.MethodPost, "/v1/orders", naming(logo)).want(http.StatusServiceUnavailable)
	env.do(http.MethodGet, "/v1/files/"+apiApp+"/"+hashOf(logo), "").want(http.StatusServiceUnavailable)
}

// TestReviewersPictureIsSeen: the copy that an order shows is answered as what its bytes are, in a
// page that runs nothing; what was handed in is not.
func TestReviewersPictureIsSeen(t *testing.T) {
	env, store := openFiles(t)
	shown := map[string]string{"image/png": pngOf(t, 8, 9), "image/jpeg": cmykHead}
	for kind, content := range shown {
		if _, err := store.Show(t.Context(), apiApp, "A-1", []byte(content)); err != nil {
			t.Fatal(err)
		}
		answer := env.do(http.MethodGet, "/v1/files/"+apiApp+"/"+hashOf(content), "")
		answer.want(http.StatusOK)
		for name, want := range map[string]string{
			"Content-Type": kind, "X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; sandbox", "Content-Disposition": "inline",
		} {
			if got := answer.header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if answer.text != content {
			t.Errorf("%d bytes, want %d", len(answer.text), len(content))
		}
	}
	page := "<html><script>alert(1)</script>"
	if _, err := store.Show(t.Context(), apiApp, "A-1", []byte(page)); err != nil {
		t.Fatal(err)
	}
	handedIn := pngOf(t, 180, 180)
	env.handIn(handedIn)
	for _, content := range []string{page, handedIn, "nothing"} {
		env.do(http.MethodGet, "/v1/files/"+apiApp+"/"+hashOf(content), "").want(http.StatusNotFound)
	}
	env.do(http.MethodGet, "/v1/files/2021000000000009/"+hashOf(page), "").want(http.StatusNotFound)
}
