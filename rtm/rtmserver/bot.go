package rtmserver

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
)

// bots are an organization's bots at work. What they are about to do is not
// logged: each act is bound to what it answers, by the custom_id of its event, so
// that of several nodes, or after a restart, whoever finds it done leaves it. All
// of it is guarded by the organization's lock.
type bots struct {
	agents  []*Agent
	match   map[*BotRule]*regexp.Regexp
	queues  map[botPlace]*botQueue
	stopped bool
	methods map[string]func(*call) (any, error) // of agents; methods itself would be an initialization cycle
}

type botPlace struct{ chat, bot string }

// A botQueue is what a bot has to do in a chat, one run after the other.
type botQueue struct {
	place    botPlace
	bot      *Agent
	runs     []*botRun
	working  bool   // a goroutine or a timer has the first run
	timer    *Timer // may be nil
	started  string // the thread in which the bot has been started
	answered string // the button whose postback the bot has just answered
}

// maxBotRuns is how far a bot falls behind a customer who writes while it types.
const maxBotRuns = 20

// A botRun is a bot on its way through a rule.
type botRun struct {
	thread string
	key    string // what it answers: the same on every node
	do     []BotAction
	step   int
	typed  bool
	waited bool // for the node that leads
	tries  int
}

// botRetry is when what could not be kept is tried again, and maxBotTries how
// often.
const (
	botRetry    = time.Second
	maxBotTries = 10
)

// errDone says that an act is done or has no point any more.
var errDone = errors.New("rtmserver: bot: done")

// newBots returns nil for an organization without bots.
func newBots(seed *Organization) *bots {
	b := &bots{methods: methods[agentSide], match: map[*BotRule]*regexp.Regexp{}, queues: map[botPlace]*botQueue{}}
	for i := range seed.Agents {
		a := &seed.Agents[i]
		if a.bot == nil {
			continue
		}
		b.agents = append(b.agents, a)
		for j := range a.bot.Rules {
			if r := &a.bot.Rules[j]; r.Match != "" {
				b.match[r] = regexp.MustCompile(r.Match) // the seed was checked
			}
		}
	}
	if b.agents == nil {
		return nil
	}
	return b
}

// setBotStatus is set_routing_status for a bot. One that goes offline gives its
// chats away.
func (o *org) setBotStatus(c *call, b *Agent, status string) error {
	switch {
	case o.st.agent(b.ID).Status == status:
		return nil
	case status == offline:
		return o.endSession(c.em, b, "signed_out")
	}
	return o.commit(c.em, &record{Kind: routingStatusSet, By: c.user(), UserID: b.ID, Status: status})
}

// botsSee shows bots a record that was just folded in.
func (o *org) botsSee(r *record) {
	if o.bots == nil || r.ChatID == "" {
		return
	}
	ch := o.st.Chats[r.ChatID]
	if ch == nil || !ch.active() {
		o.botsForget(r.ChatID)
		return
	}
	for _, b := range o.bots.agents {
		if m := ch.member(b.ID); m == nil || !m.handles() {
			continue
		}
		q := o.botQueue(ch, b)
		switch r.Kind {
		case threadOpened:
			o.botStarts(q, ch)
			for _, e := range slices.Backward(r.Thread.Events) {
				if e.AuthorID == ch.CustomerID && ch.CustomerID != "" {
					o.botHears(q, ch, e)
					break
				}
			}
		case chatAssigned, userAdded, chatTransferred:
			o.botStarts(q, ch)
		case eventAdded:
			if r.Event.AuthorID == ch.CustomerID && ch.CustomerID != "" && r.ThreadID == ch.last().ID {
				o.botHears(q, ch, r.Event)
			}
		case postbackSent:
			if r.By == ch.CustomerID && r.Postback["toggled"] == true && r.ThreadID == ch.last().ID {
				id := r.Postback.str("id")
				o.botPressed(q, ch, r.EventID+" "+id, id, "postback_"+itoa(int(o.st.Seq)))
			}
		}
	}
}

// botsForget drops what bots have to do in a chat that is over.
func (o *org) botsForget(chatID string) {
	for _, b := range o.bots.agents {
		place := botPlace{chatID, b.ID}
		if q := o.bots.queues[place]; q != nil {
			q.drop()
			delete(o.bots.queues, place)
		}
	}
}

