package gateway

import (
	"bytes"
	"fmt"
	"maps"
	"mime/multipart"
	"net/textproto"
	"slices"

	"miniflow/alipay/gateway/codes"
	"miniflow/alipay/gateway/rules"
)

// multipartBody writes fields in the order of their names, so that equal requests have equal
// bodies, then the files.
func (r Request) multipartBody() ([]byte, string, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, name := range slices.Sorted(maps.Keys(r.Fields)) {
		if r.Fields[name] == "" {
			continue // not part of the signed text either
		}
		if err := form.WriteField(name, r.Fields[name]); err != nil {
			return nil, "", notSent(r.Method, codes.Permanent(codes.AdviceBug), fmt.Errorf("write field %s: %w", name, err))
		}
	}
	for _, file := range r.Files {
		if err := r.writeFile(form, file); err != nil {
			return nil, "", err
		}
	}
	if err := form.Close(); err != nil {
		return nil, "", notSent(r.Method, codes.Permanent(codes.AdviceBug), fmt.Errorf("end the form: %w", err))
	}
	return body.Bytes(), form.FormDataContentType(), nil
}

func (r Request) writeFile(form *multipart.Writer, file rules.File) error {
	contentType, extension := file.Kind()
	if extension == "" {
		return refusedHere(r.Method, "send a png or jpg picture, or a zip or rar file", file.Field)
	}
	part, err := form.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name="%s"; filename="%s.%s"`, file.Field, file.Field, extension)},
		"Content-Type":        {contentType},
	})
	if err == nil {
		_, err = part.Write(file.Content)
	}
	if err != nil {
		return notSent(r.Method, codes.Permanent(codes.AdviceBug), fmt.Errorf("write file %s: %w", file.Field, err))
	}
	return nil
}
