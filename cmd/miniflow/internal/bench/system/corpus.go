package system

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"miniflow/alipay"
	"miniflow/alipay/keys"
)

// doorPath is the application gateway's path unless the configuration names another.
const doorPath = "/alipay/notify"

// Message is a signed notification, ready to be posted.
type Message struct {
	// Order is the number of the order that it names.
	Order string
	body  []byte
}

// Waiting is an order that messages are about.
type Waiting struct{ OutOrderNo, OrderNo string }

// Corpus signs count messages before any clock starts, since a signature costs thirty times its
// verification: each is new, genuine, and names one of the orders, one after the other. They say
// that the merchant has been asked, which an order notes and is not moved by.
func (s *System) Corpus(orders []Waiting, count int, run string) ([]Message, error) {
	corpus, now := make([]Message, count), time.Now()
	failed := make([]error, runtime.NumCPU())
	var group sync.WaitGroup
	for worker := range failed {
		group.Go(func() {
			for i := worker; i < count && failed[worker] == nil; i += len(failed) {
				about := orders[i%len(orders)]
				corpus[i].Order = about.OutOrderNo
				corpus[i].body, failed[worker] = s.sign(map[string]string{
					"app_id": s.AppID, "charset": "UTF-8", "version": "1.1", "notify_id": fmt.Sprintf("%s%s%010d", now.Format("20060102"), run, i),
					"utc_timestamp": strconv.FormatInt(now.UnixMilli(), 10), "msg_method": alipay.MessageMerchantConfirmed,
					"biz_content": content(about),
				})
			}
		})
	}
	group.Wait()
	for _, err := range failed {
		if err != nil {
			return nil, fmt.Errorf("sign the messages: %w", err)
		}
	}
	return corpus, nil
}

func content(about Waiting) string {
	text, err := json.Marshal(map[string]string{
		"order_no": about.OrderNo, "out_order_no": about.OutOrderNo, "min_app_id": "", "status": string(alipay.MerchantProcess), "pid": "2088000000000001",
	})
	if err != nil {
		panic(fmt.Sprintf("a message made of texts can't be written: %v", err))
	}
	return string(text)
}

// sign signs as Alipay does: the parameters by their names, without sign and sign_type.
func (s *System) sign(parameters map[string]string) ([]byte, error) {
	var text strings.Builder
	form := url.Values{}
	for i, name := range slices.Sorted(maps.Keys(parameters)) {
		if i > 0 {
			text.WriteByte('&')
		}
		text.WriteString(name + "=" + parameters[name])
		form.Set(name, parameters[name])
	}
	sign, err := keys.Sign(s.private, keys.RSA2, []byte(text.String()))
	form.Set("sign", sign)
	form.Set("sign_type", string(keys.RSA2))
	return []byte(form.Encode()), err
}

// Forged returns messages of the same shape that nobody has signed: finding that out costs a
// verification each.
func Forged(genuine []Message, count int) []Message {
	forged := make([]Message, count)
	for i := range forged {
		one := genuine[i%len(genuine)]
		form, _ := url.ParseQuery(string(one.body)) // it was encoded here
		noise := make([]byte, 256)
		for at := range noise {
			noise[at] = byte(rand.IntN(256)) //nolint:gosec // a forgery keeps no secret
		}
		form.Set("sign", base64.StdEncoding.EncodeToString(noise))
		forged[i] = Message{Order: one.Order, body: []byte(form.Encode())}
	}
	return forged
}

// Deliver posts a message to the door. Alipay compares the whole answer, so anything but success
// is a refusal.
func (s *System) Deliver(ctx context.Context, m Message) error {
	return s.deliver(ctx, m, http.StatusOK, "success")
}

// DeliverForged posts a message that has to be refused.
func (s *System) DeliverForged(ctx context.Context, m Message) error {
	return s.deliver(ctx, m, http.StatusForbidden, "fail")
}

func (s *System) deliver(ctx context.Context, m Message, wantStatus int, want string) error {
	status, text, err := s.do(ctx, http.MethodPost, s.door()+doorPath, "application/x-www-form-urlencoded", "", m.body)
	if err == nil && (status != wantStatus || string(text) != want) {
		err = fmt.Errorf("the door answered %d %q, want %d %q", status, text, wantStatus, want)
	}
	return err
}
