package diagnose

import (
	"iter"
	"slices"

	"miniflow/alipay"
	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
)

// undouble keeps the first or the last of each repeated parameter, because frameworks differ
// in which one they add.
func undouble(d draft, _ *search) iter.Seq[attempt] {
	return func(yield func(attempt) bool) {
		first, last := map[string]int{}, map[string]int{}
		var repeated []string
		for i, f := range d {
			if _, seen := first[f.name]; !seen {
				first[f.name] = i
			} else if !slices.Contains(repeated, f.name) {
				repeated = append(repeated, f.name)
			}
			last[f.name] = i
		}
		if len(repeated) == 0 {
			return
		}
		for _, kept := range []map[string]int{last, first} {
			once := d.without(func(i int, f field) bool { return kept[f.name] != i })
			if !yield(attempt{draft: once, parameters: repeated}) {
				return
			}
		}
	}
}

// dropAdded removes what may have been added: everything that Alipay doesn't document first,
// because frameworks add whole sets, then each parameter, then every two.
func dropAdded(d draft, _ *search) iter.Seq[attempt] {
	return func(yield func(attempt) bool) {
		documented := notify.DocumentedParameters()
		var strange []string
		for _, f := range d {
			if !slices.Contains(documented, f.name) {
				strange = append(strange, f.name)
			}
		}
		if len(strange) > 0 && !yield(dropped(d, strange...)) {
			return
		}
		var names []string
		for _, f := range d {
			if f.name != paramSign && f.name != paramAppID {
				names = append(names, f.name)
			}
		}
		// The undocumented ones come first, because they are likelier to have been added.
		slices.SortStableFunc(names, func(a, b string) int { return rank(strange, a) - rank(strange, b) })
		for _, name := range names {
			if !yield(dropped(d, name)) {
				return
			}
		}
		for i, name := range names {
			for _, other := range names[i+1:] {
				if !yield(dropped(d, name, other)) {
					return
				}
			}
		}
	}
}

func rank(list []string, name string) int {
	if slices.Contains(list, name) {
		return 0
	}
	return 1
}

func dropped(d draft, names ...string) attempt {
	return attempt{parameters: names, draft: d.without(func(_ int, f field) bool { return slices.Contains(names, f.name) })}
}

// addMissing adds parameters that the message may have had, where the value is one of few, so
// that it can be guessed: each alone, then every two.
func addMissing(d draft, s *search) iter.Seq[attempt] {
	return func(yield func(attempt) bool) {
		var absent []field
		for _, f := range s.guesses(d) {
			if !d.has(f.name) {
				absent = append(absent, f)
			}
		}
		for _, f := range absent {
			if !yield(attempt{draft: d.with(f.name, f.value), parameters: []string{f.name}}) {
				return
			}
		}
		for i, f := range absent {
			for _, g := range absent[i+1:] {
				if f.name != g.name && f.value != "" && g.value != "" &&
					!yield(attempt{draft: d.with(f.name, f.value).with(g.name, g.value), parameters: []string{f.name, g.name}}) {
					return
				}
			}
		}
	}
}

// guesses returns the parameters whose values can be guessed, likely ones first, because the
// tries are limited.
func (s *search) guesses(d draft) []field {
	var list []field
	add := func(name string, values ...string) {
		for _, value := range values {
			list = append(list, field{name, value})
		}
	}
	add(paramSignType, string(keys.RSA2), string(keys.SM2), string(keys.RSA))
	add(paramCharset, "UTF-8", "GBK", "utf-8", "gbk", "GB2312", "GB18030")
	for _, app := range s.question.Apps {
		if app.ID != "" {
			add(paramAppID, app.ID)
		}
	}
	add(paramAppID, d.get("auth_app_id"))
	add("version", "1.1", "1.0", "")
	add("auth_app_id", d.get(paramAppID))
	add("encrypt_type", "AES")
	add("notify_type", alipay.MessageTradeStatus, alipay.MessageOpenAppAuth, alipay.MessageServiceMarketOrder)
	add("msg_method", alipay.MessageNames()...)
	add("method", "alipay.trade.page.pay.return", "alipay.trade.wap.pay.return", "alipay.open.servicemarket.order.notify")
	add("service", alipay.MessageGatewayCheck, "alipay.mobile.public.message.notify")
	add("status", "execute_auth")
	add("msg_type", "sys", "usr", "app")
	for _, app := range s.question.Apps {
		for _, key := range app.AlipayKeys {
			if key.CertSN != "" {
				add(paramCertSN, key.CertSN)
			}
		}
	}
	for _, name := range notify.DocumentedParameters() {
		if name != paramSign {
			add(name, "")
		}
	}
	return list
}

func otherSignType(d draft, _ *search) iter.Seq[attempt] {
	return func(yield func(attempt) bool) {
		if !d.has(paramSignType) {
			return
		}
		for _, signType := range keys.SignTypes() {
			if string(signType) != d.get(paramSignType) &&
				!yield(attempt{draft: d.with(paramSignType, string(signType)), parameters: []string{paramSignType},
					detail: "the signature was made with " + string(signType)}) {
				return
			}
		}
	}
}
