package longconn

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"miniflow/alipay/alipaysim/account"
	"miniflow/alipay/alipaysim/internal/admission"
	"miniflow/alipay/alipaysim/internal/socket"
	"miniflow/alipay/alipaysim/internal/world"
	"miniflow/alipay/alipaysim/wire"
)

// produced takes a PRODUCE: verified, stored, then acknowledged. The error is
// that of a link that can't be written to.
func (s *Server) produced(l *link, in inbound) error {
	app, _ := s.World.Apps.Get(l.app)
	message, err := readProduce(app, in)
	if err != nil {
		s.refuseFrame(l, err)
		return s.sendText(l, produceAck(in.headers["stream-id"], wire.Object{{"x-status", ackFail}, {"x-code", admission.CodeIllegal}, {"x-error", err.Error()}}))
	}
	id, err := s.World.Random(16)
	if err != nil {
		return err
	}
	message.MsgID = hex.EncodeToString(id)
	// On disk before it is acknowledged: the client forgets it then.
	err = s.World.Change(func(t *world.Tx) {
		t.Produced(*message)
	})
	if err != nil {
		s.Logger.Error("a produced message could not be stored; it is not acknowledged", "error", err)
		return nil
	}
	return s.sendText(l, produceAck(in.headers["stream-id"], wire.Object{{"x-msgId", message.MsgID}, {"x-status", ackSuccess}, {"x-code", admission.CodeSuccess}}))
}

// readProduce verifies data as it was written and has it name the link's own app: a
// message that another app has signed proves nothing here.
func readProduce(app account.App, in inbound) (*world.Produced, error) {
	charset := wire.Charset(in.protocol["x-charset"])
	if in.protocol["x-signType"] != app.SignType() {
		return nil, errors.New("x-signType is not the app's")
	}
	// The text was decoded to be read; what was signed are its bytes.
	raw, err := charset.Encode(in.data)
	if err != nil {
		return nil, errors.New("x-charset is not known")
	}
	if err := wire.Verify(app.AppPublicKey, raw, in.protocol["x-sign"]); err != nil {
		return nil, errors.New("x-sign does not hold; it is the application's signature of data as written")
	}
	data, err := wire.StrictObject(in.data)
	if err != nil {
		return nil, fmt.Errorf("read data: %w", err)
	}
	var header map[string]string
	if err := json.Unmarshal(data["header"], &header); err != nil {
		return nil, errors.New("data.header is not an object of strings")
	}
	// Read from the same text that was verified, never from another member of the
	// same name: that is how a genuine signature gets around a forged content.
	if _, err := wire.StrictObject(string(data["content"])); err != nil {
		return nil, fmt.Errorf("read data.content: %w", err)
	}
	numbers := []string{"", ""}
	if app.Certificates != nil {
		numbers = []string{app.Certificates.AppSN(), app.Certificates.RootSN()}
	}
	if header["appId"] != app.ID || header["msgApi"] == "" || !slices.Equal(numbers, []string{header["app_cert_sn"], header["alipay_root_cert_sn"]}) {
		return nil, errors.New("data.header does not name this app, a message and, in certificate mode, the certificates")
	}
	return &world.Produced{AppID: app.ID, MsgAPI: header["msgApi"], ContentSHA256: world.Digest(string(data["content"]))}, nil
}

// sendText writes a text frame in the link's charset, which official clients read it in
// even where RFC 6455 wants UTF-8.
func (s *Server) sendText(l *link, text string) error {
	raw, err := l.charset.Encode(text)
	if err != nil {
		return err
	}
	return l.socket.Write(socket.OpText, []byte(raw))
}

// produceAck is a PRODUCE_ACK: the stream-id it answers, unsigned, strings only.
func produceAck(stream string, more wire.Object) string {
	object, err := append(wire.Object{{"x-type", "message"}, {"x-cmd", "PRODUCE_ACK"}}, more...).MarshalJSON()
	if err != nil {
		panic(err) // strings have a JSON form
	}
	var text strings.Builder
	text.WriteString("stream-id:" + stream + "\r\n\r\n")
	text.WriteString(`{"protocol":` + string(object) + `}`)
	return text.String()
}
