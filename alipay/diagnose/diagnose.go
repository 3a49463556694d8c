package diagnose

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"

	"miniflow/alipay"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// maxText is the largest captured text that is examined, in bytes. It is twice what a
// verifier accepts, because escaping a form again makes it longer.
const maxText = 2 * alipay.MaxBody

// maxTries bounds the messages that are given to the verifier, some 100 µs each, so that a
// question costs under a second; a large message counts as several.
const (
	maxTries    = 8_000
	bytesPerTry = 4 << 10
)

// Question is a captured message with what is known about its possible senders, because most
// causes are found by comparing keys.
type Question struct {
	// Text is the captured message in any of the forms that [Form] reads, because people
	// don't capture the body.
	Text []byte
	// Apps are the apps that it may be for, with the keys that are believed to be Alipay's.
	// An app without an ID stands for the one that the message names. ApplicationKey, where
	// known, allows the commonest mistake to be proven.
	Apps []notify.App
	// Logged means that Text may come from a log. Then JSON of the parameters verifies too,
	// provided that it is complete; the ingress accepts only a form.
	Logged bool
}

// Answer is a notification, or findings, never both, so that nothing repaired passes as
// genuine.
type Answer struct {
	// Notification is set only when the message is genuine as it is, so that nothing repaired
	// passes as genuine; App is then its receiver.
	Notification *notify.Notification
	App          notify.App
	// FromJSON means that the text was complete JSON of the message's parameters, so that a
	// caller can advise to keep the body.
	FromJSON bool
	// Refusal is what the ingress would have answered; nil for a genuine message.
	Refusal *notify.Refusal
	// Findings explain a message that doesn't verify, likeliest first, at least one. Several
	// proven ones were needed together, so all of them have to be fixed.
	Findings []Finding
}

// Ask verifies the message strictly and only if it is refused looks for the causes, because
// most questions have a simple answer. The error is one of [notify.NewVerifier]'s about the
// keys.
func Ask(q Question) (Answer, error) {
	if finding, wrong := q.ownKeyAsAlipays(); wrong {
		return Answer{Findings: []Finding{finding}}, nil
	}
	form := Form(q.Text)
	if len(bytes.TrimSpace(form)) == 0 {
		return Answer{Findings: []Finding{{Cause: CauseNothing, Proven: true}}}, nil
	}
	answer, err := q.verify(form)
	if err != nil || answer.Notification != nil {
		return answer, err
	}
	if len(form) > maxText {
		answer.Findings = []Finding{{Cause: CauseMalformed, Proven: true, Detail: fmt.Sprintf("%d bytes", len(form))}}
		return answer, nil
	}
	search := search{question: q}
	if found, ok := readLogged(string(bytes.TrimPrefix(q.Text, []byte(byteOrderMark)))); ok {
		if found.envelope != nil {
			answer.Findings = []Finding{found.envelope.finding(q)}
			return answer, nil
		}
		if read, err := q.verify(found.draft.body()); q.Logged && (err != nil || read.Notification != nil) {
			read.FromJSON = true
			return read, err
		}
		search.logged = found
	}
	answer.Findings = search.explain(string(form))
	if errors.Is(answer.Refusal, &notify.Refusal{Reason: notify.ReasonAmbiguous}) {
		answer.Findings = []Finding{{Cause: CauseRearranged, Proven: true}}
	}
	return answer, nil
}

// ownKeyAsAlipays detects the commonest mistake first, because no message is needed for it.
func (q Question) ownKeyAsAlipays() (Finding, bool) {
	for _, app := range q.Apps {
		for _, key := range app.AlipayKeys {
			if keys.SamePublicKey(key.Public, app.ApplicationKey) {
				return Finding{Cause: CauseApplicationKey, Proven: true}, true
			}
		}
	}
	return Finding{}, false
}

// verify uses a verifier that is configured as the ingress would configure it, because the
// answer has to be about production.
func (q Question) verify(form []byte) (Answer, error) {
	plain := parse(string(form))
	apps := make([]notify.App, 0, len(q.Apps))
	for _, app := range q.Apps {
		if app.ID == "" {
			app.ID = receiver(plain)
		}
		if app.ID != "" {
			apps = append(apps, app)
		}
	}
	if len(apps) == 0 {
		return Answer{Refusal: &notify.Refusal{Reason: notify.ReasonMissingAppID}}, nil
	}
	verifier, err := notify.NewVerifier(apps)
	if err != nil {
		return Answer{}, err
	}
	n, err := verifier.Notification(form)
	if err != nil && !plain.has(paramSignType) {
		// The verifier takes a missing sign_type as RSA2, so the other one is tried too: an
		// app that allows RSA may be configured for it; for another one this is refused
		// again.
		if again, failed := verifier.Notification(append(bytes.Clone(form), "&sign_type=RSA"...)); failed == nil {
			n, err = again, nil
		}
	}
	var answer Answer
	if errors.As(err, &answer.Refusal) {
		return answer, nil
	}
	answer.Notification = n
	for _, app := range apps {
		if app.ID == n.AppID {
			answer.App = app
		}
	}
	return answer, nil
}

var gatewayCheckApp = regexp.MustCompile(`<AppId>(?:<!\[CDATA\[)?([0-9A-Za-z_-]{1,64})`)

func receiver(d draft) string {
	if id := d.get(paramAppID); id != "" {
		return id
	}
	if match := gatewayCheckApp.FindStringSubmatch(d.get(paramBizContent)); match != nil {
		return match[1]
	}
	return ""
}

type signer struct {
	key       keys.PublicKey
	cause     Cause
	allowSHA1 bool
	detail    string
}

// signers returns every known key for a message, those of its own app first, because they
// leave nothing to explain.
func (q Question) signers(id string) []signer {
	var own, others, applications []signer
	known := id == ""
	for _, app := range q.Apps {
		known = known || app.ID == "" || app.ID == id
	}
	for _, app := range q.Apps {
		for _, key := range app.AlipayKeys {
			s := signer{key: key.Public, allowSHA1: app.AllowSHA1}
			switch {
			case app.ID == "" || app.ID == id || id == "":
				own = append(own, s)
			case known:
				s.cause, s.detail = CauseOtherAppKey, "it is a key of app "+app.ID
				others = append(others, s)
			default:
				s.cause, s.detail = CauseUnknownApp, "the key is one of app "+app.ID
				others = append(others, s)
			}
		}
		if app.ApplicationKey != nil {
			applications = append(applications, signer{key: app.ApplicationKey, cause: CauseSignedByApplication, allowSHA1: true})
		}
	}
	return append(append(own, others...), applications...)
}
