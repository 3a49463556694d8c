package doctor

import "testing"

// TestDoctorLooksAtAnAppOfSM2 in both modes, also with keys and certificates that are of another app,
// or of another algorithm than the console has.
func TestDoctorLooksAtAnAppOfSM2(t *testing.T) {
	keyed, certified := newAlipay(t, consoleMode{sm2: true}), newAlipay(t, consoleMode{sm2: true, certificates: true})
	rsa := newAlipay(t, consoleMode{})
	for name, c := range map[string]doctored{
		"keys": {keyed, keyed.keyMode(), map[string]finding{checkPrivateKey: foundWell, checkAlipayKey: foundWell}, "alipay_public_keys[0]"},
		"another app's Alipay key": {keyed, with(keyed.keyMode(), "alipay", keyed.file(otherApp, "alipay_public.pem")),
			map[string]finding{checkPrivateKey: foundWell, checkAlipayKey: foundIll}, "支付宝公钥"},
		"another app's private key": {keyed, with(keyed.keyMode(), "private", keyed.file(otherApp, "app_private.pem")),
			map[string]finding{checkPrivateKey: foundIll, checkAlipayKey: foundWell}, "应用公钥"},
		"the console has RSA2": {rsa, keyed.keyMode(), map[string]finding{checkPrivateKey: foundIll}, "接口加签方式"},
		"certificates": {certified, certified.certificateMode(), map[string]finding{
			checkPrivateKey: foundWell, checkAppCert: foundWell, checkAlipayCert: foundWell, checkRoot: foundWell}, "certificates.alipay[0]"},
		"another app's certificate": {certified, with(certified.certificateMode(), "private", certified.file(otherApp, "app_private.pem"), "app", certified.file(otherApp, "app_cert.crt")),
			map[string]finding{checkAppCert: foundIll, checkAlipayCert: foundWell}, "app_file"},
		"certificates, and the console has key mode": {keyed, keyed.certificateMode(), map[string]finding{checkAppCert: foundIll}, "the app is in key mode"},
	} {
		t.Run(name, c.check)
	}
	if _, err := certified.simulator.RotateCertificate(doctoredApp); err != nil {
		t.Fatal(err)
	}
	t.Run("Alipay has changed to its next certificate", doctored{certified, certified.certificateMode(), map[string]finding{
		checkAppCert: foundWell, checkAlipayCert: foundWarning}, "serve fetches it meanwhile"}.check)
}
