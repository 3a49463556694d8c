package rules

import (
	"encoding/json"
	"net/http"
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

// Kind sniffs what the file is; an empty extension means that Alipay takes no
// such files.
func (f File) Kind() (contentType, extension string) {
	contentType = http.DetectContentType(f.Content)
	return contentType, fileTypes[contentType]
}

// Upload says what to build.
type Upload struct {
	TemplateID      string
	TemplateVersion string          // empty: the newest online; better to name it
	AppVersion      string          // x.y.z, above every earlier one
	BundleID        string          // empty: the Alipay wallet
	Ext             json.RawMessage // the merchant's configuration, a JSON object; optional
}
