package loopback

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestCheckHost(t *testing.T) {
	handler := CheckHost(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
	tests := map[string]int{
		"127.0.0.1:8233":         http.StatusOK,
		"127.0.0.1":              http.StatusOK,
		"localhost:8233":         http.StatusOK,
		"LocalHost":              http.StatusOK,
		"localhost:9000":         http.StatusOK, // a tunnel
		"[::1]:8233":             http.StatusOK,
		"[::1]":                  http.StatusOK,
		"":                       http.StatusMisdirectedRequest,
		":8233":                  http.StatusMisdirectedRequest,
		"evil.example:8233":      http.StatusMisdirectedRequest,
		"127.0.0.1.evil.example": http.StatusMisdirectedRequest,
		"localhost.evil.example": http.StatusMisdirectedRequest,
		"evil.example:127.0.0.1": http.StatusMisdirectedRequest,
		"192.168.1.20:8233":      http.StatusMisdirectedRequest,
		"0.0.0.0:8233":           http.StatusMisdirectedRequest,
		"127.0.0.1@evil.example": http.StatusMisdirectedRequest,
	}
	for host, want := range tests {
		t.Run(host, func(t *testing.T) {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil)
			r.Host = host
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, r)
			if w.Code != want {
				t.Errorf("Host %q got %d, want %d", host, w.Code, want)
			}
		})
	}
}
