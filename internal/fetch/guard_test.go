package fetch

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// site is a server on a loopback address that counts the requests that get through.
type site struct {
	*httptest.Server
	hits atomic.Int32
}

func newSite(t *testing.T, ip string, handler http.HandlerFunc) *site {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		t.Fatal(err)
	}
	s := &site{}
	s.Server = &httptest.Server{Listener: listener, Config: &http.Server{
		ReadHeaderTimeout: time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			s.hits.Add(1)
			handler(w, r)
		}),
	}}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

func (s *site) address() string { return s.Listener.Addr().String() }

func (s *site) port() string {
	_, port, _ := net.SplitHostPort(s.address())
	return port
}

func guard(t *testing.T, allow ...string) *Guard {
	t.Helper()
	g, err := NewGuard(allow)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// get calls the address as a webhook would.
func get(t *testing.T, g *Guard, url string) (int, error) {
	t.Helper()
	client := g.Client(5 * time.Second)
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, classify(request.URL.Host, err)
	}
	return response.StatusCode, response.Body.Close()
}

func ok(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("inside")) }

// Addresses that nobody outside may make us connect to, in every spelling. The server listens
// on all of loopback, so that a hit shows a guard that fails.
func TestGuardRefusesWhatIsNotPublic(t *testing.T) {
	inside := newSite(t, "127.0.0.1", ok)
	dns := &names{answers: map[string][][]string{
		"loopback.example": {{"127.0.0.1"}},
		"private.example":  {{"10.0.0.7"}},
		"mixed.example":    {{"192.168.1.1", "127.0.0.1"}},
		// The addresses that a careless system resolver returns for these spellings.
		"2130706433": {{"127.0.0.1"}}, "0x7f000001": {{"127.0.0.1"}}, "017700000001": {{"127.0.0.1"}},
		"0177.0.0.1": {{"127.0.0.1"}}, "0x7f.0.0.1": {{"127.0.0.1"}}, "127.1": {{"127.0.0.1"}},
	}}
	g := guard(t)
	g.Resolver = dns.resolver(t)
	for name, host := range map[string]string{
		"loopback":               "127.0.0.1",
		"another loopback":       "127.255.255.254",
		"this host":              "0.0.0.0",
		"IPv6 loopback":          "[::1]",
		"IPv6 unspecified":       "[::]",
		"IPv4 in IPv6":           "[::ffff:127.0.0.1]",
		"IPv4 in IPv6, hex":      "[::ffff:7f00:1]",
		"NAT64 of loopback":      "[64:ff9b::7f00:1]",
		"6to4 of loopback":       "[2002:7f00:1::]",
		"private 10":             "10.1.2.3",
		"private 172":            "172.16.0.1",
		"private 192":            "192.168.0.1",
		"carrier NAT":            "100.64.0.1",
		"link-local":             "169.254.1.1",
		"metadata":               "169.254.169.254",
		"metadata of Aliyun":     "100.100.100.200",
		"metadata over IPv6":     "[fd00:ec2::254]",
		"IPv6 link-local":        "[fe80::1]",
		"IPv6 link-local, zoned": "[fe80::1%25lo]",
		"IPv6 unique local":      "[fc00::1]",
		"multicast":              "224.0.0.1",
		"broadcast":              "255.255.255.255",
		"documentation":          "192.0.2.1",
		"decimal":                "2130706433",
		"hexadecimal":            "0x7f000001",
		"octal":                  "017700000001",
		"octal part":             "0177.0.0.1",
		"hexadecimal part":       "0x7f.0.0.1",
		"short":                  "127.1",
		"full-width digits":      "１２７.0.0.1",
		"trailing dot":           "127.0.0.1.",
		"name of loopback":       "loopback.example",
		"name of a private":      "private.example",
		"name of two":            "mixed.example",
	} {
		t.Run("X15 "+name, func(t *testing.T) {
			_, err := get(t, g, "http://"+host+":"+inside.port()+"/")
			if !errors.Is(err, ErrForbiddenAddress) {
				t.Errorf("got %v", err)
			}
			if Retryable(err) {
				t.Error("a refused address must not be tried again")
			}
		})
	}
	if hits := inside.hits.Load(); hits != 0 {
		t.Errorf("%d requests reached the inside", hits)
	}
}