func (q *botQueue) drop() {
	q.runs = nil
	if q.timer != nil && q.timer.Stop() {
		q.working = false
	}
	q.timer = nil
}

func (o *org) botQueue(ch *chat, b *Agent) *botQueue {
	place := botPlace{ch.ID, b.ID}
	q := o.bots.queues[place]
	if q == nil {
		q = &botQueue{place: place, bot: b}
		o.bots.queues[place] = q
	}
	return q
}

// botStarts lets a bot begin, once in each thread.
func (o *org) botStarts(q *botQueue, ch *chat) {
	th := ch.last().ID
	if q.started == th {
		return
	}
	q.started = th
	o.botFollows(q, ch, o.botRule(q.bot, func(r *BotRule) bool { return r.On == "start" }), "start_"+th)
}

// botHears lets a bot answer an event of the customer.
func (o *org) botHears(q *botQueue, ch *chat, e *event) {
	if !slices.Contains([]string{"message", "file", "filled_form"}, e.Type) {
		return
	}
	body := e.Body.members()
	if pb := body.obj("postback"); pb != nil {
		// Some clients send the postback of a button by itself too.
		button := pb.str("event_id") + " " + pb.str("id")
		if q.answered == button || o.botPressed(q, ch, button, pb.str("id"), e.ID) {
			q.answered = ""
			return
		}
	}
	q.answered = ""
	text := strings.TrimSpace(body.str("text"))
	o.botFollows(q, ch, o.botRule(q.bot, func(r *BotRule) bool {
		switch {
		case r.On != "message":
			return false
		case r.Text != "":
			return strings.EqualFold(strings.TrimSpace(r.Text), text)
		}
		return r.Match == "" || o.bots.match[r].MatchString(text)
	}), e.ID)
}

// botPressed lets a bot answer a button, and reports whether it has a rule.
func (o *org) botPressed(q *botQueue, ch *chat, button, id, key string) bool {
	r := o.botRule(q.bot, func(r *BotRule) bool { return r.On == "postback" && (r.Postback == "" || r.Postback == id) })
	if r != nil {
		q.answered = button
	}
	o.botFollows(q, ch, r, key)
	return r != nil
}

// botRule returns the first rule that fits, nil for none.
func (o *org) botRule(b *Agent, fits func(*BotRule) bool) *BotRule {
	for i := range b.bot.Rules {
		if r := &b.bot.Rules[i]; fits(r) {
			return r
		}
	}
	return nil
}

// botFollows puts a rule into a bot's queue.
func (o *org) botFollows(q *botQueue, ch *chat, r *BotRule, key string) {
	if r == nil || o.bots.stopped {
		return
	}
	if len(q.runs) >= maxBotRuns {
		o.s.opts.Logger.Warn("a bot is too far behind to answer", "bot", q.bot.ID, "chat", ch.ID)
		return
	}
	q.runs = append(q.runs, &botRun{thread: ch.last().ID, key: key, do: r.Do})
	if !q.working {
		q.working = o.s.inBackground(func() { o.botWorks(q) })
	}
}

// botWorks does what is in a queue until it is empty or the bot has to wait.
func (o *org) botWorks(q *botQueue) {
	o.mu.Lock()
	defer o.mu.Unlock()
	q.timer = nil
	for {
		run := o.botNext(q)
		if run == nil {
			q.working = false
			return
		}
		began := o.s.clock.Now()
		action, payload, wait := o.botAct(q, run)
		if action != "" {
			o.mu.Unlock()
			again := o.botCalls(q, run, action, payload)
			o.mu.Lock()
			wait = max(wait, again)
		}
		// Who heard of the call may have moved the clock already.
		if wait -= o.s.clock.Now().Sub(began); wait > 0 {
			q.timer = o.s.clock.AfterFunc(wait, func() { o.botWakes(q) })
			return
		}
	}
}

// botWakes is botWorks in the goroutine of a timer. The end of the server waits
// for it.
func (o *org) botWakes(q *botQueue) {
	done := make(chan struct{})
	if o.s.inBackground(func() { defer close(done); o.botWorks(q) }) {
		<-done
	}
}

