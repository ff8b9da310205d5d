package model

import (
	"slices"
	"strconv"

	"github.com/rtmwidget/rtmwidget/rtm/internal/wire"
)

// availability is which groups can take a chat, as far as it was told.
type availability struct {
	known  bool
	group  int64         // the customer's own
	groups []groupStatus // by id
}

type groupStatus struct {
	id     int64
	status string
}

const (
	online  = "online"
	offline = "offline"
)

// configured takes the private part of a login response, which is all that
// tells of availability then. A group that is not in it is offline.
func (m *Model) configured(config []byte) {
	if !wire.IsObject(config) {
		return
	}
	a := availability{known: true}
	a.group, _ = wire.Int(wire.Get(config, "customer_groups", "monitoring", "id"))
	for raw := range wire.Elements(wire.Get(config, "online_groups_ids")) {
		if id, ok := wire.Int(raw); ok {
			a.set(id, online)
		}
	}
	m.availability, m.patch.availability = a, true
}

func (m *Model) groupsUpdated(payload []byte) {
	for raw := range wire.Elements(wire.Get(payload, "groups")) {
		id, ok := wire.Int(wire.Get(raw, "id"))
		status := wire.Str(raw, "status")
		if !ok || status == "" {
			m.stats.Ignored++
			continue
		}
		m.availability.known, m.patch.availability = true, true
		m.availability.set(id, status)
	}
}

func (a *availability) set(id int64, status string) {
	i, found := slices.BinarySearchFunc(a.groups, id, func(g groupStatus, id int64) int {
		switch {
		case g.id < id:
			return -1
		case g.id > id:
			return 1
		}
		return 0
	})
	if found {
		a.groups[i].status = status
	} else {
		a.groups = slices.Insert(a.groups, i, groupStatus{id: id, status: status})
	}
}

func (a *availability) append(b []byte) []byte {
	if !a.known {
		return append(b, "null"...)
	}
	status := offline
	for _, g := range a.groups {
		if g.id == a.group {
			status = g.status
		}
	}
	b = append(b, `{"status":`...)
	b = wire.AppendString(b, status)
	b = append(b, `,"group":`...)
	b = strconv.AppendInt(b, a.group, 10)
	b = append(b, `,"groups":{`...)
	for i, g := range a.groups {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = strconv.AppendInt(b, g.id, 10)
		b = append(b, '"', ':')
		b = wire.AppendString(b, g.status)
	}
	return append(b, '}', '}')
}
