package notify

import (
	"strings"
	"unicode/utf8"

	"miniflow/alipay"
	"miniflow/alipay/internal/wire"
)

// Rule is the way in which the text was made that a signature matched. Genuine messages of
// one app follow different rules within days, and the official SDKs disagree, so every rule
// is tried. This doesn't help a forger: each text needs Alipay's private key.
type Rule struct {
	SignType      bool // sign_type is in the signed text (rsaCheckV2 of the SDKs); otherwise it is left out (rsaCheckV1)
	EmptyDropped  bool
	CertSNDropped bool
}

// String returns the rule in words, so that a log shows how a message was signed.
func (r Rule) String() string {
	var b strings.Builder
	b.WriteString("without sign_type")
	if r.SignType {
		b.Reset()
		b.WriteString("with sign_type")
	}
	if r.EmptyDropped {
		b.WriteString(", without empty values")
	}
	if r.CertSNDropped {
		b.WriteString(", without alipay_cert_sn")
	}
	return b.String()
}

// paramSet is a set of indices into a form: bit i stands for parameter i. It is a value of
// fixed size, so that comparing two texts allocates nothing.
type paramSet [alipay.MaxParameters / 64]uint64

func (s *paramSet) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s *paramSet) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

func (s *paramSet) remove(other paramSet) {
	for i := range s {
		s[i] &^= other[i]
	}
}

// candidate is one text that the signature may belong to. What it covers is kept with it, since
// only those parameters are authentic when it matches.
type candidate struct {
	rule    Rule
	covered paramSet
}

// candidates returns the distinct texts of a form without its sign, at most eight. Two rules
// that cover the same parameters are one text, under the name of the simpler rule, so that no
// check is made twice; for most messages two remain.
func (f form) candidates() []candidate {
	texts := make([]candidate, 0, 8)
	all, signType, blank, certSN := f.kinds()
	for _, rule := range [...]Rule{
		{}, {SignType: true},
		{EmptyDropped: true}, {SignType: true, EmptyDropped: true},
		{CertSNDropped: true}, {SignType: true, CertSNDropped: true},
		{EmptyDropped: true, CertSNDropped: true}, {SignType: true, EmptyDropped: true, CertSNDropped: true},
	} {
		covered := all
		if !rule.SignType {
			covered.remove(signType)
		}
		if rule.EmptyDropped {
			covered.remove(blank)
		}
		if rule.CertSNDropped {
			covered.remove(certSN)
		}
		if !contains(texts, covered) {
			texts = append(texts, candidate{rule: rule, covered: covered})
		}
	}
	return texts
}

// kinds returns the parameters, and those among them that a rule may leave out, so that the eight
// rules are masks and not eight passes over the form.
func (f form) kinds() (all, signType, blank, certSN paramSet) {
	for i, p := range f {
		all.add(i)
		switch p.name {
		case paramSignType:
			signType.add(i)
		case paramAlipayCertSN:
			certSN.add(i)
		}
		if p.blank() {
			blank.add(i)
		}
	}
	return all, signType, blank, certSN
}

func contains(texts []candidate, covered paramSet) bool {
	for _, c := range texts {
		if c.covered == covered {
			return true
		}
	}
	return false
}

// size is an upper bound of the length of any text, so that one buffer serves all of them.
func (f form) size() int {
	size := 0
	for _, p := range f {
		size += len(p.name) + len(p.value) + 2
	}
	return size
}

// appendText appends the signed text: name=value joined by &, sorted by name, nothing
// escaped. It appends, so that one buffer serves all candidates.
func (f form) appendText(to []byte, covered paramSet) []byte {
	first := true
	for i, p := range f {
		if !covered.has(i) {
			continue
		}
		if !first {
			to = append(to, '&')
		}
		first = false
		to = append(append(append(to, p.name...), '='), p.value...)
	}
	return to
}

// charset returns the label that the signature covers. Where it is missing, valid UTF-8 is
// taken as UTF-8 and everything else as GBK, Alipay's own default: GBK text that is valid
// UTF-8 by chance is practically always ASCII.
func (f form) charset(covered paramSet) wire.Charset {
	valid := true
	for i, p := range f {
		if !covered.has(i) {
			continue
		}
		if p.name == paramCharset && !p.blank() {
			return wire.Charset(p.value).Normal()
		}
		valid = valid && utf8.ValidString(p.value)
	}
	if valid {
		return wire.UTF8
	}
	return "GBK"
}
