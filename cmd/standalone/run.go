package main

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"

	"miniflow/alipay/alipaysim"
	"miniflow/cmd/internal/command"
)

// flags is the command line. Everything has a default that runs at once: the first thing that a new
// reader does is start it. The demonstration is on, since without an order there is nothing to
// look at, and an hour of life takes a minute.
type flags struct {
	command.VersionFlag

	DataDir   string  `help:"Where everything is kept; a restart goes on where it stopped." default:"data" placeholder:"DIR"`
	Listen    string  `help:"Address of the REST API and of Alipay's door; port 0 is any free one." default:"127.0.0.1:8080"`
	Temporal  string  `help:"Address of Temporal's frontend." default:"127.0.0.1:7233"`
	UI        string  `name:"ui" help:"Address of Temporal's Web UI." default:"127.0.0.1:8233"`
	Simulator string  `help:"Address of the simulated Alipay." default:"127.0.0.1:8090"`
	Demo      bool    `help:"Run the seven demonstration orders." default:"true" negatable:""`
	Channel   string  `help:"How Alipay's messages arrive: http, or websocket, the long connection (the authorisation still comes over HTTP)." default:"http" enum:"http,websocket"`
	Mode      string  `help:"How both sides prove themselves: key (公钥), or certificate (公钥证书)." default:"key" enum:"key,certificate"`
	SignType  string  `help:"The app's signing method (接口加签方式): RSA2, or SM2 (国密). Another one than at the last start changes it: what was signed before is accepted for a day. By default that of the last start, at the first RSA2." default:"" enum:",RSA2,SM2"`
	CertSN    string  `name:"cert-sn" help:"Whether messages name Alipay's certificate by alipay_cert_sn, and whether that is signed; for --mode certificate." default:"none" enum:"none,signed,unsigned"`
	AES       bool    `name:"aes" help:"Encrypt calls, answers and messages over HTTP with a content key (接口内容加密)."`
	Speed     float64 `help:"Divides every delay of the simulator and every schedule of Miniflow." default:"60"`
	LogLevel  string  `help:"debug, info, warn or error; the log goes to miniflow.log in the data directory." default:"info" enum:"debug,info,warn,error"`

	WebhookURL  string `name:"webhook-url" help:"Where events about orders are posted, signed with webhook-secret; by default to a receiver of the standalone's own." placeholder:"URL"`
	WellBehaved bool   `help:"The simulated Alipay sends no duplicates, nothing late or out of order, and answers at once. Without it there are a few per cent of each, as at Alipay."`
	Seed        int64  `help:"Which messages and calls are struck; the same seed strikes the same ones of an order. 0 draws one; the log says which." default:"0"`
}

// program is made for each run, because a command line keeps what was parsed into it.
func program() command.Program {
	return command.Program{
		Name: "standalone", Description: "All of Miniflow in one process, with a simulated Alipay. 一个进程运行全部组件，内置支付宝模拟器。",
		Line: &flags{},
	}
}

// Run runs everything until the context ends. Flags that contradict each other are refused
// here, before anything is made on the disk.
func (line *flags) Run(ctx context.Context, env *command.Env) error {
	switch {
	case line.CertSN != string(alipaysim.NoCertSN) && line.Mode != modeCertificate:
		return command.Usagef("--cert-sn names a certificate, and there is none; add --mode certificate")
	case line.Speed <= 0:
		// Every delay is divided by it.
		return command.Usagef("--speed has to be above 0; 1 is life's own speed")
	}
	// SQLite and the log keep paths for as long as the process runs, so they must not depend
	// on the directory that it is in.
	var err error
	if line.DataDir, err = filepath.Abs(line.DataDir); err != nil {
		return err
	}
	home, err := openHome(*line)
	if err != nil {
		return err
	}
	defer home.close()
	// Asked to end is not a failure, whichever part notices first.
	if err := start(ctx, *line, home, env.Stdout); err != nil && !errors.Is(err, context.Canceled) {
		home.log.Error("ended", slog.Any("error", err))
		return err
	}
	return nil
}
