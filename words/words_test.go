package words_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"miniflow/words"
)

// TestALanguageIsChosenByWeight as RFC 9110 has it, and by nothing that can't be read.
func TestALanguageIsChosenByWeight(t *testing.T) {
	for header, want := range map[string]words.Language{
		"": words.English, "zh-CN": words.Chinese, "ZH": words.Chinese, "zh-Hant-TW": words.Chinese, "de": words.English,
		"zh-CN,zh;q=0.9,en;q=0.8": words.Chinese, "en;q=0.5, zh;q=0.7": words.Chinese, "en, zh": words.English,
		"de, zh;q=0.1": words.Chinese, "zh;q=0": words.English, "zh;q=2": words.English, "zh;q=-1": words.English, "zh;q=NaN": words.English,
		"zh;x=1": words.English, "zh;q=, en;q=0.1": words.English, "*": words.English, "zhuang": words.English, ",;=,": words.English,
		strings.Repeat("x", 1<<16): words.English,
	} {
		if got := words.Accepted(header); got != want {
			t.Errorf("%.40q is answered in %s, not %s", header, got, want)
		}
	}
	for locale, want := range map[string]words.Language{
		"zh_CN.UTF-8": words.Chinese, "zh_TW": words.Chinese, "zh": words.Chinese, "en_GB.UTF-8@euro": words.English, "C": "", "POSIX": "", "de_DE.UTF-8": "", "": "",
	} {
		got, spoken := words.OfLocale(locale)
		if spoken != (want != "") || spoken && got != want {
			t.Errorf("the locale %q speaks %s (%t), not %q", locale, got, spoken, want)
		}
	}
}

type failing struct{}

func (failing) Error() string    { return "in English" }
func (failing) Text() words.Text { return words.New("wait.audit") }

// TestATextIsSaidInEachLanguage: with its arguments, which may be texts, moments and errors.
func TestATextIsSaidInEachLanguage(t *testing.T) {
	at := time.Date(2026, 11, 20, 16, 5, 0, 0, time.FixedZone("", 8*60*60))
	for _, test := range []struct {
		text             words.Text
		english, chinese string
	}{
		{words.Text{}, "", ""},
		{words.Plain("类目不符 %s"), "类目不符 %s", "类目不符 %s"},
		{words.New("wait.next_try", words.New("wait.operator", "LOST"), at), "a person to look: LOST (retry, cancel or give-up); next try at 2026-11-20T08:05:00Z",
			"人工处理：LOST（retry、cancel 或 give-up）；下次尝试：北京时间 2026-11-20 16:05:00"},
		{words.New("refuse.no_command", `a"b`), `there is no command "a\"b"`, `没有命令 "a\"b"`},
		{words.New("choose one of %s", []string{"a", "b"}), "choose one of a, b", "请从中选择：a, b"},
		{words.New("failure.said", "原因", fmt.Errorf("wrapped: %w", failing{})), "原因 (the audit's result, usually within two working days)", "原因（审核结果，通常在两个工作日内）"},
		{words.New("failure.said", 1, errors.New("plain")), "1 (plain)", "1（plain）"},
		{words.New("use at most %d bytes; there are %d", 3), "use at most 3 bytes; there are …", "最多 3 字节；现有 …"},
		{words.New("of.a.newer.release", "x", "y"), "of.a.newer.release x y", "of.a.newer.release x y"},
		{words.New("a sentence %s nobody has translated at 100%%", "that"), "a sentence that nobody has translated at 100%", "a sentence that nobody has translated at 100%"},
		{words.Sentence("use 3 to 40 characters, a Chinese character counts two; there are 2"), "use 3 to 40 characters, a Chinese character counts two; there are 2", "长度应为 3 到 40 个字符，汉字算两个；现有 2"},
		{words.Sentence("write a moment as RFC 3339, such as 2026-11-20T08:00:00%2B08:00 (a + in a query is written %2B)"),
			"write a moment as RFC 3339, such as 2026-11-20T08:00:00%2B08:00 (a + in a query is written %2B)", "write a moment as RFC 3339, such as 2026-11-20T08:00:00%2B08:00 (a + in a query is written %2B)"},
		{words.Sentence("expected string to be a version such as 1.0.3"), "expected string to be a version such as 1.0.3", "应为：版本号，如 1.0.3"},
		{words.Sentence("no order has claimed its mini program; its mini program was closed by ann; on its way to the forward target"),
			"no order has claimed its mini program; its mini program was closed by ann; on its way to the forward target", "没有订单认领其小程序；其小程序由 ann 关闭；正在转发到 forward 目标"},
		{words.Sentence("its order had ended: A-1; discarded by ann: 不需要"), "its order had ended: A-1; discarded by ann: 不需要", "其订单已结束：A-1；丢弃者 ann: 不需要"},
		{words.Sentence("it is about version 0.0.2, which order A-1 has taken, whose turn has not come; replayed by ann"),
			"it is about version 0.0.2, which order A-1 has taken, whose turn has not come; replayed by ann", "消息关于版本 0.0.2，已由订单 A-1 占用，尚未轮到该订单；重放者 ann"},
		{words.Sentence("nobody knows this"), "nobody knows this", "nobody knows this"},
	} {
		if got := test.text.In(words.English); got != test.english || test.text.String() != got || test.text.In("") != got {
			t.Errorf("%+v says %q in English", test.text, got)
		}
		if got := test.text.In(words.Chinese); got != test.chinese {
			t.Errorf("%+v says %q in Chinese", test.text, got)
		}
	}
}

