package merchantlink

import (
	"strings"
	"unicode"
	"unicode/utf16"

	"miniflow/order"
	"miniflow/words"
)

// MaxSMS is what one Chinese SMS holds, in characters as networks count them: units of UTF-16. A
// longer text is sent, and paid for, as several.
const MaxSMS = 70

// fewest is how much of a shop's name is worth to be shown.
const fewest = 4

// SMS returns the text of an SMS that brings a link, in Chinese, at most [MaxSMS] long: whose shop it
// is about, cut where it is too long or left out, what is to be done, and the link. Where the address
// leaves no room for that it returns nothing, since a link that is cut leads nowhere.
func SMS(task order.MerchantTask, shop, link string) string {
	asks := asking(task).In(words.Chinese)
	if asks == "" || link == "" {
		return ""
	}
	if length(asks)+length(link) > MaxSMS { // the page says what
		asks = words.New("sms.short").In(words.Chinese)
	}
	room := MaxSMS - length(asks) - length(link)
	if room < 0 {
		return ""
	}
	if name := cut(plain(shop), room-1); name != "" {
		asks = name + "：" + asks
	}
	return asks + link
}

func asking(task order.MerchantTask) words.Text {
	switch task {
	case order.TaskConfirm:
		return words.New("sms.confirm")
	case order.TaskAuthorize:
		return words.New("sms.authorize")
	case order.TaskAppeal:
		return words.New("sms.appeal")
	case order.TaskCertify:
		return words.New("sms.certify")
	case order.TaskHandIn:
		return words.New("sms.hand_in")
	case order.TaskFile:
		return words.New("sms.file")
	}
	return words.Text{}
}

// plain is a name on one line and without brackets in which an SMS has its sender's signature.
func plain(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune("【】[]", r):
			return -1
		case unicode.IsSpace(r), unicode.IsControl(r):
			return ' '
		}
		return r
	}, name)
	return strings.Join(strings.Fields(name), " ")
}

// cut returns a name of at most so many characters, with … where something is missing, and nothing
// where hardly anything of it would be left.
func cut(name string, most int) string {
	if length(name) <= most {
		return name
	}
	if most < fewest {
		return ""
	}
	for runes := []rune(name); len(runes) > 0; runes = runes[:len(runes)-1] {
		if length(string(runes)) < most {
			return string(runes) + "…"
		}
	}
	return ""
}

func length(text string) int { return len(utf16.Encode([]rune(text))) }
