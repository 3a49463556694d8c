package alipaysim_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"

	"miniflow/alipay/alipaysim"
)

// A receiver gets a message that is pushed by hand.
func Example() {
	dir, err := os.MkdirTemp("", "alipaysim")
	check(err)
	defer func() { check(os.RemoveAll(dir)) }()
	check(alipaysim.GenerateKeys(dir, "2021999999999999"))
	app, err := alipaysim.LoadApp(dir, "2021999999999999")
	check(err)

	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.PostFormValue("msg_method"), r.PostFormValue("biz_content"))
		_, _ = w.Write([]byte("success"))
	}))
	defer receiver.Close()
	app.GatewayURL = receiver.URL

	sim, err := alipaysim.Open(alipaysim.Config{Path: filepath.Join(dir, "alipay.db"), Apps: []alipaysim.App{app}, Speed: 1000})
	check(err)
	defer func() { check(sim.Close()) }()
	server := httptest.NewServer(sim.Handler())
	defer server.Close()

	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, server.URL+"/sim/v1/messages",
		strings.NewReader(`{"app_id":"2021999999999999","msg_method":"alipay.open.auth.userauth.cancelled","biz_content":{"user_id":"2088000000000001"}}`))
	check(err)
	response, err := http.DefaultClient.Do(request)
	check(err)
	check(response.Body.Close())
	_, err = sim.RunDue(context.Background()) // or: go sim.Run(ctx)
	check(err)
	// Output: alipay.open.auth.userauth.cancelled {"user_id":"2088000000000001"}
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
