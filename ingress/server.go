package ingress

import (
	"log/slog"
	"net/http"
	"time"
)

// Patience is how long a server waits for slow clients. It is a parameter, so that tests need
// not wait as long.
type Patience struct {
	// All three are explained at the constants of those names.
	Request, Answer, Idle time.Duration
}

// DefaultPatience returns that of the constants, for production; tests use shorter ones so
// that they end.
func DefaultPatience() Patience {
	return Patience{Request: RequestPatience, Answer: AnswerPatience, Idle: IdlePatience}
}

// NewServer returns the HTTP server for the door and the API. Its deadline on a request ends
// with the request's body, so that it affects clients that send slowly but not those that
// wait for an answer, such as a long poll.
func NewServer(handler http.Handler, log *slog.Logger, patience Patience) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: patience.Request,
		ReadTimeout:       patience.Request,
		WriteTimeout:      patience.Answer,
		IdleTimeout:       patience.Idle,
		MaxHeaderBytes:    MaxHeaderBytes,
		// Disconnecting clients and malformed requests are everyday noise, so they are only
		// for debugging.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
