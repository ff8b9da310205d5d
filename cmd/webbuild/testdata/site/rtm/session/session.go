package session

const Greeting = "core is up"
