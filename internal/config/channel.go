package config

// Channel is how Alipay's messages arrive. It is configured because the console offers either
// for each app.
type Channel string

const (
	// ChannelHTTP means that messages are posted to the application gateway URL, which has to
	// be reachable from outside.
	ChannelHTTP Channel = "http"
	// ChannelWebSocket means that they come over the long connection that Miniflow opens, so
	// no address has to be open to Alipay.
	ChannelWebSocket Channel = "websocket"
)

// Channels returns every channel, so that an error can list them.
func Channels() []Channel { return []Channel{ChannelHTTP, ChannelWebSocket} }

// Charset is the encoding of the long connection's frames. It is configured because the
// client chooses it when it registers.
type Charset string

const (
	// CharsetUTF8 is the default, because it can express every character.
	CharsetUTF8 Charset = "UTF-8"
	// CharsetGBK is for apps that use GBK in the console, so that texts need no conversion.
	CharsetGBK Charset = "GBK"
)

// Charsets returns every charset, so that an error can list them.
func Charsets() []Charset { return []Charset{CharsetUTF8, CharsetGBK} }
