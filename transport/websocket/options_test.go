package websocket

import (
	"strings"
	"testing"
)

func TestOptionsNameEveryBadKey(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	err := Options{}.Validate()
	for _, want := range []string{
		"max_header_bytes: 0 is not allowed: must be between 1024 and 1048576",
		"header_timeout: 0s is not allowed: must be between 10ms and 1m0s",
		"max_message_bytes: 0 is not allowed: must be between 125 and 67108864",
		"linger_timeout: 0s is not allowed: must be between 10ms and 1m0s",
		"handover_queue: 0 is not allowed: must be between 1 and 65536",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
