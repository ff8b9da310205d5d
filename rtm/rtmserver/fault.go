package rtmserver

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"
)

// A Fault is a rule that makes the server misbehave: what it matches, which of
// the matches it acts on, and what it does. Fields that are not set match
// anything. Of several faults that would act on one frame the oldest does; all
// count the match.
//
//	{"action": "send_event", "nth": 3, "effect": "error", "error": "internal"}
//	{"direction": "dial", "effect": "disconnect", "reason": "misdirected_connection", "data": {"region": "fra"}}
//	{"user": "agent1@example.com", "count": 1, "effect": "half_open"}
type Fault struct {
	// ID names the fault. Server.AddFault makes one when it is empty.
	ID string `json:"id,omitempty"`

	API          string `json:"api,omitempty"`          // customer or agent
	Organization string `json:"organization,omitempty"` // of the address, or of the login
	User         string `json:"user,omitempty"`         // id of who is logged in
	Connection   string `json:"connection,omitempty"`   // id, see Connection

	// Direction is dial, before the socket is there; or the frame's kind:
	// request, response or push. Empty means a request for a method and for the
	// effect error, a push for a push, a dial for the effect refuse, and otherwise
	// frames of any kind. Requests of the Web API and their answers count as frames.
	Direction string `json:"direction,omitempty"`

	// Action is a method or push of the catalogue, or one of the Web API alone, such
	// as upload_file.
	Action string `json:"action,omitempty"`

	Nth         int     `json:"nth,omitempty"`         // act on this match alone, from 1
	Every       int     `json:"every,omitempty"`       // act on every so manieth match
	Count       int     `json:"count,omitempty"`       // act so often, then never again
	Probability float64 `json:"probability,omitempty"` // act by chance, more than 0 to 1
	Seed        uint64  `json:"seed,omitempty"`        // of chance; 0 means the one of the server

	// Effect is what happens:
	//   - drop: the frame vanishes;
	//   - delay: it takes longer by Delay, and those behind it wait;
	//   - duplicate: it comes twice;
	//   - reorder: the next one of its direction overtakes it, unless none comes
	//     within Delay, 1 s when not set;
	//   - corrupt: it arrives damaged, see Corrupt;
	//   - error: the answer is the error of type Error. A request is not carried
	//     out then; a response is replaced, though what it tells of was done;
	//   - disconnect: the server says why, Reason with Data, and closes;
	//   - close: it closes with Code and says nothing; without a code it just
	//     breaks the connection;
	//   - half_open: nothing comes or goes any more, not even pongs, and nobody is
	//     told: the client has to find out. What the server still has for the client
	//     is lost, and so the server, too, finds out after a while;
	//   - refuse: the dial, or the request of the Web API, is answered with the HTTP
	//     status Status.
	// At a dial delay, disconnect, close, half_open and refuse are possible. Of the
	// Web API drop and close end the connection without an answer, half_open keeps it
	// without one, and duplicate, reorder and disconnect do not match.
	Effect string `json:"effect"`

	Delay   time.Duration   `json:"-"`                 // of delay and reorder; in JSON "delay": "1.5s". It follows the system's clock
	Corrupt string          `json:"corrupt,omitempty"` // truncate (the default), flip (a byte) or garbage (no JSON at all)
	Error   string          `json:"error,omitempty"`   // a type of the catalogue
	Message string          `json:"message,omitempty"` // of the error; empty means the catalogue's
	Reason  string          `json:"reason,omitempty"`  // a disconnect reason of the catalogue
	Data    json.RawMessage `json:"data,omitempty"`    // of the error or the reason, an object: {"region": "fra"}
	Code    int             `json:"code,omitempty"`    // a WebSocket's close code that may be sent, 1000 to 4999
	Status  int             `json:"status,omitempty"`  // 400 to 599; 0 means 503

	// Matches and Hits are how often the fault matched and acted. Server.Faults
	// sets them.
	Matches int `json:"matches"`
	Hits    int `json:"hits"`
}

