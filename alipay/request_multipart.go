package alipay

import (
	"bytes"
	"fmt"
	"maps"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
)

// File is a file of a multipart call. Its name and type are made from Field and
// from the bytes, for the gateway judges by the extension and a name from
// outside says nothing reliable about the content.
type File struct {
	// Field is Alipay's parameter name, e.g. app_logo.
	Field string
	// Content is the whole file: png or jpg for pictures, zip or rar for
	// test_file_name.
	Content []byte
}

// fileTypes are the content types Alipay takes, with the extension of each.
var fileTypes = map[string]string{
	"image/png":                    "png",
	"image/jpeg":                   "jpg",
	"application/zip":              "zip",
	"application/x-rar-compressed": "rar",
}

// kind sniffs what the file is; an empty extension means that Alipay takes no
// such files.
func (f File) kind() (contentType, extension string) {
	contentType = http.DetectContentType(f.Content)
	return contentType, fileTypes[contentType]
}

// multipartBody writes fields in the order of their names, then the files.
func (r Request) multipartBody() ([]byte, string, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	for _, name := range slices.Sorted(maps.Keys(r.Fields)) {
		if r.Fields[name] == "" {
			continue // not signed either
		}
		if err := form.WriteField(name, r.Fields[name]); err != nil {
			return nil, "", notSent(r.Method, permanent(adviceBug), fmt.Errorf("write field %s: %w", name, err))
		}
	}
	for _, file := range r.Files {
		if err := r.writeFile(form, file); err != nil {
			return nil, "", err
		}
	}
	if err := form.Close(); err != nil {
		return nil, "", notSent(r.Method, permanent(adviceBug), fmt.Errorf("end the form: %w", err))
	}
	return body.Bytes(), form.FormDataContentType(), nil
}

func (r Request) writeFile(form *multipart.Writer, file File) error {
	contentType, extension := file.kind()
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
		return notSent(r.Method, permanent(adviceBug), fmt.Errorf("write file %s: %w", file.Field, err))
	}
	return nil
}
