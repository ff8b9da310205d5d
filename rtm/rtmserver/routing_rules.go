package rtmserver

import (
	"slices"
	"time"
)

// Routing is how an organization routes its chats and how long they live. The
// names are those of the protocol's properties in the namespace chats. Times are
// in minutes, up to a year, and 0 means never. queue.reopen_threshold is not among
// them: nothing says what it does.
type Routing struct {
	// No chat is assigned by itself: all wait until an agent takes them.
	Manual bool `json:"manual_routing,omitempty"`

	// Chats do not wait: one that nobody can take is closed, or not started.
	QueueOff bool `json:"queue_off,omitempty"`

	// How many chats may wait for a group; with so many it is offline to customers
	// who start one. 0 means any number.
	QueueLimit int `json:"queue_limit,omitempty" jsonschema:"minimum=0"`

	// Prefer the agent who had the customer's last thread.
	PreferRecentAgent bool `json:"prefer_recent_agent,omitempty"`

	// When a chat whose agent does not answer goes to another one.
	TransferAfterMin int `json:"transfer_chat_after_min,omitempty" jsonschema:"minimum=0,maximum=525600"`

	// When a chat in which nobody writes is marked as idle.
	IdleAfterMin int `json:"chat_inactive_after_min,omitempty" jsonschema:"minimum=0,maximum=525600"`

	// When a chat in which nobody writes is closed.
	ArchiveAfterMin int `json:"archive_chat_after_min,omitempty" jsonschema:"minimum=0,maximum=525600"`

	// When a waiting chat is closed because no agent of its groups is logged in.
	ArchiveOfflineAfterMin int `json:"archive_offline_chat_after_min,omitempty" jsonschema:"minimum=0,maximum=525600"`

	// When a chat is closed because its customer left the site. Continuous chats
	// stay: they are there to be written to later.
	CustomerTimeoutAfterMin int `json:"customer_timeout_after_min,omitempty" jsonschema:"minimum=0,maximum=525600"`
}

// timed reports whether chats have to be watched at all.
func (r *Routing) timed() bool {
	return r.TransferAfterMin+r.IdleAfterMin+r.ArchiveAfterMin+r.ArchiveOfflineAfterMin+r.CustomerTimeoutAfterMin > 0
}

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

// priorities are the classes of agents in a group, in the order in which the
// router looks through them. Supervisors get no chats by themselves.
var priorities = []string{"first", "normal", "last", supervisorPriority}

const supervisorPriority = "supervisor"

// class is the best class of an agent in these groups, as an index of
// priorities. What is not stated is normal.
func (a *Agent) class(groups []int) int {
	normal := slices.Index(priorities, "normal")
	best := len(priorities)
	for _, g := range groups {
		if p, stated := a.Priorities[g]; stated {
			best = min(best, slices.Index(priorities, p))
		} else if g == 0 || slices.Contains(a.Groups, g) {
			best = min(best, normal)
		}
	}
	return best
}
