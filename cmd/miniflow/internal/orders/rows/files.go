package rows

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path"
	"slices"
	"strings"
)

// maxFile is the largest file that Alipay takes with an order, in bytes, and one more to see
// that a file is larger.
const maxFile = 10<<20 + 1

// folder is where the files are that cells name. Nothing outside it is read: a table comes
// from others.
type folder struct {
	root *os.Root
	err  error
	url  string
}

func openFolder(o Options) *folder {
	root, err := os.OpenRoot(o.Folder)
	return &folder{root: root, err: err, url: o.FilesURL}
}

func (f *folder) close() {
	if f.root != nil {
		_ = f.root.Close() // nothing was written
	}
}

// read returns a file's content. A name with a folder in it is one below the folder.
func (f *folder) read(name string) ([]byte, error) {
	if f.err != nil {
		return nil, f.err
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // nothing was written
	return io.ReadAll(io.LimitReader(file, maxFile))
}

// otherHash comes before the hash of a file that is not the one that was named.
const otherHash = "correct the SHA-256: that of the file at hand is "

// hashMark stands between a file's address and its SHA-256.
const hashMark = "#sha256="

// file puts a file into the body as the API takes it: an address and a SHA-256, or the SHA-256 alone
// of what is handed in. A cell names it by an address with its hash behind it, or by the name of a
// file at hand.
func (r *reader) file(body map[string]any, field string) {
	text, address, hash := r.textAt(field), r.textAt(field+urlSuffix), strings.ToLower(r.textAt(field+hashSuffix))
	if strings.HasPrefix(text, "https://") || strings.HasPrefix(text, "http://") {
		var marked string
		if address, marked, _ = strings.Cut(text, hashMark); marked != "" {
			hash = strings.ToLower(marked)
		}
		text = ""
	}
	if text != "" || hash == "" {
		var ok bool
		if address, hash, ok = r.atHand(field, text, address, hash); !ok {
			return
		}
	} else if content, err := r.folder.read(baseOf(address)); err == nil && hashOf(content) == hash {
		r.files[field] = content // the very file is at hand, so it is looked at too
	}
	if address == "" {
		set(body, field, map[string]any{"sha256": hash})
		return
	}
	set(body, field, map[string]any{"url": address, "sha256": hash})
}

// HandIn is a file at hand that has no address: it has to be handed in with POST /v1/files before its
// order is sent.
type HandIn struct {
	Field             string
	dir, name, sha256 string
}

// Read reads the file once more, because a table may have more files than memory has room for.
func (h HandIn) Read() ([]byte, error) {
	folder := openFolder(Options{Folder: h.dir})
	defer folder.close()
	content, err := folder.read(h.name)
	if err == nil && hashOf(content) != h.sha256 {
		err = errors.New("it has changed since the table was read; run the same command again")
	}
	return content, err
}

// atHand reads a file that is at hand, keeps it for the checks, and says what its address and
// its hash are.
func (r *reader) atHand(field, name, address, hash string) (string, string, bool) {
	if name == "" {
		name = baseOf(address)
	}
	content, err := r.folder.read(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && r.textAt(field) != "" && address == "":
		r.refuse(field, "put the file into the folder of --files (by default that of the table), or correct its name: there is none of this name")
		return "", "", false
	case errors.Is(err, fs.ErrNotExist):
		r.refuse(field, fmt.Sprintf("write the file's SHA-256 behind its address, https://…%s…, or give the folder that holds it with --files", hashMark))
		return "", "", false
	case err != nil:
		r.refuse(field, "the file can't be read; name a file that is in the folder of --files or below it")
		return "", "", false
	}
	found := hashOf(content)
	r.files[field] = content
	switch {
	case hash != "" && hash != found:
		r.refuse(field, otherHash+found)
	case address != "":
		return address, found, true
	case r.folder.url == "":
		r.order.Files = append(r.order.Files, HandIn{field, r.options.Folder, name, found})
		return "", found, true
	default:
		return strings.TrimRight(r.folder.url, "/") + "/" + escaped(name), found, true
	}
	return "", "", false
}

func hashOf(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// baseOf returns the last part of an address, which is what the file is called on a disk.
func baseOf(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return path.Base(parsed.Path)
}

// escaped writes a name as part of an address: names are Chinese as often as not.
func escaped(name string) string {
	parts := strings.Split(strings.ReplaceAll(name, `\`, "/"), "/")
	for i, part := range parts {
		parts[i] = url.PathEscape(part)
	}
	return strings.Join(parts, "/")
}

// FilesAtHand reads the files that an order's JSON names and that a folder holds under the last
// part of their addresses, by their fields. What is not there can't be checked, and is no
// problem; another file of that name is one.
func FilesAtHand(body []byte, dir string) (map[string][]byte, []Problem) {
	type reference struct {
		URL    string `json:"url"`
		SHA256 string `json:"sha256"`
	}
	var order struct {
		Create struct {
			License reference `json:"license_pic"`
		} `json:"create"`
		Submission struct {
			Files map[string]reference `json:"files"`
		} `json:"submission"`
	}
	// A member of another kind is refused by its field; what could be read is checked.
	_ = json.Unmarshal(body, &order)
	named := map[string]reference{"create.license_pic": order.Create.License}
	for name, file := range order.Submission.Files {
		named["submission.files."+name] = file
	}
	folder := openFolder(Options{Folder: dir})
	defer folder.close()
	files, problems := map[string][]byte{}, []Problem(nil)
	for _, field := range slices.Sorted(maps.Keys(named)) {
		file := named[field]
		content, err := folder.read(baseOf(file.URL))
		if err != nil || file.URL == "" {
			continue
		}
		files[field] = content
		if found := hashOf(content); !strings.EqualFold(found, file.SHA256) {
			problems = append(problems, Problem{Field: field, Message: otherHash + found})
		}
	}
	return files, problems
}
