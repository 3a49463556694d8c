// Package channel is the client of Alipay's open channel, the long connection (WebSocket)
// over which Alipay pushes messages to an application that has chosen it instead of an
// application gateway URL.
//
// Its promise: a message is acknowledged with SUCCESS only after it verified under one of
// Alipay's keys and [Config.Handle] has returned nil for it. In every other case it is
// answered FAIL or not at all, and Alipay sends it again: a handler that fails, panics or is
// too slow, a connection that is lost before the acknowledgement was sent, a process that
// stops. Overload drops nothing: when every place is taken the client stops reading, and TCP
// slows the sender down.
//
// It is strict where the official client is not. That one calls its handler for a message
// whose signature is wrong, verifies the first of two data members and delivers the second,
// verifies nothing unless x-type asks for it, lets the message choose the algorithm, checks
// no host name on the WebSocket, and falls silent for ever when a registration hangs. Here
// all of these are refusals or time-outs, and every one of them is counted.
//
// It does not promise order, since messages are handled concurrently, nor uniqueness, since
// Alipay may send one message several times, over one connection or over two. x-msgId and
// x-timestamp are not signed by Alipay; only the transport's TLS vouches for them.
//
// Sending (PRODUCE) is not supported. The protocol is the one of Alipay's page
// "websocket长连接接入" (opendocs 02kiq1) and of the official Java client, measured where the page
// is silent.
package channel
