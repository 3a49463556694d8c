package doctor

import (
	"context"
	"errors"
	"fmt"

	"miniflow/alipay/gateway"
	"miniflow/alipay/gateway/codes"
	"miniflow/cmd/internal/service"
	"miniflow/internal/config"
)

// alipay has Alipay look at the keys of every app: one harmless signed call as the app, and one
// as a merchant whose token is kept. Only Alipay knows which keys it has; every check here, on
// this machine, can say no more than that a key is one.
func (c *Command) alipay(ctx context.Context, cfg *config.Config, connection temporalConnection) []symptom {
	prober, err := service.NewProber(cfg)
	if err != nil {
		return []symptom{ill("alipay", err)}
	}
	var found []symptom
	for i, app := range cfg.Apps {
		// Each call has its own five seconds, so that a slow app takes none from the next.
		of := appKeys{certificates: app.Certificates.Enabled(), aes: app.AESKey != ""}
		asked, done := context.WithTimeout(ctx, c.Within)
		about := of.symptoms(prober.Keys(asked, i))
		done()
		// The merchant's call is made also where the app's own failed: its error may say more.
		about = append(about, c.merchant(ctx, prober, connection, i))
		for _, s := range about {
			s.AppID = app.ID
			found = append(found, s)
		}
	}
	return found
}

// merchant makes a call with a token that is kept. A token is refused for other reasons than an
// app's keys, so it is a check of its own.
func (c *Command) merchant(ctx context.Context, prober *service.Prober, connection temporalConnection, index int) symptom {
	const check = "merchant"
	if connection.client == nil {
		return unseen(check, "not asked: tokens are kept in Temporal, which can't be reached")
	}
	ctx, done := context.WithTimeout(ctx, c.Within)
	defer done()
	return merchantSymptom(prober.Merchant(ctx, connection.client, connection.namespace, index))
}

// merchantSymptom words what came of the call. A revoked token is a warning: one merchant has
// revoked it, the others are served.
func merchantSymptom(miniAppID string, err error) symptom {
	const check = "merchant"
	switch {
	case errors.Is(err, service.ErrTokenUnread):
		return unseen(check, "not asked: %v; is serve running with the role worker?", err)
	case miniAppID == "":
		return unseen(check, "not asked: no merchant's token is kept yet")
	// Before every other error: only here does Alipay's code mean the token and not our keys.
	case gateway.ClassOf(err) == codes.ClassAuthorization:
		return symptom{Check: check, Result: foundWarning, Says: fmt.Sprintf("the token of mini program %s is refused: %v", miniAppID, err)}
	case err != nil:
		return ill(check, fmt.Errorf("as mini program %s: %w", miniAppID, err))
	}
	return well(check, "mini program %s: its token is taken", miniAppID)
}

// appKeys words what a call showed of an app's keys. The words are those of Alipay's console, in
// Chinese too, because that is where a person goes next.
type appKeys struct{ certificates, aes bool }

// Keys have the names of the console, because that is where a person compares them.
const (
	checkPrivateKey    = "private key"
	checkAppCert       = "application certificate"
	checkAlipayKey     = "alipay key"
	checkAlipayCert    = "alipay certificate"
	checkRoot          = "root certificate"
	checkContentKey    = "content key"
	adviceAskedNothing = "nothing was learnt of it: %s"
)

// symptoms names each key that the call has shown anything of. An error that a key explains is
// not reported a second time.
func (k appKeys) symptoms(probe service.KeyProbe) []symptom {
	found := append(k.own(probe), k.alipays(probe)...)
	if k.aes {
		found = append(found, k.content(probe))
	}
	// What is left is the network, or a code that is not about keys.
	explained := probe.Own == gateway.KeyFails || probe.Content == gateway.KeyFails
	if probe.Err != nil && !explained {
		found = append(found, ill("call", probe.Err))
	}
	return found
}

