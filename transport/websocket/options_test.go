package websocket

import (
	"strings"
	"testing"
)

func TestOptionsNameEveryBadKey(t *testing.T) {
	if err := DefaultOptions().Validate(); err != nil {
		t.Errorf("the defaults: %v", err)
	}
	off := DefaultOptions()
	off.MaxHeaderBytes, off.HeaderTimeout, off.MaxMessageBytes = 0, 0, 0
	if err := off.Validate(); err != nil {
		t.Errorf("without limits: %v", err)
	}
	err := Options{MaxHeaderBytes: 1, HeaderTimeout: 1, MaxMessageBytes: 1}.Validate()
	for _, want := range []string{
		"max_header_bytes: 1 is not allowed: must be 0 (no limit) or between 1024 and 1048576",
		"header_timeout: 1ns is not allowed: must be 0 (no limit) or between 10ms and 1m",
		"max_message_bytes: 1 is not allowed: must be 0 (no limit) or between 125 and 67108864",
		"linger_timeout: 0s is not allowed: must be between 10ms and 1m0s",
		"handover_queue: 0 is not allowed: must be between 1 and 65536",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
