package words

import (
	"strconv"
	"strings"
)

// Language is a language that Miniflow speaks, as a BCP 47 tag. The zero value is spoken as English,
// because what was configured before there was a choice spoke that.
type Language string

// The languages. Each has every sentence, which a test holds.
const (
	English Language = "en"
	Chinese Language = "zh-CN"
)

// Languages lists them, the default first.
func Languages() []Language { return []Language{English, Chinese} }

// Accepted chooses by the header Accept-Language of RFC 9110: of the ranges that name a language
// spoken here the one with the highest weight, of equal ones the first; English where there is none.
// zh stands for 简体中文 with whatever follows it, since there is no other Chinese here.
func Accepted(header string) Language {
	chosen, best := English, 0.0
	for element := range strings.SplitSeq(header, ",") {
		tag, parameters, _ := strings.Cut(element, ";")
		language, spoken := spokenBy(tag)
		if weight := weightOf(parameters); spoken && weight > best {
			chosen, best = language, weight
		}
	}
	return chosen
}

// weightOf reads q=0.8; a weight that can't be read counts as none, so that it chooses nothing.
func weightOf(parameters string) float64 {
	name, value, given := strings.Cut(strings.TrimSpace(parameters), "=")
	if !given {
		return 1
	}
	weight, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || !strings.EqualFold(strings.TrimSpace(name), "q") || !(weight >= 0 && weight <= 1) {
		return 0
	}
	return weight
}

// OfLocale returns the language of a POSIX locale such as zh_CN.UTF-8, as LANG and LC_MESSAGES have
// it, and whether it is one that Miniflow speaks.
func OfLocale(locale string) (Language, bool) {
	tag, _, _ := strings.Cut(locale, ".")
	tag, _, _ = strings.Cut(tag, "@")
	return spokenBy(strings.ReplaceAll(tag, "_", "-"))
}

func spokenBy(tag string) (Language, bool) {
	primary, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
	switch primary {
	case "zh":
		return Chinese, true
	case "en", "*":
		return English, true
	}
	return English, false
}