// own judges what signs: a private key, in certificate mode by its certificate. Alipay
// refuses both by one code, so the advice names every cause.
func (k appKeys) own(probe service.KeyProbe) []symptom {
	check := checkPrivateKey
	if k.certificates {
		check = checkAppCert
	}
	var refused *gateway.Error
	switch {
	case errors.As(probe.Err, &refused) && refused.SubCode == "isv.invalid-signature-type":
		return []symptom{ill(check, fmt.Errorf("its algorithm is not the app's signing method (接口加签方式) in the console: "+
			"change the method there, or configure keys of the one that the console shows: %w", probe.Err))}
	case probe.Own == gateway.KeyHolds && k.certificates:
		return []symptom{well(checkPrivateKey, "Alipay takes its signature"), well(check, "it is the app's, and so is root_file's number")}
	case probe.Own == gateway.KeyHolds:
		return []symptom{well(check, "Alipay takes its signature")}
	case probe.Own == gateway.KeyUnseen:
		return []symptom{unseen(check, adviceAskedNothing, "the call did not come that far")}
	case k.certificates:
		return []symptom{ill(check, fmt.Errorf("it is not the one that Alipay has of this app, or root_file is another's, or the app is in key mode: "+
			"download all three certificates of this app once more from the console; private_key is the pair of app_file: %w", probe.Err))}
	default:
		return []symptom{ill(check, fmt.Errorf("it is not the pair of the application public key (应用公钥) that the console has of this app, or the app is in certificate mode: "+
			"upload the public key that `openssl pkey -in FILE -pubout` prints, or configure the private key that belongs to it: %w", probe.Err))}
	}
}

// alipays judges what verifies answers and messages. With a wrong one calls have their effect
// and every notification is refused, which is noticed last.
func (k appKeys) alipays(probe service.KeyProbe) []symptom {
	check := checkAlipayKey
	if k.certificates {
		check = checkAlipayCert
	}
	switch {
	case probe.Alipays == gateway.KeyHolds && k.certificates:
		return []symptom{well(check, "%s verified Alipay's answer", probe.Signer), well(checkRoot, "the certificate that verified leads to it")}
	case probe.Alipays == gateway.KeyHolds:
		return []symptom{well(check, "%s verified Alipay's answer", probe.Signer)}
	// The gateway signs no failure that it detects early.
	case probe.Alipays == gateway.KeyUnseen:
		return []symptom{unseen(check, adviceAskedNothing, "the answer was not signed, or there was none")}
	case probe.Proven:
		return []symptom{{Check: check, Result: foundWarning, Says: fmt.Sprintf(
			"Alipay signs under certificate %s by now: download it from the console and add it to certificates.alipay; serve fetches it meanwhile", probe.UnknownCertSN)}}
	case probe.UnknownCertSN != "":
		return []symptom{ill(check, fmt.Errorf("certificate %s, under which Alipay signs, is not configured and not proven by root_file: "+
			"take alipayCertPublicKey_RSA2.crt and alipayRootCert.crt of this very app and environment: %w", probe.UnknownCertSN, probe.ProofErr))}
	default:
		return []symptom{ill(check, errors.New("it does not verify what Alipay signs for this app: "+
			"copy the Alipay public key (支付宝公钥, not 应用公钥) from the console, of this very app and environment; until then every notification is refused"))}
	}
}

// A wrong content key shows nowhere else before the first encrypted message, whose content
// nobody can read then.
func (k appKeys) content(probe service.KeyProbe) symptom {
	switch probe.Content {
	case gateway.KeyHolds:
		return well(checkContentKey, "Alipay opened what it encrypted, and it opened the answer")
	case gateway.KeyFails:
		return ill(checkContentKey, fmt.Errorf("aes_key is not the one that the console shows (接口内容加密), or none is set there: %w", probe.Err))
	default:
		return unseen(checkContentKey, adviceAskedNothing, "the call did not come that far")
	}
}
