package alipaysim

import (
	"cmp"
	"crypto/rsa"
	"fmt"
	"io"
	"net/http"
	"strconv"
)

// Gateway codes.
const (
	codeSuccess      = "10000"
	codeUnauthorized = "20001"
	codeMissing      = "40001"
	codeIllegal      = "40002"
	codeConditions   = "40003"
	codeBusiness     = "40004"
	codeLimited      = "40005"
	codeForbidden    = "40006"
)

// codeMessages is the msg of each code. Read only.
var codeMessages = map[string]string{
	codeSuccess:      "Success",
	"20000":          "Service Currently Unavailable",
	codeUnauthorized: "Insufficient Token Permissions",
	codeMissing:      "Missing Required Arguments",
	codeIllegal:      "Invalid Arguments",
	codeConditions:   "Insufficient Conditions",
	codeBusiness:     "Business Failed",
	codeLimited:      "Call Limited",
	codeForbidden:    "Insufficient Permissions",
}

// answer is what the gateway says: a success with fields, or a code.
type answer struct {
	Code, SubCode, SubMsg string
	Fields                pairs
	Effect                bool // something changed
}

// succeed is an answer without effect, such as a query's.
func succeed(fields ...pair) answer { return answer{Code: codeSuccess, Fields: fields} }

// done is the answer of a call that changed something.
func done(fields ...pair) answer { return answer{Code: codeSuccess, Fields: fields, Effect: true} }

// refuse is a failure with a gateway code.
func refuse(code, subCode, subMsg string) answer {
	return answer{Code: code, SubCode: subCode, SubMsg: subMsg}
}

// fail is a business failure: code 40004 with the method's own sub_code.
func fail(subCode, subMsg string) answer { return refuse(codeBusiness, subCode, subMsg) }

// object is the response object in its wire form.
func (a answer) object() pairs {
	object := pairs{{"code", a.Code}, {"msg", cmp.Or(codeMessages[a.Code], "Failed")}}
	if a.SubCode != "" || a.SubMsg != "" {
		object = append(object, pair{"sub_code", a.SubCode}, pair{"sub_msg", a.SubMsg})
	}
	return append(object, a.Fields...)
}

// seal is what makes an answer the app's: the key that signs, the certificate it
// is from, and the content key when the request was encrypted.
type seal struct {
	Key    *rsa.PrivateKey // nil: nothing is signed
	CertSN string          // empty in public-key mode
	AESKey []byte          // nil: the answer is an object
}

// sealOf returns the app's seal for a request that was not encrypted.
func sealOf(a App) seal {
	if a.Certificates == nil {
		return seal{Key: a.AlipayPrivateKey}
	}
	return seal{Key: a.AlipayPrivateKey, CertSN: a.Certificates.SN()}
}

// body writes the whole answer under its name, in the request's charset. The signature covers
// the bytes of the response exactly as they stand in the body; those of an
// encrypted one include its quotes.
func (a answer) body(name string, charset Charset, with seal) (out written, err error) {
	text, err := encodeJSON(a.object())
	if err != nil {
		return out, fmt.Errorf("encode the answer: %w", err)
	}
	object, named := charset.write(string(text))
	out.Charset = named
	if with.AESKey != nil {
		if object, err = encrypt(with.AESKey, object); err != nil {
			return out, err
		}
		object = `"` + object + `"`
	}
	if with.Key == nil {
		out.Text = `{"` + name + `":` + object + `}`
		return out, nil
	}
	signature, err := sign(with.Key, object)
	out.Text = with.wrap(name, object, signature)
	return out, err
}

// wrap is the answer around a response and its signature. The certificate's
// number stands before the signature here, behind it on the long connection.
func (s seal) wrap(name, object, signature string) string {
	certificate := ""
	if s.CertSN != "" {
		certificate = `,"alipay_cert_sn":"` + s.CertSN + `"`
	}
	return `{"` + name + `":` + object + certificate + `,"sign":"` + signature + `"}`
}

// written is an answer as bytes, and the name of their charset.
type written struct {
	Text    string
	Charset string
}

// write sends an answer the way the gateway does: status 200 and text/html,
// whatever it says. Official clients decode it by the charset it names.
func (a written) write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html;charset="+a.Charset)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.Text)))
	_, _ = io.WriteString(w, a.Text) // a client that left gets none
}
