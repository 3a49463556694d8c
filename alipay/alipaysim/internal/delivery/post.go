package delivery

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/lifecycle"
	"miniflow/alipay/alipaysim/script"
)

const (
	formType = "application/x-www-form-urlencoded;charset="
	// malformedType was seen in real pushes: a media type with a second one
	// where a parameter belongs.
	malformedType = "application/x-www-form-urlencoded; text/html; charset="
	// answerLimit is how much of a receiver's answer is kept; checkLimit is how
	// much is read, which holds the answer to a gateway check.
	answerLimit = 256
	checkLimit  = 8 << 10
	// goodAnswer is the only body that ends the deliveries. Real messages may take it
	// in any case; payments don't, so receivers are held to this.
	goodAnswer = "success"
)

// networkError exists because Go's own errors hold the receiver's address, which no
// record may.
func networkError(err error) string {
	var timeout net.Error
	switch {
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "connection closed before an answer"
	}
	return "network error"
}

// post writes into the record what came of the attempt: a failed one is recorded as a
// good one is.
func (s *Sender) post(ctx context.Context, app account.App, m *world.Message, body string, record *world.Delivery) {
	began := time.Now() // a latency is real time, not the clock's
	defer func() { record.Latency = script.Duration(time.Since(began)) }()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, app.GatewayURL, strings.NewReader(body))
	if err != nil {
		record.Error = "the gateway URL is not usable"
		return
	}
	request.Header.Set("Content-Type", formType+string(m.Charset))
	if app.MalformedContentType {
		request.Header.Set("Content-Type", malformedType+string(m.Charset))
	}
	request.Header.Set("User-Agent", "Mozilla/4.0")
	response, err := s.HTTP.Do(request)
	if err != nil {
		record.Error = networkError(err)
		return
	}
	defer func() { _ = response.Body.Close() }() // nothing more is read from it
	answer, err := io.ReadAll(io.LimitReader(response.Body, checkLimit))
	if err != nil {
		record.Error = networkError(err)
		return
	}
	record.Status, record.Body = response.StatusCode, string(bytes.ToValidUTF8(answer[:min(len(answer), answerLimit)], []byte("?")))
	good := record.Body == goodAnswer
	if m.Params["service"] == lifecycle.ServiceCheck {
		record.Error = checkAnswer(app, m.Charset, answer)
		good = record.Error == ""
	}
	record.Success = good && response.StatusCode == http.StatusOK
}
