package config

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"miniflow/order"
	"miniflow/words"
)

// idForm matches what workflow ids and the names of task queues can contain, because the
// app_id becomes part of both.
var idForm = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// simulatorMark is the line that the simulator writes after the keys that it makes, so that
// they are recognised without being parsed.
const simulatorMark = "Miniflow simulator key: for tests only"

func (v *validator) apps() {
	if len(v.config.Apps) == 0 {
		v.problem("apps", "there is none; add your third-party application with its app_id, environment and keys")
	}
	for i, app := range v.config.Apps {
		at := fmt.Sprintf("apps[%d]", i)
		if !idForm.MatchString(app.ID) {
			v.problem(at+".app_id", "has to be the app's APPID, letters and digits")
		}
		v.place(at, app)
		v.mode(at, app)
		v.appKeys(at, app)
		v.messages(at, app)
		v.robots(at, app)
	}
	v.distinctApps()
}

// distinctApps refuses an id that leads to two apps, their merchants' ids included, because a
// notification must lead to one.
func (v *validator) distinctApps() {
	owners := map[string]string{}
	claim := func(path, id string) {
		if owner, taken := owners[id]; taken && id != "" {
			v.problem(path, "is the same id as %s; a notification must lead to one app", owner)
			return
		}
		owners[id] = path
	}
	for i, app := range v.config.Apps {
		claim(fmt.Sprintf("apps[%d].app_id", i), app.ID)
	}
	for i, app := range v.config.Apps {
		for j, id := range app.MerchantAppIDs {
			claim(fmt.Sprintf("apps[%d].merchant_app_ids[%d]", i, j), id)
		}
	}
}

var sdkVersion = regexp.MustCompile(`^[0-9A-Za-z_.-]{1,64}$`)

func (v *validator) place(at string, app App) {
	switch {
	case app.Environment != "" && app.Endpoint != "":
		v.problem(at+".endpoint", "contradicts environment; leave one of them")
	case app.Endpoint != "":
		v.url(at+".endpoint", app.Endpoint)
	default:
		oneOf(v, at+".environment", app.Environment, Environments())
	}
	if app.ChannelEndpoint != "" {
		v.url(at+".channel_endpoint", app.ChannelEndpoint)
		if app.Endpoint == "" {
			v.problem(at+".channel_endpoint", "goes with endpoint alone; an environment has its own")
		}
	}
	switch {
	case app.EncryptType != "" && app.EncryptType != "AES":
		v.problem(at+".encrypt_type", "has to be AES, or be left out")
	case app.EncryptType != "" && app.AESKey == "" && app.AESKeyFile == "":
		v.problem(at+".encrypt_type", "needs aes_key: copy the content encryption key from the console")
	}
	oneOf(v, at+".channel", app.Channel, Channels())
	oneOf(v, at+".language", app.Language, words.Languages())
	oneOf(v, at+".channel_charset", app.ChannelCharset, Charsets())
	if !sdkVersion.MatchString(app.SDKVersion) {
		v.problem(at+".sdk_version", "has to be 1 to 64 letters, digits, dots, dashes and underscores")
	}
	if app.Channel == ChannelWebSocket && app.ChannelURL() == "" {
		v.problem(at+".channel_endpoint", "is missing: an endpoint of your own does not say where its long connection is")
	}
	if app.RedirectURI != "" {
		v.url(at+".redirect_uri", app.RedirectURI)
	}
}

// appKeys checks only which keys are present, because package alipay/keys checks whether they
// can be read and whose they are.
func (v *validator) appKeys(at string, app App) {
	if app.PrivateKey == "" {
		v.problem(at+".private_key", "is missing; give private_key_file, the application private key that signs your calls")
	}
	if marked(app.PrivateKey.Reveal()) && realAlipay(app) {
		v.problem(at+".private_key", "was made by the simulator and is known to others; make the app's own key for %s", app.GatewayURL())
	}
	switch {
	case app.Certificates.Enabled() && len(app.AlipayPublicKeys) > 0:
		v.problem(at+".certificates", "contradict alipay_public_keys; the console shows which mode the app is in, leave the other out")
	case app.Certificates.Enabled():
		v.certificates(at+".certificates", app)
	case len(app.AlipayPublicKeys) == 0:
		v.problem(at+".alipay_public_keys", "is empty; give the Alipay public key of the console (not your application's), or certificates")
	}
	for i, key := range app.AlipayPublicKeys {
		v.publicKey(fmt.Sprintf("%s.alipay_public_keys[%d].key", at, i), key.Key, app)
	}
	v.former(at+".former", app)
	for i, signType := range app.SignTypes {
		oneOf(v, fmt.Sprintf("%s.sign_types[%d]", at, i), signType, []string{"RSA2", "RSA", "SM2"})
	}
	switch sm2 := slices.Contains(app.SignTypes, "SM2"); {
	case sm2 && len(app.SignTypes) > 1:
		v.problem(at+".sign_types", "has SM2 and another; an app has one algorithm, the signing method (接口加签方式) that the console shows")
	case !sm2 && len(app.SignTypes) > 0 && !slices.Contains(app.SignTypes, "RSA2"):
		v.problem(at+".sign_types", "has to contain RSA2")
	}
	if text := app.AESKey.Reveal(); text != "" {
		if bytes, err := base64.StdEncoding.DecodeString(text); err != nil || !slices.Contains([]int{16, 24, 32}, len(bytes)) {
			v.problem(at+".aes_key", "has to be the base64 of 16 bytes, as the console shows it")
		}
	}
}

