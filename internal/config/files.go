package config

import (
	"path/filepath"
	"regexp"
)

// FileStore is where files are kept, sealed by sealing.keys: a folder or a bucket. Every process with
// the role api or worker has to have the same one.
type FileStore struct {
	// Folder is an absolute path on a disk that these processes share, made at the first start. No
	// default, because only the operator knows such a disk.
	Folder string `yaml:"folder"`
	// S3 is a bucket of an S3-compatible store. It has to be there.
	S3 Bucket `yaml:"s3"`
}

// Bucket is a bucket, and a key that may list, read, write and delete objects in it.
type Bucket struct {
	// Endpoint is the store's URL, such as https://s3.example.com.
	Endpoint string `yaml:"endpoint"`
	Bucket   string `yaml:"bucket"`
	// Region is the bucket's. Default us-east-1, which stores without regions take.
	Region        string `yaml:"region"`
	AccessKey     string `yaml:"access_key"`
	SecretKey     Secret `yaml:"secret_key"`
	SecretKeyFile string `yaml:"secret_key_file"`
	// Prefix comes before the names of all objects, so that a bucket can be shared. Default none.
	Prefix string `yaml:"prefix"`
}

// prefixForm keeps a prefix readable in every store's own pages.
var prefixForm = regexp.MustCompile(`^([0-9A-Za-z._-]+/?)*$`)

func (v *validator) fileStore() {
	v.store("files.store", v.config.Files.Store)
	v.store("archive", v.config.Archive)
}

// store checks one place for files.
func (v *validator) store(at string, store FileStore) {
	if store.Folder != "" && !filepath.IsAbs(store.Folder) {
		v.problem(at+".folder", "has to be an absolute path: every process has to find the same files wherever it is started")
	}
	if store.S3 == (Bucket{}) {
		return
	}
	if store.Folder != "" {
		v.problem(at, "names a folder and a bucket; leave one")
	}
	v.anyURL(at+".s3.endpoint", store.S3.Endpoint)
	for _, required := range []struct{ path, value string }{
		{at + ".s3.bucket", store.S3.Bucket},
		{at + ".s3.access_key", store.S3.AccessKey},
		{at + ".s3.secret_key", store.S3.SecretKey.Reveal()},
	} {
		if required.value == "" {
			v.problem(required.path, "is missing; give the bucket and a key that may list, read, write and delete objects in it")
		}
	}
	if !prefixForm.MatchString(store.S3.Prefix) {
		v.problem(at+".s3.prefix", "has to be parts of letters, digits, ., _ and - joined by slashes, such as miniflow/files")
	}
}
