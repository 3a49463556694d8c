package admission

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/wire"
)

// Codes of the platform's gateway. Every business failure is CodeBusiness: what went
// wrong is in sub_code.
const (
	CodeSuccess      = "10000"
	CodeUnauthorized = "20001"
	CodeMissing      = "40001"
	CodeIllegal      = "40002"
	CodeConditions   = "40003"
	CodeBusiness     = "40004"
	CodeLimited      = "40005"
	CodeForbidden    = "40006"
)

// codeMessages is the msg that the platform sends with each code; 20000 is among them
// for error faults, which may answer any code. Read only.
var codeMessages = map[string]string{
	CodeSuccess:      "Success",
	"20000":          "Service Currently Unavailable",
	CodeUnauthorized: "Insufficient Token Permissions",
	CodeMissing:      "Missing Required Arguments",
	CodeIllegal:      "Invalid Arguments",
	CodeConditions:   "Insufficient Conditions",
	CodeBusiness:     "Business Failed",
	CodeLimited:      "Call Limited",
	CodeForbidden:    "Insufficient Permissions",
}

// Answer is what the gateway says. The HTTP status is 200 in any case, so Code alone
// says whether it is a success.
type Answer struct {
	Code, SubCode, SubMsg string
	Fields                wire.Object
	Effect                bool // something changed; the record of calls says so
	// Other replaces and adds members, for a fault.
	Other map[string]json.RawMessage
}

// Succeed is an answer without effect: a query's, or that of an act which was done
// before.
func Succeed(fields ...wire.Member) Answer { return Answer{Code: CodeSuccess, Fields: fields} }

// Done is the answer of a call that changed something, by which a ledger counts
// effects.
func Done(fields ...wire.Member) Answer {
	return Answer{Code: CodeSuccess, Fields: fields, Effect: true}
}

// Refuse is a failure with a code of the gateway, which every method may have.
func Refuse(code, subCode, subMsg string) Answer {
	return Answer{Code: code, SubCode: subCode, SubMsg: subMsg}
}

// Fail is a business failure: code 40004, with a sub_code that only the method has.
func Fail(subCode, subMsg string) Answer { return Refuse(CodeBusiness, subCode, subMsg) }

// Object has code and msg first, as the platform writes them, and sub_code and sub_msg
// only for a failure that has them.
func (a Answer) Object() wire.Object {
	object := wire.Object{{"code", a.Code}, {"msg", cmp.Or(codeMessages[a.Code], "Failed")}}
	if a.SubCode != "" || a.SubMsg != "" {
		object = append(object, wire.Member{"sub_code", a.SubCode}, wire.Member{"sub_msg", a.SubMsg})
	}
	return append(object, a.Fields...).With(a.Other)
}

// Seal is what makes an answer the app's: the key that signs, the certificate it
// is from, and the content key when the request was encrypted.
type Seal struct {
	Key    wire.PrivateKey // nil: nothing is signed
	CertSN string          // empty in public-key mode
	AESKey []byte          // nil: the answer is an object
}

// SealOf returns the app's seal for a request that was not encrypted. For one that was
// the caller adds AESKey: the answer goes as the request came.
func SealOf(a account.App) Seal {
	if a.Certificates == nil {
		return Seal{Key: a.AlipayPrivateKey}
	}
	return Seal{Key: a.AlipayPrivateKey, CertSN: a.Certificates.SN()}
}

// Body writes the whole answer under its name, in the request's charset. The signature
// covers the bytes of the response exactly as they stand in the body; those of an
// encrypted one include its quotes.
func (a Answer) Body(name string, charset wire.Charset, with Seal) (out Written, err error) {
	text, err := wire.EncodeJSON(a.Object())
	if err != nil {
		return out, fmt.Errorf("encode the answer: %w", err)
	}
	object, named := charset.Write(string(text))
	out.Charset = named
	if with.AESKey != nil {
		if object, err = wire.Encrypt(with.AESKey, object); err != nil {
			return out, err
		}
		object = `"` + object + `"`
	}
	if with.Key == nil {
		out.Text = `{"` + name + `":` + object + `}`
		return out, nil
	}
	signature, err := wire.Sign(with.Key, object)
	out.Text = with.wrap(name, object, signature)
	return out, err
}

// wrap is the answer around a response and its signature. The certificate's
// number stands before the signature here, behind it on the long connection.
func (s Seal) wrap(name, object, signature string) string {
	certificate := ""
	if s.CertSN != "" {
		certificate = `,"alipay_cert_sn":"` + s.CertSN + `"`
	}
	return `{"` + name + `":` + object + certificate + `,"sign":"` + signature + `"}`
}

// Written is an answer as bytes with the name of their charset, which the Content-Type
// has to repeat.
type Written struct {
	Text    string
	Charset string
}

// Write sends an answer the way the gateway does: status 200 and text/html,
// also for a refusal. Official clients decode it by the charset it names.
func (a Written) Write(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/html;charset="+a.Charset)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.Text)))
	_, _ = io.WriteString(w, a.Text) // a client that left gets none
}
