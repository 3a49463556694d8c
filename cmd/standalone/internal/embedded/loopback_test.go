package embedded

import (
	"errors"
	"testing"
)

func TestResolve(t *testing.T) {
	tests := []struct {
		addr, want string // want is empty when the address is refused
		err        error
	}{
		{addr: "127.0.0.1:7233", want: "127.0.0.1:7233"},
		{addr: "127.8.9.10:1", want: "127.8.9.10:1"},
		{addr: "[::1]:7233", want: "[::1]:7233"},
		{addr: "localhost:7233", want: "127.0.0.1:7233"},
		{addr: ":0", want: "127.0.0.1:0"},
		{addr: "", want: "127.0.0.1:0"},
		{addr: "0.0.0.0:7233", err: ErrNotLoopback},
		{addr: "[::]:7233", err: ErrNotLoopback},
		{addr: "192.168.1.20:7233", err: ErrNotLoopback},
		{addr: "[fe80::1]:7233", err: ErrNotLoopback},
		{addr: "localhost.example.com:7233", err: ErrNotLoopback},
		{addr: "127.0.0.1"},
		{addr: "127.0.0.1:"},
		{addr: "127.0.0.1:65536"},
		{addr: "127.0.0.1:-1"},
		{addr: "127.0.0.1:http"},
	}
	for _, tt := range tests {
		t.Run(tt.addr, func(t *testing.T) {
			got, err := resolve(tt.addr, "--x")
			if tt.want != "" && (err != nil || got.String() != tt.want) {
				t.Errorf("= %s, %v; want %s", got, err, tt.want)
			}
			if tt.want == "" && (err == nil || tt.err != nil && !errors.Is(err, tt.err)) {
				t.Errorf("= %s, %v; want an error %v", got, err, tt.err)
			}
		})
	}
}

func TestListenTakesOnlyWhatIsFree(t *testing.T) {
	first, err := Listen(t.Context(), ":0", "--x")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = first.Close() }()
	if second, err := Listen(t.Context(), first.Addr().String(), "--x"); !errors.Is(err, ErrInUse) {
		t.Errorf("a second listener: %v, %v; want %v", second, err, ErrInUse)
	}
}