// An allowed network is allowed only in the usual spelling, because resolvers differ on the
// others.
func TestGuardRefusesDisguisedAddressesOfAllowedNetworks(t *testing.T) {
	inside := newSite(t, "127.0.0.1", ok)
	for _, host := range []string{"2130706433", "0x7f000001", "017700000001", "0177.0.0.1", "127.0.0.0x1", "127.1", "127.0.0.1."} {
		t.Run("X15 "+host, func(t *testing.T) {
			g := guard(t, "127.0.0.0/8")
			g.Resolver = (&names{answers: map[string][][]string{host: {{"127.0.0.1"}}}}).resolver(t)
			if _, err := get(t, g, "http://"+host+":"+inside.port()+"/"); !errors.Is(err, ErrForbiddenAddress) {
				t.Error(err)
			}
		})
	}
	if inside.hits.Load() != 0 {
		t.Error("it was reached")
	}
}

func TestGuardRefusesOtherSchemes(t *testing.T) {
	for _, url := range []string{"file:///etc/passwd", "gopher://127.0.0.1/", "ftp://127.0.0.1/", "unix:///run/x"} {
		t.Run("X15 "+url, func(t *testing.T) {
			if _, err := get(t, guard(t, "127.0.0.0/8"), url); err == nil {
				t.Error("it was served")
			}
		})
	}
}

// The name leads to an allowed address while it is checked, and to loopback when the
// connection is made. There is no gap, since the check is the connection's own.
func TestGuardHoldsUnderDNSRebinding(t *testing.T) {
	for name, test := range map[string]struct {
		answers [][]string // of the name, one question after the other
		looks   int        // lookups before the calls
		first   int        // the answer to the first call; 0 is refused
	}{
		"public while somebody looks":        {[][]string{{"127.0.0.2"}, {"127.0.0.1"}}, 1, 0},
		"public at the first call":           {[][]string{{"127.0.0.2"}, {"127.0.0.1"}}, 0, http.StatusOK},
		"both at once, the private one last": {[][]string{{"127.0.0.3", "127.0.0.1"}}, 0, 0},
	} {
		t.Run("X15 "+name, func(t *testing.T) {
			inside := newSite(t, "127.0.0.1", ok)
			decoy := newSite(t, "127.0.0.2", ok)
			dns := &names{answers: map[string][][]string{"rebind.example": test.answers}}
			g := guard(t, "127.0.0.2")
			g.Resolver = dns.resolver(t)
			for range test.looks {
				seen, err := g.Resolver.LookupHost(t.Context(), "rebind.example")
				if err != nil || seen[0] != "127.0.0.2" {
					t.Fatalf("whoever looks sees %v, %v", seen, err)
				}
				if err := g.Judge("http://rebind.example:" + inside.port() + "/"); err != nil {
					t.Fatal(err)
				}
			}
			if test.first == http.StatusOK {
				if status, err := get(t, g, "http://rebind.example:"+decoy.port()+"/"); err != nil || status != test.first {
					t.Fatalf("the allowed address answered %d, %v", status, err)
				}
			}
			if _, err := get(t, g, "http://rebind.example:"+inside.port()+"/"); !errors.Is(err, ErrForbiddenAddress) {
				t.Errorf("after the name moved: %v", err)
			}
			if inside.hits.Load() != 0 {
				t.Error("the inside was reached")
			}
		})
	}
}

// A redirect is an answer: its target is never called, even if it is allowed.
func TestClientFollowsNoRedirect(t *testing.T) {
	private, allowed := newSite(t, "127.0.0.2", ok), newSite(t, "127.0.0.1", ok)
	for _, status := range []int{301, 302, 303, 307, 308} {
		for to, target := range map[string]*site{"private": private, "allowed": allowed} {
			t.Run(fmt.Sprintf("X15 redirect %d to %s", status, to), func(t *testing.T) {
				redirecting := newSite(t, "127.0.0.1", func(w http.ResponseWriter, r *http.Request) {
					http.Redirect(w, r, target.URL, status)
				})
				got, err := get(t, guard(t, "127.0.0.1"), redirecting.URL)
				if err != nil || got != status || target.hits.Load() != 0 {
					t.Errorf("got %d, %v; where it leads saw %d requests", got, err, target.hits.Load())
				}
			})
		}
	}
}

