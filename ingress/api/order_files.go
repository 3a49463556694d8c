package api

import (
	"encoding/json"
	"errors"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"miniflow/order"
)

// readFiles reads the files of a submission by their parameter.
func readFiles(raw json.RawMessage, fields *fieldList) map[string]order.FileRef {
	var named map[string]json.RawMessage
	if json.Unmarshal(raw, &named) != nil {
		return nil // the schema has complained
	}
	files := make(map[string]order.FileRef, len(named))
	for _, name := range slices.Sorted(maps.Keys(named)) {
		path := "submission.files." + name
		if !parameterName.MatchString(name) {
			fields.add(path, "use Alipay's own name: letters, digits and _")
			continue
		}
		files[name] = readFile(named[name], path, fields)
	}
	return files
}

// fileHash is a SHA-256; capital digits are kept as small ones, so that the same
// file is the same text.
var fileHash = regexp.MustCompile(`^[0-9a-fA-F]{64}$`)

// readFile reads a file by reference. Anything else, base64 included, is refused:
// a file in a body would end up in a history.
func readFile(raw json.RawMessage, path string, fields *fieldList) order.FileRef {
	var members map[string]json.RawMessage
	var file order.FileRef
	if json.Unmarshal(raw, &members) != nil || members == nil {
		fields.add(path, `name the file as {"url": "…", "sha256": "…"}; files are fetched, not sent`)
		return file
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if name != "url" && name != "sha256" {
			fields.add(join(path, name), "remove it; a file is url and sha256")
		}
	}
	if json.Unmarshal(members["sha256"], &file.SHA256) != nil || !fileHash.MatchString(file.SHA256) {
		fields.add(path+".sha256", "use the file's SHA-256 in 64 hexadecimal digits, as sha256sum prints it")
	}
	file.SHA256 = strings.ToLower(file.SHA256)
	if json.Unmarshal(members["url"], &file.URL) != nil || checkURL(file.URL) != nil {
		fields.add(path+".url", "give the file's full http or https address, without a password, at most %d bytes", maxURL)
	}
	return file
}

// checkURL looks at the form alone; which addresses may be fetched is decided when
// one is dialled.
func checkURL(text string) error {
	address, err := url.Parse(text)
	switch {
	case err != nil || len(text) > maxURL || address.Host == "" || address.User != nil:
		return errors.New("not the address of a file")
	case address.Scheme != "http" && address.Scheme != "https":
		return errors.New("not an address on the web")
	}
	return nil
}
