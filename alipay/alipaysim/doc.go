// Package alipaysim is Alipay's side of the mini-program business, simulated:
// the gateway a service provider calls, the merchants and reviewers who answer,
// and the notifications that are pushed back.
//
// What it promises:
//
//   - It is written from the published protocol alone and shares no code with
//     the client it tests, so one misreading can't hide on both sides.
//   - Requests are checked as strictly as the real gateway checks them;
//     answers and pushes are signed with the Alipay key of the app.
//   - Every change, and every push it causes, is one durable transaction that
//     is on disk before an answer leaves. Opened again with the same file, the
//     simulator goes on exactly where it stopped.
//   - No stored state holds an address: where pushes go is given at each start.
//   - The life of orders and versions is a table (package lifecycle). Nothing moves
//     but through it, whether a rule, a call or a person pushes.
//
// What it does not promise: the contents of a version, real review rules, gray
// releases, money. Durations that the platform never published are defaults that
// a rule replaces. RSA with SHA-1 is not spoken, and certificate mode has no SM2.
//
// Used from a test it feels like net/http/httptest:
//
//	sim, err := alipaysim.Open(alipaysim.Config{
//		Path:  filepath.Join(t.TempDir(), "alipay.db"),
//		Speed: 1000, // a merchant who takes three minutes answers in 180 ms
//		Apps:  []alipaysim.App{app},
//	})
//	...
//	gateway := httptest.NewServer(sim.Handler())
//	go sim.Run(t.Context())
//	// call gateway.URL + "/gateway.do"; rules, faults and records are under
//	// gateway.URL + "/sim/v1".
//
// A test that owns the clock calls RunDue instead of Run, and NextDue returns to
// when it can move the clock. With InProcess, Config.Strike, Config.Wait and
// Config.Volatile it needs no socket, no timer and no disk:
//
//	sim, err := alipaysim.Open(alipaysim.Config{
//		Path: path, Apps: apps, Volatile: true,
//		Now:    clock.Now,
//		Rand:   rand.NewChaCha8(seed),
//		HTTP:   &http.Client{Transport: alipaysim.InProcess(receiver)},
//		Wait:   func(ctx context.Context, d time.Duration) { clock.Pass(d) },
//		Strike: func(c alipaysim.Call) (alipaysim.Fault, bool) { … },
//	})
//	client := &http.Client{Transport: alipaysim.InProcess(sim.Handler())}
//
// # Rules
//
// A rule decides for the orders whose out_order_no matches its glob; the first
// match counts. This one rejects the first submission and passes the next:
//
//	PUT /sim/v1/rules
//	{"rules":[{"out_order_no":"demo-rejected-*",
//	  "merchant":{"answer":"AGREED","after":"5s"},
//	  "audits":[{"result":"reject","after":"10s","reasons":[{"memo":"类目不符"}]},
//	            {"result":"pass","after":"10s"}]}]}
//
// # Faults
//
// A fault strikes verified calls. This one does the work of one create call and
// then leaves the caller without an answer, which is the moment to kill it:
//
//	PUT /sim/v1/faults
//	{"faults":[{"method":"*.isv.create","kind":"stall_after_commit","for":"1h","times":1}]}
//
// The long connection has faults of its own, under "channel" in the same body
// (ChannelFaultKinds). This one sends the next two messages with a signature that
// is not Alipay's, and POST /sim/v1/apps/{id}/disconnect cuts the links now:
//
//	PUT /sim/v1/faults
//	{"channel":[{"kind":"wrong_key","times":2}]}
//
// # The long connection
//
// Messages whose names match App.WebSocket go over it: GET /websocket/register.do
// and then /websocket, on the same handler. While no link is open they wait. Each
// goes over one link and waits for Config.AckTimeout; FAIL and silence are
// followed by the same retries as on HTTP. The retries, the deadline, what becomes
// of several links and the codes of refusals are not published: they are guesses.
//
// # Certificates
//
// An app with App.Certificates (GenerateCertificates, LoadCertificates) is in
// certificate mode. POST /sim/v1/apps/{id}/rotate gives it a new certificate.
//
// # Messages by hand
//
// POST /sim/v1/messages sends anything. Where the content is left out, every
// message that a third-party app of this business can get has a sample; count
// makes a burst, signed before its first message leaves:
//
//	{"app_id":"2021…","msg_method":"alipay.open.mini.version.audit.passed",
//	 "fields":{"mini_app_id":"2021000000000009"},"count":500}
//
// GET /sim/v1/catalogue lists these messages, each as POST /sim/v1/messages takes it,
// and the scenarios that are made of them. Its query says whom the messages are about:
// app_id, out_order_no, order_no, mini_app_id, app_version, merchant_pid; what is left
// out is made up. POST /sim/v1/scenarios/{name} has merchants and reviewers act a
// scenario out instead, for orders that are yet to be made:
//
//	{"orders":"demo-*"}
//
// # Records
//
// GET /sim/v1/calls lists every call that reached the gateway: whether it had an
// effect and whether it was answered. GET /sim/v1/deliveries lists every attempt
// to push with the receiver's answer, every message with its fate, and what is
// still owed. A ledger compares these with what the other side believes.
//
// # Rooms
//
// This package opens a simulator, runs it and names what its users need; the rest lives in
// rooms that import only those above them in this list:
//
//	wire        how Alipay writes: ordered JSON, charsets, moments, signatures, encryption
//	lifecycle   the life of orders and versions, as tables
//	account     an app with its keys, certificates and kind of notifications
//	script      rules, faults and misbehaviour: what a test or a person decides
//	catalogue   samples, scenarios and pictures for messages by hand
//	internal/
//	  glob      names that match
//	  problem   refusals as problem+json
//	  store     JSON records in one bbolt file
//	  socket    WebSocket frames
//	  world     what Alipay knows and owes, and what merchants, reviewers and time do to it
//	  admission reading requests, and proof that an app has signed them
//	  gateway   the calls, one file for each kind
//	  longconn  the long connection: register, links, messages, acknowledgements
//	  delivery  handing over what the world owes
//	  management the simulator's own API at /sim/v1
//
// A call travels gateway, admission, world; the push that it causes is owed in the same
// transaction and travels world, delivery and, for an app with WebSocket, longconn.
package alipaysim
