package rtmserver

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"
)

// maxBotWait is the longest that a bot types or waits.
const maxBotWait = time.Hour

func (c *seedCheck) bot(b *Bot, path string) {
	c.groupList(b.Groups, path+".group_ids")
	for i, r := range b.Rules {
		where := at(path, "rules", i)
		if r.On != "message" && r.On != "" {
			if r.Text != "" {
				c.bad(where+".text", "is for rules on message")
			}
			if r.Match != "" {
				c.bad(where+".match", "is for rules on message")
			}
		}
		if r.Postback != "" && r.On != "postback" && r.On != "" {
			c.bad(where+".postback_id", "is for rules on postback")
		}
		if r.Text != "" && r.Match != "" {
			c.bad(where+".match", "cannot be combined with text")
		}
		if _, err := regexp.Compile(r.Match); err != nil {
			c.bad(where+".match", "is no RE2 expression: %s", strings.TrimPrefix(err.Error(), "error parsing regexp: "))
		}
		for j := range r.Do {
			c.botAction(b, &r.Do[j], at(where, "do", j))
		}
	}
}

func (c *seedCheck) botAction(b *Bot, a *BotAction, path string) {
	var acts []string
	for name, there := range map[string]bool{
		"say": a.Say != "", "send": a.Send != nil, "wait": a.Wait != "", "set_properties": a.SetProperties != nil,
		"tag": a.Tag != "", "transfer": a.Transfer != nil, "close": a.Close,
	} {
		if there {
			acts = append(acts, name)
		}
	}
	if slices.Sort(acts); len(acts) != 1 {
		text := "none"
		if len(acts) > 0 {
			text = strings.Join(acts, ", ")
		}
		c.bad(path, "must have exactly one of say, send, wait, set_properties, tag, transfer and close, not %s", text)
		return
	}
	if len(a.QuickReplies) > 0 && a.Say == "" {
		c.bad(path+".quick_replies", "go together with say")
	}
	c.distinct(a.QuickReplies, path+".quick_replies")
	if a.Typing != "" && a.Say == "" && a.Send == nil {
		c.bad(path+".typing", "goes together with say or send")
	}
	c.wait(a.Typing, path+".typing")
	c.wait(a.Wait, path+".wait")
	switch {
	case a.Say != "":
		c.event(agentSide, a.said(), path+".say")
	case a.Send != nil:
		c.event(agentSide, withUsers(a.Send), path+".send")
		if a.Send["type"] == "file" {
			c.bad(path+".send.type", "must not be file: only what was uploaded can be sent as one")
		}
		if v, ok := a.Send["custom_id"]; ok && v != nil {
			c.bad(path+".send.custom_id", "is the bot's own to give")
		}
	case a.SetProperties != nil:
		c.botProperties(inChat, a.SetProperties.Chat, path+".set_properties.chat")
		c.botProperties(inThread, a.SetProperties.Thread, path+".set_properties.thread")
		if len(a.SetProperties.Chat)+len(a.SetProperties.Thread) == 0 {
			c.bad(path+".set_properties", "must name at least one property of the chat or of the thread")
		}
	case a.Tag != "":
		if tags := c.org.Tags; len(tags) > 0 && !slices.Contains(tags, a.Tag) {
			c.bad(path+".tag", "must be one of the organization's tags %s, not %s", strings.Join(tags, ", "), quote(a.Tag))
		}
	case a.Transfer != nil:
		where := path + ".transfer"
		if (len(a.Transfer.Groups) > 0) == (a.Transfer.Agent != "") {
			c.bad(where, "needs either group_ids or an agent_id")
		}
		c.groupList(a.Transfer.Groups, where+".group_ids")
		if id := a.Transfer.Agent; id == b.ID && id != "" {
			c.bad(where+".agent_id", "must be another than the bot itself")
		} else if id != "" && !c.agents[id] {
			c.bad(where+".agent_id", "there is no agent %s", quote(id))
		}
	}
}

func (c *seedCheck) wait(s, path string) {
	if s == "" {
		return
	}
	if d, err := time.ParseDuration(s); err != nil || d <= 0 || d > maxBotWait {
		c.bad(path, "must be a duration such as 1.5s of at most an hour, not %s", quote(s))
	}
}

// botProperties holds what a bot sets to the rules that it will meet.
func (c *seedCheck) botProperties(place string, p map[string]any, path string) {
	c.properties(p, path)
	own := slices.DeleteFunc(slices.Clone(c.org.Properties), func(p Property) bool { _, err := json.Marshal(p.Values); return err != nil })
	t := newPropertyTable(agentSide, own)
	for _, ns := range sortedKeys(p) {
		values, _ := p[ns].(map[string]any)
		for _, name := range sortedKeys(values) {
			where := dotted(dotted(path, ns), name)
			err := t.writes(agentSide, place, ns, name, "")
			if v := values[name]; err == nil {
				err = t.check(ns, name, v, "")
			}
			if err != nil {
				_, text, _ := strings.Cut(err.(*apiError).message, ": ")
				c.bad(where, "%s", text)
			}
		}
	}
}
