package customer

import "github.com/rtmwidget/rtmwidget/rtm"

// Postback returns what SendRichMessagePostback sends for a click on the
// button; toggled says whether the button is on afterwards.
func (b *RichMessageButton) Postback(toggled bool) RichMessagePostback {
	p := RichMessagePostback{ID: b.PostbackID, Toggled: toggled}
	if b.Value != "" {
		p.ButtonType, p.ButtonValue = string(b.Type), b.Value
	}
	return p
}

// Message returns the message that a click on a button of type message, or on a
// quick reply, stands for. The event is the rich message, in its thread.
func (b *RichMessageButton) Message(thread rtm.ThreadID, event rtm.EventID) *MessageInput {
	m := &MessageInput{Text: b.Text, Postback: &Postback{ID: b.PostbackID, ThreadID: thread, EventID: event}}
	if b.Value != "" {
		m.Postback.Type, m.Postback.Value = string(b.Type), b.Value
		if b.Type == ButtonTypeMessage {
			m.Text = b.Value
		}
	}
	return m
}
