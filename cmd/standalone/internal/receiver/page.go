package receiver

import (
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
)

// page shows what has come. What it shows is other people's text: the template
// escapes it, and the page may load and run nothing.
var page = template.Must(template.New("received").Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="refresh" content="3"><title>Received</title>
<style>body{font:15px system-ui,sans-serif;margin:2rem}table{border-collapse:collapse}td,th{padding:.3rem .8rem;border-bottom:1px solid #ddd;text-align:left;vertical-align:top}pre{margin:0;white-space:pre-wrap;word-break:break-all}</style></head>
<body><h1>What the ISV's backend has received</h1>
<p>Events of Miniflow whose Standard Webhooks signature verified, the newest first. 已验证签名的事件，最新的在前。</p>
{{if .}}<table><tr><th>at</th><th>type</th><th>message</th><th>notify_id</th><th>order</th><th>came</th><th>event</th></tr>
{{range .}}<tr><td>{{.At.Format "15:04:05"}}</td><td>{{.Type}}</td><td>{{.Name}}</td><td>{{.NotifyID}}</td><td>{{.OutOrderNo}}</td><td>{{.Times}}×</td><td><pre>{{printf "%s" .Event}}</pre></td></tr>
{{end}}</table>{{else}}<p>Nothing yet. 还没有收到任何事件。</p>{{end}}</body></html>
`))

func (r *Receiver) handleReceived(w http.ResponseWriter, request *http.Request) {
	// Each look has to show what came since; a kept page would hide it.
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	// The reader of an answer that can't be written has left.
	if strings.Contains(request.Header.Get("Accept"), "text/html") {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
		_ = page.Execute(w, r.Received())
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string][]Arrival{"received": r.Received()})
}
