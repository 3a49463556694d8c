package admission

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"

	"miniflow/alipay/alipaysim/wire"
)

const (
	// MaxRequest holds every file of a submission at its limit, and then some.
	MaxRequest = 96 << 20
	// maxParameters is far above what any method takes. It bounds what a request costs
	// that nobody has signed.
	maxParameters = 256
)

// upload is one file part of a request. Files are not signed, so nothing of them is
// believed but their shape.
type upload struct {
	Name    string // the part's file name, whose extension the platform checks
	Content []byte
}

// Request is a gateway request as it came. Values are raw bytes until Decode, because
// those are what the signature covers.
type Request struct {
	Params map[string]string
	Files  map[string]upload
	// Encrypted means that biz_content came encrypted; the answer goes likewise, or the
	// client could not read it.
	Encrypted bool
}

// ErrRepeated is a parameter that came twice: which of the two was signed?
var ErrRepeated = errors.New("a parameter is repeated")

// ReadRequest collects the parameters of the query string and of the body, in either of
// the two body types the gateway takes: SDKs put the public parameters into either.
func ReadRequest(w http.ResponseWriter, r *http.Request) (*Request, error) {
	q := &Request{Params: map[string]string{}, Files: map[string]upload{}}
	if err := q.addForm(r.URL.RawQuery); err != nil {
		return nil, err
	}
	if r.Method == http.MethodGet {
		return q, nil // pageExecute sends no body
	}
	body := &Request{Params: map[string]string{}, Files: q.Files}
	if err := body.readBody(w, r); err != nil {
		return nil, err
	}
	// The official Node SDK writes app_auth_token in the query string and in a part.
	// One value is one parameter; of two, which was signed can't be known.
	for name, value := range body.Params {
		if before, twice := q.Params[name]; twice && before == value {
			continue
		}
		if err := q.add(name, value); err != nil {
			return nil, err
		}
	}
	return q, nil
}

// ReadQuery collects the parameters of a signed query string, which is all that a
// request of the long connection has.
func ReadQuery(query string) (*Request, error) {
	q := &Request{Params: map[string]string{}}
	return q, q.addForm(query)
}

func (q *Request) readBody(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, MaxRequest)
	kind, options, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("read the Content-Type: %w", err)
	}
	switch kind {
	case "application/x-www-form-urlencoded":
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return fmt.Errorf("read the body: %w", err)
		}
		return q.addForm(string(body))
	case "multipart/form-data":
		return q.addParts(multipart.NewReader(r.Body, options["boundary"]))
	}
	return fmt.Errorf("the Content-Type %s is neither a form nor multipart", kind)
}

// addForm decodes values once: decoded twice, a + in a signature becomes a space.
func (q *Request) addForm(text string) error {
	values, err := url.ParseQuery(text)
	if err != nil {
		return fmt.Errorf("read the form: %w", err)
	}
	for name, list := range values {
		if len(list) > 1 {
			return fmt.Errorf("%w: %s", ErrRepeated, name)
		}
		if err := q.add(name, list[0]); err != nil {
			return err
		}
	}
	return nil
}

// addParts takes parts as they stand: what a transfer encoding has decoded is not what
// was signed.
func (q *Request) addParts(parts *multipart.Reader) error {
	for {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read a part: %w", err)
		}
		content, err := io.ReadAll(part)
		if err != nil {
			return fmt.Errorf("read a part: %w", err)
		}
		if part.FileName() == "" {
			err = q.add(part.FormName(), string(content))
		} else if _, twice := q.Files[part.FormName()]; twice {
			err = fmt.Errorf("%w: file %s", ErrRepeated, part.FormName())
		} else {
			q.Files[part.FormName()] = upload{Name: part.FileName(), Content: content}
		}
		if err != nil {
			return err
		}
	}
}

func (q *Request) add(name, value string) error {
	if _, twice := q.Params[name]; twice {
		return fmt.Errorf("%w: %s", ErrRepeated, name)
	}
	if len(q.Params) == maxParameters {
		return fmt.Errorf("more than %d parameters", maxParameters)
	}
	q.Params[name] = value
	return nil
}

// Decode turns every value into text. It comes after the signature, which covers the
// bytes.
func (q *Request) Decode() error {
	charset := wire.Charset(q.Params["charset"])
	for name, raw := range q.Params {
		text, err := charset.Decode(raw)
		if err != nil {
			return fmt.Errorf("parameter %s: %w", name, err)
		}
		q.Params[name] = text
	}
	return nil
}

// Decrypt opens the content of a request that says it is encrypted. The cipher proves
// nothing, so the request has to be verified by then.
func (q *Request) Decrypt(key []byte) (Answer, bool) {
	given, content := q.Params["encrypt_type"], q.Params["biz_content"]
	switch {
	case given == "":
		return Answer{}, true
	case given != wire.EncryptType:
		return Refuse(CodeIllegal, "isv.decryption-error-not-valid-encrypt-type", "解密出错，不支持的加密算法"), false
	case key == nil:
		return Refuse(CodeIllegal, "isv.decryption-error-not-valid-encrypt-key", "解密出错，未配置加密密钥"), false
	}
	q.Encrypted = true
	if content == "" {
		return Answer{}, true // a form method's fields are never encrypted
	}
	plain, err := wire.Decrypt(key, content)
	if err != nil {
		return Refuse(CodeIllegal, "isv.decryption-error-unknown", "解密出错，请检查密文与密钥"), false
	}
	q.Params["biz_content"] = plain
	return Answer{}, true
}
