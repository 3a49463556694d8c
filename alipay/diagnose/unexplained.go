package diagnose

import (
	"encoding/asn1"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// The findings below are for a message that no repair restores, so all they can do is narrow
// the search.

var jsonPrint = printed{format: "JSON of the parameters", capture: captureLog}

// unread returns the findings for a print that does not verify: that it is one, what it may
// lack, and whether the key can be right, because a print can't prove more.
func (s *search) unread(r reading, openings []opening) []Finding {
	found := []Finding{{Cause: CauseNotAForm, Detail: r.detail}}
	if len(s.logged.lost) > 0 {
		found = append(found, Finding{Cause: CauseMissingParameter, Parameters: s.logged.lost, Detail: "null: their values were not kept"})
	}
	if !r.draft.has(paramSign) {
		return found
	}
	if at := slices.IndexFunc(openings, func(o opening) bool { return o.draft.has(paramSign) }); at >= 0 {
		return append(found, altered(openings[at].draft)...)
	}
	for _, f := range s.unopened(r.draft) {
		f.Proven = false // a guess, because a print doesn't show where its sign ends
		found = append(found, f)
	}
	return found
}

// unproven returns findings whose repair did not make the signature hold, so they are only
// likely. The key that made it, and the repairs of sign itself, are certain all the same.
func unproven(found []Finding) []Finding {
	list := slices.Clone(found)
	for i, f := range list {
		if f.Cause != CauseOtherAppKey && f.Cause != CauseUnknownApp && f.Cause != CauseSignedByApplication && !slices.Contains(f.Parameters, paramSign) {
			list[i].Proven = false
		}
	}
	return list
}

func altered(d draft) []Finding {
	if hint, found := lost(d); found {
		return []Finding{hint, {Cause: CauseAltered}}
	}
	var missing []string
	for _, name := range alwaysThere(d) {
		if !d.has(name) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return []Finding{{Cause: CauseMissingParameter, Parameters: missing}, {Cause: CauseAltered}}
	}
	return []Finding{{Cause: CauseAltered}}
}

// alwaysThere returns the parameters that every message of this layout has, so that a missing
// one explains itself.
func alwaysThere(d draft) []string {
	if d.has("msg_method") || d.has("utc_timestamp") {
		return []string{paramAppID, paramBizContent, paramCharset, "msg_method", "notify_id", paramSignType, "utc_timestamp", "version"}
	}
	if d.has("notify_type") {
		return []string{paramAppID, paramCharset, "notify_id", "notify_time", paramSignType, "version"}
	}
	return nil
}

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

func (s *search) unopened(d draft) []Finding {
	sign := d.get(paramSign)
	if sign == "" && !isForm(d) {
		return []Finding{{Cause: CauseNotAForm, Detail: "none of its names is one of Alipay's"}}
	}
	if sign == "" {
		missing := Finding{Cause: CauseMissingParameter, Proven: true, Parameters: []string{paramSign}}
		if hint, found := lost(d); found {
			return []Finding{hint, missing}
		}
		return []Finding{missing}
	}
	id := receiver(d)
	signers := s.question.signers(id)
	if size := looseLength(sign); !slices.ContainsFunc(signers, func(by signer) bool { return by.fits(size) }) {
		least := slices.MinFunc(signers, func(a, b signer) int { return a.size() - b.size() }).size()
		detail := fmt.Sprintf("it has %d bytes; the key makes signatures of %d", size, least)
		if completeLength(size) || isSM2(sign) {
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

// size is how long the signatures of a key are, in bytes, about 71 for SM2.
func (s signer) size() int {
	if keys.SignTypeOf(s.key) == keys.SM2 {
		return sizeSM2
	}
	return (keys.Bits(s.key) + 7) / 8
}

// fits reports whether a length is one of this key's: those of SM2 differ by a few bytes.
func (s signer) fits(size int) bool {
	if keys.SignTypeOf(s.key) == keys.SM2 {
		return size > sizeSM2-4 && size <= sizeSM2+1
	}
	return size == s.size()
}

const sizeSM2 = 71

// completeLength reports whether a whole signature of RSA has this length: keys have 1024, 2048,
// 3072 or 4096 bits.
func completeLength(size int) bool { return size > 0 && size%128 == 0 && size <= 512 }

// isSM2 reports whether a sign is a whole signature of SM2 by its form, a sequence of two numbers, so
// that it isn't taken for half a signature of RSA.
func isSM2(sign string) bool {
	raw, ok := decodeSign(sign)
	var pair struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(raw, &pair)
	return ok && err == nil && len(rest) == 0
}

func isForm(d draft) bool {
	documented := notify.DocumentedParameters()
	return slices.ContainsFunc(d, func(f field) bool { return slices.Contains(documented, f.name) })
}

func (s *search) strangers(d draft, id string) []Finding {
	var list []Finding
	if id != "" && !slices.ContainsFunc(s.question.Apps, func(app notify.App) bool { return app.ID == "" || app.ID == id }) {
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
