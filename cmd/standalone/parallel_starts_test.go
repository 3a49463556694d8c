package main_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/time/rate"

	"miniflow/order"
)

const (
	// starts are all of one order number, over connections that each make one at a time.
	starts      = 10_000
	connections = 64
	// startsPerSecond stays below what the standalone lets a key call.
	startsPerSecond = 450
)

// starter starts one order again and again.
type starter struct {
	s       *standalone
	client  *http.Client
	header  http.Header
	body    []byte
	pace    *rate.Limiter
	created atomic.Int64

	mu      sync.Mutex
	answers map[string]int
}

func (s *standalone) starter(body map[string]any) *starter {
	s.t.Helper()
	key, err := os.ReadFile(s.path("api-key"))
	if err != nil {
		s.t.Fatal(err)
	}
	text, err := json.Marshal(body)
	if err != nil {
		s.t.Fatal(err)
	}
	return &starter{
		s: s, body: text, answers: map[string]int{}, pace: rate.NewLimiter(startsPerSecond, connections),
		client: &http.Client{Transport: &http.Transport{MaxConnsPerHost: connections, MaxIdleConnsPerHost: connections}},
		header: http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + strings.TrimSpace(string(key))}},
	}
}

// start makes one start and returns what of its answer has to be equal in all: which order and which
// workflow it is. Where the order stands moves on meanwhile.
func (p *starter) start() (string, error) {
	if err := p.pace.Wait(p.s.t.Context()); err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(p.s.t.Context(), http.MethodPost, p.s.at.API+"/v1/orders", bytes.NewReader(p.body))
	if err != nil {
		return "", err
	}
	request.Header = p.header.Clone()
	answer, err := p.client.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return "", err
	}
	if answer.StatusCode == http.StatusCreated {
		p.created.Add(1)
	} else if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%d: %s", answer.StatusCode, text)
	}
	var view order.View
	if err := json.Unmarshal(text, &view); err != nil {
		return "", err
	}
	return fmt.Sprint(view.AppID, view.OutOrderNo, view.Kind, view.Version, view.CreatedAt, view.Links.TemporalUI), nil
}

func (p *starter) note(answer string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers[answer]++
}

// Ten thousand starts of one number at once are one workflow and one call to Alipay, and all are
// answered with it.
func TestTenThousandStartsAreOneOrder(t *testing.T) {
	t.Parallel()
	s := startStandalone(t, slow...)
	s.rules(quiet())
	p := s.starter(s.formal("wanted"))
	var group sync.WaitGroup
	left := atomic.Int64{}
	left.Store(starts)
	for range connections {
		group.Go(func() {
			for left.Add(-1) >= 0 {
				answer, err := p.start()
				if err != nil {
					answer = "refused: " + err.Error()
				}
				p.note(answer)
			}
		})
	}
	group.Wait()
	if p.created.Load() != 1 || len(p.answers) != 1 {
		t.Errorf("%d were new, and there are %d answers", p.created.Load(), len(p.answers))
		for answer, times := range p.answers {
			t.Logf("%d times %.300s", times, answer)
		}
	}
	s.awaitStage("wanted", order.StageAwaitingMerchant)
	if listed := s.listed("limit=200"); len(listed) != 1 {
		t.Errorf("there are the orders %v", listed)
	}
	creates := 0
	for _, call := range s.calls() {
		if call.Method == "alipay.open.mini.isv.create" {
			creates++
		}
	}
	if creates != 1 {
		t.Errorf("create was called %d times", creates)
	}
}
