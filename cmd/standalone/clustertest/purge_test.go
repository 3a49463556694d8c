package clustertest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/internal/purging"
	"miniflow/internal/archive"
	"miniflow/internal/files"
	"miniflow/internal/seal"
	"miniflow/order"
)

// The orders of the merchant who goes and of the one who stays; each is its merchant's name too.
const goes, stays = "purged-canary-1", "purged-other-1"

// TestAPurgedMerchantIsGoneFromPostgreSQL: neither database has a trace of the merchant who is purged, as
// pg_dump reads them, and both have the other one.
func TestAPurgedMerchantIsGoneFromPostgreSQL(t *testing.T) {
	defer running.intact(t)
	must(t, running.alipay.Rules(t.Context(), alipaysim.Rule{Merchant: &alipaysim.MerchantRule{After: minute}, Audits: []alipaysim.AuditRule{{Result: "none"}}}))
	for _, no := range []string{goes, stays} {
		body := running.formal(no)
		body["merchant_ref"], body["shop_name"] = no+"-ref", "店"+no
		running.place(t, body)
		running.await(t, no, at(order.StageAuditing))
		must(t, running.api.Call(t.Context(), http.MethodPost, "/v1/attention/"+appID+"/order:"+no+"/comment", map[string]any{"text": "calls back"}, nil))
	}
	gone, left := running.await(t, goes, at(order.StageAuditing)), running.await(t, stays, at(order.StageAuditing))
	words := []string{goes, gone.OrderNo, gone.MiniAppID}
	for word, is := range dumped(t, append(words, stays)...) {
		if !is {
			t.Errorf("before the purge %s is nowhere, so that it proves nothing", word)
		}
	}
	purge(t, goes+"-ref")
	for word, is := range dumped(t, append(words, stays, left.OrderNo, left.MiniAppID)...) {
		if staying := word == stays || word == left.OrderNo || word == left.MiniAppID; is != staying {
			t.Errorf("after the purge %s is there: %v", word, is)
		}
	}
	must(t, running.command(t, stays, order.CommandCancel, map[string]any{"reason": "the merchant has closed"}))
	running.await(t, stays, at(order.StageCancelled))
}

// dumped says which of some words the databases hold.
func dumped(t *testing.T, words ...string) map[string]bool {
	t.Helper()
	dump, err := running.Dump(t.Context())
	must(t, err)
	found := map[string]bool{}
	for _, word := range words {
		found[word] = bytes.Contains(dump, []byte(word)) || bytes.Contains(dump, []byte(hex.EncodeToString([]byte(word))))
	}
	return found
}

func purge(t *testing.T, ref string) {
	t.Helper()
	key, err := seal.ParseKey("test", base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("t"), seal.KeySize)))
	must(t, err)
	ring, err := seal.New([]seal.Key{key})
	must(t, err)
	folder, err := files.OpenFolder(t.TempDir())
	must(t, err)
	p := &purging.Purge{
		Temporal: running.temporal, Namespace: running.ClientOptions().Namespace, Archive: archive.New(folder, ring, time.Now),
		Patience: patience, Tell: func(purging.Progress) {}, Now: time.Now,
	}
	plan, err := p.Plan(t.Context(), purging.Merchant{AppID: appID, Ref: ref})
	must(t, err)
	removed, err := p.Carry(t.Context(), plan)
	must(t, err)
	if removed.Runs == 0 {
		t.Errorf("removed were %+v", removed)
	}
}
