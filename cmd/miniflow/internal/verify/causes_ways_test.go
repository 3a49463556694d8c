package verify

import (
	"path/filepath"
	"strings"

	"miniflow/cmd/internal/commandtest"
)

// way is how a message is handed over: what is written, where, and whose key counts.
type way struct {
	name  string
	query bool   // a query string instead of a form body
	stdin bool   // standard input instead of a file
	keys  string // public-key, cert or config
}

func ways() []way {
	var all []way
	for _, keys := range []string{"public-key", "cert", "config"} {
		all = append(all,
			way{name: "a form in a file by --" + keys, keys: keys},
			way{name: "a query string on standard input by --" + keys, keys: keys, query: true, stdin: true})
	}
	return all
}

// genuine are the flags under which the good message is valid.
func (w way) genuine(p *program) []string {
	switch w.keys {
	case "cert":
		return []string{"--cert", p.certificate("alipay")}
	case "config":
		return []string{"--config", p.configOf("by-the-book", commandtest.AppID, "alipay_public.pem")}
	}
	return []string{"--public-key", filepath.Join(p.Dir, "alipay_public.pem")}
}

// application has the application's own key given as Alipay's.
func (w way) application(p *program) []string {
	own := []string{"--app-public-key", filepath.Join(p.Dir, "app_public.pem")}
	switch w.keys {
	case "cert":
		return append(own, "--cert", p.certificate("app"))
	case "config":
		return nil // a configuration with that is refused as a whole: see TestAConfigurationWithTheApplicationsKey
	}
	return append(own, "--public-key", filepath.Join(p.Dir, "app_public.pem"))
}

// anotherApp has the keys of an app that the message is not for. Keys given by
// hand count for whichever app a message names.
func (w way) anotherApp(p *program) []string {
	if w.keys != "config" {
		return nil
	}
	return []string{"--config", p.configOf("another-app", "2021000000000008", "alipay_public.pem")}
}

// certificate is a certificate of one of the keys.
func (p *program) certificate(key string) string {
	p.T.Helper()
	p.OpenSSL("", "req", "-x509", "-key", key+"_private.pem", "-days", "30", "-subj", "/C=CN/CN="+key, "-out", key+".crt")
	return filepath.Join(p.Dir, key+".crt")
}

// configOf is a configuration with one app.
func (p *program) configOf(name, app, alipayKey string) string {
	p.T.Helper()
	text := p.Read(p.Config("https://openapi.alipay.com/gateway.do"))
	return p.Write(name+".yaml", strings.NewReplacer(commandtest.AppID, app, "alipay_public.pem", alipayKey).Replace(text))
}

// verify hands a message over and returns what came of it, as text and as JSON.
func (w way) verify(p *program, form string, flags []string) (text, asJSON commandtest.Result) {
	p.T.Helper()
	if w.query {
		form = "?" + form
	}
	runs := make([]commandtest.Result, 0, 2)
	for _, output := range []string{"text", "json"} {
		args := append([]string{"-o", output, "verify"}, flags...)
		if w.stdin {
			runs = append(runs, p.Feed(form, args...))
		} else {
			runs = append(runs, p.Run(append(args, p.Write("message", form))...))
		}
	}
	return runs[0], runs[1]
}
