package keys

import (
	"errors"

	"miniflow/alipay/keys"
	"miniflow/cmd/internal/command"
)

// check answers the two questions that Alipay's error codes leave open: is this the key that I
// uploaded, and is that one Alipay's.
type check struct {
	Files     []string `arg:"" optional:"" help:"Two files that should be one pair, such as a private key and its public key or certificate; with --alipay-key one of the application's." type:"path"`
	AlipayKey string   `help:"A file that should be Alipay's public key or certificate: is it really, or the application's own?" type:"path" placeholder:"FILE"`
}

type checkView struct {
	OK   bool   `json:"ok"`
	Says string `json:"says"`
}

// Run compares; what does not fit ends with exit code 1. Only public halves are compared, so
// a public key can be held against a private one, and a certificate against either.
func (c *check) Run(env *command.Env) error {
	// With --alipay-key the second file is named by the flag.
	wanted := 2
	if c.AlipayKey != "" {
		wanted = 1
	}
	if len(c.Files) != wanted {
		return command.Usagef("name two files that should be one pair, or one file of the application's and --alipay-key FILE")
	}
	// A file that is no key is exit code 2: two files were not compared, so there is no no.
	own, err := readKey(c.Files[0])
	if err != nil {
		return err
	}
	if c.AlipayKey != "" {
		theirs, err := readKey(c.AlipayKey)
		if err != nil {
			return err
		}
		return answerCheck(env, alipaysOwn(own, theirs))
	}
	other, err := readKey(c.Files[1])
	if err != nil {
		return err
	}
	return answerCheck(env, onePair(own, other))
}

// A no is an answer and not a failure, so it is printed like a yes and ends with the exit code
// of a no.
func answerCheck(env *command.Env, v checkView) error {
	err := env.Show(v, func(p *command.Page) {
		word := p.Good(p.Sayf("yes"))
		if !v.OK {
			word = p.Bad(p.Sayf("no"))
		}
		p.Line("%s: %s", word, p.Translate(v.Says))
	})
	if !v.OK {
		return errors.Join(err, command.ErrNo)
	}
	return err
}

// onePair reports whether two files are of one pair. Two public halves that are the same are
// a yes as well: people compare the file that they uploaded with the one that they kept.
func onePair(a, b keys.Info) checkView {
	if !keys.SamePublicKey(a.Public, b.Public) {
		return checkView{Says: "these are of two different pairs; what one signs the other does not verify"}
	}
	// Said apart, because a person who expected a private key in one of them has the wrong file.
	if a.Kind != keys.ProblemPrivateKey && b.Kind != keys.ProblemPrivateKey {
		return checkView{OK: true, Says: "both hold the same public key; neither is its private half"}
	}
	return checkView{OK: true, Says: "they are one pair"}
}

// alipaysOwn reports whether what is configured as Alipay's can be Alipay's. The console shows
// the application's own public key beside Alipay's, and taking the one for the other is the
// commonest mistake with keys.
func alipaysOwn(own, theirs keys.Info) checkView {
	switch {
	// A private key in Alipay's place is the application's own, under the wrong name.
	case theirs.Kind == keys.ProblemPrivateKey:
		return checkView{Says: "Alipay's key is given as a private key, which Alipay never hands out: copy the Alipay public key (支付宝公钥) from the console"}
	case keys.SamePublicKey(own.Public, theirs.Public):
		return checkView{Says: keys.ErrApplicationKey.Error()}
	case keys.SignTypeOf(own.Public) != keys.SignTypeOf(theirs.Public):
		return checkView{Says: keys.ErrMixedKeys.Error()}
	default:
		return checkView{OK: true, Says: "it is another key than the application's; whether it is Alipay's of this app, a captured notification tells: miniflow verify"}
	}
}
