package diagnose

import (
	"slices"
	"strings"

	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

type search struct {
	question Question
	logged   logged
	tries    int
}

// opening is a reading under which a known key opens the signature, so from here on only the
// text is in question.
type opening struct {
	draft    draft
	signer   signer
	signType keys.SignType
	// sure means that the signature itself shows who made it. One of SM2 doesn't, so every key of
	// SM2 is tried and none is believed before the whole verifies.
	sure  bool
	found []Finding
}

func (s *search) explain(text string) []Finding {
	all := readings(text)
	meant, isPrinted := s.printed(text)
	if isPrinted {
		all = append(all, meant)
	}
	openings := s.openings(all)
	// Fewer damages are tried first, because they are the likelier explanation.
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
	openings = slices.DeleteFunc(openings, func(o opening) bool { return !o.sure })
	switch {
	case isPrinted:
		return s.unread(meant, openings)
	case len(openings) > 0:
		return append(unproven(openings[0].found), altered(openings[0].draft)...)
	}
	return s.unopened(best(all))
}

func (s *search) printed(text string) (reading, bool) {
	if d := s.logged.draft; d != nil {
		return reading{draft: d, causes: []Cause{CauseNotAForm}, detail: jsonPrint.detail()}, true
	}
	p, found := printedAs(text)
	if !found {
		return reading{}, false
	}
	return reading{draft: inItsCharset(p.read(text)), causes: []Cause{CauseNotAForm}, detail: p.detail()}, true
}

// maxDamages is how many damages are looked for together; more would explain any text.
const maxDamages = 4

func best(all []reading) draft {
	for _, r := range all {
		if r.draft.has(paramSign) {
			return r.draft
		}
	}
	return all[0].draft
}

func (s *search) openings(all []reading) []opening {
	var list []opening
	for _, r := range all {
		for _, form := range signForms(r.draft.get(paramSign)) {
			raw, ok := decodeSign(form.value)
			if !ok {
				continue
			}
			for _, by := range s.question.signers(receiver(r.draft)) {
				o := opening{draft: r.draft.with(paramSign, form.value), signer: by}
				o.signType, o.sure = opens(by.key, raw)
				if !o.sure && !keys.SM2.CouldBe(by.key, raw) {
					continue
				}
				o.found = findings(r, form.causes, by)
				list = append(list, o)
				if o.sure {
					break
				}
			}
		}
	}
	return list
}

func findings(read reading, sign []Cause, by signer) []Finding {
	var list []Finding
	if by.cause != "" {
		list = append(list, Finding{Cause: by.cause, Proven: true, Detail: by.detail})
	}
	for i, cause := range read.causes {
		f := Finding{Cause: cause, Proven: true}
		if i == 0 {
			f.Detail = read.detail
		}
		list = append(list, f)
	}
	for _, cause := range slices.Compact(sign) {
		list = append(list, Finding{Cause: cause, Proven: true, Parameters: []string{paramSign}})
	}
	return list
}

// asItIs returns the findings when the text needs no repair, because the signature or the
// reading alone was wrong.
func (s *search) asItIs(o opening, text string) []Finding {
	if !s.holds(o, o.draft) {
		return nil
	}
	found := slices.Clone(o.found)
	if o.signType == keys.RSA && !o.signer.allowSHA1 {
		found = append(found, Finding{Cause: CauseSHA1NotAllowed, Proven: true, Parameters: []string{paramSignType}})
	}
	if len(found) == 0 {
		// The text verifies once it is re-encoded, so only its encoding was wrong.
		found = append(found, Finding{Cause: CauseMalformed, Proven: true, Detail: strayPercent(text)})
	}
	return found
}

func (s *search) spent() bool { return s.tries >= maxTries }

// holds asks the strict verifier about a repaired message. SHA-1 is allowed here, because a
// configuration that forbids it is a finding of its own.
func (s *search) holds(o opening, d draft) bool {
	id := receiver(d)
	if id == "" || s.spent() {
		return false
	}
	body := d.body()
	s.tries += 1 + len(body)/bytesPerTry
	verifier, err := notify.NewVerifier([]notify.App{{ID: id, AllowSHA1: true, AlipayKeys: []keys.AlipayKey{{Public: o.signer.key}}}})
	if err != nil {
		return false
	}
	_, err = verifier.Notification(body)
	return err == nil
}

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

// pairAttempts is how many attempts of each repair take part in pairs. Attempts are ordered
// by likelihood, so the rest would cost much and find little.
const pairAttempts = 5

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

func strayPercent(text string) string {
	if strings.Contains(text, "%") {
		return "a percent sign escapes nothing: it has to be written %25"
	}
	return "it is not written as Alipay writes forms"
}
