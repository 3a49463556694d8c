// Package alipay is what the rooms below it share of Alipay's open platform: names of
// messages and methods, statuses, limits on what strangers may send, and [Secret].
//
//   - [miniflow/alipay/keys] reads keys and certificates, signs, verifies and decrypts;
//   - [miniflow/alipay/notify] reads and verifies notifications;
//   - [miniflow/alipay/gateway] calls the gateway and says what each refusal means;
//   - miniflow/alipay/channel is the client of the long connection;
//   - miniflow/alipay/diagnose explains why a captured notification does not verify;
//   - miniflow/alipay/alipaysim is Alipay, simulated, and shares no code with the others.
//
// Two rules run through all of them. Signatures are checked over raw bytes and
// characters are converted afterwards, so a charset can't break a signature.
// And nothing secret is in an error or a log value: tokens are of type [Secret],
// refusals name reasons and never values.
//
// None of them knows a workflow engine or imports anything else of this module. SM2
// (国密) signatures are not supported.
package alipay
