package leave

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"miniflow/cmd/internal/remote"
	"miniflow/cmd/miniflow/internal/orders/exporting"
)

// writing is one run into a folder.
type writing struct {
	api    *remote.API
	appID  string
	dir    string
	key    *rsa.PublicKey
	began  time.Time
	report *Report
}

func (w *writing) all(ctx context.Context) error {
	if err := w.lines(ordersFile, func(write func(json.RawMessage) error) error {
		export := exporting.Export{API: w.api, AppID: w.appID, Began: w.began, Write: write}
		err := export.All(ctx)
		w.report.Orders = export.Count
		return err
	}); err != nil {
		return fmt.Errorf("write the orders: %w", err)
	}
	if err := w.lines(deliveriesFile, func(write func(json.RawMessage) error) error {
		return w.pages(ctx, "/v1/deliveries", "deliveries", func(row json.RawMessage) error {
			w.report.Deliveries++
			return write(row)
		})
	}); err != nil {
		return fmt.Errorf("write the deliveries: %w", err)
	}
	if err := w.miniPrograms(ctx); err != nil {
		return fmt.Errorf("write the mini programs: %w", err)
	}
	return w.file(readMeFile, []byte(readMe))
}

// miniPrograms writes mini programs, and the tokens of those that have one. The tokens are held in
// memory and reach the disk encrypted.
func (w *writing) miniPrograms(ctx context.Context) error {
	var table bytes.Buffer
	tokens := csv.NewWriter(&table)
	_ = tokens.Write([]string{"app_id", "mini_app_id", "app_auth_token", "app_refresh_token", "auth_time"}) // into memory
	err := w.lines(miniProgramsFile, func(write func(json.RawMessage) error) error {
		return w.pages(ctx, "/v1/mini-programs", "mini_programs", func(row json.RawMessage) error {
			w.report.MiniPrograms++
			return errors.Join(write(row), w.token(ctx, row, tokens))
		})
	})
	if err != nil {
		return err
	}
	tokens.Flush()
	sealed, err := envelope(table.Bytes(), w.key)
	if err != nil {
		return err
	}
	return w.file(authorizationsFile, sealed)
}

// token reads a mini program's token. One that has none that may be used says so with 409.
func (w *writing) token(ctx context.Context, row json.RawMessage, tokens *csv.Writer) error {
	var named struct {
		AppID     string `json:"app_id"`
		MiniAppID string `json:"mini_app_id"`
	}
	if err := json.Unmarshal(row, &named); err != nil {
		return fmt.Errorf("read the answer of Miniflow: %w", err)
	}
	var token struct {
		Token   string `json:"app_auth_token"`
		Refresh string `json:"app_refresh_token"`
		Since   string `json:"auth_time"`
	}
	path := "/v1/mini-programs/" + url.PathEscape(named.AppID) + "/" + url.PathEscape(named.MiniAppID) + "/token"
	err := w.api.Ask(ctx, http.MethodPost, path, struct{}{}, &token)
	if remote.SaysNo(err, http.StatusConflict) || remote.SaysNo(err, http.StatusNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	w.report.Authorizations++
	return tokens.Write([]string{named.AppID, named.MiniAppID, token.Token, token.Refresh, token.Since})
}

// pages reads a list page by page. 50 is the largest page that both lists give.
func (w *writing) pages(ctx context.Context, path, member string, each func(json.RawMessage) error) error {
	for cursor, over := "", false; !over; over = cursor == "" {
		var page map[string]json.RawMessage
		if err := w.api.Ask(ctx, http.MethodGet, path+remote.Query("app_id", w.appID, "limit", "50", "cursor", cursor), nil, &page); err != nil {
			return err
		}
		var rows []json.RawMessage
		if err := errors.Join(json.Unmarshal(page[member], &rows), json.Unmarshal(page["next_cursor"], &cursor)); err != nil {
			return fmt.Errorf("read the answer of Miniflow: %w; is it of this version?", err)
		}
		for _, row := range rows {
			if err := each(row); err != nil {
				return err
			}
		}
	}
	return nil
}

// lines writes a file of JSON, a line each.
func (w *writing) lines(name string, fill func(write func(json.RawMessage) error) error) error {
	file, err := os.OpenFile(filepath.Join(w.dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // in the folder that the caller names
	if err != nil {
		return err
	}
	text := bufio.NewWriter(file)
	err = fill(func(row json.RawMessage) error {
		var line bytes.Buffer
		if err := json.Compact(&line, row); err != nil {
			return fmt.Errorf("read the answer of Miniflow: %w", err)
		}
		line.WriteByte('\n')
		_, err := text.Write(line.Bytes())
		return err
	})
	return errors.Join(err, text.Flush(), file.Sync(), file.Close())
}

func (w *writing) file(name string, content []byte) error {
	return os.WriteFile(filepath.Join(w.dir, name), content, 0o600)
}

const readMe = `What Miniflow knew.

orders.jsonl            every order that Temporal kept, with audits and timeline, a line of JSON each
mini-programs.jsonl     the mini programs that Miniflow kept
deliveries.jsonl        messages that waited, were late, in conflict or dead
authorizations.csv.cms  merchants' tokens, encrypted to your key (CMS); to read them:

    ` + decrypt + `

Delete what that prints once the next program has it.
`
