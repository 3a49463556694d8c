package consoletest

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"miniflow/cmd/standalone/internal/outside"
)

// visitor is one way to look at the console.
type visitor struct {
	language      string
	phone, silent bool // silent is without JavaScript
}

var visitors = []visitor{{"zh-CN", false, false}, {"zh-CN", true, false}, {"en", false, false}, {"en", true, false}}

func (v visitor) String() string {
	name := v.language + " at a desk"
	if v.phone {
		name = v.language + " on a phone"
	}
	if v.silent {
		name += " without JavaScript"
	}
	return name
}

// says chooses what the visitor reads.
func (v visitor) says(chinese, english string) string {
	if v.language == "zh-CN" {
		return chinese
	}
	return english
}

// tab is a page of a browser that knows nobody yet. Whatever is wrong on it, at any time, fails the
// test at its end.
type tab struct {
	t   *testing.T
	v   visitor
	ctx context.Context

	mu      sync.Mutex
	faults  []string
	posts   []network.RequestID
	cookies map[network.RequestID][]*network.AssociatedCookie
}

// open opens a tab for a visitor, on the page for logging in.
func open(t *testing.T, v visitor) *tab {
	t.Helper()
	own, cancel := chromedp.NewContext(chromium, chromedp.WithNewBrowserContext())
	ctx, cancelPatience := context.WithTimeout(own, patience)
	b := &tab{t: t, v: v, ctx: ctx, cookies: map[network.RequestID][]*network.AssociatedCookie{}}
	t.Cleanup(func() {
		b.mu.Lock()
		for _, fault := range b.faults {
			t.Errorf("%s: %s", v, fault)
		}
		b.mu.Unlock()
		cancelPatience()
		_ = chromedp.Cancel(own) // the browser stays, and nothing of this tab
		cancel()
	})
	must(t, chromedp.Listen(ctx, b.notice))
	b.call(
		command(audits.Enable, cdp.Empty{}),
		command(network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": v.language}}),
		command(page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{
			Source: `addEventListener("securitypolicyviolation", (e) => console.error("CSP", e.violatedDirective, e.blockedURI))`,
		}),
		command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: v.silent}),
	)
	if v.phone {
		b.call(chromedp.EmulateViewport(390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch))
	} else {
		b.call(chromedp.EmulateViewport(1280, 900))
	}
	return b
}

// command is a command of the protocol as a step.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, c, params)
		return err
	})
}

// notice keeps what is wrong. A refusal that a test asks for is written to the log by Chromium too, as
// a resource that failed to load: it is no fault.
func (b *tab) notice(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch event := event.(type) {
	case *log.EventEntryAdded:
		refusal := event.Entry.Source == log.EntrySourceNetwork && strings.HasPrefix(event.Entry.Text, "Failed to load resource: the server responded with a status of 4")
		if event.Entry.Level == log.EntryLevelError && !refusal || event.Entry.Source == log.EntrySourceSecurity {
			b.faults = append(b.faults, fmt.Sprintf("the browser's log: %s %s %s", event.Entry.Source, event.Entry.Text, event.Entry.URL))
		}
	case *runtime.EventConsoleAPICalled:
		b.faults = append(b.faults, fmt.Sprintf("the console: %s %s", event.Type, said(event.Args)))
	case *runtime.EventExceptionThrown:
		b.faults = append(b.faults, "a script failed: "+event.ExceptionDetails.Text+" "+event.ExceptionDetails.URL)
	case *audits.EventIssueAdded:
		if csp := event.Issue.Details.ContentSecurityPolicyIssueDetails; csp != nil {
			b.faults = append(b.faults, "the content security policy: "+csp.ViolatedDirective+" "+csp.BlockedURL)
		}
	case *network.EventRequestWillBeSent:
		if event.Request.Method == http.MethodPost {
			b.posts = append(b.posts, event.RequestID)
		}
		if !own(event.Request.URL) {
			b.faults = append(b.faults, "a request leaves this machine: "+event.Request.URL)
		}
	case *network.EventRequestWillBeSentExtraInfo:
		b.cookies[event.RequestID] = event.AssociatedCookies
	}
}

func said(args []*runtime.RemoteObject) string {
	var all []string
	for _, arg := range args {
		all = append(all, string(arg.Value))
	}
	return strings.Join(all, " ")
}

// own reports whether an address is on this machine, or in the page's own memory.
func own(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (slices.Contains([]string{"127.0.0.1", "localhost"}, u.Hostname()) || slices.Contains([]string{"blob", "data", "about"}, u.Scheme))
}

func (b *tab) call(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	must(b.t, chromedp.Do(b.ctx, steps...))
}

// visit opens a page of the console.
func (b *tab) visit(path string) {
	b.t.Helper()
	b.call(chromedp.Navigate(running.addresses.API + path))
}

// click clicks, and waits for the page that this leads to.
func (b *tab) click(selector string) {
	b.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(selector)); err != nil {
		b.t.Fatalf("%s: click %s: %v", b.v, selector, err)
	}
}

// fill writes into a field in place of what is there.
func (b *tab) fill(selector, text string) {
	b.t.Helper()
	evaluate[string](b, fmt.Sprintf(`document.querySelector(%q).value = ""`, selector))
	b.call(chromedp.SendKeys(selector, text))
}

// logIn logs the standalone's operator in, and follows to the page that was asked for.
func (b *tab) logIn(path string) {
	b.t.Helper()
	b.visit(path)
	b.fill(`input[name=name]`, "operator")
	b.fill(`input[name=password]`, running.password)
	b.click(`main form button`)
}

// evaluate evaluates an expression in the page, without JavaScript too: the protocol's own always runs.
func evaluate[T any](b *tab, expression string) T {
	b.t.Helper()
	result, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: %s: %v", b.v, expression[:min(len(expression), 200)], err)
	}
	return result
}

// reads waits until the page shows every text.
func (b *tab) reads(wanted ...string) {
	b.t.Helper()
	err := outside.Poll(b.ctx, often, func() error {
		text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](`document.body?.innerText || ""`))
		if err != nil {
			return err
		}
		for _, want := range wanted {
			if !strings.Contains(text, want) {
				return fmt.Errorf("the page does not show %q:\n%s", want, text)
			}
		}
		return nil
	})
	if err != nil {
		b.t.Fatalf("%s: %v", b.v, err)
	}
}

// path is the page's address without its host.
func (b *tab) path() string {
	b.t.Helper()
	return evaluate[string](b, `location.pathname + location.search`)
}
