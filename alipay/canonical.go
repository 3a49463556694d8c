package alipay

import "strings"

// Rule names the way in which the text was made that a signature matched.
// Genuine messages of one app use different rules within days, and the official
// SDKs disagree, so every rule is tried. That lets nobody forge: each of them
// needs Alipay's private key.
type Rule struct {
	SignType      bool // sign_type is in the signed text (rsaCheckV2); otherwise it is not (rsaCheckV1)
	EmptyDropped  bool // blank values are left out of the signed text
	CertSNDropped bool // alipay_cert_sn is left out of the signed text
}

// String gives the rule in words.
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

// paramSet is a set of indices into a form: bit i stands for parameter i.
type paramSet [MaxParameters / 64]uint64

func (s *paramSet) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s *paramSet) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

// candidate is one text that the signature may belong to.
type candidate struct {
	rule    Rule
	covered paramSet
}

// candidates gives the distinct texts of a form without its sign, at most
// eight. Two rules that cover the same parameters are one text, under the name
// of the simpler rule; for most messages two remain.
func (f form) candidates() []candidate {
	texts := make([]candidate, 0, 8)
	for _, rule := range [...]Rule{
		{}, {SignType: true},
		{EmptyDropped: true}, {SignType: true, EmptyDropped: true},
		{CertSNDropped: true}, {SignType: true, CertSNDropped: true},
		{EmptyDropped: true, CertSNDropped: true}, {SignType: true, EmptyDropped: true, CertSNDropped: true},
	} {
		c := candidate{rule: rule, covered: f.cover(rule)}
		if !contains(texts, c.covered) {
			texts = append(texts, c)
		}
	}
	return texts
}

// cover gives the parameters that a rule puts into the text.
func (f form) cover(rule Rule) paramSet {
	var set paramSet
	for i, p := range f {
		switch {
		case !rule.SignType && p.name == paramSignType,
			rule.CertSNDropped && p.name == paramAlipayCertSN,
			rule.EmptyDropped && p.blank():
		default:
			set.add(i)
		}
	}
	return set
}

func contains(texts []candidate, covered paramSet) bool {
	for _, c := range texts {
		if c.covered == covered {
			return true
		}
	}
	return false
}

// appendText writes the text that a signature over these parameters signs:
// name=value joined by &, sorted by name, nothing escaped.
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
