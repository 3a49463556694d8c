package config

import "testing"

func TestProblemsOfTheFileStore(t *testing.T) {
	store := func(text string) []string { return []string{"listen:", "files: {store: {" + text + "}}\nlisten:"} }
	const bucket = "s3: {endpoint: https://s3.example.com, bucket: b, access_key: a, secret_key: canary"
	check(t, map[string]problem{
		"a relative path":  {store("folder: files"), "miniflow.yaml:1: files.store.folder: has to be an absolute path"},
		"both":             {store("folder: /var/lib/files, " + bucket + "}"), "files.store: names a folder and a bucket"},
		"no endpoint":      {store("s3: {bucket: b, access_key: a, secret_key: canary}"), "files.store.s3.endpoint: has to be an absolute URL"},
		"no bucket":        {store("s3: {endpoint: http://10.0.0.7:9000, access_key: a, secret_key: canary}"), "files.store.s3.bucket: is missing"},
		"no access key":    {store("s3: {endpoint: http://10.0.0.7:9000, bucket: b, secret_key: canary}"), "files.store.s3.access_key: is missing"},
		"no secret key":    {store("s3: {endpoint: http://10.0.0.7:9000, bucket: b, access_key: a}"), "files.store.s3.secret_key: is missing"},
		"a prefix outside": {store(bucket + ", prefix: /a//b}"), "files.store.s3.prefix: has to be parts of"},
	})
	loaded := newBundle(t).mustLoad(whole(store(bucket + ", prefix: miniflow/files}")...))
	if key := loaded.Files.Store.S3.SecretKey; key.Reveal() != "canary" || key.String() != Redacted {
		t.Errorf("the secret key is %v", key)
	}
}
