package natslog

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
)

var plain = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// subjectToken is an organization's part of names in NATS.
func subjectToken(organization string) string {
	if plain.MatchString(organization) {
		return organization
	}
	sum := sha256.Sum256([]byte(organization))
	return "x" + hex.EncodeToString(sum[:16])
}

// newsSubject is where an organization's members tell each other what is new.
func (l *Log) newsSubject(organization string) string {
	if organization == "" {
		return prefix + ".nodes"
	}
	return prefix + ".news." + subjectToken(organization)
}

// Join implements rtmserver.Log.
func (l *Log) Join(organization string, m rtmserver.Member) (leave func(), err error) {
	sub, err := l.nc.Subscribe(l.newsSubject(organization), func(msg *nats.Msg) {
		if number := msg.Header.Get(headerNumber); number == "" {
			m.Heard(msg.Data)
		} else if seq, err := strconv.ParseUint(number, 10, 64); err == nil {
			entry := msg.Data
			if len(entry) == 0 {
				entry = nil
			}
			m.Grown(seq, entry)
		}
	})
	if err != nil {
		return nil, err
	}
	// What is published once Join is over has to come.
	if err := l.nc.Flush(); err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.members[organization] = append(l.members[organization], m)
	return func() {
		_ = sub.Unsubscribe() // it fails when the connection is closed, which ends it too
		l.mu.Lock()
		defer l.mu.Unlock()
		l.members[organization] = slices.DeleteFunc(l.members[organization], func(x rtmserver.Member) bool { return x == m })
	}, nil
}

// single reports whether nobody else can be there to hear.
func (l *Log) single(organization string) bool {
	if !l.alone {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.members[organization]) < 2
}

// Publish implements rtmserver.Log.
func (l *Log) Publish(organization string, message []byte) error {
	return l.nc.Publish(l.newsSubject(organization), message)
}
