// Command faults makes file system calls of programs fail, for tests that are not
// written in Go:
//
//	faults serve SOCKET          # a layer; faults come as lines on standard input
//	faults run SOCKET PROGRAM... # becomes the program, within the layer
//	faults check                 # fails, and says why, where this is not possible
//
// A line {"id":"a","fault":{"call":"create","path":"*.sst","times":1,"error":"EMFILE"}}
// injects a fault, and {"id":"a"} ends it; see faulttest.Fault, whose delay is in
// nanoseconds. It is answered by the same id: {"id":"a","injected":true}, then
// {"id":"a","hit":".../000005.sst"} at each call that fails (the name of the
// call without a pattern of paths), and {"id":"a","seen":7,
// "hits":1} once it was ended. A line that is not right has {"id":"a","problem":"..."}.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"sync"

	"outcry/persistence/faulttest"
)

// The first thread is the one that Enter needs, see there.
func init() { runtime.LockOSThread() }

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "serve":
		return serve(args[1], os.Stdin, os.Stdout)
	case len(args) > 2 && args[0] == "run":
		return faulttest.Enter(args[1], args[2], args[2:], os.Environ())
	case len(args) == 1 && args[0] == "check":
		return faulttest.Check()
	}
	return errors.New("usage: faults serve SOCKET, faults check, or faults run SOCKET PROGRAM [ARGUMENT...]")
}

// order is a line of standard input.
type order struct {
	ID    string           `json:"id"`
	Fault *faulttest.Fault `json:"fault"`
}

// report is a line of standard output.
type report struct {
	ID       string `json:"id"`
	Injected bool   `json:"injected,omitempty"`
	Hit      string `json:"hit,omitempty"`
	Seen     *int   `json:"seen,omitempty"`
	Hits     *int   `json:"hits,omitempty"`
	Problem  string `json:"problem,omitempty"`
}

// server does what the lines say.
type server struct {
	layer    *faulttest.Layer
	injected map[string]*faulttest.Injected

	mu      sync.Mutex // guards reports
	reports *json.Encoder
}

func (s *server) report(r report) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_ = s.reports.Encode(r) // a reader that has gone closes the input, too
}

// serve ends with its input.
func serve(socket string, in io.Reader, out io.Writer) error {
	layer, err := faulttest.Listen(socket)
	if err != nil {
		return err
	}
	s := &server{layer: layer, injected: make(map[string]*faulttest.Injected), reports: json.NewEncoder(out)}
	s.report(report{ID: "serving"})
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		var o order
		err := json.Unmarshal(lines.Bytes(), &o)
		if err == nil {
			err = s.obey(o)
		}
		if err != nil {
			s.report(report{ID: o.ID, Problem: err.Error()})
		}
	}
	return errors.Join(lines.Err(), layer.Close())
}

func (s *server) obey(o order) error {
	if o.Fault == nil {
		i, known := s.injected[o.ID]
		if !known {
			return errors.New("no fault has this id")
		}
		i.Remove()
		delete(s.injected, o.ID)
		seen, hits := i.Seen(), i.Hits()
		s.report(report{ID: o.ID, Seen: &seen, Hits: &hits})
		return nil
	}
	if _, known := s.injected[o.ID]; known {
		return errors.New("another fault has this id")
	}
	i, err := s.layer.Inject(*o.Fault, func(path string) { s.report(report{ID: o.ID, Hit: cmp.Or(path, o.Fault.Call)}) })
	if err != nil {
		return err
	}
	s.injected[o.ID] = i
	s.report(report{ID: o.ID, Injected: true})
	return nil
}