// TestATextSurvivesJSON: as code and arguments, and what was kept as a sentence as that.
func TestATextSurvivesJSON(t *testing.T) {
	type kept struct {
		Note words.Text `json:"note,omitzero"`
	}
	for written, want := range map[string]words.Text{
		`{}`:                           {},
		`{"note":"as it was written"}`: words.Plain("as it was written"),
		`{"note":{"code":"wait.answer","args":["upload"]}}`:                                                  words.New("wait.answer", "upload"),
		`{"note":{"code":"failure.said","args":["原因",{"code":"wait.audit"}]}}`:                               words.New("failure.said", "原因", words.New("wait.audit")),
		`{"note":{"code":"note.still_held","args":["a","b",{"code":"at","args":["2026-11-20T08:05:00Z"]}]}}`: words.New("note.still_held", "a", "b", time.Date(2026, 11, 20, 8, 5, 0, 9, time.UTC)),
	} {
		read := kept{Note: words.New("wait.audit", "left over")}
		if written == `{}` {
			read = kept{}
		}
		if err := json.Unmarshal([]byte(written), &read); err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		if diff := cmp.Diff(want, read.Note); diff != "" {
			t.Errorf("%s: %s", written, diff)
		}
		if again, err := json.Marshal(read); err != nil || string(again) != written {
			t.Errorf("%s is written as %s, %v", written, again, err)
		}
	}
	var text words.Text
	for _, bad := range []string{`7`, `[]`, `{"code":7}`, `{"args":["a",{}`} {
		if err := json.Unmarshal([]byte(bad), &text); err == nil {
			t.Errorf("%s was read as %+v", bad, text)
		}
	}
}

// TestEveryTextOfAnAnswerIsSaid: wherever it stands, and what was given stays as it is.
func TestEveryTextOfAnAnswerIsSaid(t *testing.T) {
	type inner struct{ Why words.Text }
	type answer struct {
		Text   words.Text
		Link   *inner
		List   []inner
		ByName map[string]inner
		Any    any
		Gone   *inner
		Left   []inner
		Other  string
		hidden words.Text
	}
	audit := words.New("wait.audit")
	given := func() answer {
		return answer{audit, &inner{audit}, []inner{{audit}}, map[string]inner{"a": {audit}}, &inner{audit}, nil, nil, "as it is", audit}
	}
	value := given()
	said := words.Plain("审核结果，通常在两个工作日内")
	want := answer{said, &inner{said}, []inner{{said}}, map[string]inner{"a": {said}}, &inner{said}, nil, nil, "as it is", audit}
	same := cmp.AllowUnexported(answer{})
	if diff := cmp.Diff(want, words.Rendered(words.Chinese, value), same); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(given(), value, same); diff != "" {
		t.Errorf("the value itself was changed: %s", diff)
	}
	if got, ok := words.Rendered[any](words.Chinese, &value).(*answer); !ok || !cmp.Equal(got.Text, said) {
		t.Errorf("behind an interface it became %+v", got)
	}
}

// TestWordsOfTheirOwnAreBounded wherever they stand.
func TestWordsOfTheirOwnAreBounded(t *testing.T) {
	short := func(own string) string { return own[:1] }
	got := words.New("failure.said", "long", words.New("wait.answer", "longer")).Map(short)
	if diff := cmp.Diff(words.New("failure.said", "l", words.New("wait.answer", "l")), got); diff != "" {
		t.Error(diff)
	}
}
