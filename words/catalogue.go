package words

import "sync"

// pattern is one sentence in each language. Its arguments stand as %s, in the order of the English
// one; a language that needs another order writes %[2]s.
type pattern struct{ english, chinese string }

func (p pattern) in(language Language) string {
	if language == Chinese {
		return p.chinese
	}
	return p.english
}

// catalogue is every sentence by its code. Those that a sender writes down as a sentence, because it
// knows no codes (the framework of the REST API, the tables of Alipay's refusals), stand in it by
// their English.
var catalogue = sync.OnceValue(func() map[string]pattern {
	all := map[string]pattern{}
	for _, part := range []map[string]pattern{
		waits, refusals, holds, notes, ends, pages, summaries, lines,
		attentions,
		stages,
		console,
		merchants,
		called,
		onlines,
	} {
		for code, said := range part {
			all[code] = said
		}
	}
	for _, part := range []map[string]string{
		problems, kinds, fields, schemas, advice, messages, answers, failures, purged, figures, tables, settings, robotSettings, keyProblems, examined,
		causes, seen, formats, fieldNames,
		admissions, accounts,
	} {
		for english, chinese := range part {
			all[english] = pattern{english, chinese}
		}
	}
	for english, chinese := range consoleSentences {
		all[onConsole+english] = pattern{english, chinese}
	}
	return all
})
