// Command containers holds the files that describe containers against the code that
// reads them, where no Docker runs: a Dockerfile against BuildKit's rules, which are
// those of `docker build --check`, and a compose file against Compose's own loader.
//
// It is a module of its own, so that the engine's has none of this.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "containers:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return errors.New("usage: containers dockerfile|compose FILE")
	}
	switch args[0] {
	case "dockerfile":
		return checkDockerfile(context.Background(), args[1])
	case "compose":
		return checkCompose(context.Background(), args[1])
	}
	return fmt.Errorf("no such check: %s", args[0])
}
