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
// list_chats and list_threads had no lower bound. What prose said and programs
// need became marks: enum_name, ref, distinct_zero, excludes, needs, any_of, retry
// and about. get_chat, and the agent's get_customer, answer with the object
// itself, as their notes said. The two files name the same objects alike, and
// since is a version alone. follow_customer and unfollow_customer, which the
// vendor withdrew from all versions on one day, count as gone from 3.6, so that
// 3.4 and 3.5 keep what the agent seed has. Fields that came with 3.5 or 3.6 have
// since, and was when they had another name before; what older versions alone have
// (last_visit, include_active, surveys) stands beside it. What note, when, summary
// and sent_to say is printed in doc comments and in the reference; where a source
// says otherwise, or there is none, remark tells, and is for those who mend the
// file.
package catalogue

//go:generate go run github.com/rtmwidget/rtmwidget/cmd/rtmgen -C ../..
