package words_test

import (
	"go/ast"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2/validation"

	"miniflow/words"
)

// framework are the complaints of the REST API's framework that a request can bring about.
var framework = []string{
	validation.MsgUnexpectedProperty, validation.MsgExpectedRFC3339DateTime, validation.MsgExpectedBoolean, validation.MsgExpectedNumber,
	validation.MsgExpectedInteger, validation.MsgExpectedString, validation.MsgExpectedArray, validation.MsgExpectedObject,
	validation.MsgExpectedArrayItemsUnique, validation.MsgExpectedOneOf, validation.MsgExpectedMinimumNumber,
	validation.MsgExpectedExclusiveMinimumNumber, validation.MsgExpectedMaximumNumber, validation.MsgExpectedExclusiveMaximumNumber,
	validation.MsgExpectedMinLength, validation.MsgExpectedMaxLength, validation.MsgExpectedBePattern, validation.MsgExpectedMatchPattern,
	validation.MsgExpectedMinItems, validation.MsgExpectedMaxItems, validation.MsgExpectedMinProperties, validation.MsgExpectedMaxProperties,
	validation.MsgExpectedRequiredProperty, validation.MsgExpectedMatchExactlyOneSchema,
	"required query parameter is missing", "required header parameter is missing", "unknown query parameter", "invalid integer",
	"invalid boolean", "invalid date/time for format %s", "expected at most one value, but received multiple values",
}

// TestWhatTheFrameworkComplainsOfIsKnown: each complaint, and with its arguments as it is made.
func TestWhatTheFrameworkComplainsOfIsKnown(t *testing.T) {
	for _, message := range framework {
		said := verb.ReplaceAllString(message, "7")
		if text := words.Sentence(said); text.Code != message {
			t.Errorf("%q is taken for %+v", said, text)
		}
	}
}

// TestWhatAlipaysRefusalsAdviseIsKnown: every sentence in the tables of refusals and in the rules has
// its Chinese.
func TestWhatAlipaysRefusalsAdviseIsKnown(t *testing.T) {
	found := 0
	for _, folder := range []string{"../alipay/gateway/codes", "../alipay/gateway/rules"} {
		sentencesOf(t, folder, func(sentence string) {
			found++
			sentence = verb.ReplaceAllString(sentence, "7")
			if strings.HasSuffix(sentence, ": ") || strings.HasSuffix(sentence, "; ") || strings.HasSuffix(sentence, ", then ") {
				sentence += "ask again" // what it is put together with
			}
			if words.Sentence(sentence).Code == "" {
				t.Errorf("%s says %q, which is not in the catalogue", folder, sentence)
			}
		})
	}
	if found < 100 {
		t.Errorf("only %d sentences were found", found)
	}
}

// describes reports whether a part of a table is for the API's description, which is English.
func describes(node ast.Node) bool {
	part, isPart := node.(*ast.KeyValueExpr)
	if !isPart {
		return false
	}
	key, isName := part.Key.(*ast.Ident)
	return isName && (key.Name == "Doc" || key.Name == "Example")
}

func sentencesOf(t *testing.T, folder string, each func(string)) {
	t.Helper()
	for _, file := range filesOf(t, folder) {
		ast.Inspect(file, func(node ast.Node) bool {
			expression, ok := node.(ast.Expr)
			if !ok {
				return true
			}
			if describes(node) {
				return false
			}
			text, ok := textOf(expression)
			if ok && strings.Contains(strings.TrimSpace(text), " ") && !strings.HasPrefix(text, "(?i)") {
				each(text)
			}
			return !ok
		})
	}
}
