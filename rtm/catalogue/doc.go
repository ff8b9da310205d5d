// Package catalogue is the contract of the two RTM 3.6 APIs as data: every
// method, push, object, error, disconnect reason and limit, embedded in the
// binary.
//
// [Customer] and [Agent] answer with the parsed [API]. Look a method up by its
// action and walk its fields:
//
//	m := catalogue.Customer().Method("send_event")
//	for _, f := range m.Request {
//		fmt.Println(f.Name, f.Type, f.Required)
//	}
//
// Types are trees of [Type]; a [Named] one is resolved with [API.Object] and
// [API.Union]. Where both know a name, the union decides: its discriminator
// picks the object whose fields hold.
//
// An API is shared and must not be changed by its reader.
//
// The files began as the project's research notes. What was mended since: five
// limits of lists in the customer file said max where they meant max_items,
// EventInput.message.text had its limit in prose only, EventInput.filled_form
// called recipients mandatory and defaulted at once, and limit of the agent's
// list_chats and list_threads had no lower bound.
package catalogue
