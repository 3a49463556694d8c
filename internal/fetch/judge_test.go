package fetch

import (
	"errors"
	"strings"
	"testing"
)

// TestJudgeBeforeTheFirstCall checks that a literal address can be refused when a
// configuration is read; the target of a name can't.
func TestJudgeBeforeTheFirstCall(t *testing.T) {
	for name, test := range map[string]struct {
		url   string
		allow []string
		want  error
	}{
		"public":                        {url: "https://8.8.8.8/x"},
		"public, IPv6":                  {url: "https://[2606:4700::1111]/x"},
		"a name":                        {url: "https://isv.example/x"},
		"loopback":                      {url: "http://127.0.0.1:9000/x", want: ErrForbiddenAddress},
		"loopback by its name":          {url: "http://localhost:9000/x", want: ErrForbiddenAddress},
		"a name below it":               {url: "http://isv.localhost./x", want: ErrForbiddenAddress},
		"private":                       {url: "https://10.20.0.7/x", want: ErrForbiddenAddress},
		"metadata":                      {url: "http://169.254.169.254/", want: ErrForbiddenAddress},
		"private, IPv6":                 {url: "https://[fc00::1]/", want: ErrForbiddenAddress},
		"link-local":                    {url: "http://169.254.1.1/", want: ErrForbiddenAddress},
		"decimal":                       {url: "http://2130706433/", want: ErrForbiddenAddress},
		"octal":                         {url: "http://0177.0.0.1/", want: ErrForbiddenAddress},
		"no host":                       {url: "http:///x", want: ErrBadReference},
		"private, its network allowed":  {url: "https://10.20.0.7/x", allow: []string{"10.20.0.0/16"}},
		"private, another allowed":      {url: "https://10.21.0.7/x", allow: []string{"10.20.0.0/16"}, want: ErrForbiddenAddress},
		"loopback, allowed with a port": {url: "http://localhost:9000/x", allow: []string{"localhost:9000"}},
		"another port":                  {url: "http://localhost:9001/x", allow: []string{"localhost:9000"}, want: ErrForbiddenAddress},
		"the port of https":             {url: "https://localhost/x", allow: []string{"localhost:443"}},
		"the port of http":              {url: "http://localhost/x", allow: []string{"localhost:80"}},
	} {
		t.Run("X15 "+name, func(t *testing.T) {
			err := guard(t, test.allow...).Judge(test.url)
			if !errors.Is(err, test.want) || (err == nil) != (test.want == nil) {
				t.Errorf("judged %v, want %v", err, test.want)
			}
		})
	}
	err := guard(t).Judge("http://127.0.0.1:9000/secret-path")
	if !strings.Contains(err.Error(), `"127.0.0.1:9000"`) || !strings.Contains(err.Error(), "files.allow") || strings.Contains(err.Error(), "secret-path") {
		t.Errorf("it says %q", err)
	}
}
