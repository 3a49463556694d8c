package diagnose

import (
	"fmt"
	"slices"
	"strings"

	"miniflow/alipay"
)

// search looks for what was done to one message.
type search struct {
	question Question
	tries    int
}

// opening is a way to read the message under which a known key opens its
// signature: from here on the text alone is in question.
type opening struct {
	draft    draft
	signer   signer
	signType alipay.SignType // the algorithm that the signature was made with
	found    []Finding       // what was wrong so far
}

// explain gives the findings about a form that was refused.
func (s *search) explain(text string) []Finding {
	all := readings(text)
	openings := s.openings(all)
	// The fewer damages explain it, the likelier they are.
	depths := []func(opening) []Finding{
		func(o opening) []Finding { return s.asItIs(o, text) }, s.repairOnce, s.repairTwice,
	}
	for damages := range maxDamages + 1 {
		for depth, look := range depths {
			for _, o := range openings {
				if len(o.found)+depth != damages {
					continue
				}
				if findings := look(o); findings != nil {
					return findings
				}
			}
		}
	}
	if len(openings) > 0 {
		return append(slices.Clone(openings[0].found), altered(openings[0].draft)...)
	}
	return s.unopened(best(all))
}

// maxDamages is how many damages together are looked for.
const maxDamages = 4

// best is the reading to talk about when none leads anywhere: the first one
// that has a sign at all.
func best(all []reading) draft {
	for _, r := range all {
		if r.draft.has(paramSign) {
			return r.draft
		}
	}
	return all[0].draft
}

// openings tries every key on every way to read the sign of every reading.
func (s *search) openings(all []reading) []opening {
	var list []opening
	for _, r := range all {
		for _, form := range signForms(r.draft.get(paramSign)) {
			raw, ok := decodeSign(form.value)
			if !ok {
				continue
			}
			for _, by := range s.question.signers(receiver(r.draft)) {
				if signType, opened := opens(by.key, raw); opened {
					o := opening{draft: r.draft.with(paramSign, form.value), signer: by, signType: signType}
					o.found = findings(r.causes, form.causes, by)
					list = append(list, o)
					break
				}
			}
		}
	}
	return list
}

func findings(reading, sign []Cause, by signer) []Finding {
	var list []Finding
	if by.cause != "" {
		list = append(list, Finding{Cause: by.cause, Proven: true, Detail: by.detail})
	}
	for _, cause := range reading {
		list = append(list, Finding{Cause: cause, Proven: true})
	}
	for _, cause := range slices.Compact(sign) {
		list = append(list, Finding{Cause: cause, Proven: true, Parameters: []string{paramSign}})
	}
	return list
}

// asItIs are the findings when the text needs no repair.
func (s *search) asItIs(o opening, text string) []Finding {
	if !s.holds(o, o.draft) {
		return nil
	}
	found := slices.Clone(o.found)
	if o.signType == alipay.RSA && !o.signer.allowSHA1 {
		found = append(found, Finding{Cause: CauseSHA1NotAllowed, Proven: true, Parameters: []string{paramSignType}})
	}
	if len(found) == 0 {
		// Writing the form anew was all that it needed.
		found = append(found, Finding{Cause: CauseMalformed, Proven: true, Detail: strayPercent(text)})
	}
	return found
}

// spent tells that the search has taken as long as it may.
func (s *search) spent() bool { return s.tries >= maxTries }

// holds asks the strict verifier about a repaired message. SHA-1 is allowed
// here: that it is not, is a finding of its own.
func (s *search) holds(o opening, d draft) bool {
	id := receiver(d)
	if id == "" || s.spent() {
		return false
	}
	body := d.body()
	s.tries += 1 + len(body)/bytesPerTry
	verifier, err := alipay.NewVerifier([]alipay.App{{ID: id, AllowSHA1: true, AlipayKeys: []alipay.AlipayKey{{Public: o.signer.key}}}})
	if err != nil {
		return false
	}
	_, err = verifier.Notification(body)
	return err == nil
}

// repairOnce undoes each known damage alone.
func (s *search) repairOnce(o opening) []Finding {
	for _, r := range repairs {
		for a := range r.attempts(o.draft, s) {
			if s.spent() {
				return nil
			}
			if s.holds(o, a.draft) {
				return append(slices.Clone(o.found), r.finding(a))
			}
		}
	}
	return nil
}

// pairAttempts is how many attempts of each repair take part in pairs: they are
// ordered by how likely they are.
const pairAttempts = 5

// repairTwice undoes every two different damages together.
func (s *search) repairTwice(o opening) []Finding {
	for i, first := range repairs {
		for a := range atMost(pairAttempts, first.attempts(o.draft, s)) {
			for j, second := range repairs {
				if j == i {
					continue
				}
				if s.spent() {
					return nil
				}
				for b := range atMost(pairAttempts, second.attempts(a.draft, s)) {
					if s.holds(o, b.draft) {
						return append(slices.Clone(o.found), first.finding(a), second.finding(b))
					}
				}
			}
		}
	}
	return nil
}

