package alipay

// Every limit on what strangers may send, in one place. Genuine notifications stay far below:
// the largest documented one has about thirty parameters and a few kilobytes.
const (
	// MaxBody is the largest form body that is read, in bytes. The HTTP handler stops reading
	// at this limit; the verifier checks it again, because the long connection has its own
	// reader.
	MaxBody = 1 << 20

	// MaxParameters is the largest number of form parameters, the sign included. It is a
	// power of two because candidate texts are sets of this many bits.
	MaxParameters = 256

	// MaxParameterName is the longest parameter name after decoding, in bytes. Documented
	// ones stay below 30, so the rest is an attack or damage.
	MaxParameterName = 256

	// MaxSign is the longest sign value, in bytes of base64, so that decoding costs little. A
	// signature of the longest key in use (4096 bits) takes 684.
	MaxSign = 4 << 10

	// MaxNotifyID is the longest notify_id that is used as it came, in bytes.
	// Alipay documents 50. A longer one is replaced by an id made from the
	// message's digest, because the id becomes part of workflow ids.
	MaxNotifyID = 128

	// MaxDepth is the deepest nesting of objects and arrays inside biz_content, so that no
	// reader recurses without bound. The documented messages nest four deep.
	MaxDepth = 64

	// MaxKeys is the largest number of live Alipay keys of one app. Together with the eight
	// candidate texts it bounds the signature checks that one forged message can cost.
	MaxKeys = 8

	// MaxKeyText is the longest key or certificate text that is parsed, in
	// bytes. Alipay's root bundle has about 6 KiB.
	MaxKeyText = 256 << 10
)

// MinKeyBits is the shortest modulus accepted without an explicit opt-in: RSA2 requires 2048
// bits.
const MinKeyBits = 2048
