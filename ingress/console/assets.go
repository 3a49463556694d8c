package console

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"net/http"
	"path"
	"strings"

	"miniflow/ingress/console/diagram"
)

//go:embed assets
var assetFiles embed.FS

// assets are the style sheet, the script and the icon by name. Their addresses hold their hash, so
// that a browser may keep them for good and still gets those of its page.
type assets map[string]asset

type asset struct {
	content []byte
	hash    string
}

var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

func readAssets() (assets, error) {
	entries, err := assetFiles.ReadDir("assets")
	if err != nil {
		return nil, fmt.Errorf("read the console's files: %w", err)
	}
	all := assets{}
	for _, entry := range entries {
		content, err := assetFiles.ReadFile("assets/" + entry.Name())
		if err != nil {
			return nil, fmt.Errorf("read the console's files: %w", err)
		}
		if entry.Name() == "console.css" {
			content = append(content, diagram.CSS...)
		}
		sum := sha256.Sum256(content)
		all[entry.Name()] = asset{content, hex.EncodeToString(sum[:6])}
	}
	return all, nil
}

func (a assets) address(name string) string {
	return Path + "/assets/" + a[name].hash + "/" + name
}

func (a assets) serve(w http.ResponseWriter, r *http.Request) {
	hash, name := path.Split(strings.TrimPrefix(r.URL.Path, Path+"/assets/"))
	file, known := a[name]
	if !known || strings.TrimSuffix(hash, "/") != file.hash {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", assetTypes[path.Ext(name)])
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	_, _ = w.Write(file.content) // a browser that has gone reads nothing
}
