package look

import (
	"slices"

	"miniflow/alipay"
	"miniflow/order"
)

// Topic is what some of Alipay's messages announce together: while none of them is late, what they
// announce need not be asked.
type Topic string

const (
	// TopicConfirmation is the merchant's answer to an order of a formal mini program.
	TopicConfirmation Topic = "confirmation"
	// TopicRegistration is how far a trial mini program is, its certification included: one message
	// announces both.
	TopicRegistration Topic = "registration"
	// TopicAudit is how an audit ended, with a message for each end.
	TopicAudit Topic = "audit"
)

// Topics lists the topics.
func Topics() []Topic { return []Topic{TopicConfirmation, TopicRegistration, TopicAudit} }

// Messages returns the names of the messages that announce the topic, as msg_method has them.
func (t Topic) Messages() []string {
	switch t {
	case TopicConfirmation:
		return []string{alipay.MessageMerchantConfirmed}
	case TopicRegistration:
		return []string{alipay.MessageFastRegisterChanged}
	case TopicAudit:
		return []string{alipay.MessageVersionAuditPassed, alipay.MessageVersionAuditRejected, alipay.MessageVersionBaseAuditPassed}
	}
	return nil
}

// messages lists the messages of all topics.
func messages() []string {
	var all []string
	for _, topic := range Topics() {
		all = append(all, topic.Messages()...)
	}
	return all
}

// TopicOf returns the topic that announces the end of a wait, empty for a wait that no message
// ends.
func TopicOf(wait order.Wait, kind order.Kind) Topic {
	switch wait {
	case order.WaitMerchant:
		if kind == order.KindTrial {
			return TopicRegistration
		}
		return TopicConfirmation
	case order.WaitCertification:
		return TopicRegistration
	case order.WaitAudit:
		return TopicAudit
	case order.WaitChange, order.WaitRelease, order.WaitFiling:
	}
	return ""
}

// topicOfMessage returns the topic that a message announces, empty for one that announces none.
func topicOfMessage(message string) Topic {
	for _, topic := range Topics() {
		if slices.Contains(topic.Messages(), message) {
			return topic
		}
	}
	return ""
}

// waitOf returns the wait that a fact ended, where the order has not said so.
func waitOf(fact order.Fact) order.Wait {
	if fact.Wait != "" {
		return fact.Wait
	}
	if topicOfMessage(fact.Message) == TopicAudit {
		return order.WaitAudit
	}
	return order.WaitMerchant
}
