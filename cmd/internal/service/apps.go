package service

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"miniflow/alipay/drift"
	"miniflow/alipay/gateway"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/internal/config"
	"miniflow/order"
)

// app keeps the keys that were read beside the configuration that they came from, so that the
// file is read once and no door goes by another key than the calls.
type app struct {
	config   config.App
	private  keys.PrivateKey
	verified notify.App
	keys     *alipayKeys
	client   *gateway.Client
	// budget paces the client; the processes that call for the app share it.
	budget *gateway.Budget
	// Both are empty in public-key mode, which is how a call knows the mode.
	certSN, rootSN string
	// former are the keys from before a change of the signing method; see formerKeys.
	former []keys.AlipayKey
	// own is the application's certificate in certificate mode.
	own keys.AlipayKey
}

// readApps reads the keys of every app. Every problem names the field and the line of the file; so
// does every warning, which is about something wrong that can be served all the same. The ledger, which
// may be nil, gets what Alipay answers.
func readApps(cfg *config.Config, log *slog.Logger, ledger *drift.Ledger) ([]app, config.Problems, error) {
	apps := make([]app, 0, len(cfg.Apps))
	var warnings config.Problems
	var problems []error
	for i := range cfg.Apps {
		r := appReader{cfg: cfg, field: fmt.Sprintf("apps[%d].", i), app: app{config: cfg.Apps[i]}}
		r.read(log, ledger)
		apps = append(apps, r.app)
		warnings = append(warnings, r.warnings...)
		problems = append(problems, r.problems...)
	}
	return apps, warnings, errors.Join(problems...)
}

type appReader struct {
	cfg      *config.Config
	field    string
	app      app
	problems []error
	warnings config.Problems
}

// problem notes what is wrong with a field; a nil error is nothing wrong. A path where a key should
// be is the commonest mistake, so it is answered with the name of the field that takes a path.
func (r *appReader) problem(name string, err error) {
	if err == nil {
		return
	}
	field := r.field + name
	var wrong *keys.KeyError
	if errors.As(err, &wrong) && wrong.Problem == keys.ProblemPath {
		err = fmt.Errorf("%w; a file is named by %s_file", err, field[strings.LastIndexByte(field, '.')+1:])
	}
	r.problems = append(r.problems, fmt.Errorf("%s: %s of app %s: %w", r.cfg.Where(field), field, r.app.config.ID, err))
}

// A warning is about what is wrong and can be served all the same, so that a certificate near
// its end keeps nobody from starting.
func (r *appReader) warning(name, format string, args ...any) {
	field := r.field + name
	r.warnings = append(r.warnings, config.Problem{
		Field: field, Where: r.cfg.Where(field), Text: fmt.Sprintf("app %s: "+format, append([]any{r.app.config.ID}, args...)...),
	})
}

// read reads the keys of the app and makes its gateway client. It goes on after a problem, so that
// all of them are reported at once.
func (r *appReader) read(log *slog.Logger, ledger *drift.Ledger) {
	a := &r.app
	var err error
	a.private, err = keys.ParsePrivateKey(a.config.PrivateKey.Reveal())
	r.problem("private_key", err)
	a.verified = notify.App{ID: a.config.ID, AllowSHA1: slices.Contains(a.config.SignTypes, string(keys.RSA))}
	// Known, it lets Alipay's key be held against it: see alipayKey.
	if a.private != nil {
		a.verified.ApplicationKey = keys.PublicOf(a.private)
		r.signTypes()
	}
	// A content key is optional at Alipay, and without one nothing comes encrypted.
	if text := a.config.AESKey.Reveal(); text != "" {
		a.verified.AESKey, err = keys.ParseAESKey(text)
		r.problem("aes_key", err)
	}
	if a.config.Certificates.Enabled() {
		r.certificates()
	} else {
		r.publicKeys()
	}
	r.former()
	if len(r.problems) > 0 {
		return // a client of half the keys would only fail later
	}
	a.keys = newAlipayKeys(a.verified.AlipayKeys)
	a.client, err = a.newClient(r.cfg.Limits.AlipayCallsPerSecond, log, ledger)
	r.problem("endpoint", err)
}

// There may be several keys, because Alipay's change and ours don't happen at one moment.
func (r *appReader) publicKeys() {
	for i, key := range r.app.config.AlipayPublicKeys {
		public, err := keys.ParsePublicKey(key.Key)
		r.alipayKey(fmt.Sprintf("alipay_public_keys[%d].key", i), keys.AlipayKey{Public: public}, err)
	}
}

