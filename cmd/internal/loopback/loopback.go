// Package loopback keeps what asks nobody for a key to this machine: its addresses, and
// the requests that a browser on it makes.
package loopback

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Address returns the address of a host of this machine; no host is 127.0.0.1. It looks
// at names and numbers only and never asks DNS, whose answer is exactly what an attacker
// controls.
func Address(host string) (netip.Addr, bool) {
	if host == "" || strings.EqualFold(host, "localhost") {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1}), true
	}
	ip, err := netip.ParseAddr(host)
	return ip, err == nil && ip.IsLoopback()
}

// CheckHost lets through requests whose Host header is loopback and answers 421
// to the rest. A page of the open web can make a browser send requests to
// 127.0.0.1 by pointing its own name there (DNS rebinding), but the browser then
// sends that name along. The port is not compared, so that a tunnel such as
// `ssh -L 9000:127.0.0.1:8233` works.
func CheckHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The brackets of an IPv6 address stand in the header and not in an address. An empty host,
		// which HTTP/1.0 allows, says nothing of where a request was meant to go, and is refused.
		host := r.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
		if _, ok := Address(host); !ok || host == "" {
			http.Error(w, "this server answers to localhost and 127.0.0.1 only: open it under one of these names", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
