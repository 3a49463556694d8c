package diagnose

import (
	"net/url"
	"slices"
	"strings"
)

// field is one parameter as raw bytes, percent-decoded once, because those are signed.
type field struct{ name, value string }

// draft is a message that is being repaired: its parameters in their original order, sign
// among them. Attempts share drafts, so a draft is only changed as a copy.
type draft []field

// parse reads a form leniently, because damage is what this package looks for: a percent sign
// that escapes nothing stands for itself, names may repeat.
func parse(text string) draft {
	var d draft
	for part := range strings.SplitSeq(text, "&") {
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		d = append(d, field{unescape(name), unescape(value)})
	}
	return d
}

func unescape(text string) string {
	return unescapePercent(strings.ReplaceAll(text, "+", " "))
}

// unescapePercent decodes every complete percent escape and keeps the others, because a
// damaged text may contain both.
func unescapePercent(text string) string {
	if whole, err := url.PathUnescape(text); err == nil {
		return whole
	}
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if i+3 <= len(text) && text[i] == '%' {
			if one, err := url.PathUnescape(text[i : i+3]); err == nil {
				b.WriteString(one)
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

func (d draft) body() []byte {
	var b strings.Builder
	for i, f := range d {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(url.QueryEscape(f.name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(f.value))
	}
	return []byte(b.String())
}

func (d draft) index(name string) int {
	return slices.IndexFunc(d, func(f field) bool { return f.name == name })
}

func (d draft) get(name string) string {
	if i := d.index(name); i >= 0 {
		return d[i].value
	}
	return ""
}

func (d draft) has(name string) bool { return d.index(name) >= 0 }

func (d draft) with(name, value string) draft {
	copied := slices.Clone(d)
	if i := d.index(name); i >= 0 {
		copied[i].value = value
		return copied
	}
	return append(copied, field{name, value})
}

// without copies, because the attempts that follow start from the same draft.
func (d draft) without(drop func(i int, f field) bool) draft {
	copied := make(draft, 0, len(d))
	for i, f := range d {
		if !drop(i, f) {
			copied = append(copied, f)
		}
	}
	return copied
}

// mapValues returns a copy with every value but sign changed, because sign has repairs of its
// own, and the names of those that differ.
func (d draft) mapValues(change func(string) string) (draft, []string) {
	copied := slices.Clone(d)
	var changed []string
	for i, f := range d {
		if f.name == paramSign {
			continue
		}
		if copied[i].value = change(f.value); copied[i].value != f.value {
			changed = append(changed, f.name)
		}
	}
	return copied, changed
}

const (
	paramSign       = "sign"
	paramSignType   = "sign_type"
	paramAppID      = "app_id"
	paramCharset    = "charset"
	paramBizContent = "biz_content"
	paramCertSN     = "alipay_cert_sn"
)
