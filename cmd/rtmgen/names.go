package main

import (
	"strings"
	"unicode"
)

// initialisms are the words that Go writes in capitals.
var initialisms = map[string]string{
	"id": "ID", "ids": "IDs", "url": "URL", "ip": "IP", "ai": "AI", "cdp": "CDP", "fb": "FB", "ios": "IOS",
	"lt": "LT", "lte": "LTE", "gt": "GT", "gte": "GTE", "eq": "EQ", "sku": "SKU", "uuid": "UUID", "usd": "USD",
}

// mixedCaps turns a name of the wire into one of Go: chat_id is ChatID.
func mixedCaps(name string) string {
	var b strings.Builder
	for word := range strings.FieldsFuncSeq(name, func(r rune) bool { return r == '_' || r == '.' || r == '-' || r == '<' || r == '>' || r == ' ' }) {
		for _, part := range humps(word) {
			if caps, ok := initialisms[strings.ToLower(part)]; ok {
				b.WriteString(caps)
			} else {
				b.WriteString(strings.ToUpper(part[:1]) + part[1:])
			}
		}
	}
	return b.String()
}

// humps splits skillName where a capital follows a small letter.
func humps(word string) []string {
	var parts []string
	start := 0
	for i := 1; i < len(word); i++ {
		if unicode.IsUpper(rune(word[i])) && unicode.IsLower(rune(word[i-1])) {
			parts = append(parts, word[start:i])
			start = i
		}
	}
	return append(parts, word[start:])
}

// structName turns the name of an object into that of a type. The variants of
// Event and User read better the other way round: Event.message is
// MessageEvent.
func structName(wire string) string {
	for prefix, suffix := range map[string]string{"Event.": "Event", "EventInput.": "Input", "User.": "User"} {
		if variant, ok := strings.CutPrefix(wire, prefix); ok {
			return mixedCaps(variant) + suffix
		}
	}
	return mixedCaps(wire)
}

// lowerFirst makes a sentence that can stand inside another one.
func lowerFirst(s string) string {
	if len(s) < 2 || s[1] < 'a' || s[1] > 'z' {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// list joins words as a sentence does.
func list(words []string, and string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " " + and + " " + words[last]
}