// botNext returns the run that comes next, nil when there is none or the bot has
// no business in the chat any more.
func (o *org) botNext(q *botQueue) *botRun {
	for len(q.runs) > 0 && q.runs[0].step >= len(q.runs[0].do) {
		q.runs = q.runs[1:]
	}
	if len(q.runs) == 0 || o.bots.stopped {
		return nil
	}
	if !o.botTakesPart(q, q.runs[0]) {
		q.runs = nil
		return nil
	}
	return q.runs[0]
}

func (o *org) botTakesPart(q *botQueue, run *botRun) bool {
	ch := o.st.Chats[q.place.chat]
	if ch == nil || !ch.active() || ch.last().ID != run.thread {
		return false
	}
	m := ch.member(q.bot.ID)
	return m != nil && m.handles()
}

// botAct returns what is to be done now: a method to call, a while to wait, or
// both. It moves the run on where no call does.
func (o *org) botAct(q *botQueue, run *botRun) (action string, payload obj, wait time.Duration) {
	a := &run.do[run.step]
	id := q.place.chat
	leads := o.botLeads(o.st.Chats[id])
	if !leads && !run.waited {
		run.waited = true
		return "", nil, botBackup
	}
	switch {
	case a.Wait != "":
		run.step++
		return "", nil, botDuration(a.Wait)
	case a.Say != "" || a.Send != nil:
		if o.botDone(q, run) {
			run.next()
			return "", nil, 0
		}
		if a.Typing != "" && !run.typed {
			run.typed = true
			if !leads {
				return "", nil, botDuration(a.Typing)
			}
			return "send_typing_indicator", obj{"chat_id": id, "is_typing": true}, botDuration(a.Typing)
		}
		e := obj{}
		if a.Say != "" {
			e = a.said()
		}
		for name, v := range withUsers(a.Send) {
			e[name] = v
		}
		e["custom_id"] = run.customID()
		return "send_event", obj{"chat_id": id, "event": e}, 0
	case a.SetProperties != nil:
		ch := o.st.Chats[id]
		switch p := a.SetProperties; {
		case !ch.Properties.has(p.Chat):
			return "update_chat_properties", obj{"id": id, "properties": p.Chat}, 0
		case !ch.last().Properties.has(p.Thread):
			return "update_thread_properties", obj{"chat_id": id, "thread_id": run.thread, "properties": p.Thread}, 0
		}
		run.next()
		return "", nil, 0
	case a.Tag != "":
		return "tag_thread", obj{"chat_id": id, "thread_id": run.thread, "tag": a.Tag}, 0
	case a.Transfer != nil && a.Transfer.Agent != "":
		return "transfer_chat", obj{"id": id, "target": obj{"type": "agent", "ids": []string{a.Transfer.Agent}}, "ignore_agents_availability": true}, 0
	case a.Transfer != nil:
		return "transfer_chat", obj{"id": id, "target": obj{"type": "group", "ids": a.Transfer.Groups}, "ignore_agents_availability": true}, 0
	}
	return "deactivate_chat", obj{"id": id}, 0
}

// botBackup is how long a node leaves an act to the one that leads: by then it is
// done, unless that node died in between.
const botBackup = 2 * time.Second

// botLeads reports whether bots act from this node: the first of those that the
// customer is connected to. Without a customer all of them try, and one is the
// first.
func (o *org) botLeads(ch *chat) bool {
	nodes := sortedKeys(o.st.Here[ch.CustomerID])
	return len(nodes) == 0 || nodes[0] == o.s.node
}

func botDuration(s string) time.Duration {
	d, _ := time.ParseDuration(s) // the seed was checked
	return d
}

func (run *botRun) next() { run.step, run.typed, run.tries = run.step+1, false, 0 }

// customID names the event of a step. The thread has it when the step is done.
func (run *botRun) customID() string { return "bot_" + run.key + "_" + itoa(run.step) }

func (o *org) botDone(q *botQueue, run *botRun) bool {
	id := run.customID()
	return slices.ContainsFunc(o.st.Chats[q.place.chat].last().Events, func(e *event) bool { return e.CustomID == id && e.AuthorID == q.bot.ID })
}

