package notify

import (
	"slices"

	"miniflow/alipay"
	"miniflow/alipay/keys"
)

// Notification verifies a form body and reads it. The error is always a [*Refusal], and then
// there is no notification. Unreadable content is not an error: see
// [Notification.ContentError].
//
// Cheap refusals come first, because anyone can send a body: size, form, app, sign and
// sign_type cost no signature check; then at most the distinct candidate texts times the
// app's live keys are checked. Only parameters that the signature covers are returned. The
// body is not changed; the notification refers to it, see [Notification.Raw].
func (v *Verifier) Notification(body []byte) (*Notification, error) {
	m, refusal := v.admit(body)
	if refusal != nil {
		return nil, refusal
	}
	matched, refusal := m.verify()
	if refusal != nil {
		return nil, refusal
	}
	n := m.read(matched)
	n.raw = body
	if m.form.resplit(matched.covered) || n.ContentError != nil && m.contentWasCut(matched) {
		return nil, m.refuse(ReasonAmbiguous)
	}
	return n, nil
}

// message is a body on its way through the checks. Nothing in it is authentic before verify
// has returned a match, so it stays unexported.
type message struct {
	form          form
	app           *keyRing
	signType      keys.SignType
	signature     []byte
	signTypeAdded bool
	verifications int
}

type match struct {
	candidate
	key int
}

func (m *message) refuse(reason Reason) *Refusal {
	return &Refusal{Reason: reason, AppID: m.app.ID, Verifications: m.verifications}
}

// admit makes every check that needs no signature check, so that junk is cheap.
func (v *Verifier) admit(body []byte) (*message, *Refusal) {
	f, reason := readForm(body)
	if reason != "" {
		return nil, &Refusal{Reason: reason}
	}
	id := f.appID()
	if id == "" {
		return nil, &Refusal{Reason: ReasonMissingAppID}
	}
	app := v.apps[id]
	if app == nil {
		return nil, unknownApp(id)
	}
	m := &message{app: app}
	var sign string
	if m.form, sign = f.take(paramSign); sign == "" {
		return nil, m.refuse(ReasonMissingSign)
	}
	if reason := m.takeSignType(); reason != "" {
		return nil, m.refuse(reason)
	}
	if reason := m.decodeSign(sign); reason != "" {
		return nil, m.refuse(reason)
	}
	return m, nil
}

// appID returns the receiving app. The console's gateway check may name it only inside its
// XML; reading it before verification is safe because it only chooses the key that then
// decides.
func (f form) appID() string {
	if id := f.get(paramAppID); id != "" || f.get(paramService) != alipay.MessageGatewayCheck {
		return id
	}
	return elementText(f.get(paramBizContent), "AppId")
}

// takeSignType sets the algorithm, see [App.accepts]. A missing one counts as the app's own,
// also in the text that contains it, since some frameworks remove it.
func (m *message) takeSignType() Reason {
	i := m.form.index(paramSignType)
	if i < 0 {
		m.signType, m.signTypeAdded = m.app.signType(), true
		m.form = append(m.form, param{paramSignType, string(m.signType)})
		return m.form.sort()
	}
	m.signType = keys.SignType(m.form[i].value)
	if m.app.accepts(m.signType) {
		return ""
	}
	return ReasonSignTypeNotAllowed
}

func (m *message) decodeSign(sign string) Reason {
	if len(sign) > alipay.MaxSign {
		return ReasonBadSignEncoding
	}
	raw, err := keys.DecodeSignature(sign)
	if err != nil {
		return ReasonBadSignEncoding
	}
	m.signature = raw
	return ""
}

// verify looks for the text and the key that the signature belongs to. Each text is built
// only when its turn comes, because the first usually matches.
func (m *message) verify() (match, *Refusal) {
	texts := m.app.preferLast(m.form.candidates())
	digests := make([][]byte, len(texts))
	text := make([]byte, 0, m.form.size())
	keys, certificateKnown := m.app.order(m.form.get(paramAlipayCertSN))
	for _, k := range keys {
		public := m.app.live[k].Public
		if !m.signType.CouldBe(public, m.signature) {
			continue // can't match, so it doesn't cost a check
		}
		if !m.signType.SharesDigest() {
			clear(digests)
		}
		for i, c := range texts {
			if digests[i] == nil {
				text = m.form.appendText(text[:0], c.covered)
				digests[i], _ = m.signType.Digest(public, text) // takeSignType accepted only what the keys make
			}
			m.verifications++
			if m.signType.VerifyDigest(public, digests[i], m.signature) {
				m.app.remember(c.rule)
				return match{candidate: c, key: k}, nil
			}
		}
	}
	if !certificateKnown {
		return match{}, m.refuse(ReasonUnknownCertificate)
	}
	return match{}, m.refuse(ReasonBadSignature)
}

func (r *keyRing) preferLast(texts []candidate) []candidate {
	if lastRule := r.lastRule.Load(); lastRule != nil {
		i := slices.IndexFunc(texts, func(c candidate) bool { return c.rule == *lastRule })
		if i > 0 {
			texts[0], texts[i] = texts[i], texts[0]
		}
	}
	return texts
}

func (r *keyRing) remember(rule Rule) {
	if lastRule := r.lastRule.Load(); lastRule == nil || *lastRule != rule {
		r.lastRule.Store(&rule)
	}
}

func (m *message) contentWasCut(matched match) bool {
	charset := m.form.charset(matched.covered)
	return m.form.cutContent(matched.covered, func(text string) bool {
		_, _, problem := readContent(nil, "", charset, text)
		return problem == ""
	})
}
