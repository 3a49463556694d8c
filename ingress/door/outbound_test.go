//go:build linux

package door

import (
	"bufio"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"unsafe"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"miniflow/alipay/keys"
	"miniflow/alipay/notify"
	"miniflow/ingress"
)

// An unknown certificate number must not cause a call: a stranger can write any number, and a
// server that downloads certificates for strangers works for them. The absence of a
// connection can't be observed from inside, so this door runs in a process of its own that
// the kernel ends at its first connect(2), to Alipay, to a name server or to anything else.

// childKey names the variable that makes this test the door's process; its value is Alipay's
// public key.
const childKey = "MINIFLOW_TEST_DOOR_KEY"

func TestUnknownCertificatesCauseNoCalls(t *testing.T) {
	if key := os.Getenv(childKey); key != "" {
		serveUnconnected(t, key)
		return
	}
	t.Run("X6 1,000 requests with an unknown alipay_cert_sn", func(t *testing.T) {
		const requests, senders = 1000, 2
		child := startUnconnected(t)
		alone := genuineTimes(t, child.address, 300)
		var all sync.WaitGroup
		for sender := range senders {
			all.Go(func() { postUnknown(t, child.address, sender, requests/senders) })
		}
		crowded := genuineTimes(t, child.address, 300)
		all.Wait()
		wantUndelayed(t, alone, crowded)
		// Two texts, each with and without the number, and one key: four checks, with local
		// keys.
		want := fmt.Sprintf("unknown_certificate %d, checks %d", requests, 4*requests+600)
		if got := child.end(t); got != want {
			t.Errorf("the door says %q, want %q", got, want)
		}
	})
	t.Run("X6 the first connection would have ended the process", func(t *testing.T) {
		child := startUnconnected(t)
		if got := exchange(t, child.address, "GET /connect HTTP/1.1\r\nHost: door\r\n\r\n"); len(got) != 0 {
			t.Errorf("answered %q", got)
		}
		if err := child.command.Wait(); err == nil || !strings.Contains(err.Error(), "bad system call") {
			t.Errorf("the process ended with %v", err)
		}
	})
}

// postUnknown posts messages that each name another certificate, with signatures of the right
// size.
func postUnknown(t *testing.T, address string, sender, count int) {
	t.Helper()
	sign := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("\x01", 256)))
	for i := range count {
		number := fmt.Sprintf("%016x%016x", sender, i)
		body := confirmed().with("alipay_cert_sn", number).with("sign_type", "RSA2").with("sign", sign).encode()
		if got := exchange(t, address, closing(body)); !cmp.Equal(got, []string{"403 fail"}) {
			t.Errorf("answered %q", got)
			return
		}
	}
}

// unconnected is a door in a process of its own, seen from outside.
type unconnected struct {
	command *exec.Cmd
	address string
	input   io.Closer
	output  *bufio.Scanner
}

func startUnconnected(t *testing.T) unconnected {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&doorKeys().alipay.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestUnknownCertificatesCauseNoCalls$") //nolint:gosec // this very test
	command.Env = append(os.Environ(), childKey+"="+base64.StdEncoding.EncodeToString(der))
	command.Stderr = os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = command.Process.Kill(); _ = command.Wait() })
	child := unconnected{command: command, input: input, output: bufio.NewScanner(output)}
	child.address = child.line(t)
	return child
}

func (c unconnected) line(t *testing.T) string {
	t.Helper()
	if !c.output.Scan() {
		t.Fatalf("the door's process has gone: %v, %v", c.output.Err(), c.command.Wait())
	}
	return c.output.Text()
}

// end has the process end by itself and returns its last output.
func (c unconnected) end(t *testing.T) string {
	t.Helper()
	if err := c.input.Close(); err != nil {
		t.Error(err)
	}
	last := c.line(t)
	if err := c.command.Wait(); err != nil {
		t.Errorf("the door's process ended with %v", err)
	}
	return last
}

// serveUnconnected is the door's process: it prints its address, serves until its input ends,
// and prints what it counted.
func serveUnconnected(t *testing.T, publicKey string) {
	public, err := keys.ParsePublicKey(publicKey)
	if err != nil {
		t.Fatal(err)
	}
	verifier, err := notify.NewVerifier([]notify.App{{ID: doorApp, AlipayKeys: []keys.AlipayKey{{Public: public, CertSN: "11"}}}})
	if err != nil {
		t.Fatal(err)
	}
	s := openDoor(t, newDoorTemporal(orderOne))
	s.door.Trust(verifier)
	mux := http.NewServeMux()
	mux.Handle("/alipay/notify", s.door)
	mux.HandleFunc("/connect", func(_ http.ResponseWriter, r *http.Request) {
		connection, err := new(net.Dialer).DialContext(r.Context(), "tcp", "127.0.0.1:1")
		t.Errorf("a connection could be tried: %v, %v", connection, err)
	})
	address, _ := serveHandler(t, s, mux, ingress.DefaultPatience())
	forbidConnect(t)
	say := func(format string, a ...any) { _, _ = fmt.Fprintf(os.Stdout, format+"\n", a...) }
	say("%s", address)
	_, _ = io.Copy(io.Discard, os.Stdin)
	say("unknown_certificate %v, checks %v", s.metric("miniflow_door_refusals_total", "http", string(notify.ReasonUnknownCertificate)),
		s.metric("miniflow_door_signature_checks_total"))
}

// forbidConnect has the kernel end this process when any of its threads calls connect(2). It
// can't be undone.
func forbidConnect(t *testing.T) {
	filter := [...]unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // the number of the system call
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_CONNECT, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_KILL_PROCESS},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC,
		uintptr(unsafe.Pointer(&program))) //nolint:gosec // the kernel reads the filter out of it during the call
	if errno != 0 {
		t.Fatal(errno)
	}
}
