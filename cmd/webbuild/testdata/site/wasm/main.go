// Fixture for cmd/webbuild: the smallest Go program that links.
package main

import "fixture/rtm/session"

func main() { println(session.Greeting) }