// has reports whether all of the values are there.
func (p properties) has(values map[string]any) bool {
	for ns, names := range values {
		names, _ := names.(map[string]any)
		for name, want := range names {
			if have, ok := p.get(ns, name); !ok || !sameValue(have, normal(want)) {
				return false
			}
		}
	}
	return true
}

// normal returns a value of a property as requests have it.
func normal(v any) any {
	if n, ok := v.(int); ok {
		return json.Number(itoa(n))
	}
	return v
}

// botCalls calls a method in the bot's name, the way that all calls go, and moves
// the run on. It returns how long to wait before the same is tried again.
func (o *org) botCalls(q *botQueue, run *botRun, action string, payload obj) (again time.Duration) {
	raw, err := json.Marshal(payload)
	if err != nil {
		panic(err) // the seed was checked
	}
	conn := &conn{s: o.s, side: agentSide, catalogue: agentSide.api(), version: newest, out: nowhere{}, org: o, user: q.bot.ID, agent: q.bot}
	conn.loggedIn.Store(true)
	c := &call{conn: conn, org: o, request: &request{action: action, version: newest, raw: raw}, em: &emission{org: o, requester: conn}}
	bad := decodeNumbers(raw, &c.payload)
	if bad == nil {
		bad = validate(agentSide, action, raw)
	}
	c.request.payload = c.payload
	c.reply = func(_ any, err error) {
		known, _ := errors.AsType[*apiError](err)
		switch {
		case err == nil && (action == "send_typing_indicator" || action == "update_chat_properties"):
			// There is more of this step.
		case err == nil || errors.Is(err, errDone):
			run.next()
		case (known == nil || known.typ == "service_unavailable") && run.tries < maxBotTries:
			run.tries++
			again = botRetry
		default:
			o.s.opts.Logger.Warn("a bot cannot go on", "bot", q.bot.ID, "chat", q.place.chat, "action", action, "error", err)
			run.step = len(run.do)
		}
	}
	o.do(c, func(c *call) (any, error) {
		switch {
		case bad != nil:
			return nil, bad
		case o.s.closing.Load() || !o.botTakesPart(q, run) || action == "send_event" && o.botDone(q, run):
			return nil, errDone
		}
		return o.bots.methods[action](c)
	})
	return again
}

// nowhere is the outlet of a bot: it has no connection that anything is sent to.
type nowhere struct{}

func (nowhere) put(item) {}
func (nowhere) woke()    {}

// resumeBots lets bots go on where they were when the log ended, as far as it
// tells: they answer the last thing that happened, unless they have.
func (o *org) resumeBots() {
	if o.bots == nil {
		return
	}
	for _, id := range o.st.Active {
		ch := o.st.Chats[id]
		for _, b := range o.bots.agents {
			if m := ch.member(b.ID); m == nil || !m.handles() {
				continue
			}
			q := o.botQueue(ch, b)
			o.botStarts(q, ch)
			for _, e := range slices.Backward(ch.last().Events) {
				if e.AuthorID == ch.CustomerID && ch.CustomerID != "" {
					o.botHears(q, ch, e)
					break
				}
			}
			q.runs = slices.DeleteFunc(q.runs, func(run *botRun) bool { return !o.botSkips(q, run) })
		}
	}
}

// botSkips moves a run past what is done of it, and reports whether anything is
// left. Tags and properties after the last event may have been changed by others
// since, so they are left as they are.
func (o *org) botSkips(q *botQueue, run *botRun) bool {
	last, done := 0, false
	for i := range run.do {
		run.step = i
		if run.do[i].Say != "" || run.do[i].Send != nil {
			if o.botDone(q, run) {
				last, done = i+1, true
			}
		}
	}
	run.step = last
	return !done || slices.ContainsFunc(run.do[last:], func(a BotAction) bool { return a.Say != "" || a.Send != nil || a.Transfer != nil || a.Close })
}

// stopBots keeps bots from doing anything more.
func (o *org) stopBots() {
	if o.bots == nil {
		return
	}
	o.bots.stopped = true
	for _, q := range o.bots.queues {
		q.drop()
	}
}
