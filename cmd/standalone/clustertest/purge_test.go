package clustertest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/internal/purging"
	"miniflow/internal/archive"
	"miniflow/internal/files"
	"miniflow/internal/seal"
	"miniflow/order"
)

// The orders of the merchant who goes and of the one who stays.
const goes, stays = "purged-canary-1", "purged-other-1"

// What the ISV calls them.
const goesRef, goesShop = "canary-merchant-41", "金丝雀面馆"

// TestAPurgedMerchantIsGoneFromPostgreSQL: neither database has a trace of the merchant who is purged, as
// pg_dump reads them, and both have the other one. Only numbers are left, in timers that Temporal
// has set for runs that are no more: each row goes when it is due.
func TestAPurgedMerchantIsGoneFromPostgreSQL(t *testing.T) {
	defer running.intact(t)
	must(t, running.alipay.Rules(t.Context(), alipaysim.Rule{Merchant: &alipaysim.MerchantRule{After: minute}, Audits: []alipaysim.AuditRule{{Result: "none"}}}))
	for no, names := range map[string][]string{goes: {goesRef, goesShop}, stays: {"merchant-42", "别家小店"}} {
		body := running.formal(no)
		body["merchant_ref"], body["shop_name"] = names[0], names[1]
		running.place(t, body)
		running.await(t, no, at(order.StageAuditing))
		must(t, running.api.Call(t.Context(), http.MethodPost, "/v1/attention/"+appID+"/order:"+no+"/comment", map[string]any{"text": "calls back"}, nil))
	}
	gone, left := running.await(t, goes, at(order.StageAuditing)), running.await(t, stays, at(order.StageAuditing))
	words := []string{goesRef, goesShop, goes, gone.OrderNo, gone.MiniAppID}
	before := dumped(t, words...)
	for _, word := range words {
		if len(before[word]) < 2 {
			t.Errorf("before the purge %s is only in %v, which proves nothing", word, before[word])
		}
	}
	purge(t, goesRef)
	after := dumped(t, append(words, stays, left.OrderNo, left.MiniAppID, "merchant-42")...)
	for _, word := range words {
		if tables := after[word]; len(tables) > 0 && (word == goesRef || word == goesShop || !slices.Equal(tables, []string{"public.timer_tasks"})) {
			t.Errorf("after the purge %s is in %v", word, tables)
		}
	}
	for _, word := range []string{stays, left.OrderNo, left.MiniAppID, "merchant-42"} {
		if len(after[word]) < 2 {
			t.Errorf("the other merchant's %s is only in %v", word, after[word])
		}
	}
	must(t, running.command(t, stays, order.CommandCancel, map[string]any{"reason": "the merchant has closed"}))
	running.await(t, stays, at(order.StageCancelled))
}

// dumped says in which tables of the databases some words are.
func dumped(t *testing.T, words ...string) map[string][]string {
	t.Helper()
	dump, err := running.Dump(t.Context())
	must(t, err)
	found, table := map[string][]string{}, ""
	for line := range bytes.Lines(dump) {
		if name, is := bytes.CutPrefix(line, []byte("COPY ")); is {
			table, _, _ = strings.Cut(string(name), " ")
		}
		for _, word := range words {
			there := bytes.Contains(line, []byte(word)) || bytes.Contains(line, []byte(hex.EncodeToString([]byte(word))))
			if there && !slices.Contains(found[word], table) {
				found[word] = append(found[word], table)
			}
		}
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
