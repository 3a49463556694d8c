package ingress

import (
	"log/slog"
	"net/http"
	"time"
)

// Patience is how long a server bears with slow clients.
type Patience struct {
	// Request, Answer and Idle are explained at the constants of those names.
	Request, Answer, Idle time.Duration
}

// DefaultPatience is that of the constants.
func DefaultPatience() Patience {
	return Patience{Request: RequestPatience, Answer: AnswerPatience, Idle: IdlePatience}
}

// NewServer makes the HTTP server behind which every door can stand. The deadline
// on a request ends with its body: it strikes clients that send slowly and leaves
// alone whoever waits for an answer, such as a long poll.
func NewServer(handler http.Handler, log *slog.Logger, patience Patience) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: patience.Request,
		ReadTimeout:       patience.Request,
		WriteTimeout:      patience.Answer,
		IdleTimeout:       patience.Idle,
		MaxHeaderBytes:    MaxHeaderBytes,
		// Clients that break off and malformed requests are everyday noise.
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
