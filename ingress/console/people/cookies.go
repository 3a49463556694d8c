package people

import (
	"encoding/json"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"miniflow/internal/seal"
	"miniflow/order"
)

// sealedPrefix is how a value begins that a key has sealed. A ring may also open plain ones, for
// orders of an earlier time; a cookie like that could be anybody's.
const sealedPrefix = "sealed:"

// sealCookie sends a sealed cookie. Over https its name begins with __Host-, so that the browser
// takes it from this very host alone and never sends it in clear; on loopback, where there is no
// https, neither is possible.
func sealCookie(ring *seal.Ring, w http.ResponseWriter, r *http.Request, name, context string, value any, life time.Duration) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	sealed, err := ring.Seal(text, context)
	if err != nil {
		return err
	}
	http.SetCookie(w, newCookie(r, name, string(sealed), int(life/time.Second)))
	return nil
}

// openCookie reports whether the request has exactly one such cookie that a key of the ring has
// sealed for this context.
func openCookie(ring *seal.Ring, r *http.Request, name, context string, into any) bool {
	found := r.CookiesNamed(newCookie(r, name, "", 0).Name)
	if len(found) != 1 || !strings.HasPrefix(found[0].Value, sealedPrefix) {
		return false
	}
	text, err := ring.Open(order.Sealed(found[0].Value), context)
	return err == nil && json.Unmarshal(text, into) == nil
}

func clearCookie(w http.ResponseWriter, r *http.Request, name string) {
	http.SetCookie(w, newCookie(r, name, "", -1))
}

func newCookie(r *http.Request, name, value string, seconds int) *http.Cookie {
	secure := !overLoopback(r)
	if secure {
		name = "__Host-" + name
	}
	//nolint:gosec // Secure is left out on loopback alone, where browsers would not send it back
	return &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: seconds,
		Secure: secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
}

// overLoopback reports whether a request came in clear from this machine to this machine: by the
// address that it came from and by the name that it was sent to, so that a proxy on this machine,
// which passes on what it got by https, is not taken for it.
func overLoopback(r *http.Request) bool {
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		return false
	}
	return isLoopback(hostOf(r.RemoteAddr)) && isLoopback(hostOf(r.Host))
}

func hostOf(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return strings.Trim(address, "[]")
}

func isLoopback(host string) bool {
	at, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && at.Unmap().IsLoopback()
}
