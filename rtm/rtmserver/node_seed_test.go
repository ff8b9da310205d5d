package rtmserver_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/rtmwidget/rtmwidget/rtm/rtmserver"
	"github.com/rtmwidget/rtmwidget/rtm/rtmtest"
)

// TestNodesOfTwoSeeds has a node whose seed has a group and an agent that the other
// one's lacks, as while a service is given another seed node by node: both follow
// what happens there, and the customer of the one talks with the agent of the other.
func TestNodesOfTwoSeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := rtmserver.NewMemoryLog()
		var logged [2]strings.Builder
		var list []*rtmtest.Server
		for i := range 2 {
			seed := rtmserver.DefaultSeed()
			if org := &seed.Organizations[0]; i == 1 {
				org.Groups = append(org.Groups, rtmserver.Group{ID: 77, Name: "New"})
				org.Agents = append(org.Agents, rtmserver.Agent{ID: "zoe@example.com", Name: "Zoe", Tokens: []string{"dal:zoe"}, Groups: []int{0, 77}})
			}
			list = append(list, rtmtest.NewServer(t, &rtmserver.Options{
				Log: log, Seed: seed, Node: fmt.Sprint(i), Logger: slog.New(slog.NewTextHandler(&logged[i], nil)),
			}))
		}
		cu, boss, zoe := customer(t, list[0]), agent(t, list[0], rtmtest.AgentToken), agent(t, list[1], "dal:zoe")
		settled()
		chatID, _ := start(cu)
		settled()
		zoe.ok("transfer_chat", object{"id": chatID, "target": object{"type": "agent", "ids": []string{"zoe@example.com"}}, "ignore_agents_availability": true, "ignore_requester_presence": true})
		zoe.ok("send_event", object{"chat_id": chatID, "event": message("I am Zoe")})
		for at(cu.push("incoming_event"), "event", "text") != "I am Zoe" {
		}
		settled()
		boss.ok("get_chat", object{"chat_id": chatID})
		zoe.ok("transfer_chat", object{"id": chatID, "target": object{"type": "group", "ids": []int{77}}, "ignore_agents_availability": true})
		settled()
		cu.ok("send_event", object{"chat_id": chatID, "event": message("and now?")})
		cu.ok("get_chat", object{"chat_id": chatID})
		boss.ok("list_archives", object{})
		zoe.ok("logout", object{})
		settled()
		cu.ok("deactivate_chat", object{"id": chatID})
		settled()
		for i := range logged {
			if logged[i].Len() > 0 {
				t.Errorf("node %d complains: %s", i, logged[i].String())
			}
		}
	})
}
