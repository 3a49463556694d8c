package people

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// Addresses returns how to find where a request came from. Behind proxies that is the last address
// in X-Forwarded-For that is none of theirs: what stands further left was written by who came. Without
// proxies the header is not read, because anybody can send it.
func Addresses(proxies []netip.Prefix) func(r *http.Request) string {
	trusted := func(text string) bool {
		at, err := netip.ParseAddr(text)
		return err == nil && slices.ContainsFunc(proxies, func(p netip.Prefix) bool { return p.Contains(at.Unmap()) })
	}
	return func(r *http.Request) string {
		address := hostOf(r.RemoteAddr)
		passed := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for _, before := range slices.Backward(passed) {
			before = strings.TrimSpace(before)
			if _, err := netip.ParseAddr(before); err != nil || !trusted(address) {
				break
			}
			address = before
		}
		return address
	}
}