func TestAllowListOverrides(t *testing.T) {
	inside := newSite(t, "127.0.0.1", ok)
	dns := &names{answers: map[string][][]string{"files.internal": {{"127.0.0.1"}}, "other.internal": {{"127.0.0.1"}}}}
	byAddress := "http://" + inside.address() + "/"
	byName := "http://Files.Internal:" + inside.port() + "/"
	otherName := "http://other.internal:" + inside.port() + "/"
	for name, test := range map[string]struct {
		allow   []string
		reached []string
		refused []string
	}{
		"nothing":            {nil, nil, []string{byAddress, byName, otherName}},
		"network":            {[]string{"127.0.0.0/8"}, []string{byAddress, byName, otherName}, nil},
		"address":            {[]string{"127.0.0.1"}, []string{byAddress, byName, otherName}, nil},
		"another network":    {[]string{"10.0.0.0/8"}, nil, []string{byAddress, byName, otherName}},
		"host and port":      {[]string{"FILES.internal:" + inside.port()}, []string{byName}, []string{byAddress, otherName}},
		"address and port":   {[]string{inside.address()}, []string{byAddress}, []string{byName, otherName}},
		"host, another port": {[]string{"files.internal:1"}, nil, []string{byAddress, byName, otherName}},
	} {
		t.Run("X15 allowed: "+name, func(t *testing.T) {
			g := guard(t, test.allow...)
			g.Resolver = dns.resolver(t)
			for _, url := range test.reached {
				if status, err := get(t, g, url); err != nil || status != http.StatusOK {
					t.Errorf("%s: %d, %v", url, status, err)
				}
			}
			for _, url := range test.refused {
				if _, err := get(t, g, url); !errors.Is(err, ErrForbiddenAddress) {
					t.Errorf("%s: %v", url, err)
				}
			}
		})
	}
}

func TestAllowListNamesEveryBadEntry(t *testing.T) {
	bad := []string{"", "10.0.0.0/33", "internal", "http://internal:80", "internal:http", "internal:0", "*:80", ":80"}
	_, err := NewGuard(append([]string{"10.0.0.0/8", "fd00::/8", "[fd00::1]:80", "a:1"}, bad...))
	if err == nil {
		t.Fatal("accepted")
	}
	for _, entry := range bad {
		if !strings.Contains(err.Error(), `"`+entry+`" is neither`) {
			t.Errorf("%q is not named in: %v", entry, err)
		}
	}
	if strings.Count(err.Error(), "is neither") != len(bad) {
		t.Errorf("a good entry was refused: %v", err)
	}
}

// A proxy of the environment would make the connection instead of us, unguarded.
func TestProxyOfTheEnvironmentIsNotUsed(t *testing.T) {
	proxy := newSite(t, "127.0.0.1", ok)
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("http_proxy", proxy.URL)
	dns := &names{answers: map[string][][]string{"public.example": {{"10.0.0.7"}}}}
	g := guard(t)
	g.Resolver = dns.resolver(t)
	if _, err := get(t, g, "http://public.example/"); !errors.Is(err, ErrForbiddenAddress) {
		t.Errorf("got %v", err)
	}
	if proxy.hits.Load() != 0 {
		t.Error("the proxy was asked")
	}
	transport, isHTTP := g.Client(time.Second).Transport.(*http.Transport)
	if !isHTTP || transport.Proxy != nil {
		t.Error("the transport has a proxy")
	}
}

// A stored URL contains no address that may change: the address of its host is configured
// separately, and only for hosts of the allow-list.
func TestAnAllowedHostIsDialledWhereItIsToday(t *testing.T) {
	inside := newSite(t, "127.0.0.1", ok)
	allowed := guard(t, "files.internal:80")
	allowed.At = map[string]string{"files.internal:80": inside.address(), "other.internal:80": inside.address()}
	if status, err := get(t, allowed, "http://Files.internal/logo.png"); err != nil || status != http.StatusOK {
		t.Errorf("the allowed host: %d, %v", status, err)
	}
	if status, err := get(t, allowed, "http://other.internal/logo.png"); err == nil {
		t.Errorf("a host that is not allowed got through to where At says: %d", status)
	}
	if got := inside.hits.Load(); got != 1 {
		t.Errorf("%d requests got through, want the allowed one", got)
	}
}
