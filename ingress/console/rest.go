package console

import "net/http"

func (c *Console) auditLog(w http.ResponseWriter, r *http.Request) { c.missing(w, r) }
func (c *Console) picture(w http.ResponseWriter, r *http.Request)  { c.missing(w, r) }
func (c *Console) calls(*http.Request, string, string) []call      { return nil }
