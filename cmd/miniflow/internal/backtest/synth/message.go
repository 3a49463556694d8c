package synth

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

const appID = "2021009900000001"

// message is what Alipay would push.
type message struct {
	name, id, content string
	miniApp           string // of the old layout, which names it outside of the content
	at                time.Time
	signType          bool // sign_type is in the signed text
}

// token is the one message of the old layout: another name, another time, flat.
func (m message) token() bool { return m.miniApp != "" }

// parameters returns names and values in the message's charset.
func (m message) parameters(charset string) map[string]string {
	values := map[string]string{"app_id": appID, "charset": charset, "notify_id": m.id, "sign_type": "RSA2", "biz_content": m.content}
	if m.token() {
		values["notify_type"], values["status"], values["auth_app_id"] = m.name, "execute_auth", m.miniApp
		values["notify_time"] = m.at.In(time.FixedZone("", 8*60*60)).Format(time.DateTime)
	} else {
		values["msg_method"], values["version"] = m.name, "1.1"
		values["utc_timestamp"] = fmt.Sprint(m.at.UnixMilli())
	}
	if charset == "GBK" {
		for name, value := range values {
			values[name], _ = simplifiedchinese.GBK.NewEncoder().String(value) // what is written here is in GBK
		}
	}
	return values
}

// signed returns the parameters with a signature over their bytes.
func (m message) signed(key *Key, charset string) map[string]string {
	values := m.parameters(charset)
	var pairs []string
	for name, value := range values {
		if name != "sign_type" || m.signType {
			pairs = append(pairs, name+"="+value)
		}
	}
	slices.Sort(pairs)
	values["sign"] = key.Sign([]byte(strings.Join(pairs, "&")))
	return values
}

// form writes parameters as they are posted.
func form(values map[string]string) string {
	encoded := url.Values{}
	for name, value := range values {
		encoded.Set(name, value)
	}
	return encoded.Encode()
}
