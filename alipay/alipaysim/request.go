package alipaysim

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/url"
)

const (
	// maxRequest holds every file of a submission at its limit, and then some.
	maxRequest = 96 << 20
	// maxParameters is far above what any method takes.
	maxParameters = 256
)

// upload is one file part of a request. Files are not signed.
type upload struct {
	name    string // the part's file name, whose extension the platform checks
	content []byte
}

// request is a gateway request as it came: raw parameter bytes, files apart.
type request struct {
	params map[string]string
	files  map[string]upload
	// encrypted tells that biz_content came encrypted; the answer goes likewise.
	encrypted bool
}

// errRepeated is a parameter that came twice: which of the two was signed?
var errRepeated = errors.New("a parameter is repeated")

// readRequest collects the parameters of the query string and of the body, in
// either of the two body types the gateway takes.
func readRequest(w http.ResponseWriter, r *http.Request) (*request, error) {
	q := &request{params: map[string]string{}, files: map[string]upload{}}
	if err := q.addForm(r.URL.RawQuery); err != nil {
		return nil, err
	}
	if r.Method == http.MethodGet {
		return q, nil // pageExecute: there is no body
	}
	body := &request{params: map[string]string{}, files: q.files}
	if err := body.readBody(w, r); err != nil {
		return nil, err
	}
	// The official Node SDK writes app_auth_token in the query string and in a part.
	// One value is one parameter; of two, nobody knows which was signed.
	for name, value := range body.params {
		if before, twice := q.params[name]; twice && before == value {
			continue
		}
		if err := q.add(name, value); err != nil {
			return nil, err
		}
	}
	return q, nil
}

// readBody collects the parameters and files of a body.
func (q *request) readBody(w http.ResponseWriter, r *http.Request) error {
	r.Body = http.MaxBytesReader(w, r.Body, maxRequest)
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

// addForm adds the pairs of a query string or a form body, decoded once.
func (q *request) addForm(text string) error {
	values, err := url.ParseQuery(text)
	if err != nil {
		return fmt.Errorf("read the form: %w", err)
	}
	for name, list := range values {
		if len(list) > 1 {
			return fmt.Errorf("%w: %s", errRepeated, name)
		}
		if err := q.add(name, list[0]); err != nil {
			return err
		}
	}
	return nil
}

// addParts adds text parts as parameters and file parts as files.
func (q *request) addParts(parts *multipart.Reader) error {
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
		} else if _, twice := q.files[part.FormName()]; twice {
			err = fmt.Errorf("%w: file %s", errRepeated, part.FormName())
		} else {
			q.files[part.FormName()] = upload{name: part.FileName(), content: content}
		}
		if err != nil {
			return err
		}
	}
}

func (q *request) add(name, value string) error {
	if _, twice := q.params[name]; twice {
		return fmt.Errorf("%w: %s", errRepeated, name)
	}
	if len(q.params) == maxParameters {
		return fmt.Errorf("more than %d parameters", maxParameters)
	}
	q.params[name] = value
	return nil
}

// decode turns every value into text, once the signature over the bytes held.
func (q *request) decode() error {
	charset := Charset(q.params["charset"])
	for name, raw := range q.params {
		text, err := charset.decode(raw)
		if err != nil {
			return fmt.Errorf("parameter %s: %w", name, err)
		}
		q.params[name] = text
	}
	return nil
}
