// Package alipay holds what the packages below it share of Alipay's open platform: names of
// messages and methods, statuses, limits on what strangers may send, and [Secret].
//
//   - [miniflow/alipay/keys] reads keys and certificates, signs, verifies and decrypts;
//   - [miniflow/alipay/notify] reads and verifies notifications;
//   - [miniflow/alipay/gateway] calls the gateway and classifies each refusal;
//   - miniflow/alipay/channel is the client of the long connection;
//   - miniflow/alipay/diagnose explains why a captured notification does not verify;
//   - miniflow/alipay/alipaysim simulates Alipay and shares no code with the others, so that a misreading of the protocol can't hide by being made twice.
//
// Two rules hold in all of them. Signatures are checked over raw bytes and characters are
// converted afterwards, because a conversion can change bytes that Alipay signed. Errors and
// log values contain no secret: tokens are of type [Secret], and refusals name reasons but
// never values.
//
// These packages import neither a workflow engine nor any other package of this module, so
// they can be used and tested without either.
//
// An app has one signature algorithm for both directions, RSA2 or SM2 (国密), as the console has it
// (接口加签方式). Its keys decide which, and no message chooses another.
package alipay
