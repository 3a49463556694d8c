package console

import "net/http"

func (c *Console) auditLog(w http.ResponseWriter, r *http.Request) { c.missing(w, r) }
