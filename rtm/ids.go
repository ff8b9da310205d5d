package rtm

// The identifiers of the protocol. All but GroupID are opaque: compare them,
// keep them, do not take them apart.
type (
	ChatID     string
	ThreadID   string
	EventID    string
	UserID     string // of a customer or an agent
	CustomerID = UserID
	AgentID    = UserID
	GroupID    int // 0 is General, which every agent belongs to
)
