package alipaysim

import (
	"cmp"
	"crypto/rsa"
	"fmt"
	"strings"
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
	code, subCode, subMsg string
	fields                pairs
	effect                bool // something changed
}

// succeed is an answer without effect, such as a query's.
func succeed(fields ...pair) answer { return answer{code: codeSuccess, fields: fields} }

// done is the answer of a call that changed something.
func done(fields ...pair) answer { return answer{code: codeSuccess, fields: fields, effect: true} }

// refuse is a failure with a gateway code.
func refuse(code, subCode, subMsg string) answer {
	return answer{code: code, subCode: subCode, subMsg: subMsg}
}

// fail is a business failure: code 40004 with the method's own sub_code.
func fail(subCode, subMsg string) answer { return refuse(codeBusiness, subCode, subMsg) }

// object is the response object in its wire form.
func (a answer) object() pairs {
	object := pairs{{"code", a.code}, {"msg", cmp.Or(codeMessages[a.code], "Failed")}}
	if a.subCode != "" || a.subMsg != "" {
		object = append(object, pair{"sub_code", a.subCode}, pair{"sub_msg", a.subMsg})
	}
	return append(object, a.fields...)
}

// responseName is the member that holds the object: the method's, or
// error_response when the gateway does not know the method.
func responseName(methodName string) string {
	if _, known := methods[methodName]; !known {
		return "error_response"
	}
	return strings.ReplaceAll(methodName, ".", "_") + "_response"
}

// seal is what makes an answer the app's: the key that signs, the certificate it
// is from, and the content key when the request was encrypted.
type seal struct {
	key    *rsa.PrivateKey // nil: nothing is signed
	certSN string          // empty in public-key mode
	aesKey []byte          // nil: the answer is an object
}

// seal returns the app's seal for a request that was not encrypted.
func (a App) seal() seal {
	if a.Certificates == nil {
		return seal{key: a.AlipayPrivateKey}
	}
	return seal{key: a.AlipayPrivateKey, certSN: a.Certificates.SN()}
}

// body writes the whole answer, in the request's charset. The signature covers
// the bytes of the response exactly as they stand in the body; those of an
// encrypted one include its quotes.
func (a answer) body(methodName string, charset Charset, with seal) (out written, err error) {
	text, err := encodeJSON(a.object())
	if err != nil {
		return out, fmt.Errorf("encode the answer: %w", err)
	}
	object, named := charset.write(string(text))
	out.charset = named
	name := responseName(methodName)
	if with.aesKey != nil {
		if object, err = encrypt(with.aesKey, object); err != nil {
			return out, err
		}
		object = `"` + object + `"`
	}
	if with.key == nil {
		out.text = `{"` + name + `":` + object + `}`
		return out, nil
	}
	signature, err := sign(with.key, object)
	out.text = with.wrap(name, object, signature)
	return out, err
}

// wrap is the answer around a response and its signature. The certificate's
// number stands before the signature here, behind it on the long connection.
func (s seal) wrap(name, object, signature string) string {
	certificate := ""
	if s.certSN != "" {
		certificate = `,"alipay_cert_sn":"` + s.certSN + `"`
	}
	return `{"` + name + `":` + object + certificate + `,"sign":"` + signature + `"}`
}
