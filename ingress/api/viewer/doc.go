// Package viewer is the page /docs: RapiDoc, a viewer of OpenAPI descriptions, as its authors
// publish it on npm, with search and a form to try each call.
//
// It promises that the page loads nothing from elsewhere, sends nothing to anybody but the server
// that it came from, and runs no script but the one that is embedded here, whose content is pinned.
package viewer

import (
	"bytes"
	"compress/gzip"
	"crypto/sha512"
	_ "embed"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// version is RapiDoc's on npm, and part of the addresses, so that browsers may keep the file.
const version = "9.3.8"

//go:embed docs.html
var page string

// script is dist/rapidoc-min.js of the package, compressed.
//
//go:embed rapidoc-9.3.8.js.gz
var script []byte

//go:embed rapidoc-9.3.8.LICENSE.txt
var licence []byte

// Policy is the content security policy of the page. Scripts are strict: only a file of this server,
// which the page pins by its hash, and no eval. Styles are not: RapiDoc writes style attributes, and
// a browser that may not take them shows a page without its layout. A style can't send anything,
// since every other source is closed.
const Policy = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Handlers returns what answers at each path of the page.
var Handlers = sync.OnceValues(func() (map[string]http.HandlerFunc, error) {
	plain, err := unpacked()
	if err != nil {
		return nil, err
	}
	sum := sha512.Sum384(plain)
	text := []byte(strings.Replace(page, "RAPIDOC_INTEGRITY", "sha384-"+base64.StdEncoding.EncodeToString(sum[:]), 1))
	return map[string]http.HandlerFunc{
		"/docs": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Security-Policy", Policy)
			send(w, "text/html; charset=utf-8", text)
		},
		"/docs/licence": func(w http.ResponseWriter, _ *http.Request) { send(w, "text/plain; charset=utf-8", licence) },
		"/docs/rapidoc-" + version + ".js": func(w http.ResponseWriter, r *http.Request) {
			// The address changes with the content.
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			w.Header().Set("Vary", "Accept-Encoding")
			if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
				send(w, "text/javascript; charset=utf-8", plain)
				return
			}
			w.Header().Set("Content-Encoding", "gzip")
			send(w, "text/javascript; charset=utf-8", script)
		},
	}, nil
})

func unpacked() ([]byte, error) {
	reader, err := gzip.NewReader(bytes.NewReader(script))
	if err != nil {
		return nil, fmt.Errorf("unpack the viewer: %w", err)
	}
	plain, err := io.ReadAll(reader)
	if err != nil {
		return nil, fmt.Errorf("unpack the viewer: %w", err)
	}
	return plain, nil
}

func send(w http.ResponseWriter, contentType string, content []byte) {
	w.Header().Set("Content-Type", contentType)
	_, _ = w.Write(content) // fails only for a client that has disconnected
}