func (v *validator) former(at string, app App) {
	former := app.Former
	if !former.Enabled() {
		return
	}
	if former.Ends().IsZero() {
		v.problem(at+".until", "has to say until when the former method's messages are accepted, such as 2026-12-02T00:00:00+08:00")
	}
	switch {
	case len(former.AlipayPublicKeys) == 0 && len(former.Alipay) == 0:
		v.problem(at+".alipay_public_keys", "is empty; give the Alipay public key from before the change, or its certificate under alipay")
	case len(former.Alipay) > 0 && !app.Certificates.Enabled():
		v.problem(at+".alipay", "needs certificates.root, which proves them; without it give alipay_public_keys")
	}
	for i, key := range former.AlipayPublicKeys {
		v.publicKey(fmt.Sprintf("%s.alipay_public_keys[%d].key", at, i), key.Key, app)
	}
	for i, certificate := range former.Alipay {
		v.certificate(fmt.Sprintf("%s.alipay[%d].cert", at, i), certificate.Cert, "is missing; give cert or cert_file", app)
	}
}

func (v *validator) publicKey(at, text string, app App) {
	switch {
	case text == "":
		v.problem(at, "is missing; give key or key_file")
	case marked(text) && realAlipay(app):
		v.problem(at, "was made by the simulator, so anyone can sign with it; take the Alipay public key of the console")
	}
}

func (v *validator) certificates(at string, app App) {
	certificates := app.Certificates
	v.certificate(at+".app", certificates.App, "is missing; give app_file, appCertPublicKey_….crt of the console", app)
	v.certificate(at+".root", certificates.Root, "is missing; give root_file, alipayRootCert.crt of the console", app)
	if len(certificates.Alipay) == 0 {
		v.problem(at+".alipay", "is empty; give alipayCertPublicKey_RSA2.crt of the console")
	}
	for i, certificate := range certificates.Alipay {
		v.certificate(fmt.Sprintf("%s.alipay[%d].cert", at, i), certificate.Cert, "is missing; give cert or cert_file", app)
	}
}

func (v *validator) certificate(at, text, missing string, app App) {
	switch {
	case text == "":
		v.problem(at, "%s", missing)
	case marked(text) && realAlipay(app):
		v.problem(at, "was made by the simulator; take the certificate of the console for %s", app.GatewayURL())
	}
}

func marked(key string) bool { return strings.Contains(key, simulatorMark) }

// realAlipay reports whether an app's calls go to Alipay itself, production or sandbox, where
// a simulator's key would be a mistake.
func realAlipay(app App) bool {
	parsed, err := url.Parse(app.GatewayURL())
	if err != nil {
		return true
	}
	host := "." + strings.TrimSuffix(strings.ToLower(parsed.Hostname()), ".")
	for _, domain := range []string{".alipay.com", ".alipaydev.com", ".alipay-eco.com", ".alipayobjects.com"} {
		if strings.HasSuffix(host, domain) {
			return true
		}
	}
	return false
}

func (v *validator) webhook(at string, hook Webhook) {
	if hook.URL == "" {
		if len(hook.Events) > 0 || hook.PostsPerSecond != 0 {
			v.problem(at+".url", "is missing")
		}
		return
	}
	v.anyURL(at+".url", hook.URL)
	for i, one := range hook.Events {
		oneOf(v, fmt.Sprintf("%s.events[%d]", at, i), one, append(order.ToldTypes(), order.ToldOfMiniPrograms()...))
	}
	if len(hook.Secrets) == 0 {
		v.problem(at+".secrets", "events are signed, and there is no secret; make one with `echo whsec_$(openssl rand -base64 32)`")
	}
	if hook.PostsPerSecond < 0 || hook.PostsPerSecond > mostPosts {
		v.problem(at+".posts_per_second", "has to be between 0 and %d", mostPosts)
	}
}

// mostPosts is more than one process posts in a second.
const mostPosts = 1000

func (v *validator) messages(at string, app App) {
	v.webhook(at+".webhook", app.Webhook)
	for i, secret := range app.Webhook.Secrets {
		text, prefixed := strings.CutPrefix(secret.Secret.Reveal(), "whsec_")
		if bytes, err := base64.StdEncoding.DecodeString(text); !prefixed || err != nil || len(bytes) < 24 || len(bytes) > 64 {
			v.problem(fmt.Sprintf("%s.webhook.secrets[%d].secret", at, i),
				"has to be whsec_ and the base64 of 24 to 64 bytes; make one with `echo whsec_$(openssl rand -base64 32)`")
		}
	}
	if app.Forward.URL == "" {
		if app.Forward != (Forward{}) {
			v.problem(at+".forward.url", "is missing")
		}
		return
	}
	v.anyURL(at+".forward.url", app.Forward.URL)
	oneOf(v, at+".forward.format", app.Forward.Format, []string{"event", "raw"})
	oneOf(v, at+".forward.scope", app.Forward.Scope, []string{"unrouted", "all"})
	if app.Forward.Format == "event" && len(app.Webhook.Secrets) == 0 {
		v.problem(at+".forward.format", "event is signed with webhook.secrets, and there is none")
	}
}
