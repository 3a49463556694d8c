package verify

import (
	"bytes"
	"encoding/json"
	"strings"
)

// hidden says how to see the value, so that nobody takes it for what was sent.
const hidden = "[hidden, --reveal shows it]"

// secretParts are parts of names under which messages carry tokens and people's data. They are
// parts, because Alipay writes one thing under several names: contact_phone, phone, mobile.
var secretParts = []string{"token", "auth_code", "ticket", "secret", "phone", "mobile", "contact", "cert_no", "cert_name",
	"logon_id", "seller_email", "alipay_account", "legal_personal", "card_alias"}

// secretName hides by the name: a value's own form doesn't give a phone number away.
func secretName(name string) bool {
	for _, part := range secretParts {
		if strings.Contains(strings.ToLower(name), part) {
			return true
		}
	}
	return false
}

// redactJSON hides the values of secret names and keeps everything else as it is written, the
// order of members included. Text that is not JSON is hidden whole, since nobody knows what
// is in it.
func redactJSON(text []byte) json.RawMessage {
	decoder := json.NewDecoder(bytes.NewReader(text))
	// A number stays as it is written: as a float, a long id would end in other digits.
	decoder.UseNumber()
	var b bytes.Buffer
	if redactValue(decoder, &b, false) != nil {
		return json.RawMessage(`"` + hidden + `"`)
	}
	return b.Bytes()
}

// redactValue copies one value token by token. Decoding into a map would lose the order of the
// members, and digits of long numbers.
func redactValue(from *json.Decoder, to *bytes.Buffer, secret bool) error {
	token, err := from.Token()
	if err != nil {
		return err
	}
	delimiter, nested := token.(json.Delim)
	if !nested {
		// An empty value keeps no secret, and that it is empty may be what is wrong.
		if text, ok := token.(string); secret && token != nil && (!ok || text != "") {
			token = hidden
		}
		return writeJSON(to, token)
	}
	to.WriteRune(rune(delimiter))
	for i := 0; from.More(); i++ {
		if i > 0 {
			to.WriteByte(',')
		}
		inner := secret
		if delimiter == '{' {
			name, err := from.Token()
			if err != nil {
				return err
			}
			if err := writeJSON(to, name); err != nil {
				return err
			}
			to.WriteByte(':')
			text, _ := name.(string)           // a member's name is a string
			inner = secret || secretName(text) // everything inside of a secret is one
		}
		if err := redactValue(from, to, inner); err != nil {
			return err
		}
	}
	end, err := from.Token()
	if err != nil {
		return err
	}
	if closing, ok := end.(json.Delim); ok {
		to.WriteRune(rune(closing))
	}
	return nil
}

// writeJSON writes a value as it came: the encoder would escape < and & for HTML.
func writeJSON(to *bytes.Buffer, value any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err
	}
	to.Write(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
	return nil
}
