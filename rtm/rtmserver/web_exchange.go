package rtmserver

import (
	"context"
	"net/http"
	"time"
)

// An exchange is a request of the Web API with its answer. It is the outlet of a
// requester without a socket, who gets that answer and nothing else. Faults act on
// both, and the journal tells of them in one line.
type exchange struct {
	c      *conn
	w      http.ResponseWriter
	r      *http.Request
	action string
	began  time.Time

	entry JournalEntry
	noted bool // the journal has it
}

func (*exchange) put(item) {}
func (*exchange) woke()    {}

// known is who asks, as far as that is known.
func (x *exchange) known() identity {
	c := x.c
	if c.org == nil {
		return identity{}
	}
	return identity{c.org.seed.ID, c.who()}
}

func (x *exchange) meet(direction string) *faultAct {
	who := x.known()
	act := x.c.s.tap.faults.meet(sighting{api: x.c.side, organization: who.organization, user: who.user, direction: direction, action: x.action, web: true})
	if act != nil {
		x.entry.mark(act)
	}
	return act
}

// arrives lets faults act on the request, whose body is given as far as it is a
// payload, and returns what is to be carried out.
func (x *exchange) arrives(body []byte) ([]byte, error) {
	x.entry.frame = body
	act := x.meet(dirRequest)
	if act == nil {
		return body, nil
	}
	switch act.Effect {
	case effectError:
		return nil, act.failure(x.c)
	case effectRefuse:
		x.entry.Answer = appendJSON(nil, fail("fault", "refused by the fault %s", act.ID).view())
		x.finish(act.status(), x.entry.Answer)
		return nil, errAnswered
	}
	return x.mangle(act, body), nil
}

// mangle does to a request or an answer what a fault wants that is the same for
// both. Where nothing is to be answered it does not return.
func (x *exchange) mangle(act *faultAct, body []byte) []byte {
	ctx, cancel := context.WithCancel(x.r.Context())
	defer cancel()
	defer context.AfterFunc(x.c.s.ctx, cancel)()
	switch act.Effect {
	case effectDelay:
		if !wait(ctx, act.Delay) {
			panic(http.ErrAbortHandler) // nobody is there any more
		}
	case effectCorrupt:
		return act.damage(body)
	case effectHalfOpen:
		x.note()
		<-ctx.Done()
		panic(http.ErrAbortHandler)
	case effectDrop, effectClose:
		panic(http.ErrAbortHandler) // net/http closes the connection
	}
	return body
}

// answer answers with a view.
func (x *exchange) answer(status int, result any) { x.send(status, appendJSON(nil, result)) }

// refuse answers with an error.
func (x *exchange) refuse(err error) {
	payload, failed := x.c.outcome(&request{action: x.action, version: x.c.version, began: x.began}, nil, err)
	x.answer(failed.status(), payload)
}

// send answers with JSON, as faults let it through.
func (x *exchange) send(status int, body []byte) {
	x.entry.Answer = body
	act := x.meet(dirResponse)
	switch {
	case act == nil:
	case act.Effect == effectError:
		failed := act.failure(x.c)
		status, body = failed.status(), appendJSON(nil, failed.view())
	default:
		body = x.mangle(act, body)
	}
	x.finish(status, body)
}

func (x *exchange) finish(status int, body []byte) {
	x.entry.Code = status
	x.note()
	x.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	x.w.WriteHeader(status)
	_, _ = x.w.Write(append(body, '\n'))
}

// ended notes an exchange that had no answer. It is called in any case.
func (x *exchange) ended() { x.note() }

// note writes the exchange into the journal, once.
func (x *exchange) note() {
	if x.noted {
		return
	}
	x.noted = true
	x.entry.Kind, x.entry.Action = entryWeb, x.action
	x.c.s.tap.journal.add(x.c, x.known(), x.entry)
}
