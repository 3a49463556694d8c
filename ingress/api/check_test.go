package api

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"miniflow/alipay"
	"miniflow/alipay/gateway"
)

// papersAlipay knows names and categories.
type papersAlipay struct {
	taken string
	err   error
	asked []string
}

func (p *papersAlipay) CheckName(_ context.Context, _ alipay.Secret, name string) (gateway.NameCheck, error) {
	p.asked = append(p.asked, name)
	if name == p.taken {
		return gateway.NameCheck{Code: "MINI_APP_NAME_DUPLICATE"}, p.err
	}
	return gateway.NameCheck{Code: "NONE"}, p.err
}

func (p *papersAlipay) CategoryPapers(_ context.Context, codes ...string) ([]gateway.CategoryPapers, error) {
	p.asked = append(p.asked, codes...)
	var found []gateway.CategoryPapers
	for _, code := range codes {
		switch code {
		case "XS1001_XS2001":
			found = append(found, gateway.CategoryPapers{Code: code, Name: "餐饮_快餐", Requirements: "须提供食品经营许可证", BusinessLicence: true, SpecialLicence: true})
		case "XS1002_XS2002":
			found = append(found, gateway.CategoryPapers{Code: code, Name: "生活_洗衣", DoorPhoto: true, BusinessLicence: true})
		}
	}
	return found, p.err
}

func withChecks(checks Checks) func(*Config) {
	return func(c *Config) { c.Apps[0].Checks = checks }
}

type checkView struct {
	Problems, Advice []struct{ Field, Message string }
	Papers           []struct {
		Category, Name, Requirements string
		Papers                       []struct {
			Field, Name string
			Given       bool
		}
	}
}

func fieldsOf(list []struct{ Field, Message string }) (fields []string) {
	for _, one := range list {
		fields = append(fields, one.Field)
	}
	return fields
}

// withCategories is a complete order with categories, one paper and other changes.
func withCategories(categories string, changes map[string]any) string {
	all := map[string]any{
		"submission.mini_category_ids":       categories,
		"submission.files.first_license_pic": map[string]any{"url": "https://isv.example/licence.png", "sha256": strings.Repeat("ab", 32)},
	}
	maps.Copy(all, changes)
	return body(all)
}

// TestAnOrderIsCheckedWithItsPapers lists what each category requires, says once what is missing, and
// starts nothing.
func TestAnOrderIsCheckedWithItsPapers(t *testing.T) {
	asks := &papersAlipay{}
	env := openAPI(t, withChecks(asks))
	sent := withCategories("XS1001_XS2001;XS1002_XS2002;XS9001_XS9002", nil)
	got := read[checkView](env.do("POST", "/v1/orders/check", sent).want(http.StatusOK))
	if want := []string{"submission.files.first_special_license_pic", "submission.files.out_door_pic", "submission.mini_category_ids"}; !slices.Equal(fieldsOf(got.Problems), want) {
		t.Errorf("problems %+v", got.Problems)
	}
	if len(got.Papers) != 2 || got.Papers[0].Name != "餐饮_快餐" || got.Papers[0].Requirements == "" || len(got.Papers[0].Papers) != 2 {
		t.Fatalf("papers %+v", got.Papers)
	}
	if one, other := got.Papers[0].Papers[0], got.Papers[0].Papers[1]; !one.Given || other.Given || one.Name != "the business licence, as a picture" {
		t.Errorf("papers %+v", got.Papers[0].Papers)
	}
	if env.temporal.starts != 0 {
		t.Error("something was started")
	}
	request := env.request(keyAll, "POST", "/v1/orders/check", sent)
	request.Header.Set("Accept-Language", "zh-CN")
	if chinese := env.send(request).want(http.StatusOK).text; !strings.Contains(chinese, "营业执照") || !strings.Contains(chinese, "请补充") {
		t.Errorf("in Chinese: %s", chinese)
	}
	release := map[string]any{"kind": "release", "mini_app_id": "2021999999999999", "create": nil}
	got = read[checkView](env.do("POST", "/v1/orders/check", withCategories("XS1001_XS2001", release)).want(http.StatusOK))
	if len(got.Problems) != 0 || !slices.Equal(fieldsOf(got.Advice), []string{"submission.files.first_special_license_pic"}) {
		t.Errorf("a release may have brought it before: %+v", got)
	}
}

// TestACheckAsksOnlyWhatItHasTo checks names that are taken, what was refused already, and Alipay's silence.
func TestACheckAsksOnlyWhatItHasTo(t *testing.T) {
	asks := &papersAlipay{taken: "金丝雀咖啡"}
	env := openAPI(t, withChecks(asks))
	got := read[checkView](env.do("POST", "/v1/orders/check", body(nil)).want(http.StatusOK))
	if len(got.Problems) == 0 || !strings.Contains(got.Problems[len(got.Problems)-1].Message, "MINI_APP_NAME_DUPLICATE") {
		t.Errorf("a name that is taken: %+v", got.Problems)
	}
	asks.asked = nil
	refused := withCategories("a;;b", map[string]any{"create.app_name": ""})
	got = read[checkView](env.do("POST", "/v1/orders/check", refused).want(http.StatusOK))
	if len(asks.asked) != 0 || len(got.Papers) != 0 || len(got.Problems) < 2 {
		t.Errorf("asked %v, answered %+v", asks.asked, got)
	}
	env.do("POST", "/v1/orders/check?offline=true", withCategories("XS1001_XS2001", nil)).want(http.StatusOK)
	if len(asks.asked) != 0 {
		t.Errorf("offline, %v was asked", asks.asked)
	}
	asks.err = errors.New("no answer")
	env.do("POST", "/v1/orders/check", withCategories("XS1001_XS2001", nil)).want(http.StatusBadGateway)
	env.do("POST", "/v1/orders/check", `[]`).want(http.StatusBadRequest)
}