const (
	dirDial     = "dial"
	dirRequest  = "request"
	dirResponse = "response"
	dirPush     = "push"
)

const (
	effectDrop       = "drop"
	effectDelay      = "delay"
	effectDuplicate  = "duplicate"
	effectReorder    = "reorder"
	effectCorrupt    = "corrupt"
	effectError      = "error"
	effectDisconnect = "disconnect"
	effectClose      = "close"
	effectHalfOpen   = "half_open"
	effectRefuse     = "refuse"
)

var (
	effects     = []string{effectDrop, effectDelay, effectDuplicate, effectReorder, effectCorrupt, effectError, effectDisconnect, effectClose, effectHalfOpen, effectRefuse}
	dialEffects = []string{effectDelay, effectDisconnect, effectClose, effectHalfOpen, effectRefuse}
	webEffects  = []string{effectDrop, effectDelay, effectCorrupt, effectError, effectClose, effectHalfOpen, effectRefuse}
	directions  = []string{dirDial, dirRequest, dirResponse, dirPush}
	damages     = []string{"truncate", "flip", "garbage"}
)

const (
	reorderWait = time.Second
	maxDelay    = 24 * time.Hour
)

type plainFault Fault

// MarshalJSON writes the delay as text.
func (f Fault) MarshalJSON() ([]byte, error) {
	delay := ""
	if f.Delay != 0 {
		delay = f.Delay.String()
	}
	return json.Marshal(struct {
		plainFault
		Delay string `json:"delay,omitempty"`
	}{plainFault(f), delay})
}

// UnmarshalJSON reads what MarshalJSON writes, and refuses fields that it does
// not know.
func (f *Fault) UnmarshalJSON(data []byte) error {
	var in struct {
		plainFault
		Delay string `json:"delay"`
	}
	if err := decodeStrict(data, &in); err != nil {
		return err
	}
	*f = Fault(in.plainFault)
	if in.Delay != "" {
		d, err := time.ParseDuration(in.Delay)
		if err != nil {
			return fmt.Errorf("delay: must be a duration such as 1.5s, not %s", quote(in.Delay))
		}
		f.Delay = d
	}
	return nil
}

// AddFault adds a fault and returns its id. It acts on what happens from now on.
// A fault that cannot be is refused with one sentence that names the field.
func (s *Server) AddFault(f Fault) (id string, err error) {
	f.Matches, f.Hits = 0, 0
	apis, err := f.check()
	if err == nil && f.Organization != "" && s.orgs[f.Organization] == nil {
		err = fmt.Errorf("organization: there is no organization %s", quote(f.Organization))
	}
	if err != nil {
		return "", fmt.Errorf("rtmserver: fault: %w", err)
	}
	return s.tap.faults.add(f, apis, s.opts.RandomSeed)
}

// Faults returns the faults that there are, oldest first.
func (s *Server) Faults() []Fault { return s.tap.faults.list() }

// RemoveFault removes a fault and reports whether there was one of that id. What
// it has done stays done: a connection that is half open does not come back.
func (s *Server) RemoveFault(id string) bool { return s.tap.faults.remove(id) }

// ClearFaults removes all faults.
func (s *Server) ClearFaults() { s.tap.faults.clear() }

// A faultSet holds the faults of a server.
type faultSet struct {
	some   atomic.Bool // whether there are any: frames pass without a lock when not
	mu     sync.Mutex
	rules  []*faultRule
	number int
}

type faultRule struct {
	Fault
	apis [2]bool
	rand *rand.Rand
}

