// Package robots tells the robots of groups (钉钉, 企业微信, 飞书) what needs a person, each in its own format
// and with its own signature.
//
// It promises that an address, which is a secret since whoever has it can post to the group, is in no
// error, no log and no history; that nothing of a person's is posted but a shop's name and the ISV's
// own id of the merchant; and that no text from outside begins a mark-up, a link or a mention.
package robots
