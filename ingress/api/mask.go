package api

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strings"

	"miniflow/ingress/api/strict"
)

const (
	hiddenAlways = "[never shown]"
	hiddenPerson = "[masked: personal]"
)

// Members of messages, by parts of their names because Alipay's vary. A token or a code
// grants access to a merchant's shop and is never shown; the others are personal.
var (
	secretMembers   = []string{"token", "auth_code", "secret", "password", "ticket", "signature", "private_key"}
	personalMembers = []string{
		"pid", "user_id", "userid", "uid", "open_id", "openid", "union_id", "buyer", "seller", "payer", "payee", "logon", "account",
		"phone", "mobile", "mail", "contact", "legal", "cert_n", "id_card", "license_n", "user_name", "real_name", "nick", "address", "birth",
	}
)

// personalShapes finds personal data anywhere in a text, because auditors and merchants write
// it into free text: a mail address, a telephone number, an Alipay account.
var personalShapes = regexp.MustCompile(`[^\s"'<>,;:@]+@[^\s"'<>,;:@]+\.[A-Za-z]{2,}|\b1[3-9]\d{9}\b|\b2088\d{12}\b`)

// secretText finds a member that grants access in a text that is not JSON, because an
// unreadable content may contain one too.
var secretText = regexp.MustCompile(`(?i)([a-z_]*(?:token|auth_code|secret|password|ticket)[a-z_]*["']?\s*[:=]\s*["']?)[^"'&,}\s]+`)

// masked returns the content of a message as a key may see it: tokens and codes never,
// because they act outside of Miniflow, personal data only where revealed.
func masked(content []byte, revealed bool) json.RawMessage {
	m := mask{revealed: revealed}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber()
	var tree any
	if decoder.Decode(&tree) != nil || decoder.More() {
		tree = m.loose(string(content))
	} else {
		tree = m.value("", tree)
	}
	text, err := strict.Canonical(tree)
	if err != nil {
		return json.RawMessage("null")
	}
	return text
}

type mask struct{ revealed bool }

func (m mask) value(name string, node any) any {
	secret, personal := m.judge(name)
	switch node := node.(type) {
	case map[string]any:
		for member, inside := range node {
			node[member] = m.value(member, inside)
		}
		return node
	case []any:
		for i, item := range node {
			node[i] = m.value(name, item)
		}
		return node
	case nil:
		return nil
	case string:
		switch {
		case node == "":
			return node
		case secret:
			return hiddenAlways
		case personal:
			return hiddenPerson
		}
		return m.text(node)
	case json.Number:
		if secret {
			return hiddenAlways
		}
		if personal || !m.revealed && personalShapes.MatchString(node.String()) {
			return hiddenPerson
		}
	}
	return node
}

func (m mask) judge(name string) (secret, personal bool) {
	name = strings.ToLower(name)
	within := func(part string) bool { return strings.Contains(name, part) }
	secret = name == "code" || name == "sign" || slices.ContainsFunc(secretMembers, within)
	return secret, !m.revealed && slices.ContainsFunc(personalMembers, within)
}

// text masks JSON inside a text by its members, because form parameters carry their content
// like that, and anything else by its shape.
func (m mask) text(text string) any {
	if trimmed := strings.TrimSpace(text); strings.HasPrefix(trimmed, "{") || strings.HasPrefix(trimmed, "[") {
		var tree any
		decoder := json.NewDecoder(strings.NewReader(trimmed))
		decoder.UseNumber()
		if decoder.Decode(&tree) == nil && !decoder.More() {
			if written, err := strict.Canonical(m.value("", tree)); err == nil {
				return string(written)
			}
		}
		return m.loose(text)
	}
	return m.shapes(text)
}

func (m mask) loose(text string) string {
	return m.shapes(secretText.ReplaceAllString(text, "${1}"+hiddenAlways))
}

func (m mask) shapes(text string) string {
	if m.revealed {
		return text
	}
	return personalShapes.ReplaceAllString(text, hiddenPerson)
}
