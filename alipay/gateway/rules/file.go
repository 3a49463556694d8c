package rules

import (
	"encoding/json"
	"net/http"
)

// File is a file of a multipart call. Its name and type are derived from Field and from the
// bytes, because the gateway judges by the extension, and a name from outside is not reliable
// evidence of the content.
type File struct {
	// Field is Alipay's parameter name, e.g. app_logo; the file is sent under this name too.
	Field string
	// Content is the whole file, because the signature and the multipart layout need its
	// length and type before the first byte.
	Content []byte
}

// fileTypes maps the content types that Alipay accepts to their extensions.
var fileTypes = map[string]string{
	"image/png":                    "png",
	"image/jpeg":                   "jpg",
	"application/zip":              "zip",
	"application/x-rar-compressed": "rar",
}

// Kind detects the type of the file; an empty extension means that Alipay does not accept
// such files.
func (f File) Kind() (contentType, extension string) {
	contentType = http.DetectContentType(f.Content)
	return contentType, fileTypes[contentType]
}

// Upload is the input of a build: a template of the ISV's with the merchant's configuration,
// because merchants have no code of their own.
type Upload struct {
	TemplateID      string
	TemplateVersion string // empty means the newest online; naming it is better, because a repeated upload then builds the same
	AppVersion      string // Alipay refuses a number that is not above every earlier one
	BundleID        string // empty: the Alipay wallet
	Ext             json.RawMessage
}