func (fs *faultSet) add(f Fault, apis [2]bool, seed uint64) (string, error) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for n := fs.number; f.ID == ""; {
		n++
		if id := "f" + itoa(n); fs.index(id) < 0 {
			f.ID = id
		}
	}
	if fs.index(f.ID) >= 0 {
		return "", fmt.Errorf("rtmserver: fault: id: there is a fault %s already", quote(f.ID))
	}
	fs.number++
	switch {
	case f.Seed != 0:
		seed = f.Seed
	case seed == 0:
		seed = rand.Uint64()
	}
	fs.rules = append(fs.rules, &faultRule{Fault: f, apis: apis, rand: rand.New(rand.NewPCG(seed, uint64(fs.number)))})
	fs.some.Store(true)
	return f.ID, nil
}

func (fs *faultSet) index(id string) int {
	return slices.IndexFunc(fs.rules, func(r *faultRule) bool { return r.ID == id })
}

func (fs *faultSet) list() []Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	all := make([]Fault, len(fs.rules))
	for i, r := range fs.rules {
		all[i] = r.Fault
	}
	return all
}

func (fs *faultSet) remove(id string) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	i := fs.index(id)
	if i < 0 {
		return false
	}
	fs.rules = slices.Delete(fs.rules, i, i+1)
	fs.some.Store(len(fs.rules) > 0)
	return true
}

func (fs *faultSet) clear() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.rules, fs.number = nil, 0
	fs.some.Store(false)
}

// A sighting is what faults look at.
type sighting struct {
	api                            side
	organization, user, connection string
	direction, action              string
	web                            bool // of the Web API
}

// A faultAct is what a fault does to a frame or dial, with a random number for the
// effects that need one.
type faultAct struct {
	Fault
	chance uint64
}

// meet counts a sighting and returns what is to be done about it, nil for nothing.
func (fs *faultSet) meet(x sighting) *faultAct {
	if !fs.some.Load() {
		return nil
	}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	var act *faultAct
	for _, r := range fs.rules {
		if !r.matches(x) {
			continue
		}
		r.Matches++
		if act == nil && r.due() {
			r.Hits++
			act = &faultAct{Fault: r.Fault, chance: r.rand.Uint64()}
		}
	}
	return act
}

func (r *faultRule) matches(x sighting) bool {
	fits := func(want, have string) bool { return want == "" || want == have }
	if x.web && !slices.Contains(webEffects, r.Effect) || !x.web && x.direction == dirRequest && r.Effect == effectRefuse {
		return false
	}
	return r.apis[x.api] && fits(r.Organization, x.organization) && fits(r.User, x.user) && fits(r.Connection, x.connection) &&
		(r.Direction == x.direction || r.Direction == "" && x.direction != dirDial) && fits(r.Action, x.action)
}

// due reports whether the fault acts on the match that was just counted.
func (r *faultRule) due() bool {
	switch {
	case r.Nth > 0 && r.Matches != r.Nth, r.Every > 0 && r.Matches%r.Every != 0, r.Count > 0 && r.Hits >= r.Count:
		return false
	}
	return r.Probability == 0 || r.rand.Float64() < r.Probability
}

// data returns Data, which was checked to be an object.
func (f *Fault) data() obj {
	var data obj
	if f.Data != nil {
		_ = decodeNumbers(f.Data, &data)
	}
	return data
}

func (f *Fault) status() int {
	if f.Status == 0 {
		return http.StatusServiceUnavailable
	}
	return f.Status
}

// damage returns a frame as it arrives damaged.
func (a *faultAct) damage(frame []byte) []byte {
	if len(frame) == 0 {
		return frame
	}
	at := int(a.chance % uint64(len(frame)))
	// The text stays UTF-8: otherwise it would be the socket's business.
	switch a.Corrupt {
	case "flip":
		for frame[at] >= utf8.RuneSelf && at > 0 {
			at--
		}
		out := slices.Clone(frame)
		out[at] ^= 1
		return out
	case "garbage":
		return fmt.Appendf(nil, "\ufffd%x", a.chance)
	}
	for at > 0 && !utf8.RuneStart(frame[at]) {
		at--
	}
	return slices.Clone(frame[:at])
}