// altered says what can be said of a text that no repair brings back.
func altered(d draft) []Finding {
	if hint, found := lost(d); found {
		return []Finding{hint, {Cause: CauseAltered, Proven: true}}
	}
	var missing []string
	for _, name := range alwaysThere(d) {
		if !d.has(name) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return []Finding{{Cause: CauseMissingParameter, Parameters: missing}, {Cause: CauseAltered, Proven: true}}
	}
	return []Finding{{Cause: CauseAltered, Proven: true}}
}

// alwaysThere are the parameters that every message of this layout has.
func alwaysThere(d draft) []string {
	if d.has("msg_method") || d.has("utc_timestamp") {
		return []string{paramAppID, paramBizContent, paramCharset, "msg_method", "notify_id", paramSignType, "utc_timestamp", "version"}
	}
	if d.has("notify_type") {
		return []string{paramAppID, paramCharset, "notify_id", "notify_time", paramSignType, "version"}
	}
	return nil
}

// lost finds traces of text that is gone.
func lost(d draft) (Finding, bool) {
	for i, f := range d {
		switch {
		case strings.Contains(f.value, "\ufffd"):
			return Finding{Cause: CauseCharactersLost, Parameters: []string{f.name}}, true
		case unclosed(f.value):
			return Finding{Cause: CauseTruncated, Parameters: []string{f.name}, Detail: "its JSON doesn't end"}, true
		case i == len(d)-1 && strings.HasSuffix(strings.TrimRight(f.value, "0123456789abcdefABCDEF"), "%"):
			return Finding{Cause: CauseTruncated, Parameters: []string{f.name}, Detail: "it ends inside an escape"}, true
		case i == len(d)-1 && cutShort(f):
			return Finding{Cause: CauseTruncated, Parameters: []string{f.name}, Detail: "the text is cut inside its last parameter"}, true
		}
	}
	return Finding{}, false
}

// unopened explains a signature that no known key opens.
func (s *search) unopened(d draft) []Finding {
	sign := d.get(paramSign)
	if sign == "" {
		missing := Finding{Cause: CauseMissingParameter, Proven: true, Parameters: []string{paramSign}}
		if hint, found := lost(d); found {
			return []Finding{hint, missing}
		}
		return []Finding{missing}
	}
	id := receiver(d)
	signers := s.question.signers(id)
	if size := looseLength(sign); !slices.ContainsFunc(signers, func(by signer) bool { return by.key.Size() == size }) {
		least := slices.MinFunc(signers, func(a, b signer) int { return a.key.Size() - b.key.Size() }).key.Size()
		detail := fmt.Sprintf("it has %d bytes; the key makes signatures of %d", size, least)
		// Keys have 1024, 2048, 3072 or 4096 bits; a whole signature has as many.
		if size%128 == 0 && size <= 512 {
			return []Finding{{Cause: CauseWrongKey, Proven: true, Detail: detail}}
		}
		if size < least {
			return []Finding{{Cause: CauseSignTruncated, Proven: true, Parameters: []string{paramSign}, Detail: detail}}
		}
		return []Finding{{Cause: CauseSignGarbled, Proven: true, Parameters: []string{paramSign}, Detail: detail}}
	}
	if !slices.ContainsFunc(signForms(sign), func(f signForm) bool { _, ok := decodeSign(f.value); return ok }) {
		return []Finding{{Cause: CauseSignGarbled, Proven: true, Parameters: []string{paramSign}}}
	}
	return append(s.strangers(d, id), Finding{Cause: CauseWrongKey, Detail: fmt.Sprintf("%d keys were tried", len(signers))})
}

// strangers are findings about an app or a certificate that is not configured.
func (s *search) strangers(d draft, id string) []Finding {
	var list []Finding
	if id != "" && !slices.ContainsFunc(s.question.Apps, func(app alipay.App) bool { return app.ID == "" || app.ID == id }) {
		list = append(list, Finding{
			Cause: CauseUnknownApp, Proven: true, Parameters: []string{paramAppID}, Detail: fmt.Sprintf("it names %.64q", id),
		})
	}
	sn, certificates := d.get(paramCertSN), 0
	for _, app := range s.question.Apps {
		for _, key := range app.AlipayKeys {
			if key.CertSN == sn {
				return list
			}
			if key.CertSN != "" {
				certificates++
			}
		}
	}
	if sn != "" && certificates > 0 {
		list = append(list, Finding{Cause: CauseUnknownCertificate, Proven: true, Parameters: []string{paramCertSN}})
	}
	return list
}

// strayPercent says why a form had to be written anew.
func strayPercent(text string) string {
	if strings.Contains(text, "%") {
		return "a percent sign escapes nothing: it has to be written %25"
	}
	return "it is not written as Alipay writes forms"
}
