package alipaysim_test

import (
	"net/url"
	"slices"
	"sync"
	"testing"
)

// mutationsOf are a form with one byte changed, without those that say the same.
func mutationsOf(body string) (mutations []string) {
	same := func(text string) bool {
		values, err := url.ParseQuery(text)
		if err != nil || values.Encode() == body {
			return err == nil
		}
		for name := range values { // an added empty value is not signed, and nobody's
			if values.Get(name) == "" {
				values.Del(name)
			}
		}
		return values.Encode() == body
	}
	for i := range body {
		for _, b := range []byte{'0', 'x', '&', '='} {
			if mutated := body[:i] + string(b) + body[i+1:]; !same(mutated) {
				mutations = append(mutations, mutated)
			}
		}
	}
	return mutations
}

// Every byte of a signed body, changed, is refused or is the same request.
func TestOneChangedByteIsRefused(t *testing.T) {
	w := newWorld(t, synced)
	orderNo := w.call("alipay.open.mini.isv.create", "", createFields("m-1")).text("order_no")
	params := w.public(queryMethod, "", map[string]string{"biz_content": `{"order_no":"` + orderNo + `"}`})
	form := url.Values{}
	for name, value := range params {
		if value != "" {
			form.Set(name, value)
		}
	}
	body := form.Encode()
	mutations := mutationsOf(body)
	if len(mutations) < 3*len(body) {
		t.Errorf("only %d mutations of %d bytes", len(mutations), len(body))
	}
	var group sync.WaitGroup
	for part := range slices.Chunk(mutations, 1+len(mutations)/32) {
		group.Go(func() {
			for _, mutated := range part {
				if r, err := w.tryRaw("application/x-www-form-urlencoded", "", mutated); err != nil || r.code() == "10000" {
					t.Errorf("taken: %v, %v\n%s", r, err, mutated)
				}
			}
		})
	}
	group.Wait()
}
