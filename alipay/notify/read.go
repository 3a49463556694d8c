package notify

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"miniflow/alipay"
	"miniflow/alipay/internal/wire"
)

// read makes the notification out of the covered parameters. It can't fail, because the
// message is genuine: what it can't read becomes the ContentError.
func (m *message) read(matched match) *Notification {
	n := &Notification{
		AppID:         m.app.ID,
		Rule:          matched.rule,
		Key:           matched.key,
		KeyCertSN:     m.app.live[matched.key].CertSN,
		Verifications: m.verifications,
	}
	from := m.form.charset(matched.covered)
	problem := m.readParams(n, matched.covered, from)
	n.Layout, n.Name = layoutOf(n.Params)
	n.Version = n.Params.Get(paramVersion)
	n.SentAt, _ = wire.ParseMoment(cmp.Or(n.Params.Get(paramUTCTimestamp),
		n.Params.Get(paramNotifyTime), n.Params.Get(paramTimestamp)))
	content := param{value: m.form.get(paramBizContent)}
	if n.Layout != LayoutService && !content.blank() {
		if n.Params.Get(paramEncryptType) == "" && problem == "" && n.Repairs == nil {
			content.value, from = n.Params.Get(paramBizContent), wire.UTF8
		}
		var unreadable alipay.ContentProblem
		var repairs []alipay.Repair
		n.Content, repairs, unreadable = readContent(m.app.AESKey, n.Params.Get(paramEncryptType), from, content.value)
		problem = cmp.Or(unreadable, problem)
		n.Repairs = wire.Also(n.Repairs, repairs...)
	}
	if problem != "" {
		n.Content, n.Repairs, n.ContentError = nil, nil, &ContentError{Problem: problem}
	}
	n.digest = n.makeDigest()
	n.setID()
	return n
}

// readParams converts the covered parameters to UTF-8. Names and the parameters of the
// envelope have to be readable, because they decide what a message is and whose; other texts
// are repaired as far as possible.
func (m *message) readParams(n *Notification, covered paramSet, from wire.Charset) alipay.ContentProblem {
	var problem alipay.ContentProblem
	if !from.Known() {
		problem = alipay.ContentCharset
	}
	reordered := false // only names outside ASCII, so this is rare
	list := make([]param, 0, len(m.form))
	for i, p := range m.form {
		if !covered.has(i) || m.signTypeAdded && p.name == paramSignType {
			continue
		}
		name, nameOK := from.Decode(p.name)
		value, valueOK := from.Decode(p.value)
		if !nameOK || !valueOK {
			if !nameOK || envelopeParams[p.name] && p.name != paramBizContent {
				problem = alipay.ContentCharset
			}
			name, value = from.Replace(p.name), from.Replace(p.value)
			n.Repairs = []alipay.Repair{alipay.RepairCharset}
		}
		reordered = reordered || name != p.name
		list = append(list, param{name, value})
	}
	if reordered {
		_ = form(list).sort()
	}
	n.Params = Params{list: list}
	return problem
}

// layoutOf returns the layout and the name of a message. Old and new parameters may come
// together; the new ones take precedence, because they are more particular.
func layoutOf(p Params) (Layout, string) {
	if name := p.Get(paramMsgMethod); name != "" {
		return LayoutStandard, name
	}
	if name := p.Get(paramNotifyType); name != "" {
		return LayoutLegacy, name
	}
	if name := p.Get(paramService); name != "" {
		return LayoutService, name
	}
	return LayoutLegacy, p.Get(paramMethod)
}

// setID sets the notify_id, or derives one: a message is never dropped because it lacks an
// id, and its redelivery has to get the same one.
func (n *Notification) setID() {
	n.NotifyID = n.Params.Get(paramNotifyID)
	if n.NotifyID != "" && len(n.NotifyID) <= alipay.MaxNotifyID {
		return
	}
	n.DerivedID = true
	sum := sha256.Sum256([]byte(n.digest + strconv.FormatInt(n.SentAt.UnixMilli(), 10)))
	n.NotifyID = "digest-" + hex.EncodeToString(sum[:16])
}

// deliveryParams describe how and when a message was sent, so they differ between
// redeliveries and are not part of the digest.
var deliveryParams = names(paramSignType, paramAlipayCertSN, paramCharset, paramNotifyID,
	paramUTCTimestamp, paramNotifyTime, paramTimestamp)

// makeDigest hashes the name and the content; where there is no (readable) content, the
// parameters stand for it. Every part that another part follows is preceded by its length, so
// that no two messages hash the same bytes.
func (n *Notification) makeDigest() string {
	text := appendPart(make([]byte, 0, 1024), n.Name)
	if n.Content != nil {
		return digestOf(append(text, n.Content...))
	}
	for name, value := range n.Params.All() {
		if !deliveryParams[name] && value != "" {
			text = appendPart(appendPart(text, name), value)
		}
	}
	return digestOf(text)
}

func appendPart(to []byte, part string) []byte {
	to = append(strconv.AppendInt(to, int64(len(part)), 10), ':')
	return append(to, part...)
}

func digestOf(text []byte) string {
	sum := sha256.Sum256(text)
	var digits [2 * sha256.Size]byte
	return string(hex.AppendEncode(digits[:0], sum[:]))
}
