package door

import (
	"net/http"
	"strconv"
	"time"

	"miniflow/alipay/notify"
)

// The reasons for which the HTTP handler refuses a request before the verifier sees it,
// because they concern the transport.
const (
	// ReasonMethod means that the request was not a POST, so it isn't Alipay's.
	ReasonMethod notify.Reason = "method"
	// ReasonSlow means that the body did not arrive in time, because a slow sender must not
	// hold memory.
	ReasonSlow notify.Reason = "slow"
	// ReasonCutOff means that the body stopped before its announced end, so the message is
	// incomplete and comes again.
	ReasonCutOff notify.Reason = "cut_off"
	// ReasonCrowded means that too many large bodies arrived at once: a place would be given
	// at the cost of memory.
	ReasonCrowded notify.Reason = "crowded"
	// ReasonFlood means that too many messages of senders from whom nothing genuine has come
	// wait for a signature check: more of them would delay what is genuine.
	ReasonFlood notify.Reason = "flood"
	// ReasonPanic means that this program made a mistake. It is counted, because the answer
	// alone looks like a busy system.
	ReasonPanic notify.Reason = "panic"
)

func doorReasons() []notify.Reason {
	return []notify.Reason{ReasonMethod, ReasonSlow, ReasonCutOff, ReasonCrowded, ReasonFlood, ReasonPanic}
}

func hintOf(reason notify.Reason) string {
	switch reason {
	case ReasonMethod:
		return "Alipay posts; if a browser was sent here, its URL belongs elsewhere"
	case ReasonSlow, ReasonCutOff:
		return "Alipay sends a few kilobytes at once: check what stands in front of this door"
	case ReasonCrowded:
		return "many large bodies at once are none of Alipay's: limit them in front of this door"
	case ReasonFlood:
		return "somebody forges messages at a high rate: limit senders in front of this door; a genuine message comes again"
	case ReasonPanic:
		return "a mistake in this program: report the record beside this one"
	default:
		return reason.Hint()
	}
}

// answer is what is sent back: a status and a body, and whether the request's body was left
// unread, after which the connection can't be used again.
type answer struct {
	status      int
	contentType string
	body        []byte
	unread      bool
}

// The two words that Alipay understands. It compares the whole body, so no line break follows
// them.
const (
	wordSuccess = "success"
	wordFail    = "fail"
	plainText   = "text/plain"
)

func success() answer {
	return answer{status: http.StatusOK, contentType: plainText, body: []byte(wordSuccess)}
}

func fail(status int) answer {
	return answer{status: status, contentType: plainText, body: []byte(wordFail)}
}

func failUnread(status int) answer {
	a := fail(status)
	a.unread = true
	return a
}

// refused returns the answer for a reason. From the app on it is always 403, so that a
// stranger learns neither which apps are served here nor how far a forgery came.
func refused(reason notify.Reason) answer {
	switch reason {
	case ReasonMethod:
		return failUnread(http.StatusMethodNotAllowed)
	case notify.ReasonContentType:
		return failUnread(http.StatusUnsupportedMediaType)
	case notify.ReasonTooLarge:
		return failUnread(http.StatusRequestEntityTooLarge)
	case ReasonSlow:
		return failUnread(http.StatusRequestTimeout)
	case ReasonCutOff:
		return failUnread(http.StatusBadRequest)
	case ReasonCrowded:
		return failUnread(http.StatusServiceUnavailable)
	case ReasonFlood:
		return fail(http.StatusServiceUnavailable)
	case ReasonPanic:
		return failUnread(http.StatusInternalServerError)
	case notify.ReasonMalformed, notify.ReasonRepeatedParameter, notify.ReasonMissingAppID:
		return fail(http.StatusBadRequest)
	default:
		return fail(http.StatusForbidden)
	}
}

// write sends an answer. A failed write is ignored, because the client has gone and Alipay
// repeats the message.
func (a answer) write(w http.ResponseWriter) {
	header := w.Header()
	header.Set("Content-Type", a.contentType)
	header.Set("Content-Length", strconv.Itoa(len(a.body)))
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	if a.status == http.StatusMethodNotAllowed {
		header.Set("Allow", http.MethodPost)
	}
	if a.unread {
		header.Set("Connection", "close")
		// Otherwise Go reads up to 256 KiB more after the answer, for a connection that is
		// about to close. The error means only that there is no connection.
		_ = http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0))
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body)
}
