package commandtest

import (
	"os"
	"path/filepath"
	"strings"
)

// AppID is the app of Config, which is not the one that the standalone and the simulator have: a test
// that mixes them up fails.
const AppID = "2021000000000001"

// Keys makes the app's pair and Alipay's in the program's directory, once because making a
// pair takes time: app_private.pem, app_public.pem, alipay_private.pem and alipay_public.pem.
func (p *Program) Keys() {
	p.T.Helper()
	if _, err := os.Stat(filepath.Join(p.Dir, "app_private.pem")); err == nil {
		return
	}
	for _, name := range []string{"app", "alipay"} {
		// Not by `miniflow keys generate`: a test of one tool needs no other.
		p.OpenSSL("", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", name+"_private.pem")
		p.OpenSSL("", "pkey", "-in", name+"_private.pem", "-pubout", "-out", name+"_public.pem")
	}
}

// Config writes the smallest configuration that a tool can use, so that a test adds only what
// it is about.
func (p *Program) Config(endpoint string) string {
	p.T.Helper()
	p.Keys()
	return p.Write("miniflow.yaml", `
apps:
  - app_id: "`+AppID+`"
    endpoint: `+endpoint+`
    private_key_file: app_private.pem
    alipay_public_keys: [{key_file: alipay_public.pem}]
api_keys: [{name: ops, key: "sha256:`+strings.Repeat("0", 63)+`1", apps: ["*"], scopes: [read]}]
sealing: none
`)
}
