package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/moby/buildkit/client/llb"
	"github.com/moby/buildkit/client/llb/sourceresolver"
	"github.com/moby/buildkit/frontend/dockerfile/dockerfile2llb"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/buildkit/solver/pb"
	"github.com/opencontainers/go-digest"
)

// checkDockerfile takes every stage of a Dockerfile to what BuildKit would run, and
// fails at its warnings, too.
func checkDockerfile(ctx context.Context, path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	bases, err := basesOf(text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	source := llb.NewSourceMap(nil, filepath.Base(path), "Dockerfile", text)
	source.Definition = &llb.Definition{} // the linter takes it as given
	found, err := dockerfile2llb.DockerfileLint(ctx, text, dockerfile2llb.ConvertOpt{SourceMap: source, MetaResolver: bases})
	if err != nil {
		return err
	}
	var errs []error
	if found.Error != nil {
		errs = append(errs, fmt.Errorf("%s:%d: %s", path, line(&found.Error.Location), found.Error.Message))
	}
	for _, w := range found.Warnings {
		errs = append(errs, fmt.Errorf("%s:%d: %s: %s (%s)", path, line(w.Location), w.RuleName, w.Detail, w.URL))
	}
	return errors.Join(errs...)
}

// bases are the images that stages begin with. They answer for themselves, without a
// registry: what is checked is the file, and a stage that is misspelled is none of them.
type bases []string

func basesOf(text []byte) (b bases, err error) {
	file, err := parser.Parse(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	for _, instruction := range file.AST.Children {
		if strings.EqualFold(instruction.Value, "from") && instruction.Next != nil {
			b = append(b, instruction.Next.Value)
		}
	}
	return b, nil
}

// ResolveImageConfig describes an image as BuildKit would find it in a registry.
func (b bases) ResolveImageConfig(_ context.Context, reference string, _ sourceresolver.Opt) (string, digest.Digest, []byte, error) {
	short := strings.TrimPrefix(strings.TrimPrefix(reference, "docker.io/"), "library/")
	if !slices.Contains(b, short) && !slices.Contains(b, strings.TrimSuffix(short, ":latest")) {
		return "", "", nil, fmt.Errorf("%s is neither a stage nor an image that a stage begins with", short)
	}
	return reference, "", []byte(`{"os":"linux","architecture":"amd64","config":{"Env":["PATH=/usr/local/bin:/usr/bin:/bin"]},"rootfs":{"type":"layers"}}`), nil
}

// line is where something stands, 0 if that is not known.
func line(l *pb.Location) int32 {
	if l == nil || len(l.Ranges) == 0 {
		return 0
	}
	return l.Ranges[0].Start.Line
}