// signTypes holds the configured types against the private key, whose algorithm is the app's. A
// configuration that names none leaves it to the key.
func (r *appReader) signTypes() {
	own := keys.SignTypeOf(r.app.verified.ApplicationKey)
	for i, name := range r.app.config.SignTypes {
		if !keys.SignType(name).Fits(r.app.verified.ApplicationKey) {
			r.problem(fmt.Sprintf("sign_types[%d]", i), fmt.Errorf("the private_key is one of %s, so this can't be %s: "+
				"leave sign_types out, or take the key of the signing method (接口加签方式) that the console shows", own, name))
		}
	}
}

// alipayKey takes a key of Alipay's, unless it is the application's own or of another algorithm: the
// commonest mistakes with the two pairs show only when the first message is refused.
func (r *appReader) alipayKey(name string, key keys.AlipayKey, err error) {
	if own := r.app.verified.ApplicationKey; err == nil && own != nil {
		err = keys.CheckPair(own, key.Public)
	}
	r.problem(name, err)
	if err == nil {
		r.app.verified.AlipayKeys = append(r.app.verified.AlipayKeys, key)
	}
}

// certificates reads the three files of certificate mode, the roots first: without
// them nothing can be said about Alipay's.
func (r *appReader) certificates() {
	// Calls carry both numbers, app_cert_sn and alipay_root_cert_sn, and Alipay refuses one that
	// doesn't fit.
	a, files := &r.app, r.app.config.Certificates
	r.ownCertificate(files.App)
	if own := a.verified.ApplicationKey; own != nil { // without it, it is not known which roots count
		var err error
		if a.rootSN, err = keys.RootCertificateSN(files.Root, keys.SignTypeOf(own)); err != nil {
			r.problem("certificates.root", err)
			return
		}
	}
	for i, certificate := range files.Alipay {
		name := fmt.Sprintf("certificates.alipay[%d].cert", i)
		// A certificate that no root vouches for could be anybody's, and its key would open the door.
		key, err := keys.ProveAlipayCertificate(certificate.Cert, files.Root, now())
		if errors.Is(err, keys.ErrForeignCertificate) {
			err = fmt.Errorf("held against %s: %w", r.cfg.Where(r.field+"certificates.root"), err)
		}
		r.alipayKey(name, key, err)
		r.ends(name, key, err)
	}
}

// ownCertificate reads the application's certificate, which has to be of its private key: Alipay
// answers a mismatch with a signature error that names neither.
func (r *appReader) ownCertificate(text string) {
	const name = "certificates.app"
	own, err := keys.ParseAlipayCertificate(text)
	if err == nil && r.app.private != nil && !keys.SamePublicKey(own.Public, r.app.verified.ApplicationKey) {
		err = errForeignAppCertificate
	}
	r.problem(name, err)
	r.ends(name, own, err)
	r.app.certSN, r.app.own = own.CertSN, own
}

var errForeignAppCertificate = errors.New("it is not the certificate of this app's private_key: " +
	"download the application certificate (appCertPublicKey_….crt) of this app once more, or configure the private key that its request was made with")

// ends warns of a certificate whose end has come or is near. No key ends by that: it
// ends by being taken out.
func (r *appReader) ends(name string, key keys.AlipayKey, err error) {
	// A certificate that can't be read has no end to speak of; its problem is noted already.
	switch left := key.NotAfter.Sub(now()); {
	case err != nil:
	case left < 0:
		r.warning(name, "certificate %s ran out on %s; take the current one from the console", key.CertSN, key.NotAfter.Format(time.DateOnly))
	case left < CertificateSoon:
		r.warning(name, "certificate %s runs out on %s; take the next one from the console in time", key.CertSN, key.NotAfter.Format(time.DateOnly))
	}
}

// CertificateSoon is how long before its end a certificate is warned about. Getting the next one takes
// a person and a deployment.
const CertificateSoon = 30 * 24 * time.Hour

// newClient verifies answers with the keys that verify messages: Alipay signs both with the
// same.
func (a *app) newClient(callsPerSecond float64, log *slog.Logger, ledger *drift.Ledger) (*gateway.Client, error) {
	a.budget = gateway.NewBudget(callsPerSecond)
	return gateway.NewClient(gateway.Config{
		AppID: a.config.ID, Endpoint: a.config.GatewayURL(), PrivateKey: a.private, AlipayKey: a.keys.lookup,
		AppCertSN: a.certSN, AlipayRootCertSN: a.rootSN,
		QuestionsOnly: a.config.Mode == order.ModeObserve, ActiveMerchants: a.config.ActiveMerchants,
		AESKey: a.verified.AESKey, EncryptType: a.config.EncryptType, Limiter: a.budget,
		Observe: gateway.LogExchanges(log.With("app_id", a.config.ID)),
		Compare: func(answer gateway.Answer) { ledger.Answered(a.config.ID, answer) },
	})
}
